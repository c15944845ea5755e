"""Steps of a profile's followers that are out of line with its own other changes.

Followers that are bought come at once, and platforms take them back over the weeks that
follow; so a step is told with how much of it is left, and with how busy the profile was, as
what went viral also brings followers at once. A step is measured in robust deviations: distance
from the median change over 1.4826 times the median absolute deviation (Iglewicz and Hoaglin 1993).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

SIGMA_PER_MAD = 1.4826
"""Of a normal distribution."""


@dataclass(frozen=True)
class Steps:
    """What counts as a step.

    Attributes:
        most_days: longest time between two readings whose change is judged: what lies
            further apart is no sudden change, such as a first reading of 0 at the debut.
        fewest_changes: other changes that a profile must have to be judged by, counted
            where followers moved at all.
        fewest_followers: below, a handful of people makes a step.
        deviations: robust deviations from the profile's median change. Daily growth has long
            tails: streamers who bought nothing reach 15 in a quarter, by 0.6 %.
        least_change: the smallest step, as a share of the followers, whatever its deviation.
        held: share of the step that the next reading must still show, and that it must also
            be against the reading before: what comes and is gone at once was misread.
        around_days: days before and behind the step whose posts and engagement are looked at.
        busy: from so many times the usual posts or engagement on, a gain has a harmless
            explanation at hand.
    """

    most_days: int = 8
    fewest_changes: int = 10
    fewest_followers: int = 100
    deviations: float = 10.0
    least_change: float = 0.02
    held: float = 0.5
    around_days: int = 2
    busy: float = 2.0


def growth_steps(
    readings: pl.DataFrame, days: pl.DataFrame, since: date, until: date, how: Steps = Steps()
) -> pl.DataFrame:
    """The largest sudden gain and the largest sudden loss of each profile that has one.

    Args:
        readings: profile_id, day, followers, once a day. The last change of a profile is
            not judged yet: it takes another reading to hold.
        days: what a profile did on a day on which it posted: profile_id, day, posts,
            engagement (NULL where unknown), counted_posts (those whose engagement is known).
        since, until: first and last day of the window that both are of.

    Returns:
        what (gain, loss), profile_id, from_day, to_day, followers_before, followers_after,
        followers_expected (by the profile's median growth), deviations, changes (that it is
        judged by), activity_ratio (posts per day or engagement per post around the step over
        those of the other days, whichever is larger; NULL without any), kept_share (of what was
        gained or lost beyond expectation, by the last reading), is_busy.
    """
    changes = _judged(_changes(readings, how), how)
    found = changes.filter(
        pl.col("deviations").abs() >= how.deviations,
        (pl.col("followers_after") / pl.col("followers_before") - 1).abs() >= how.least_change,
        pl.col("held") >= how.held,
    ).with_columns(
        pl.when(pl.col("deviations") > 0)
        .then(pl.lit("gain"))
        .otherwise(pl.lit("loss"))
        .alias("what")
    )
    largest = found.sort(
        pl.col("deviations").abs(), "to_day", descending=True, maintain_order=True
    ).unique(["profile_id", "what"], keep="first", maintain_order=True)
    busy = pl.col("activity_ratio") >= how.busy
    return (
        _with_kept_share(largest, readings)
        .join(
            _activity(largest, days, (until - since).days + 1, how),
            on=["profile_id", "what"],
            how="left",
        )
        .with_columns((busy & (pl.col("what") == "gain")).fill_null(False).alias("is_busy"))
        .select(*_STEPS)
        .sort("what", "profile_id")
    )


_STEPS = (
    "what", "profile_id", "from_day", "to_day", "followers_before", "followers_after",
    "followers_expected", "deviations", "changes", "activity_ratio", "kept_share", "is_busy",
)  # fmt: skip


def _changes(readings: pl.DataFrame, how: Steps) -> pl.DataFrame:
    """Changes between neighbouring readings, as logarithms per day, and how far they held."""

    def over(column: str, shift: int) -> pl.Expr:
        return pl.col(column).shift(shift).over("profile_id", order_by="day")

    log = pl.col("followers").cast(pl.Float64).log()
    return (
        readings.filter(pl.col("followers") >= how.fewest_followers)
        .sort("profile_id", "day")
        .with_columns(log.alias("log"))
        .with_columns(
            over("day", 1).alias("from_day"),
            over("followers", 1).alias("followers_before"),
            (pl.col("log") - over("log", 1)).alias("change"),
            (over("log", -1) - over("log", 1)).alias("change_by_next"),
            (pl.col("log") - over("log", 2)).alias("change_since_earlier"),
            (over("day", -1) - pl.col("day")).dt.total_days().alias("next_days"),
        )
        .with_columns((pl.col("day") - pl.col("from_day")).dt.total_days().alias("days"))
        .filter(pl.col("days") <= how.most_days)
        .rename({"day": "to_day", "followers": "followers_after"})
        .with_columns(
            (pl.col("change") / pl.col("days")).alias("rate"),
            # NULL until a next reading comes in time.
            pl.when(pl.col("next_days") <= how.most_days)
            .then(
                pl.min_horizontal(
                    pl.col("change_by_next") / pl.col("change"),
                    pl.col("change_since_earlier") / pl.col("change"),
                )
            )
            .alias("held"),
        )
    )


def _judged(changes: pl.DataFrame, how: Steps) -> pl.DataFrame:
    """The changes of profiles that have enough of them, in robust deviations."""
    moved = pl.col("followers_after") - pl.col("followers_before")
    usual = pl.col("rate").median().over("profile_id")
    spread = (pl.col("rate") - pl.col("usual")).abs().median().over("profile_id") * SIGMA_PER_MAD
    # Counts that are rounded, or that hardly move, have a spread of 0: then the smallest change
    # that the readings can show, and a count's own chance (Poisson), are what one can tell.
    smallest = moved.abs().filter(moved != 0).min().over("profile_id")
    count = ((pl.col("usual").abs() * pl.col("followers_before")).clip(lower_bound=1)).sqrt()
    floor = pl.max_horizontal(smallest.cast(pl.Float64), count) / pl.col("followers_before")
    return (
        changes.with_columns(
            usual.alias("usual"),
            ((moved != 0).sum().over("profile_id") - 1).cast(pl.Int64).alias("changes"),
        )
        .filter(pl.col("changes") >= how.fewest_changes)
        .with_columns(
            (
                (pl.col("rate") - pl.col("usual"))
                / pl.max_horizontal(spread, floor / pl.col("days"))
            ).alias("deviations"),
            (pl.col("followers_before") * (pl.col("usual") * pl.col("days")).exp()).alias(
                "followers_expected"
            ),
        )
    )


def _with_kept_share(steps: pl.DataFrame, readings: pl.DataFrame) -> pl.DataFrame:
    """What is left of a step by the last reading, growth as usual taken off."""
    last = readings.group_by("profile_id").agg(
        pl.col("day").max().alias("last_day"),
        pl.col("followers").sort_by("day").last().alias("followers_last"),
    )
    since = (pl.col("last_day") - pl.col("from_day")).dt.total_days()
    usual_last = pl.col("followers_before") * (pl.col("usual") * since).exp()
    beyond = pl.col("followers_after") - pl.col("followers_expected")
    return steps.join(last, on="profile_id", how="left").with_columns(
        ((pl.col("followers_last") - usual_last) / beyond).alias("kept_share")
    )


def _activity(
    steps: pl.DataFrame, days: pl.DataFrame, window_days: int, how: Steps
) -> pl.DataFrame:
    """Posts per day and engagement per post around each step over those of the other days.

    Engagement is compared by post, over posts whose engagement is known, and only where both sides
    have such posts: counts may have been collected for a part of the window only.
    """
    margin = pl.duration(days=how.around_days)
    is_around = pl.col("day").is_between(pl.col("from_day") - margin, pl.col("to_day") + margin)
    around = (pl.col("to_day") - pl.col("from_day")).dt.total_days() + 1 + 2 * how.around_days

    def ratio(column: str, near_by: pl.Expr, other_by: pl.Expr) -> pl.Expr:
        near = pl.col(column).filter(is_around).sum() / near_by
        other = pl.col(column).filter(~is_around).sum() / other_by
        return pl.when(near_by > 0, other > 0).then(near / other)

    counted = pl.col("counted_posts")
    return (
        steps.select("profile_id", "what", "from_day", "to_day")
        .join(days, on="profile_id")
        .group_by("profile_id", "what")
        .agg(
            pl.max_horizontal(
                ratio("posts", around.first(), window_days - around.first()),
                ratio(
                    "engagement",
                    counted.filter(is_around).sum(),
                    counted.filter(~is_around).sum(),
                ),
            ).alias("activity_ratio")
        )
    )
