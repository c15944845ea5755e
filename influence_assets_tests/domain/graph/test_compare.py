"""Algorithms side by side: each finds planted groups, and the scores are those of others."""

from __future__ import annotations

import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from influence_assets.domain.graph.communities import communities
from influence_assets.domain.graph.compare import ALGORITHMS, compared
from influence_assets.domain.graph.leiden import Leiden

from .making import random_ties
from .test_communities import planted

LAYERS = {"weight": 1.0}


def test_every_algorithm_finds_groups_that_are_plain() -> None:
    ties, label = planted(weight_inside=60.0)
    truth = {profile: f"group {number}" for profile, number in label.items()}
    found = compared(ties, truth, seed=1, how=Leiden(runs=3, layers=LAYERS))
    assert found["algorithm"].to_list() == list(ALGORITHMS)
    # The groups differ by the weights of ties, which significance leaves out.
    unweighted = found.filter(algorithm="significance")
    assert 0.9 < unweighted["truth_ari"].item() < 1.0
    found = found.filter(pl.col("algorithm") != "significance")
    assert found["communities"].to_list() == [4] * 6
    for column in ("stability", "truth_ari", "truth_nmi"):
        assert found[column].to_list() == pytest.approx([1.0] * 6)
    ours = communities(ties, seed=1)["partition_modularity"][0]
    assert found["modularity"].to_list() == pytest.approx([ours] * 6)


def test_agreement_counts_the_profiles_whose_group_is_known() -> None:
    ties = random_ties(80, 400)
    label = {f"p{i:03d}": "even" if i % 2 == 0 else "odd" for i in range(40)}
    how = Leiden(runs=1, layers=LAYERS)
    row = compared(ties, label, seed=3, how=how).row(0, named=True)
    own = dict(communities(ties, 3, how).select("profile_id", "community_id").iter_rows())
    known = sorted(set(own) & set(label))
    sides = [own[p] for p in known], [label[p] for p in known]
    assert row["truth_ari"] == pytest.approx(adjusted_rand_score(*sides))
    assert row["truth_nmi"] == pytest.approx(normalized_mutual_info_score(*sides))


def test_without_true_groups_there_is_no_agreement() -> None:
    found = compared(random_ties(), {}, seed=1, how=Leiden(runs=2, iterations=1, layers=LAYERS))
    assert found["truth_ari"].null_count() == found["truth_nmi"].null_count() == 7
    assert found["stability"].min() < 1  # type: ignore[operator]
