"""Communities against planted ones and against bare igraph."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import igraph as ig
import networkx as nx
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_assets.domain.graph.communities import (
    best_partition,
    communities,
    connected_parts,
    rand_index,
)
from influence_assets.domain.graph.leiden import Leiden
from influence_assets.domain.graph.ties import mutual

from .making import frame, networkx_mutual, page_ties, random_ties


def test_the_order_of_rows_and_the_run_change_nothing() -> None:
    ties = random_ties()
    shuffled = ties.sample(fraction=1, shuffle=True, seed=9)
    assert communities(ties, 7).equals(communities(shuffled, 7))


def planted(weight_inside: float) -> tuple[pl.DataFrame, dict[str, int]]:
    """Four groups of 25; as many ties between groups as inside them, only the weight differs."""
    rng = np.random.default_rng(5)
    label = {f"p{i:03d}": i // 25 for i in range(100)}
    names = sorted(label)
    rows: dict[tuple[str, str], float] = {}
    while len(rows) < 3000:
        a, b = (names[i] for i in rng.integers(0, 100, 2))
        if a != b and (label[a] == label[b]) == (len(rows) % 2 == 0):
            rows.setdefault((a, b), weight_inside if label[a] == label[b] else 1.0)
    frame = pl.DataFrame(
        [(a, b, w) for (a, b), w in rows.items()],
        schema=["source_id", "target_id", "weight"],
        orient="row",
    )
    return frame, label


def test_weights_decide_who_belongs_together() -> None:
    frame, label = planted(weight_inside=10.0)
    found = communities(frame, seed=1)
    truth = [label[p] for p in found["profile_id"]]
    assert adjusted_rand_score(truth, found["community_id"]) == 1.0
    # The id is the smallest member, the size counts members, most weight stays inside.
    first = found.filter(pl.col("profile_id") == "p026").row(0, named=True)
    assert (first["community_id"], first["community_size"]) == ("p025", 25)
    assert 0.8 < first["membership_strength"] < 1.0


def test_membership_strength_by_hand() -> None:
    # Two triangles and one bridge c-d of weight 0.5: c keeps 2 of its 2.5.
    rows = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "e"), ("e", "f"), ("f", "d")]
    frame = pl.DataFrame(
        [(s, t, 1.0) for s, t in rows] + [("c", "d", 0.5)],
        schema=["source_id", "target_id", "weight"],
        orient="row",
    )
    found = {r["profile_id"]: r for r in communities(frame, seed=1).to_dicts()}
    assert [found[p]["community_id"] for p in "abcdef"] == ["a"] * 3 + ["d"] * 3
    assert found["c"]["membership_strength"] == pytest.approx(0.8)
    assert found["a"]["membership_strength"] == pytest.approx(1.0)


def test_modularity_of_a_real_graph_is_that_of_bare_igraph(shared_data: Path) -> None:
    ties = page_ties(shared_data)
    bare = ig.Graph(edges=ties.select("source_id", "target_id").cast(pl.Int64).to_numpy())
    bare = bare.as_undirected(mode="collapse")
    random.seed(11)
    peer = bare.community_leiden(objective_function="modularity", n_iterations=-1)
    ours = communities(ties, seed=11)["partition_modularity"][0]
    assert ours == pytest.approx(peer.modularity, abs=0.002)
    assert ours > 0.8


def test_the_best_of_the_runs_is_kept_and_their_agreement_told() -> None:
    network = mutual(random_ties(300, 1_200))
    alone = [best_partition(network, seed, Leiden(runs=1)) for seed in (5, 6, 7, 8)]
    together = best_partition(network, 5, Leiden(runs=4))
    assert together.modularity == max(run.modularity for run in alone)
    assert len({round(run.modularity, 12) for run in alone}) > 1
    pairs = itertools.combinations((run.labels for run in alone), 2)
    agreement = np.mean([adjusted_rand_score(a, b) for a, b in pairs])
    assert together.stability == pytest.approx(agreement)
    assert 0 < together.stability < 1
    assert alone[0].stability == 1.0


def test_runs_that_find_one_and_the_same_agree() -> None:
    found = communities(frame([("a", "b", 1.0)]), seed=1)
    assert found["partition_stability"].to_list() == [1.0, 1.0]
    trivial = [0] * 6, list(range(6)), [0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 0, 1]
    for one, other in itertools.product(trivial, trivial):
        assert rand_index(one, other) == pytest.approx(adjusted_rand_score(one, other))


def test_modularity_is_that_of_networkx() -> None:
    ties = random_ties()
    found = communities(ties, seed=1)
    groups = found.group_by("community_id").agg("profile_id")["profile_id"].to_list()
    oracle = nx.community.modularity(networkx_mutual(ties), map(set, groups), weight="weight")
    assert found["partition_modularity"][0] == pytest.approx(oracle)


def test_a_resolution_of_the_potts_model_is_a_density() -> None:
    # Thirty groups of five, each complete, in a ring: modularity at this size joins
    # neighbours (Fortunato and Barthelemy 2007), the constant Potts model does not.
    rows = []
    for group in range(30):
        own = [f"g{group:02d}{member}" for member in "abcde"]
        rows += [(a, b, 1.0) for a in own for b in own if a < b]
        rows.append((own[0], f"g{(group + 1) % 30:02d}b", 1.0))
    by_modularity = communities(frame(rows), seed=1)
    by_density = communities(frame(rows), seed=1, how=Leiden(quality="cpm", resolution=0.5))
    assert by_modularity["community_id"].n_unique() < 30
    assert by_density["community_size"].unique().to_list() == [5]


def test_no_community_is_in_pieces() -> None:
    # Two pairs under one label, as an algorithm that has not converged may leave them.
    network = mutual(frame([("a", "b", 1.0), ("c", "d", 1.0), ("b", "x", 1.0), ("c", "x", 1.0)]))
    assert network.names.to_list() == ["a", "b", "c", "d", "x"]
    parts = connected_parts(network, np.array([0, 0, 0, 0, 1]))
    assert parts[0] == parts[1] != parts[2] == parts[3]
    assert len(set(parts)) == 3
    for seed in range(5):
        ties = random_ties(200, 500, seed)
        found = communities(ties, seed, Leiden(runs=1, iterations=1))
        whole = networkx_mutual(ties)
        for members in found.group_by("community_id").agg("profile_id")["profile_id"]:
            assert nx.is_connected(whole.subgraph(members))
