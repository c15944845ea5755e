"""Communities of several weeks found together, each week coupled to the next (Mucha et al. 2010).

A week's communities then hang on later weeks as well: they tell a history, and are no feature of
what was known at the time. Communities as they were known are told by `communities`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from influence_assets.domain.graph.communities import Labels, connected_parts
from influence_assets.domain.graph.leiden import BY_MODULARITY, Leiden, Run, together
from influence_assets.domain.graph.ties import Network, Numbers, Weights, mutual
from influence_assets.domain.graph.tracking import first_choices, overlaps

if TYPE_CHECKING:
    import igraph as ig


COUPLING = 1.0
"""Weight of what ties a profile to itself in the next week; a follow has the same."""


def slices(
    ties: pl.DataFrame, seed: int, coupling: float = COUPLING, how: Leiden = BY_MODULARITY
) -> pl.DataFrame:
    """The community of each profile in each week in which it has a tie.

    Maximised is the modularity of each week, not divided by its weight, and with it the coupling
    of profiles that stay in a community from a week to the next. A profile that is not there for a
    week is a new one when it comes back, tied to where it goes by its ties alone.

    Args:
        ties: week_start, source_id, target_id and weight.
        seed: of the first run; the next has the number behind it.
        coupling: weight of the tie between a profile and itself in the next of the weeks; at 0
            each week is by itself.
        how: resolution, runs (of which the best is kept) and iterations; the quality is
            modularity.

    Returns:
        week_start, profile_id and community_id, by week and profile. The id is of the first
        week of the community and its smallest member then, and stays. Where a week's ties do
        not hold a community together each part is one: the id stays with the part that shares
        most with the community of the week before (Jaccard index), the others have new ones.
    """
    weeks = ties.sort("week_start").partition_by("week_start", maintain_order=True)
    networks = [mutual(week) for week in weeks]
    starts = [week["week_start"][0] for week in weeks]
    nodes = _nodes(starts, networks)
    whole = _whole(nodes, networks)
    bounds = np.cumsum([len(network.ends) for network in networks])[:-1]
    weekly = zip(np.split(whole.ends, bounds), np.split(whole.weight, bounds), strict=True)
    layers = [_layer(whole, ends, weight) for ends, weight in weekly]
    ends = _links(nodes)
    links = [_layer(whole, ends, np.full(len(ends), coupling))] if coupling else []
    runs = [_run(layers, links, seed + run, how) for run in range(how.runs)]
    best = max(runs, key=lambda run: run.quality)
    label = np.asarray(best.membership, dtype=np.int64)
    return _named(nodes, label, connected_parts(whole, label))


def _nodes(starts: list[Any], networks: list[Network]) -> pl.DataFrame:
    """A row for each profile of each week; its number is its place."""
    return pl.concat(
        network.names.to_frame("profile_id").select(
            pl.lit(number, pl.Int64).alias("week"), pl.lit(start).alias("week_start"), "profile_id"
        )
        for number, (start, network) in enumerate(zip(starts, networks, strict=True))
    ).with_row_index("node")


def _whole(nodes: pl.DataFrame, networks: list[Network]) -> Network:
    """The networks of all weeks as one in which no tie leads from a week to another."""
    offsets = np.cumsum([0, *(len(network.names) for network in networks[:-1])])
    ends = [network.ends + offset for network, offset in zip(networks, offsets, strict=True)]
    weight = np.concatenate([network.weight for network in networks])
    return Network(nodes["profile_id"], np.concatenate(ends), weight, is_directed=False)


def _links(nodes: pl.DataFrame) -> Numbers:
    """Each profile of a week and the same of the next."""
    later = nodes.select("profile_id", pl.col("week") - 1, pl.col("node").alias("later"))
    pairs = nodes.join(later, on=["profile_id", "week"]).sort("node").select("node", "later")
    return pairs.cast(pl.Int64).to_numpy()


def _layer(whole: Network, ends: Numbers, weight: Weights) -> ig.Graph:
    """The profiles of all weeks with the ties of one, or with the links between weeks."""
    return replace(whole, ends=ends, weight=weight).graph()


def _run(layers: list[ig.Graph], links: list[ig.Graph], seed: int, how: Leiden) -> Run:
    """One run: modularity of each week's layer, and the links within communities added up."""
    import leidenalg

    parts = [
        leidenalg.RBConfigurationVertexPartition(
            layer, weights="weight", resolution_parameter=how.resolution
        )
        for layer in layers
    ]
    # The constant Potts model at resolution 0 is the sum.
    parts += [
        leidenalg.CPMVertexPartition(layer, weights="weight", resolution_parameter=0.0)
        for layer in links
    ]
    return together(parts, [1.0] * len(parts), seed, how.iterations)


def _named(nodes: pl.DataFrame, label: Labels, part: Labels) -> pl.DataFrame:
    """The id of each profile's community in each week.

    Args:
        nodes: as `_nodes` gives them.
        label: the community of each over all weeks.
        part: the connected part of it in the week.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    members = nodes.with_columns(community_id=part)
    same = [pl.Series(label).cast(pl.String), pl.col("week").cast(pl.String), "profile_id"]
    now = members.with_columns(profile_id=pl.concat_str(same, separator="/"))
    same[1] = (pl.col("week") + 1).cast(pl.String)
    before = members.with_columns(profile_id=pl.concat_str(same, separator="/"))
    # All weeks at once: a part shares members of its community with parts of the next week.
    steps = first_choices(overlaps(before, now)).select("before_id", "now_id").to_numpy()
    ends = (np.ones(len(steps)), (steps[:, 0], steps[:, 1]))
    size = int(part.max()) + 1
    _, life = connected_components(csr_array(ends, shape=(size, size)), directed=False)
    first = pl.concat_str(pl.col("week_start").cast(pl.String), pl.lit("/"), "profile_id").first()
    # By week and profile: the first is the smallest member of the first week.
    named = nodes.with_columns(life=life[part]).with_columns(community_id=first.over("life"))
    return named.select("week_start", "profile_id", "community_id")
