"""PageRank and strength with profiles counting less that there is evidence about.

PageRank hands on a profile's rank in proportion to its ties, so to weigh all of them down alike
changes nothing. Here a profile hands on only its vote's share of it. The rest goes to
nobody in particular: to where the walk starts anew, which is at each profile in proportion to
its vote (a restart that is biased by trust: Gyöngyi, Garcia-Molina and Pedersen 2004).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.graph.centrality import DAMPING
from influence_assets.domain.graph.ties import Network, directed

Floats = npt.NDArray[np.float64]

DIGITS = 9
"""Significant digits by which two ranks differ; the rest is rounding."""


def votes(evidence: pl.DataFrame) -> pl.DataFrame:
    """profile_id, vote: half for each kind of evidence, less far where it is weaker.

    Args:
        evidence: profile_id, kind, strength; the strongest row of a kind counts.
    """
    return (
        evidence.group_by("profile_id", "kind")
        .agg(pl.col("strength").max())
        .group_by("profile_id")
        .agg((0.5 ** pl.col("strength").sum()).alias("vote"))
        .sort("profile_id")
    )


def adjusted(ties: pl.DataFrame, vote_of: pl.DataFrame) -> pl.DataFrame:
    """Rows of `graph.influence_adjusted_weekly`, but for the week and platform.

    Args:
        ties: of the network.
        vote_of: profile_id, vote; others have 1.
    """
    network = directed(ties)
    profiles = pl.DataFrame({"profile_id": network.names}).join(
        vote_of, on="profile_id", how="left", maintain_order="left"
    )
    vote = profiles["vote"].fill_null(1.0).to_numpy()
    source, target = network.ends[:, 0], network.ends[:, 1]
    size = len(network.names)
    found = pl.DataFrame(
        {
            "profile_id": network.names,
            "vote": vote,
            "pagerank": network.graph().pagerank(weights="weight", damping=DAMPING),
            "pagerank_adjusted": _voted_pagerank(network, vote),
            "in_strength": np.bincount(target, network.weight, size),
            "in_strength_adjusted": np.bincount(target, network.weight * vote[source], size),
        }
    )
    return found.with_columns(
        _rank("pagerank").alias("rank"), _rank("pagerank_adjusted").alias("rank_adjusted")
    ).with_columns((pl.col("rank") - pl.col("rank_adjusted")).alias("rank_change"))


def _voted_pagerank(network: Network, vote: Floats) -> Floats:
    """PageRank in which a profile hands on its vote's share of its rank.

    What it withholds is a tie to one more node, which has none: from there the walk starts anew.
    """
    import igraph as ig

    size = len(vote)
    source = network.ends[:, 0]
    out = np.bincount(source, network.weight, size)
    holds = np.flatnonzero((vote < 1) & (out > 0))
    withheld = np.column_stack([holds, np.full(len(holds), size)])
    graph = ig.Graph(n=size + 1, edges=np.vstack([network.ends, withheld]), directed=True)
    weight = np.concatenate([network.weight * vote[source], out[holds] * (1 - vote[holds])])
    rank = np.asarray(
        graph.personalized_pagerank(
            weights=weight.tolist(), damping=DAMPING, reset=[*vote.tolist(), 0.0]
        )[:size]
    )
    return np.asarray(rank / rank.sum())


def _rank(column: str) -> pl.Expr:
    value = pl.col(column).round_sig_figs(DIGITS)
    return value.rank("min", descending=True).cast(pl.Int64)
