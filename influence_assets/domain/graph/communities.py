"""Communities of the weekly network by the Leiden algorithm (Traag, Waltman, van Eck 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influence_assets.domain.graph.ties import directed_graph, seeded, undirected

if TYPE_CHECKING:
    import igraph as ig


def communities(ties: pl.DataFrame, seed: int, resolution: float = 1.0) -> pl.DataFrame:
    """Each profile's community by Leiden on the undirected graph of summed weights.

    Columns: profile_id, community_id (the smallest profile id among the members, so that
    it does not depend on the algorithm's numbering), community_size, membership_strength.

    A community says who is tied to whom more than chance would have it. It does not say
    that its members agree, or that they know of each other.
    """
    graph = undirected(directed_graph(ties))
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
    with seeded(seed):
        found = graph.community_leiden(
            objective_function="modularity",
            weights="weight",  # igraph leaves weights out unless they are passed
            resolution=resolution,
            n_iterations=-1,
        )
    return list(found.membership)


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
