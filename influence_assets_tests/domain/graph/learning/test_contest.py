"""The contest: what a learner may know, who must win, and what is refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from influence_assets.domain.graph.learning.contest import Contest, contest
from influence_assets.domain.graph.learning.methods import (
    BASELINE,
    METHODS,
    Fold,
    Labels,
    predicted,
    prepared,
)
from influence_assets.domain.graph.ties import directed
from influence_assets_tests.domain.graph.making import frame

from .making import QUICK, grouped

HOW = Contest(folds=3, learners=QUICK)
NAMES = [f"p{i:04d}" for i in range(300)]


def labelled(values: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"profile_id": NAMES, "label": values})


def fold_of(ties: pl.DataFrame, cold: np.ndarray) -> Fold:
    network = directed(ties)
    warm = np.setdiff1d(np.arange(len(NAMES)), cold)
    known = Labels(warm, (warm % 2).astype(float), ("even", "odd"))
    return prepared(network, known, cold, 1, QUICK.walks)


def test_nothing_of_the_cold_is_known_while_learning() -> None:
    ties, _ = grouped(300, 5_000)
    cold = np.arange(0, 300, 4)
    is_cold = [pl.col(end).is_in([NAMES[i] for i in cold]) for end in ("source_id", "target_id")]
    fold = fold_of(ties, cold)
    assert not np.isin(fold.learning.ends, cold).any()
    assert len(fold.learning.ends) == ties.filter(~is_cold[0] & ~is_cold[1]).height
    # The ties of the cold go to others, at other weights: what is learnt from stays the same.
    other = ties.with_columns(
        pl.when(is_cold[0] & ~is_cold[1]).then(pl.col("weight") * 7).otherwise("weight")
    ).filter(~(is_cold[0] & is_cold[1]))
    changed = fold_of(other, cold)
    for kind, inputs in fold.inputs.items():
        assert (inputs.learning == changed.inputs[kind].learning).all()
        assert (inputs.asked != changed.inputs[kind].asked).any() or kind == "in-degree"


def test_each_method_learns_from_the_known_alone() -> None:
    # The classes of the known all become "even": no method can have heard of "odd".
    ties, _ = grouped(300, 5_000)
    cold = np.arange(0, 300, 5)
    fold = fold_of(ties, cold)
    told = Labels(fold.known.nodes, np.zeros(len(fold.known.nodes)), ("even", "odd"))
    blind = Fold(fold.learning, fold.asked, told, cold, fold.inputs)
    for name in METHODS:
        assert (predicted(name, blind, 1, QUICK) == 0).all()


def test_planted_groups_are_told_by_neighbours_and_not_by_place() -> None:
    ties, group = grouped(300, 5_000)
    found = contest(ties, labelled(pl.Series(group).replace_strict({0: "a", 1: "b"})), HOW)
    assert found["method"].unique(maintain_order=True).to_list() == list(METHODS)
    accuracy = found.filter(pl.col("metric") == "accuracy")
    value = dict(accuracy.select("method", "value").iter_rows())
    low = dict(accuracy.select("method", "ci_low").iter_rows())
    assert value[BASELINE] == pytest.approx(0.5, abs=0.01)
    for name in ("trees on node2vec", "trees on both", "GraphSAGE with node2vec"):
        assert low[name] > 0.8
    assert value["in-degree"] < 0.65
    again = contest(ties, labelled(pl.Series(group).replace_strict({0: "a", 1: "b"})), HOW)
    assert found.drop("seconds").equals(again.drop("seconds"))


def test_how_well_liked_a_profile_is_shows_in_its_ties() -> None:
    rng = np.random.default_rng(3)
    liking = rng.normal(size=300)
    chance = np.exp(liking) / np.exp(liking).sum()
    drawn = zip(rng.integers(0, 300, 9_000), rng.choice(300, 9_000, p=chance), strict=True)
    pairs = sorted({(int(a), int(b)) for a, b in drawn if a != b})
    ties = frame([(NAMES[a], NAMES[b], 1.0) for a, b in pairs])
    label = pl.Series(liking)
    found = contest(ties, labelled(label), HOW)
    by = {(m, k): v for m, k, v in found.select("method", "metric", "value").iter_rows()}
    assert by[BASELINE, "spearman"] is None
    assert by[BASELINE, "rmse"] == pytest.approx(label.std(ddof=0), rel=0.01)
    for name in ("in-degree", "trees on centralities"):
        assert by[name, "spearman"] > 0.9
        assert by[name, "mae"] < by[BASELINE, "mae"] / 2
    assert by["GraphSAGE", "spearman"] > 0.8


def test_where_all_ties_are_those_of_a_cold_profile_nothing_is_known() -> None:
    # A star: without its middle there is no tie.
    fold = fold_of(frame([("p0000", name, 1.0) for name in NAMES[1:]]), np.array([0]))
    assert len(fold.learning.ends) == 0
    assert all((inputs.learning == 0).all() for inputs in fold.inputs.values())
    for name in METHODS:
        assert predicted(name, fold, 1, QUICK).shape == (1,)


def test_what_chance_decided_nobody_can_tell() -> None:
    # A label that leaked would be told better than by chance.
    ties, _ = grouped(300, 5_000)
    coin = pl.Series(np.random.default_rng(8).choice(["heads", "tails"], 300))
    found = contest(ties, labelled(coin), HOW).filter(pl.col("metric") == "accuracy")
    assert found["value"].max() < 0.6  # type: ignore[operator]


@pytest.mark.parametrize(
    ("label", "why"),
    [
        (pl.Series([1.0] * 40 + [None] * 260), "40 profiles with a tie have a label: at least 50"),
        (pl.Series(["a"] * 300), "all 300 labels are alike"),
        (pl.Series(["a"] * 298 + ["b"] * 2), "the class 'b' has 2 profiles: fewer than the 3"),
    ],
)
def test_labels_that_nothing_can_be_learnt_from(label: pl.Series, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        contest(grouped(300, 5_000)[0], labelled(label), HOW)
