"""Scores against scikit-learn and SciPy, and intervals against a plain bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, root_mean_squared_error

from influence_assets.domain.graph.learning.scores import class_scores, number_scores

RNG = np.random.default_rng(1)
NUMBERS = RNG.normal(size=300)
GUESSES = NUMBERS + RNG.normal(size=300)
CLASSES = RNG.integers(0, 3, 300)
TOLD = np.where(RNG.random(300) < 0.6, CLASSES, RNG.integers(0, 3, 300))


def test_scores_of_numbers() -> None:
    found = number_scores(NUMBERS, GUESSES, seed=1)
    expected = {
        "spearman": spearmanr(NUMBERS, GUESSES).statistic,
        "mae": mean_absolute_error(NUMBERS, GUESSES),
        "rmse": root_mean_squared_error(NUMBERS, GUESSES),
    }
    assert {name: score.value for name, score in found.items()} == pytest.approx(expected)
    assert np.isnan(number_scores(NUMBERS, np.zeros(300), seed=1)["spearman"].value)


def test_scores_of_classes() -> None:
    found = class_scores(CLASSES, TOLD, 3, seed=1)
    expected = {
        "accuracy": accuracy_score(CLASSES, TOLD),
        "macro_f1": f1_score(CLASSES, TOLD, average="macro"),
    }
    assert {name: score.value for name, score in found.items()} == pytest.approx(expected)


def test_intervals_are_those_of_drawing_profiles_anew() -> None:
    rng = np.random.default_rng(2)
    drawn = [rng.integers(0, 300, 300) for _ in range(500)]
    plain = {
        "rmse": [root_mean_squared_error(NUMBERS[i], GUESSES[i]) for i in drawn],
        "macro_f1": [f1_score(CLASSES[i], TOLD[i], average="macro") for i in drawn],
    }
    found = number_scores(NUMBERS, GUESSES, 1) | class_scores(CLASSES, TOLD, 3, 1)
    for name, values in plain.items():
        width = np.quantile(values, 0.975) - np.quantile(values, 0.025)
        assert found[name].high - found[name].low == pytest.approx(width, rel=0.25)
        assert found[name].low < found[name].value < found[name].high
