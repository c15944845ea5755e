"""The two boosted-tree learners, behind one small interface.

Belongs here: parameters, early stopping, refit. Does not: what the inputs mean (see
`model`). Both learn the residual to the base with a loss that is quadratic near 0 and
linear beyond, so that a viral post pulls no harder than a merely good one.

Methods: XGBoost (Chen and Guestrin 2016), CatBoost (Prokhorenkova et al. 2018),
Huber loss (Huber 1964).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xgboost as xgb
    from catboost import CatBoostRegressor

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


ROWS_WORTH_THREADS = 50_000
"""Fewer rows are fitted by XGBoost in one thread. Its threads wait for each other by
spinning, once a tree level: where another process wants the cores a fit of 900 rows was
seen to take 13 s rather than 0.8 s, and with free cores two threads save next to nothing."""


@dataclass(frozen=True)
class Hyperparameters:
    """How the model is fitted. The defaults were set by judgement, not by a search.

    Attributes:
        text_dimensions: principal components of the text embedding that become inputs.
        learning_rate: step of each tree.
        depth: levels of a tree.
        max_trees: trees tried before the stop.
        min_trees: fewer are never used: on noisy validation rows the error can stop falling
            early by chance.
        patience: trees without a gain after which the trial stops.
        validation_share: newest part of the training rows that decides the number of trees.
        refit_factor: the refit sees more rows, so it takes this many times the trees.
    """

    text_dimensions: int = 32
    learning_rate: float = 0.05
    depth: int = 6
    max_trees: int = 1000
    min_trees: int = 150
    patience: int = 80
    validation_share: float = 0.15
    refit_factor: float = 1.1

    def refit_trees(self, best: int) -> int:
        """Trees of the refit, from the best number of the trial."""
        return max(self.min_trees, int(best * self.refit_factor))


class Trees(NamedTuple):
    """A number of trees for each learner, where it is known already."""

    xgboost: int
    catboost: int


@dataclass(frozen=True)
class Trial:
    """Rows that fit, and the later rows that tell when to stop.

    Attributes:
        fit: positions of the rows that fit.
        stop: positions of the rows that decide the number of trees.
    """

    fit: Ints
    stop: Ints


def fit_xgboost(
    x: F32,
    residual: F64,
    names: list[str],
    trial: Trial | int,
    hyper: Hyperparameters,
    seed: int,
    threads: int,
    classes: int = 0,
) -> xgb.Booster:
    """Fit XGBoost twice: to find the number of trees, then on all rows with that number.

    Args:
        x: inputs, shape (rows, features), NaN where unknown.
        residual: observed less base, log units, shape (rows,).
        names: of the columns of x.
        trial: rows of the first fit; or the number of trees, which spares that fit.
        hyper: parameters.
        seed: of the sampling of rows and columns.
        threads: CPU threads, from ROWS_WORTH_THREADS rows on; the figures can differ in the last
            digits with their number.
        classes: where `residual` is a class from 0: how many there are. The booster then gives
            the probability of each.
    """
    import xgboost as xgb

    threads = threads if len(x) >= ROWS_WORTH_THREADS else 1
    goal = (
        {"objective": "multi:softprob", "eval_metric": "mlogloss", "num_class": classes}
        if classes
        else {"objective": "reg:pseudohubererror", "eval_metric": "mae"}
    )
    params = {
        **goal,
        "learning_rate": hyper.learning_rate,
        "max_depth": hyper.depth,
        "min_child_weight": 10,
        "subsample": 0.8,
        "colsample_bytree": 0.5,
        "colsample_bynode": 0.7,
        "reg_lambda": 5,
        "max_bin": 128,
        "tree_method": "hist",
        "nthread": threads,
        "seed": seed,
    }

    def data(rows: Ints | slice) -> xgb.DMatrix:
        return xgb.DMatrix(x[rows], label=residual[rows], feature_names=names, nthread=threads)

    if isinstance(trial, int):
        return xgb.train(params, data(slice(None)), trial, verbose_eval=False)
    first = xgb.train(
        params,
        data(trial.fit),
        hyper.max_trees,
        evals=[(data(trial.stop), "stop")],
        early_stopping_rounds=hyper.patience,
        verbose_eval=False,
    )
    trees = hyper.refit_trees(first.best_iteration + 1)
    return xgb.train(params, data(slice(None)), trees, verbose_eval=False)


def fit_catboost(
    x: F32,
    residual: F64,
    names: list[str],
    trial: Trial | int,
    hyper: Hyperparameters,
    seed: int,
    threads: int,
) -> CatBoostRegressor:
    """Fit CatBoost twice, as `fit_xgboost` does; same arguments."""
    from catboost import CatBoostRegressor, Pool

    def regressor(trees: int, **stopping: Any) -> CatBoostRegressor:
        return CatBoostRegressor(
            loss_function="Huber:delta=1.0",
            eval_metric="MAE",
            iterations=trees,
            learning_rate=hyper.learning_rate,
            depth=hyper.depth,
            l2_leaf_reg=5,
            random_strength=1,
            rsm=0.5,
            bootstrap_type="Bernoulli",
            border_count=64,  # three times as fast as the default, and no worse on any set tried
            subsample=0.8,
            leaf_estimation_iterations=1,
            random_seed=seed,
            thread_count=threads,
            verbose=False,
            # It would leave a folder of logs where it runs.
            allow_writing_files=False,
            **stopping,
        )

    def data(rows: Ints | slice) -> Pool:
        return Pool(x[rows], residual[rows], feature_names=names, thread_count=threads)

    if isinstance(trial, int):
        known = regressor(trial)
        known.fit(data(slice(None)))
        return known
    first = regressor(hyper.max_trees, od_type="Iter", od_wait=hyper.patience)
    first.fit(data(trial.fit), eval_set=data(trial.stop))
    last = regressor(hyper.refit_trees((first.get_best_iteration() or 0) + 1))
    last.fit(data(slice(None)))
    return last
