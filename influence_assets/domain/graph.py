"""The weekly network: centralities and communities of one platform's ties.

Functions take a frame of directed weighted ties (source_id, target_id, weight) and give a
frame with a row for each profile, in profile order. Nothing here depends on the order of
the rows, and randomness is seeded, so the same ties give the same rows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    import igraph as ig  # loads matplotlib where that is installed: only where it runs

EXACT_BETWEENNESS_NODES = 3_000
"""Up to here betweenness is exact; above, it is estimated from this many sampled sources."""

SAMPLED_SOURCES = 500


def directed_graph(ties: pl.DataFrame) -> ig.Graph:
    """An igraph graph with vertex attribute `name` in profile order and edge attribute `weight`.

    Ties of a profile to itself must have been left out.
    """
    import igraph as ig

    ties = ties.sort("source_id", "target_id")
    names = pl.concat([ties["source_id"], ties["target_id"]]).unique().sort()
    place = pl.DataFrame({"name": names}).with_row_index("place")
    ends = ties.select(
        pl.col(end).replace_strict(place["name"], place["place"], return_dtype=pl.Int64).alias(end)
        for end in ("source_id", "target_id")
    )
    graph = ig.Graph(n=len(names), edges=ends.to_numpy(), directed=True)
    graph.vs["name"] = names.to_list()
    graph.es["weight"] = ties["weight"].to_list()
    return graph


def centrality(ties: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Each profile's place: degrees, strengths, PageRank, betweenness and core number.

    Strength and PageRank use the weights; degree, betweenness and core number count ties
    only. Above EXACT_BETWEENNESS_NODES profiles, betweenness is estimated from
    SAMPLED_SOURCES source profiles drawn with `seed` (Brandes and Pich 2007).
    """
    graph = directed_graph(ties)
    return pl.DataFrame(
        {
            "profile_id": graph.vs["name"],
            "in_degree": graph.indegree(),
            "out_degree": graph.outdegree(),
            "in_strength": graph.strength(mode="in", weights="weight"),
            "out_strength": graph.strength(mode="out", weights="weight"),
            "pagerank": graph.pagerank(weights="weight", damping=0.85),
            "betweenness": _betweenness(graph, seed),
            "core_number": graph.as_undirected(mode="collapse").coreness(),
        },
        schema_overrides={"in_strength": pl.Float64, "out_strength": pl.Float64},
    )


def _betweenness(graph: ig.Graph, seed: int) -> npt.NDArray[np.float64]:
    """Shortest paths through each profile as a share of all ordered pairs of others."""
    n = int(graph.vcount())
    pairs = max((n - 1) * (n - 2), 1)
    if n <= EXACT_BETWEENNESS_NODES:
        return np.asarray(graph.betweenness(directed=True), dtype=np.float64) / pairs
    sources = np.sort(np.random.default_rng(seed).choice(n, SAMPLED_SOURCES, replace=False))
    sampled = graph.betweenness(directed=True, sources=sources.tolist())
    return np.asarray(sampled, dtype=np.float64) * (n / SAMPLED_SOURCES / pairs)


def communities(ties: pl.DataFrame, seed: int, resolution: float = 1.0) -> pl.DataFrame:
    """Each profile's community by Leiden on the undirected graph of summed weights.

    Columns: profile_id, community_id (the smallest profile id among the members, so that
    it does not depend on the algorithm's numbering), community_size, membership_strength.

    A community says who is tied to whom more than chance would have it. It does not say
    that its members agree, or that they know of each other.
    """
    graph = directed_graph(ties).as_undirected(mode="collapse", combine_edges="sum")
    membership = leiden(graph, seed, resolution)
    members = pl.DataFrame({"profile_id": graph.vs["name"], "label": membership})
    named = members.with_columns(
        pl.col("profile_id").min().over("label").alias("community_id"),
        pl.len().over("label").cast(pl.Int64).alias("community_size"),
    )
    return named.with_columns(_inner_share(graph, membership).alias("membership_strength")).drop(
        "label"
    )


def leiden(graph: ig.Graph, seed: int, resolution: float = 1.0) -> list[int]:
    """Membership by igraph's Leiden for weighted modularity, iterated until it is stable.

    igraph draws from Python's `random`: it is given a generator of its own for the call.
    """
    with _seeded(seed):
        found = graph.community_leiden(
            objective_function="modularity",
            weights="weight",  # igraph leaves weights out unless they are passed
            resolution=resolution,
            n_iterations=-1,
        )
    return list(found.membership)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    import igraph as ig

    ig.set_random_number_generator(random.Random(seed))
    try:
        yield
    finally:
        ig.set_random_number_generator(random)


def _inner_share(graph: ig.Graph, membership: list[int]) -> pl.Series:
    """Share of each profile's tie weight that stays in its community."""
    ends = np.asarray(graph.get_edgelist(), dtype=np.int64).reshape(-1, 2)
    weight = np.asarray(graph.es["weight"])
    label = np.asarray(membership)
    inner = weight * (label[ends[:, 0]] == label[ends[:, 1]])
    total, within = np.zeros(graph.vcount()), np.zeros(graph.vcount())
    for end in (0, 1):
        np.add.at(total, ends[:, end], weight)
        np.add.at(within, ends[:, end], inner)
    return pl.Series(np.minimum(within / total, 1.0))
