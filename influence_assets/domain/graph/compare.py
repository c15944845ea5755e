"""Algorithms for communities side by side, on one network, each run as often as the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influence_assets.domain.graph.communities import connected_parts, rand_index, stability
from influence_assets.domain.graph.leiden import Leiden, Quality, Run, leiden
from influence_assets.domain.graph.ties import mutual, seeded

if TYPE_CHECKING:
    import igraph as ig

Find = Callable[["ig.Graph", int, Leiden], Run]


def compared(ties: pl.DataFrame, truth: Mapping[str, str], seed: int, how: Leiden) -> pl.DataFrame:
    """A row for each algorithm and quality: the best of its runs, cut into connected parts.

    Args:
        ties: of the network, with the columns of the layers.
        truth: the true group of profiles, as far as known; it takes no part in the search.
        seed: of the first run; the next has the number behind it.
        how: resolution, runs, iterations and layers; the quality is told by the algorithm.

    Returns:
        algorithm, communities, modularity (of the summed weights, whatever was maximised),
        stability (mean adjusted Rand index between
        runs), truth_ari and truth_nmi (adjusted Rand index and normalised mutual information
        with the true groups; NULL without any), seconds for all runs.
    """
    network = mutual(ties, how.layers)
    graph = network.graph()
    known = [i for i, name in enumerate(network.names) if name in truth]
    labels = {label: i for i, label in enumerate(sorted(set(truth.values())))}
    true = [labels[truth[network.names[i]]] for i in known]

    def rows() -> Iterator[dict[str, object]]:
        import igraph as ig

        for name, find in ALGORITHMS.items():
            started = time.perf_counter()
            runs = [find(graph, seed + run, how) for run in range(how.runs)]
            seconds = time.perf_counter() - started
            best = max(runs, key=lambda run: run.quality)
            found = connected_parts(network, np.asarray(best.membership))
            own = found[known].tolist()
            yield {
                "algorithm": name,
                "communities": len(set(found.tolist())),
                "modularity": graph.modularity(found, weights="weight"),
                "stability": stability([run.membership for run in runs]),
                "truth_ari": rand_index(own, true) if true else None,
                "truth_nmi": ig.compare_communities(own, true, "nmi") if true else None,
                "seconds": seconds,
            }

    return pl.DataFrame(list(rows()), schema_overrides=dict.fromkeys(_TRUTH, pl.Float64))


_TRUTH = ("truth_ari", "truth_nmi")


def _leiden(graph: ig.Graph, seed: int, how: Leiden, quality: Quality = "modularity") -> Run:
    return leiden(graph, seed, replace(how, quality=quality))


def _leidenalg(graph: ig.Graph, seed: int, how: Leiden) -> Run:
    one_layer = replace(how, quality="multiplex", layers={"weight": 1.0})
    return leiden(graph, seed, one_layer)


def _louvain(graph: ig.Graph, seed: int, how: Leiden) -> Run:
    with seeded(seed):
        found = graph.community_multilevel(weights="weight", resolution=how.resolution)
    return Run(found.membership, found.modularity)


def _label_propagation(graph: ig.Graph, seed: int, how: Leiden) -> Run:
    with seeded(seed):
        found = graph.community_label_propagation(weights="weight")
    # It maximises nothing: of its runs the one is taken that is best by modularity.
    return Run(found.membership, graph.modularity(found, weights="weight"))


ALGORITHMS: dict[str, Find] = {
    "leiden (igraph)": _leiden,
    "leiden (leidenalg)": _leidenalg,
    "multiplex": partial(_leiden, quality="multiplex"),
    "surprise": partial(_leiden, quality="surprise"),
    "significance": partial(_leiden, quality="significance"),
    "louvain": _louvain,
    "label propagation": _label_propagation,
}
