"""The model finds what was planted, and says what it cannot do."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from influence_assets.contracts.models import Importances
from influence_assets.domain.popularity import PopularityModel, build_features, fit
from influence_assets_tests.domain.popularity.making import (
    at,
    drawn_world,
    posts,
    random_posts,
    unit_rows,
)


@pytest.fixture(scope="module")
def features() -> pl.DataFrame:
    return build_features(drawn_world(), "likes")


@pytest.fixture(scope="module")
def model(features: pl.DataFrame) -> PopularityModel:
    return fit(features)


@pytest.mark.parametrize("algorithm", ["xgboost", "catboost"])
def test_planted_drivers_are_found(
    model: PopularityModel, features: pl.DataFrame, algorithm: str
) -> None:
    found = model.importances(features).filter(pl.col("algorithm") == algorithm)
    Importances.validate(
        found.with_columns(pl.lit("x").alias("platform"), pl.lit("likes").alias("target")),
        cast=True,
    )
    assert found["share"].sum() == pytest.approx(1)
    assert found["mean_abs_shap"].is_sorted(descending=True)
    top = found["feature"][:10].to_list()
    assert "kind" in top
    # Marks and words tell a question alike; so do the faces of the hour.
    assert {"question_mark_count", "platform_word_effect_mean"} & set(top)
    assert {"hour", "hour_sin", "hour_cos"} & set(top)
    direction = dict(found.select("feature", "direction").iter_rows())
    assert direction["question_mark_count"] > 0.5
    assert direction["hour"] > 0  # the evening is late
    assert direction["base"] > 0.5
    assert direction["kind"] is None


def test_planted_drivers_move_the_predictions(model: PopularityModel) -> None:
    """One planned post per author, with and without each driver (0.5, 0.5 and 0.6)."""
    plain = {"kind": "image", "text": "a day at the sea", "hour": 10}
    reached = {}
    for name, change in {
        "plain": {},
        "question": {"text": "what do you think?"},
        "evening": {"hour": 19},
        "video": {"kind": "video"},
    }.items():
        plan = plain | change
        planned = posts(
            *(
                {"post_id": f"plan{a}", "profile_id": f"author{a}", "kind": plan["kind"]}
                | {"text": plan["text"], "posted_at": at(24 * 203 + plan["hour"])}
                for a in range(14)
            )
        )
        known = build_features(pl.concat([drawn_world(), planned]), "likes")
        reached[name] = model.predict(known[-14:])["ensemble"].mean()
    for name in ("question", "evening", "video"):
        assert 0.3 < reached[name] - reached["plain"] < 0.8, name


def test_shap_values_add_up_to_the_predictions(
    model: PopularityModel, features: pl.DataFrame
) -> None:
    from influence_assets.domain.popularity import importances as imp

    x, base = model.inputs.matrix(features, None), model.inputs.base(features)
    predicted = model.predict(features)
    for name, shap in (
        ("xgboost", imp._xgboost_shap(model.booster, model.inputs, x)),
        ("catboost", imp._catboost_shap(model.catboost, x)),
    ):
        total = np.sum(list(imp._families(shap, model.inputs, base).values()), axis=0)
        rest = predicted[name] - total
        np.testing.assert_allclose(rest, rest.mean(), atol=1e-4)


def test_same_rows_same_model_in_any_order(model: PopularityModel, features: pl.DataFrame) -> None:
    shuffled = features.sample(fraction=1, shuffle=True, seed=1)
    again = fit(shuffled).predict(features)
    for name, values in model.predict(features).items():
        np.testing.assert_array_equal(values, again[name])


def test_text_counts_once_and_components_come_from_training_alone() -> None:
    features, vectors = build_features(random_posts(200), "likes", unit_rows(200)), unit_rows(200)
    model = fit(features, vectors)
    labelled = features["outcome"].is_not_null().to_numpy()
    np.testing.assert_allclose(model.pca_mean, vectors[labelled].mean(axis=0), atol=1e-6)
    axes = model.pca_components
    np.testing.assert_allclose(axes @ axes.T, np.eye(len(axes)), atol=1e-5)
    found = model.importances(features, vectors)
    assert found.filter(pl.col("feature") == "text_embedding").height == 2
    assert not found["feature"].str.starts_with("text_0").any()
    with pytest.raises(ValueError, match="text embeddings"):
        model.predict(features)
    with pytest.raises(ValueError, match="shape"):
        model.predict(features, vectors[:5])


def test_posts_of_an_unseen_kind_and_author_are_predicted(
    model: PopularityModel, features: pl.DataFrame
) -> None:
    cold = build_features(drawn_world()[:3].with_columns(outcome=None, kind=None), "likes")
    assert cold["base"].null_count() == 3
    predicted = model.predict(cold)
    assert all(np.isfinite(v).all() and len(v) == 3 for v in predicted.values())
    np.testing.assert_allclose(
        predicted["ensemble"], (predicted["xgboost"] + predicted["catboost"]) / 2
    )
    assert len(model.predict(cold.clear())["ensemble"]) == 0


def test_few_or_equal_outcomes_are_refused(features: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match="29 posts with a known outcome are too few"):
        fit(features[:29])
    fit(features[:30])
    with pytest.raises(ValueError, match="same outcome"):
        fit(features.with_columns(pl.lit(3.0).alias("outcome")))
    # Equal until yesterday: the trial has nothing to learn from, the model has.
    rare = pl.when(pl.col("posted_at").rank() > 890).then(5.0).otherwise(0.0)
    fit(build_features(drawn_world().with_columns(outcome=rare), "likes"))


def test_importing_the_package_imports_no_learner() -> None:
    code = (
        "import sys, influence_assets.domain.popularity;"
        "print([m for m in ('xgboost', 'catboost', 'sklearn', 'torch', 'pandas', 'duckdb',"
        " 'dagster') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
