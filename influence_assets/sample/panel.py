"""The daily panel: how profiles do day by day, and which days are missing.

Belongs here: the daily numbers, their weekly cycle and their holes. Does not: the files.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.sample.popularity import grown
from influence_assets.sample.posts import START_US
from influence_assets.sample.ties import DAY_US

WEEKDAY_FACTOR = np.array([0.96, 1.0, 1.02, 1.0, 0.9, 0.98, 1.14])

MISSING_DAY_SHARE = 0.03
GAP_SHARE = 0.4
"""Share of profiles with one gap of several days."""

LATE_DAYS = (40, 41, 42, 106, 107, 148)
"""Days of the world that come, for half of the profiles, in a later file only."""

READ_AT_US = (23 * 60 + 50) * 60_000_000
"""A day is read ten minutes before it ends."""

Floats = npt.NDArray[np.float64]


def draw_panel(
    profiles: pl.DataFrame, posts: pl.DataFrame, popularity: pl.DataFrame, weeks: int, seed: int
) -> pl.DataFrame:
    """Draw the observed days of every profile. Unobserved days have no row.

    Returns:
        One row per profile and observed day: author (row number in `profiles`), read_at (UTC),
        followers, following, posts_count (at that time), engagement, reach, impressions (of
        that day), is_late (comes in the later file only).
    """
    rng = np.random.default_rng([seed, 8])
    n, days = len(profiles), weeks * 7
    engagement = _engagement(profiles, posts, popularity, days, rng)
    reach = engagement * 9 * np.exp(rng.normal(0, 0.15, (n, days)))
    impressions = reach * (1.15 + rng.gamma(2.0, 0.12, (n, days)))
    start = {c: profiles[c].to_numpy()[:, None] for c in ("followers", "following", "posts_count")}
    posted = _per_day(posts, np.ones(len(posts)), n, days, shift=0)
    following = start["following"] + rng.poisson(0.25, (n, days)).cumsum(axis=1)
    columns = {
        "followers": start["followers"] + _new_followers(profiles, days, rng).cumsum(axis=1),
        "following": following,
        "posts_count": start["posts_count"] + posted.cumsum(axis=1),
        "engagement": engagement,
        "reach": reach,
        "impressions": impressions,
    }
    author, day = np.repeat(np.arange(n), days), np.tile(np.arange(days), n)
    read_us = START_US + day * DAY_US + READ_AT_US
    frame = pl.DataFrame(
        {
            "author": author,
            "read_at": pl.Series(read_us).cast(pl.Datetime("us", "UTC")),
            **{name: np.floor(values).astype(np.int64).ravel() for name, values in columns.items()},
            "is_late": np.isin(day, LATE_DAYS) & (author % 2 == 0),
        }
    )
    return frame.filter(pl.Series(_observed(n, days, rng).ravel())).sort("read_at", "author")


def _new_followers(profiles: pl.DataFrame, days: int, rng: np.random.Generator) -> Floats:
    """New followers per profile and day; those that shrink lose some. Shape (profile, day)."""
    chance = np.exp(rng.normal(0, 0.4, (len(profiles), days)))
    daily = (profiles["followers"] * profiles["growth"]).to_numpy()[:, None]
    cycle = WEEKDAY_FACTOR[np.arange(days) % 7] ** 3
    return np.asarray(np.round(daily * chance * cycle))


def _engagement(
    profiles: pl.DataFrame,
    posts: pl.DataFrame,
    popularity: pl.DataFrame,
    days: int,
    rng: np.random.Generator,
) -> Floats:
    """Interactions per profile and day, shape (profile, day).

    What the posts of the last days draw on that day, and a base that follows the weekday,
    the growth of the profile and a slowly wandering mood.
    """
    n = len(profiles)
    total = sum(popularity[c].to_numpy() for c in ("likes", "comments", "shares"))
    pace = popularity["days_to_grow"].to_numpy()
    drawn = np.zeros((n, days))
    for age in range(8):
        share = grown(np.full(len(posts), age + 1.0), pace) - grown(np.full(len(posts), age), pace)
        drawn += _per_day(posts, total * share, n, days, shift=age)
    mood = np.zeros((n, days))
    shocks = rng.normal(0, 0.09, (n, days))
    for day in range(1, days):
        mood[:, day] = 0.93 * mood[:, day - 1] + shocks[:, day]
    trend = np.exp(profiles["growth"].to_numpy()[:, None] * np.arange(days))
    base = 1.5 * np.exp(profiles["author_base"].to_numpy()[:, None]) * trend
    cycle = WEEKDAY_FACTOR[np.arange(days) % 7]
    return np.asarray(base * cycle * np.exp(mood + rng.normal(0, 0.08, (n, days))) + drawn)


def _per_day(posts: pl.DataFrame, values: Floats, n: int, days: int, shift: int) -> Floats:
    """Sum of the values of posts by author and day, `shift` days after the post."""
    day = (posts["posted_at"].dt.epoch("us").to_numpy() - START_US) // DAY_US + shift
    inside = day < days
    table = np.zeros((n, days))
    np.add.at(table, (posts["author"].to_numpy()[inside], day[inside]), values[inside])
    return table


def _observed(n: int, days: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which days are observed: single days are missing by chance, some profiles have a gap."""
    observed = rng.random((n, days)) >= MISSING_DAY_SHARE
    for profile in np.flatnonzero(rng.random(n) < GAP_SHARE):
        start = int(rng.integers(7, max(8, days - 10)))
        observed[profile, start : start + int(rng.integers(3, 11))] = False
    return observed
