"""The popularity model: base + XGBoost or CatBoost, and the mean of the two.

Belongs here: fitting, predicting, and what the result holds. Storing it is the work
of `storage`: booster and regressor in their native formats, the rest as arrays and JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.popularity.importances import sampled_importances
from influence_assets.domain.popularity.inputs import Inputs, fit_inputs
from influence_assets.domain.popularity.prepare import DEFAULT_MATURITY
from influence_assets.domain.popularity.trees import (
    Hyperparameters,
    Trees,
    Trial,
    fit_catboost,
    fit_xgboost,
)

if TYPE_CHECKING:
    import xgboost as xgb
    from catboost import CatBoostRegressor

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

MIN_TRAINING_ROWS = 30
"""Fewer labelled posts cannot be told from noise: such a fit is refused."""
ALGORITHMS = ("xgboost", "catboost", "ensemble")


@dataclass(frozen=True)
class PopularityModel:
    """A fitted model of log1p(outcome).

    Attributes:
        booster: XGBoost trees of the residual to the base.
        catboost: CatBoost trees of the same residual.
        feature_names: numeric inputs, in order.
        kinds: kinds of post that have an input of their own ("?" is an unknown kind).
        pca_mean: mean text embedding of the training rows, shape (d,); (0,) without.
        pca_components: principal axes, shape (k, d); (0, 0) without.
        level: base of a post for which none can be said, log units.
    """

    booster: xgb.Booster
    catboost: CatBoostRegressor
    feature_names: tuple[str, ...]
    kinds: tuple[str, ...]
    pca_mean: F32
    pca_components: F32
    level: float

    @property
    def inputs(self) -> Inputs:
        """How a frame of features becomes the matrix of the trees."""
        return Inputs(
            self.feature_names, self.kinds, self.pca_mean, self.pca_components, self.level
        )

    @property
    def trees(self) -> Trees:
        """How many trees each learner has."""
        return Trees(int(self.booster.num_boosted_rounds()), int(self.catboost.tree_count_))

    def predict(self, features: pl.DataFrame, embeddings: F32 | None = None) -> dict[str, F64]:
        """Expected log1p(outcome) of each post, by algorithm, each of shape (n,).

        Args:
            features: as `features.build_features` gives them; the outcome is not read.
            embeddings: of the texts, aligned; needed if the model was fitted with them.

        Returns:
            xgboost, catboost and ensemble (their mean).

        Raises:
            ValueError: a feature or the embeddings are missing, or shapes do not match.
        """
        import xgboost as xgb

        x, base = self.inputs.matrix(features, embeddings), self.inputs.base(features)
        if not len(x):
            return {name: np.zeros(0) for name in ALGORITHMS}
        data = xgb.DMatrix(x, feature_names=self.inputs.columns)
        by_xgboost = base + self.booster.predict(data).astype(np.float64)
        by_catboost = base + np.asarray(self.catboost.predict(x), np.float64)
        mean = (by_xgboost + by_catboost) / 2
        return dict(zip(ALGORITHMS, (by_xgboost, by_catboost, mean), strict=True))

    def importances(
        self, features: pl.DataFrame, embeddings: F32 | None = None, seed: int = 7
    ) -> pl.DataFrame:
        """What moves the predictions: see `importances.sampled_importances`."""
        return sampled_importances(
            self.booster, self.catboost, self.inputs, features, embeddings, seed
        )


def fit(
    features: pl.DataFrame,
    embeddings: F32 | None = None,
    seed: int = 7,
    threads: int = 2,
    *,
    maturity: timedelta = DEFAULT_MATURITY,
    hyper: Hyperparameters = Hyperparameters(),  # noqa: B008 - frozen
    trees: Trees | None = None,
) -> PopularityModel:
    """Fit on all labelled rows.

    Both learners predict the residual to the base: what the author's history says is
    taken as given, also for levels that never occurred in training. The newest rows
    decide the number of trees; then all rows are fitted.

    Args:
        features: as `features.build_features` gives them; rows without outcome are left out.
        embeddings: of the texts, float32, shape (n, d), aligned with `features`, or None.
        seed: of the sampling of rows and columns by both learners.
        threads: CPU threads. Same rows, seed and number of threads give the same model.
        maturity: time between the rows that fit and those that stop, as in the evaluation.
        hyper: parameters.
        trees: numbers of trees that an earlier fit has found, to spare the search.

    Raises:
        ValueError: fewer than MIN_TRAINING_ROWS labelled rows, all outcomes the same, or
            embeddings that do not match.
    """
    if embeddings is not None and len(embeddings) != features.height:
        raise ValueError(
            f"embeddings must have one row per post: {features.height}, not {len(embeddings)}"
        )
    # In order of time whatever order the rows came in: the learners' sampling depends on it.
    order = features.select(
        pl.arg_sort_by("posted_at", "post_id").filter(
            pl.col("outcome").is_not_null().sort_by("posted_at", "post_id")
        )
    ).to_series()
    if len(order) < MIN_TRAINING_ROWS:
        raise ValueError(
            f"{len(order)} posts with a known outcome are too few to fit a model; "
            f"at least {MIN_TRAINING_ROWS} are needed"
        )
    rows = features[order]
    if rows["outcome"].n_unique() == 1:
        raise ValueError(f"all {len(order)} posts have the same outcome: there is nothing to learn")
    vectors = None if embeddings is None else embeddings[order.to_numpy()]
    inputs = fit_inputs(rows, vectors, hyper.text_dimensions)
    x = inputs.matrix(rows, vectors)
    residual = rows["outcome"].log1p().to_numpy() - inputs.base(rows)
    trial = _trial(rows["posted_at"], residual, maturity, hyper.validation_share)
    for_xgboost, for_catboost = (trial, trial) if trees is None else trees
    return PopularityModel(
        fit_xgboost(x, residual, inputs.columns, for_xgboost, hyper, seed, threads),
        fit_catboost(x, residual, inputs.columns, for_catboost, hyper, seed, threads),
        inputs.feature_names,
        inputs.kinds,
        inputs.pca_mean,
        inputs.pca_components,
        inputs.level,
    )


def _trial(posted_at: pl.Series, residual: F64, maturity: timedelta, share: float) -> Trial:
    """The newest rows, and those whose label was known when the newest began.

    Args:
        posted_at: ascending.
        residual: what is learnt, in the same order.
        maturity: of a label.
        share: of the rows that are the newest.
    """
    begin = posted_at[min(int((1 - share) * len(posted_at)), len(posted_at) - 1)]
    stop = (posted_at >= begin).to_numpy()
    fit_rows = (posted_at + maturity <= begin).to_numpy() & ~stop
    if fit_rows.sum() < 0.5 * len(posted_at):
        # A short history: maturity would leave too little, and the stop is only a stop.
        fit_rows = ~stop
    if not fit_rows.any():
        # All posts of one moment: no order of time, so the last part stands for the newest.
        fit_rows = np.arange(len(posted_at)) < int((1 - share) * len(posted_at))
        stop = ~fit_rows
    if np.ptp(residual[fit_rows]) == 0:
        # Every older post did the same: CatBoost refuses that. All rows differ (see `fit`).
        fit_rows = np.ones(len(posted_at), bool)
    return Trial(np.flatnonzero(fit_rows), np.flatnonzero(stop))
