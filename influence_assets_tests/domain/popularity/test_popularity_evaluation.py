"""Evaluation beside baselines, with reasons for what is left out."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from influence_assets.contracts.features import FEATURE_COLUMNS
from influence_assets.contracts.models import Evaluations
from influence_assets.domain.popularity import (
    Evaluation,
    Hyperparameters,
    Settings,
    build_features,
    evaluate,
)
from influence_assets.domain.popularity.baselines import author_baselines, filled
from influence_assets_tests.domain.popularity.making import at, drawn_world, posts, unit_rows

F32 = npt.NDArray[np.float32]
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


def planted_copies() -> tuple[pl.DataFrame, F32, pl.Series]:
    """Pairs of posts of the same words and the same odd outcome, one long before the other.

    Whoever remembers the words knows the outcome; there is nothing else to learn. Words are
    the vectors; all that was known of authors and days is taken away.
    """
    rng = np.random.default_rng(5)
    pairs, single = 80, 240
    outcome = np.concatenate([rng.permutation(np.repeat([0, 5_000], pairs // 2))] * 2)
    own = unit_rows(pairs, 24, seed=6)
    rows = [{"posted_at": at(n), "outcome": int(outcome[n])} for n in range(pairs)]
    rows += [
        {"posted_at": at(pairs + n), "outcome": int(rng.choice([0, 5_000]))} for n in range(single)
    ]
    rows += [
        {"posted_at": at(pairs + single + n), "outcome": int(outcome[n])} for n in range(pairs)
    ]
    frame = posts(*({"profile_id": f"a{n % 20}"} | row for n, row in enumerate(rows)))
    nothing = pl.lit(None, pl.Float64)
    features = build_features(frame, "likes").with_columns(
        nothing.alias(c) for c in FEATURE_COLUMNS
    )
    vectors = np.concatenate([own, unit_rows(single, 24, seed=7), own])
    copies = pl.Series([f"g{n}" for n in range(pairs)] + [None] * single
                       + [f"g{n}" for n in range(pairs)])  # fmt: skip
    return features.with_columns(pl.lit(0.0).alias("hour")), vectors, copies


def test_what_is_learnt_by_heart_scores_only_where_copies_stay() -> None:
    features, vectors, copies = planted_copies()
    by_heart = Hyperparameters(text_dimensions=24, learning_rate=0.2, min_trees=300)
    how = Settings(maturity=timedelta(0), hyper=by_heart, draws=50)
    blind = evaluate(features, vectors, protocols=["T"], settings=how)
    honest = evaluate(features, vectors, copies=copies, protocols=["T"], settings=how)
    for found, left_out in ((blind, 0), (honest, 80)):
        assert set(found.scores["copies_left_out"]) == {left_out}
        assert set(found.scores["train_rows"]) == {320 - left_out}
        assert set(found.scores["test_rows"]) == {80}
    constant = value(honest, "T", "global_mean", "mae")
    assert value(blind, "T", "ensemble", "src") > 0.6
    assert value(blind, "T", "ensemble", "mae") < 0.7 * constant
    assert abs(value(honest, "T", "ensemble", "src")) < 0.3
    assert value(honest, "T", "ensemble", "mae") > 0.9 * constant
