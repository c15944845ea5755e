"""What moves the predictions, by SHAP values of the trees.

Belongs here: native SHAP values (Lundberg et al. 2018, exact for trees), summed to
families that mean something to a reader. They tell what the model uses; they do not
tell what would happen if someone changed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.popularity.inputs import Inputs

if TYPE_CHECKING:
    import xgboost as xgb
    from catboost import CatBoostRegressor

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

MOST_ROWS = 2_000
TEXT, KIND = "text_embedding", "kind"


def sampled_importances(
    booster: xgb.Booster,
    catboost: CatBoostRegressor,
    inputs: Inputs,
    features: pl.DataFrame,
    embeddings: F32 | None,
    seed: int,
) -> pl.DataFrame:
    """Mean absolute SHAP value of each feature, by algorithm.

    A prediction is base + trees. The SHAP value of `base` holds both its part in the trees and
    the base itself less its mean, so that the values of a row add up to its prediction less
    the mean. Components of the text are summed to `text_embedding` and kinds to
    `kind`, row by row, before the absolute value is taken.

    Args:
        booster: fitted XGBoost trees.
        catboost: fitted CatBoost trees.
        inputs: of both.
        features: rows to explain; at most MOST_ROWS of them are drawn without replacement.
        embeddings: of their texts, aligned, if the model was fitted with them.
        seed: of the draw.

    Returns:
        algorithm, feature, mean_abs_shap (log units), share (of the sum within the algorithm),
        direction (Spearman correlation of value and SHAP value over rows with a value; NULL
        for text_embedding and kind, which have no order, and where either is constant), by
        algorithm and falling importance.

    Raises:
        ValueError: no rows, or inputs that do not match the model.
    """
    if features.is_empty():
        raise ValueError("importances need at least one post to explain")
    drawn = _draw(features.height, seed)
    rows = features[drawn]
    x = inputs.matrix(rows, None if embeddings is None else embeddings[drawn])
    base = inputs.base(rows)
    values = {"xgboost": _xgboost_shap(booster, inputs, x), "catboost": _catboost_shap(catboost, x)}
    return pl.concat(
        _summary(name, _families(shap, inputs, base), inputs, x) for name, shap in values.items()
    )


def _draw(rows: int, seed: int) -> npt.NDArray[np.int64]:
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))


def _xgboost_shap(booster: xgb.Booster, inputs: Inputs, x: F32) -> F64:
    import xgboost as xgb

    data = xgb.DMatrix(x, feature_names=inputs.columns)
    # The last column is the expected value.
    values = booster.predict(data, pred_contribs=True)
    return np.asarray(values, np.float64)[:, :-1]


def _catboost_shap(catboost: CatBoostRegressor, x: F32) -> F64:
    from catboost import Pool

    values = catboost.get_feature_importance(Pool(x), type="ShapValues")
    return np.asarray(values, np.float64)[:, :-1]


def _families(shap: F64, inputs: Inputs, base: F64) -> dict[str, F64]:
    """SHAP values per feature and family, each of shape (rows,)."""
    n, k = len(inputs.feature_names), len(inputs.kinds)
    families = dict(zip(inputs.feature_names, shap[:, :n].T, strict=True))
    # The base is known for every post, if only as the level of all: it is where they start.
    families["base"] = families.get("base", np.zeros(len(base))) + base - base.mean()
    families[KIND] = shap[:, n : n + k].sum(axis=1)
    if len(inputs.pca_components):
        families[TEXT] = shap[:, n + k :].sum(axis=1)
    return families


def _summary(algorithm: str, shap: dict[str, F64], inputs: Inputs, x: F32) -> pl.DataFrame:
    size = {name: float(np.abs(values).mean()) for name, values in shap.items()}
    total = sum(size.values())
    values = dict(zip(inputs.feature_names, x.T, strict=False))
    frame = pl.DataFrame(
        {
            "feature": list(size),
            "mean_abs_shap": list(size.values()),
            "share": [s / total if total else 0.0 for s in size.values()],
            "direction": [_direction(values.get(name), shap[name]) for name in size],
        },
        schema_overrides={"direction": pl.Float64},
    )
    return frame.select(pl.lit(algorithm).alias("algorithm"), pl.all()).sort(
        "mean_abs_shap", "feature", descending=[True, False]
    )


def _direction(value: F32 | None, shap: F64) -> float | None:
    if value is None:
        return None
    known = np.isfinite(value)
    pair = pl.DataFrame({"value": value[known], "shap": shap[known]})
    found = pair.select(pl.corr("value", "shap", method="spearman")).item()
    # Rounding may carry a perfect order past 1.
    return None if found is None or not np.isfinite(found) else float(np.clip(found, -1, 1))
