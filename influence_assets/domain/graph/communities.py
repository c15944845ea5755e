"""Communities of the weekly network by the Leiden algorithm (Traag, Waltman, van Eck 2019).

A community says who is tied to whom more than chance would have it. It does not say that its
members agree, or that they know of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.graph.leiden import BY_MODULARITY, Leiden, leiden
from influence_assets.domain.graph.ties import Network, mutual, seeded

Labels = npt.NDArray[np.int64]


CONTINUITY = 0.002
"""Quality that a partition may have less than the best, relative to it, to go on from before."""

GROUP_RESOLUTION = 0.5


@dataclass(frozen=True)
class Partition:
    """The best of several runs.

    Attributes:
        labels: the community of each profile, by number.
        modularity: weighted modularity of the partition, at resolution 1.
        stability: mean adjusted Rand index between all pairs of runs; 1 for a single run.
    """

    labels: Labels
    modularity: float
    stability: float


def communities(
    ties: pl.DataFrame,
    seed: int,
    how: Leiden = BY_MODULARITY,
    before: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Each profile's community on the undirected graph of summed weights.

    Args:
        ties: source_id, target_id and weight, and for multiplex the columns of the layers.
        seed: of the first run; the others have the numbers behind it.
        how: how communities are looked for.
        before: profile_id and community_id of the network before, to go on from.

    Columns: profile_id, community_id (the smallest profile id among the members, so that
    it does not depend on the algorithm's numbering), group_id (community_id of the largest
    community of its group), community_size, membership_strength, partition_modularity and
    partition_stability, which are the same in each row.
    """
    network = mutual(ties, how.layers)
    found = best_partition(network, seed, how, before)
    # Names are in order: the first member of a community is the smallest.
    _, first, label, size = np.unique(
        found.labels, return_index=True, return_inverse=True, return_counts=True
    )
    ids = network.names.gather(first)
    return pl.DataFrame(
        {
            "profile_id": network.names,
            "community_id": ids.gather(label),
            "group_id": ids.gather(groups(network, label, size, seed)[label]),
            "community_size": size[label],
            "membership_strength": inner_share(network, label),
        }
    ).with_columns(
        pl.lit(found.modularity).alias("partition_modularity"),
        pl.lit(found.stability).alias("partition_stability"),
    )


def best_partition(
    network: Network, seed: int, how: Leiden, before: pl.DataFrame | None = None
) -> Partition:
    """The best of several runs of Leiden; the first of those that are alike.

    Where communities of before are given, one more run goes on from them, and it is taken unless
    another is clearly better: of many partitions that are as good, the next week is to have
    the one that people know (as Aynaud and Guillaume 2010 have it for Louvain).
    """
    graph = network.graph()
    runs = [leiden(graph, seed + run, how) for run in range(how.runs)]
    best = max(runs, key=lambda run: run.quality)
    if before is not None and not before.is_empty():
        on = leiden(graph, seed, how, _membership(network, before))
        if on.quality >= best.quality - CONTINUITY * abs(best.quality):
            best = on
    labels = connected_parts(network, np.asarray(best.membership))
    return Partition(
        labels=labels,
        modularity=float(graph.modularity(labels, weights="weight")),
        stability=stability([run.membership for run in runs]),
    )


def _membership(network: Network, before: pl.DataFrame) -> list[int]:
    """The community of before by number; a profile that had none is one by itself."""
    known = network.names.to_frame("profile_id").join(
        before.select("profile_id", "community_id"),
        on="profile_id",
        how="left",
        maintain_order="left",
    )
    own = pl.concat_str(pl.lit("\0"), "profile_id")  # no community has such an id
    labels = known.select(pl.col("community_id").fill_null(own).rank("dense") - 1)
    return labels.to_series().to_list()


def groups(network: Network, label: Labels, size: Labels, seed: int) -> Labels:
    """The second level: communities that have much to do with each other, as one group.

    Leiden on the network of communities, at a lower resolution (Reichardt and Bornholdt 2006):
    two that are joined have at least GROUP_RESOLUTION of the ties that chance would give them.

    Args:
        network: of the profiles.
        label: the community of each profile, numbered from 0.
        size: members of each community.
        seed: of the run.

    Returns:
        For each community the number of the largest of its group, the first of equal ones.
    """
    import igraph as ig

    pairs = np.sort(label[network.ends], axis=1)
    keys, place = np.unique(pairs[:, 0] * len(size) + pairs[:, 1], return_inverse=True)
    graph = ig.Graph(n=len(size), edges=np.stack(np.divmod(keys, len(size)), axis=1))
    graph.es["weight"] = np.bincount(place, network.weight).tolist()
    strength = np.asarray(graph.strength(weights="weight"))
    with seeded(seed):
        # Modularity by hand: igraph's own leaves ties of a node to itself out of its strength.
        found = graph.community_leiden(
            objective_function="CPM",
            weights="weight",
            node_weights=strength.tolist(),
            resolution=GROUP_RESOLUTION / strength.sum(),
            n_iterations=-1,
        )
    member = np.asarray(found.membership)
    order = np.lexsort((np.arange(len(size)), -size, member))
    _, first = np.unique(member[order], return_index=True)
    return np.asarray(order[first][member], dtype=np.int64)


def stability(runs: Sequence[Sequence[int]]) -> float:
    """Mean adjusted Rand index between all pairs of partitions."""
    found = [rand_index(a, b) for a, b in combinations(runs, 2)]
    return float(np.mean(found)) if found else 1.0


def rand_index(one: Sequence[int], other: Sequence[int]) -> float:
    """Adjusted Rand index (Hubert and Arabie 1985): 1 where the two agree, 0 as by chance."""
    import igraph as ig

    found = float(ig.compare_communities(one, other, method="adjusted_rand"))
    # It is 0 / 0 where both put all into one, or each into its own: then they agree.
    return 1.0 if np.isnan(found) else min(found, 1.0)


def connected_parts(network: Network, labels: Labels) -> Labels:
    """The communities, each cut into its connected parts; mostly there is one.

    Leiden promises connected communities only where it has converged.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    size = len(network.names)
    inner = network.ends[labels[network.ends[:, 0]] == labels[network.ends[:, 1]]]
    within = csr_array((np.ones(len(inner)), (inner[:, 0], inner[:, 1])), shape=(size, size))
    _, parts = connected_components(within, directed=False)
    return np.asarray(parts, dtype=np.int64)


def inner_share(network: Network, labels: Labels) -> npt.NDArray[np.float64]:
    """Share of each profile's tie weight that stays in its community."""
    ends, weight, size = network.ends, network.weight, len(network.names)
    inner = weight * (labels[ends[:, 0]] == labels[ends[:, 1]])
    total, within = np.zeros(size), np.zeros(size)
    for end in (0, 1):
        total += np.bincount(ends[:, end], weight, size)
        within += np.bincount(ends[:, end], inner, size)
    return np.minimum(within / total, 1.0)
