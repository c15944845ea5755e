"""Communities against planted ones and against bare igraph."""

from __future__ import annotations

import random
from pathlib import Path

import igraph as ig
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_assets.domain.graph.communities import communities, leiden

from .making import random_ties


def test_the_order_of_rows_and_the_run_change_nothing() -> None:
    ties = random_ties()
    shuffled = ties.sample(fraction=1, shuffle=True, seed=9)
    assert communities(ties, 7).equals(communities(shuffled, 7))


def _planted(weight_inside: float) -> tuple[pl.DataFrame, dict[str, int]]:
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
    frame, label = _planted(weight_inside=10.0)
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
    edges = pl.read_csv(shared_data / "graph_musae_facebook" / "facebook_edges.csv")
    edges = edges.filter(pl.col("id_1") != pl.col("id_2"))
    bare = ig.Graph(edges=edges.to_numpy(), directed=False)
    random.seed(11)
    peer = bare.community_leiden(objective_function="modularity", n_iterations=-1)
    bare.es["weight"] = 1.0
    ours = bare.modularity(leiden(bare, seed=11))
    assert ours == pytest.approx(peer.modularity, abs=0.002)
    assert ours > 0.8
