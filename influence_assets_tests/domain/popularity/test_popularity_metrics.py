"""Scores agree with SciPy and scikit-learn, also within the bootstrap."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, r2_score

from influence_assets.domain.popularity.metrics import Clusters, _metrics, clusters, scores
from influence_assets_tests.domain.popularity.making import at, posts

RNG = np.random.default_rng(0)
AUTHOR = RNG.integers(0, 12, 300)
# Rounded, so that there are ties.
OBSERVED = RNG.normal(AUTHOR, 2).round()
PREDICTED = (OBSERVED + RNG.normal(0, 2, 300)).round()
BY = Clusters(AUTHOR, AUTHOR, "author")


def within(observed: np.ndarray, predicted: np.ndarray, author: np.ndarray) -> float:
    """Mean over authors, weighted by posts; authors are given once per draw."""
    each = [
        (spearmanr(observed[author == a], predicted[author == a])[0], (author == a).sum())
        for a in np.unique(author)
        if (author == a).sum() >= 5
    ]
    return float(np.average([s for s, _ in each], weights=[n for _, n in each]))


def test_scores_agree_with_other_libraries() -> None:
    found = scores(OBSERVED, PREDICTED, BY)
    assert found["src"].value == pytest.approx(spearmanr(OBSERVED, PREDICTED)[0])
    assert found["mae"].value == pytest.approx(mean_absolute_error(OBSERVED, PREDICTED))
    assert found["r2"].value == pytest.approx(r2_score(OBSERVED, PREDICTED))
    assert found["src_within_author"].value == pytest.approx(within(OBSERVED, PREDICTED, AUTHOR))
    for score in found.values():
        assert score.low < score.value < score.high


def test_weights_are_resamples() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        drawn = rng.integers(0, 12, 12)
        rows = np.concatenate([np.flatnonzero(a == AUTHOR) for a in drawn])
        # Drawn twice, an author is two clusters.
        copy = np.concatenate([np.full((a == AUTHOR).sum(), i) for i, a in enumerate(drawn)])
        weights = np.bincount(drawn, minlength=12)[None].astype(float)
        found = {n: m(weights)[0] for n, m in _metrics(OBSERVED, PREDICTED, BY).items()}
        o, p = OBSERVED[rows], PREDICTED[rows]
        assert found["src"] == pytest.approx(spearmanr(o, p)[0])
        assert found["mae"] == pytest.approx(mean_absolute_error(o, p))
        assert found["r2"] == pytest.approx(r2_score(o, p))
        assert found["src_within_author"] == pytest.approx(within(o, p, copy))


def test_bootstrap_is_seeded() -> None:
    assert scores(OBSERVED, PREDICTED, BY) == scores(OBSERVED, PREDICTED, BY)
    assert scores(OBSERVED, PREDICTED, BY, seed=1) != scores(OBSERVED, PREDICTED, BY, seed=2)


def test_a_constant_has_no_rank_correlation() -> None:
    found = scores(OBSERVED, np.full(300, 2.0), BY)
    for name in ("src", "src_within_author"):
        assert np.isnan([found[name].value, found[name].low, found[name].high]).all()
    assert np.isfinite(found["mae"].value)


def test_nothing_to_score() -> None:
    none = np.zeros(0)
    assert np.isnan(scores(none, none, Clusters(AUTHOR[:0], AUTHOR[:0], "author"))["mae"].value)


def test_authors_with_few_posts_do_not_count_within() -> None:
    author = np.array([0] * 5 + [1] * 4)
    observed = np.array([1, 2, 3, 4, 5, 1, 2, 3, 4.0])
    predicted = np.array([1, 2, 3, 4, 5, 4, 3, 2, 1.0])
    found = scores(observed, predicted, Clusters(author, author, "author"))
    assert found["src_within_author"].value == pytest.approx(1)


def test_a_single_author_is_drawn_by_weeks() -> None:
    frame = posts(*({"posted_at": at(h), "outcome": 1} for h in (0, 160, 170, 400)))
    one = clusters(frame)
    assert (one.kind, one.drawn.tolist()) == ("week", [0, 0, 1, 2])
    two = clusters(frame.with_columns(pl.Series("profile_id", ["b", "a", "b", "a"])))
    assert (two.kind, two.drawn.tolist()) == ("author", [1, 0, 1, 0])
    # Within one author is all there is.
    found = scores(OBSERVED, PREDICTED, Clusters(np.zeros(300, int), AUTHOR, "week"))
    assert found["src_within_author"] == found["src"]
