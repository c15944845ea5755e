"""Evaluation beside baselines, with reasons for what is left out."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from influence_assets.contracts.models import Evaluations
from influence_assets.domain.popularity import (
    Evaluation,
    Hyperparameters,
    Settings,
    build_features,
    evaluate,
)
from influence_assets.domain.popularity.baselines import author_baselines, filled
from influence_assets_tests.domain.popularity.making import at, drawn_world, posts

QUICK = Settings(hyper=Hyperparameters(max_trees=80, min_trees=20), draws=50)


@pytest.fixture(scope="module")
def features() -> pl.DataFrame:
    return build_features(drawn_world(700), "likes")


@pytest.fixture(scope="module")
def found(features: pl.DataFrame) -> Evaluation:
    return evaluate(features, random_split=True, settings=QUICK)


def value(found: Evaluation, protocol: str, algorithm: str, metric: str) -> float:
    row = found.scores.filter(protocol=protocol, algorithm=algorithm, metric=metric)
    return row["value"].item()


def test_scores_keep_the_contract_and_are_complete(found: Evaluation) -> None:
    Evaluations.validate(found.scores)
    assert not found.skipped
    assert found.scores.height == 3 * 7 * 4
    assert found.scores["maturity_hours"].unique().to_list() == [48]
    assert found.scores.filter("is_baseline")["algorithm"].n_unique() == 4
    assert set(found.scores["test_rows"]) == {140}
    assert found.bootstrap_clusters == dict.fromkeys("TCR", "author")


@pytest.mark.parametrize("protocol", ["T", "C"])
def test_the_model_beats_rules_of_thumb(found: Evaluation, protocol: str) -> None:
    rules = ("global_mean", "author_expanding_mean", "author_median_last_5")
    rules += ("rolling_median_last_20",)
    for metric, sign in (("mae", -1), ("r2", 1)):
        best = max(sign * value(found, protocol, r, metric) for r in rules)
        assert sign * value(found, protocol, "ensemble", metric) > best
    # A constant orders nothing, in five folds neither.
    assert value(found, protocol, "global_mean", "src") is None


def test_predictions_are_those_that_were_scored(found: Evaluation) -> None:
    rows = found.predictions.filter(protocol="T", algorithm="ensemble")
    error = (rows["predicted"] - rows["observed"]).abs().mean()
    assert error == pytest.approx(value(found, "T", "ensemble", "mae"))


def test_same_input_same_scores(features: pl.DataFrame, found: Evaluation) -> None:
    again = evaluate(features, protocols=["T"], settings=QUICK)
    assert again.scores.equals(found.scores.filter(protocol="T"))


def test_a_single_author_is_tested_in_time_and_not_cold() -> None:
    one = drawn_world(400).with_columns(pl.lit("a").alias("profile_id"))
    found = evaluate(build_features(one, "likes"), settings=QUICK)
    assert "1 authors" in found.skipped["C"]
    assert found.bootstrap_clusters == {"T": "week"}
    assert found.scores["protocol"].unique().to_list() == ["T"]
    assert found.scores.filter(pl.col("metric") == "mae")["ci_low"].null_count() == 0


def test_too_few_posts_give_reasons_and_no_rows(features: pl.DataFrame) -> None:
    found = evaluate(features[:20], settings=QUICK)
    assert set(found.skipped) == {"T", "C"}
    assert found.scores.is_empty()
    Evaluations.validate(found.scores)


def test_platforms_are_not_mixed(features: pl.DataFrame) -> None:
    two = features.with_columns(
        pl.when(pl.int_range(pl.len()) > 5)
        .then(pl.lit("y"))
        .otherwise("platform")
        .alias("platform")
    )
    with pytest.raises(ValueError, match="one platform"):
        evaluate(two, settings=QUICK)


def test_baselines_by_hand() -> None:
    frame = posts(
        *(
            {"posted_at": at(h), "outcome": round(math.expm1(0)) + o}
            for h, o in enumerate((0, 6, 2))
        ),
        {"posted_at": at(49), "outcome": None},  # the third is an hour short of known
        {"posted_at": at(60), "outcome": None},
        {"posted_at": at(60), "outcome": None, "profile_id": "b"},
    )
    found = filled(author_baselines(frame, timedelta(hours=48)), 7.0)
    logs = np.log1p([0, 6, 2])
    mean = [7, 7, 7, logs[:2].mean(), logs.mean(), 7]
    median = [7, 7, 7, logs[:2].mean(), np.median(logs), 7]
    np.testing.assert_allclose(found["author_expanding_mean"], mean)
    np.testing.assert_allclose(found["author_median_last_5"], median)
    np.testing.assert_allclose(found["rolling_median_last_20"], median)
    np.testing.assert_allclose(found["global_mean"], 7)
