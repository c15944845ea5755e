"""Scores of predictions in log units, and how far they would vary with other authors.

Posts of one author stand or fall together, so the bootstrap draws whole authors
(cluster bootstrap, Field and Welsh 2007); of a single author it draws calendar
weeks, and the interval then speaks of other weeks, not of other authors.
A resample is a weight per cluster, and every score is computed from weights: no
resample is ever laid out as rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

METRICS = ("src", "mae", "r2", "src_within_author")
MIN_POSTS_WITHIN = 5
DRAWS = 200
_CELLS_AT_ONCE = 4_000_000

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """A score with its 95 % interval; NaN where it is undefined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Clusters:
    """Whose a row is, and which rows are drawn together.

    Attributes:
        author: number of the author of each row, from 0 without gaps, shape (n,).
        drawn: number of the cluster of each row, from 0 without gaps, shape (n,).
        kind: "author" or, for a single author, "week".
    """

    author: Ints
    drawn: Ints
    kind: str


def clusters(posts: pl.DataFrame) -> Clusters:
    """Clusters of test posts (profile_id, posted_at): authors, or weeks of a single author."""
    author = _numbered(posts["profile_id"])
    if posts["profile_id"].n_unique() > 1:
        return Clusters(author, author, "author")
    return Clusters(author, _numbered(posts["posted_at"].dt.truncate("1w")), "week")


def _numbered(keys: pl.Series) -> Ints:
    return keys.rank("dense").to_numpy().astype(np.int64) - 1


def scores(
    observed: F64, predicted: F64, by: Clusters, draws: int = DRAWS, seed: int = 7
) -> dict[str, Score]:
    """Every metric with its 95 % percentile interval.

    Args:
        observed: log1p of the outcomes, shape (n,).
        predicted: log units, shape (n,).
        by: clusters of the rows.
        draws: resamples of clusters with replacement.
        seed: of the resamples; the same for every predictor, so that intervals are comparable.

    Returns:
        src: Spearman rank correlation, ties by average ranks. mae: mean absolute error.
        r2: 1 - squared error / variance. src_within_author: mean over authors with at least
        MIN_POSTS_WITHIN posts and a defined src of their own src, weighted by posts.
        NaN where undefined: a constant has no rank correlation.
    """
    if not len(observed):
        return {name: Score(np.nan, np.nan, np.nan) for name in METRICS}
    n = int(by.drawn.max()) + 1
    return intervals(_metrics(observed, predicted, by), n, draws, seed)


Metric = Callable[[F64], F64]
"""Weights of the clusters, shape (draws, clusters), to one value per draw."""


def intervals(
    metrics: Mapping[str, Metric], clusters: int, draws: int = DRAWS, seed: int = 7
) -> dict[str, Score]:
    """Each metric of all rows, with its 95 % percentile interval over draws of clusters."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=draws).astype(float)
    found = {}
    for name, metric in metrics.items():
        values = metric(drawn)
        values = values[np.isfinite(values)]
        low, high = np.quantile(values, (0.025, 0.975)) if len(values) else (np.nan, np.nan)
        value = float(metric(np.ones((1, clusters)))[0])
        found[name] = Score(value, float(low), float(high))
    return found


def _metrics(observed: F64, predicted: F64, by: Clusters) -> dict[str, Metric]:
    src = rank_correlation(observed, predicted, by.drawn)
    # Of a single author, within is all there is, and weeks have no src of their own.
    within = (
        (src if len(observed) >= MIN_POSTS_WITHIN else _undefined)
        if by.kind == "week"
        else _within(observed, predicted, by.author)
    )
    return {
        "src": src,
        "mae": absolute_error(observed, predicted, by.drawn),
        "r2": _r2(observed, predicted, by.drawn),
        "src_within_author": within,
    }


def _undefined(weights: F64) -> F64:
    return np.full(len(weights), np.nan)


def absolute_error(observed: F64, predicted: F64, cluster: Ints) -> Metric:
    """Mean absolute error."""
    error = np.bincount(cluster, np.abs(observed - predicted))
    rows = np.bincount(cluster)
    return lambda weights: _ratio(weights @ error, weights @ rows)


def _r2(observed: F64, predicted: F64, cluster: Ints) -> Metric:
    # Centred first: the difference of two large sums would lose digits.
    centred = observed - observed.mean()
    error = np.bincount(cluster, (observed - predicted) ** 2)
    total, square = np.bincount(cluster, centred), np.bincount(cluster, centred**2)
    rows = np.bincount(cluster)

    def metric(weights: F64) -> F64:
        spread = weights @ square - _ratio((weights @ total) ** 2, weights @ rows)
        return 1 - _ratio(weights @ error, spread)

    return metric


def rank_correlation(observed: F64, predicted: F64, cluster: Ints) -> Metric:
    """Spearman rank correlation, ties by average ranks; NaN of a constant."""
    rank_observed, rank_predicted = _Ranks.of(observed), _Ranks.of(predicted)
    at_once = max(1, _CELLS_AT_ONCE // len(observed))

    def block(weights: F64) -> F64:
        rows = weights[:, cluster]
        return _weighted_correlation(rank_observed(rows), rank_predicted(rows), rows)

    def metric(weights: F64) -> F64:
        parts = [block(weights[i : i + at_once]) for i in range(0, len(weights), at_once)]
        return np.concatenate(parts)

    return metric


@dataclass(frozen=True)
class _Ranks:
    """Average ranks of values that occur several times, by how often each occurs."""

    order: Ints
    starts: Ints
    group: Ints

    @classmethod
    def of(cls, values: F64) -> _Ranks:
        order = np.argsort(values, kind="stable")
        new = np.append(True, np.diff(values[order]) > 0)
        group = np.empty(len(values), np.int64)
        group[order] = np.cumsum(new) - 1
        return cls(order, np.flatnonzero(new), group)

    def __call__(self, weights: F64) -> F64:
        """Ranks, shape (draws, n), of a sample that holds row i weights[., i] times."""
        size = np.add.reduceat(weights[:, self.order], self.starts, axis=1)
        # The mean of the ranks first, first + 1, …, last of the group.
        ranks = np.cumsum(size, axis=1) - (size - 1) / 2
        return ranks[:, self.group]


def _weighted_correlation(a: F64, b: F64, weights: F64) -> F64:
    total = weights.sum(axis=1, keepdims=True)
    a = a - (a * weights).sum(axis=1, keepdims=True) / total
    b = b - (b * weights).sum(axis=1, keepdims=True) / total
    product = (a * b * weights).sum(axis=1)
    return _ratio(product, np.sqrt((a * a * weights).sum(axis=1) * (b * b * weights).sum(axis=1)))


def _within(observed: F64, predicted: F64, author: Ints) -> Metric:
    frame = pl.DataFrame({"author": author, "o": observed, "p": predicted})
    each = (
        frame.group_by("author")
        .agg(pl.corr("o", "p", method="spearman").alias("src"), pl.len().alias("rows"))
        .sort("author")
        .with_columns(pl.col("src").fill_nan(None))
    )
    kept = pl.col("src").is_not_null() & (pl.col("rows") >= MIN_POSTS_WITHIN)
    rows = each.select(pl.when(kept).then("rows").otherwise(0).cast(pl.Float64)).to_series()
    weighted = (rows * each["src"].fill_null(0.0)).to_numpy()
    return lambda weights: _ratio(weights @ weighted, weights @ rows.to_numpy())


def _ratio(over: F64, under: F64) -> F64:
    """over / under, NaN where under is 0 up to rounding."""
    found = np.full(len(over), np.nan)
    np.divide(over, under, out=found, where=under > 1e-12)
    return found
