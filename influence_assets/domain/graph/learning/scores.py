"""Scores of predictions for held-out profiles, with intervals over draws of profiles."""

from __future__ import annotations

import numpy as np

from influence_assets.domain.graph.learning.sampling import Floats, Ints
from influence_assets.domain.popularity.metrics import (
    Metric,
    Score,
    absolute_error,
    intervals,
    rank_correlation,
)


def number_scores(observed: Floats, predicted: Floats, seed: int) -> dict[str, Score]:
    """Spearman rank correlation, mean absolute error, root of the mean squared error."""
    each = np.arange(len(observed))
    squared = (observed - predicted) ** 2

    def root_mean_squared(weights: Floats) -> Floats:
        return np.asarray(np.sqrt(weights @ squared / weights.sum(axis=1)))

    metrics: dict[str, Metric] = {
        "spearman": rank_correlation(observed, predicted, each),
        "mae": absolute_error(observed, predicted, each),
        "rmse": root_mean_squared,
    }
    return intervals(metrics, len(observed), seed=seed)


def class_scores(observed: Ints, predicted: Ints, classes: int, seed: int) -> dict[str, Score]:
    """Accuracy, and the plain mean of the classes' F1.

    A class that is neither observed nor predicted, as in a rare draw, has no F1 and does not count.
    """
    own, told = (np.eye(classes)[labels] for labels in (observed, predicted))

    def accuracy(weights: Floats) -> Floats:
        return np.asarray(weights @ (observed == predicted) / weights.sum(axis=1))

    def macro_f1(weights: Floats) -> Floats:
        found = weights @ own + weights @ told
        f1 = np.full(found.shape, np.nan)
        np.divide(2 * (weights @ (own * told)), found, out=f1, where=found > 0)
        return np.asarray(np.nanmean(f1, axis=1))

    metrics: dict[str, Metric] = {"accuracy": accuracy, "macro_f1": macro_f1}
    return intervals(metrics, len(observed), seed=seed)
