"""How engagement grows with a post's age, on a platform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]

KNOTS_HOURS = (1, 3, 6, 12, 24, 48, 96, 168, 336, 720)
LEAST_READINGS = 10


@dataclass(frozen=True)
class Growth:
    """A platform's growth curve.

    Attributes:
        ages: logarithms of 1 + hours, rising; none where nothing was read twice.
        levels: what log(1 + engagement) still lacks there of its last known level: 0 or less.
    """

    ages: Floats
    levels: Floats

    def at(self, age_hours: pl.Series) -> Floats:
        """The level at each age; 0 where the age is unknown, or no curve is."""
        if not len(self.ages):
            return np.zeros(len(age_hours))
        ages = age_hours.cast(pl.Float64).fill_null(np.inf).to_numpy()
        return np.asarray(np.interp(np.log1p(ages), self.ages, self.levels))


def growth(readings: pl.DataFrame) -> Growth:
    """The curve that fits the readings of posts that were read more than once.

    Least squares of log(1 + engagement) with a level for each post and a curve that is common
    to all, linear between knots of log(1 + age), then made to rise: engagement does not shrink.
    Knots that fewer than LEAST_READINGS readings lie next to are left out, and beyond the
    first and the last knot the curve is flat.

    Args:
        readings: post_id, age_hours (NULL if unknown), engagement.
    """
    several = readings.drop_nulls("age_hours").filter(pl.len().over("post_id") > 1)
    post = several["post_id"].rank("dense").to_numpy().astype(np.int64) - 1
    age = np.log1p(several["age_hours"].to_numpy())
    engagement = np.log1p(several["engagement"].to_numpy())
    knots = np.log1p(np.array(KNOTS_HOURS, dtype=np.float64))
    near = _hats(age, knots).sum(axis=0)
    knots = knots[near >= LEAST_READINGS]
    if len(knots) < 2:
        return Growth(np.empty(0), np.empty(0))
    around = _within(_hats(age, knots), post)
    level, *_ = np.linalg.lstsq(around, _within(engagement[:, None], post)[:, 0], rcond=None)
    rising = np.maximum.accumulate(level)
    return Growth(knots, rising - rising[-1])


def _hats(age: Floats, knots: Floats) -> Floats:
    """How far each age belongs to each knot; a row sums to 1."""
    hats = [np.interp(age, knots, unit) for unit in np.eye(len(knots))]
    return np.stack(hats, axis=1)


def _within(values: Floats, post: npt.NDArray[np.int64]) -> Floats:
    """Each column less its mean over the readings of the same post."""
    counts = np.bincount(post)
    means = [np.bincount(post, column) / counts for column in values.T]
    return values - np.stack(means, axis=1)[post]
