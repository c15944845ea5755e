"""One run of the Leiden algorithm (Traag, Waltman, van Eck 2019) for each quality there is.

igraph's own does modularity and the constant Potts model; leidenalg, about ten times slower, is for
what only it has. How runs become communities with ids is told by `communities` and `slices`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from influence_assets.domain.graph.ties import seeded

if TYPE_CHECKING:
    import igraph as ig

Quality = Literal["modularity", "cpm", "surprise", "significance", "multiplex"]


@dataclass(frozen=True)
class Leiden:
    """How communities are looked for.

    Attributes:
        quality: what is maximised.
            modularity: weighted (Newman 2004).
            cpm: the constant Potts model (Traag, Van Dooren, Nesterov 2011), whose
            communities do not grow with the network: each has a density above `resolution`.
            surprise: how unlikely it is that so much weight lies within communities (Traag,
            Aldecoa, Delvenne 2015); it takes weights and has no resolution.
            significance: how unlikely communities as dense as these are (Traag, Krings, Van
            Dooren 2013); it counts ties and leaves out their weights, and has no resolution.
            multiplex: the weighted mean of the modularities of the kinds of ties, each kind a
            layer with a chance of its own (Mucha et al. 2010).
        resolution: larger finds more, smaller communities.
        runs: how often, each with a seed of its own; the best is kept, and how much the
            runs agree tells how far it can be trusted.
        iterations: of each run; more than a few gain less than another run does.
        layers: for multiplex, the column of each kind of tie and what its modularity counts.
    """

    quality: Quality = "modularity"
    resolution: float = 1.0
    runs: int = 3
    iterations: int = 3
    layers: Mapping[str, float] = field(default_factory=dict)


BY_MODULARITY = Leiden()


@dataclass(frozen=True)
class Run:
    """What a run found: the community of each profile by number, and the quality of it all."""

    membership: Sequence[int]
    quality: float


def leiden(graph: ig.Graph, seed: int, how: Leiden, start: Sequence[int] | None = None) -> Run:
    """One run, from each by itself or from a given partition.

    Args:
        graph: undirected, with the edge attribute `weight`, and for multiplex one for each layer.
        seed: of the run.
        how: what is maximised.
        start: the community of each profile by number.

    Raises:
        ValueError: no layer of a multiplex network has a tie.
    """
    if how.quality in ("modularity", "cpm"):
        with seeded(seed):
            found = graph.community_leiden(
                objective_function="CPM" if how.quality == "cpm" else "modularity",
                weights="weight",  # igraph leaves weights out unless they are passed
                resolution=how.resolution,
                n_iterations=how.iterations,
                initial_membership=start,
            )
        return Run(found.membership, found.quality)
    import leidenalg

    if how.quality == "multiplex":
        parts, shares = _layers(graph, how, start)
        return together(parts, shares, seed, how.iterations)
    if how.quality == "surprise":
        part = leidenalg.SurpriseVertexPartition(graph, start, weights="weight")
    else:
        part = leidenalg.SignificanceVertexPartition(graph, start)
    return together([part], [1.0], seed, how.iterations)


def _layers(
    graph: ig.Graph, how: Leiden, start: Sequence[int] | None
) -> tuple[list[Any], list[float]]:
    """A partition for each kind that has ties, and what takes its quality to its share of the
    mean modularity: leidenalg's own is not divided by the weight of all ties, both ends."""
    import leidenalg

    total = {kind: float(np.sum(graph.es[kind])) for kind, share in how.layers.items() if share}
    has_ties = [kind for kind in total if total[kind]]
    if not has_ties:
        raise ValueError(f"no tie of {', '.join(how.layers) or 'any layer'}")
    parts = [
        leidenalg.RBConfigurationVertexPartition(
            graph, start, weights=kind, resolution_parameter=how.resolution
        )
        for kind in has_ties
    ]
    whole = sum(how.layers[kind] for kind in has_ties)
    return parts, [how.layers[kind] / whole / (2 * total[kind]) for kind in has_ties]


def together(parts: Sequence[Any], shares: Sequence[float], seed: int, iterations: int) -> Run:
    """One run of leidenalg on several partitions of the same nodes, which come out alike.

    Args:
        parts: partitions of leidenalg, each with its own ties and quality.
        shares: what each quality counts in their sum.
        seed: of the run.
        iterations: of the run.
    """
    import leidenalg

    optimiser = leidenalg.Optimiser()
    optimiser.set_rng_seed(seed)
    optimiser.optimise_partition_multiplex(list(parts), list(shares), n_iterations=iterations)
    quality = sum(share * part.quality() for share, part in zip(shares, parts, strict=True))
    return Run(parts[0].membership, float(quality))
