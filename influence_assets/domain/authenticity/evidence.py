"""Rows of `marts.authenticity_evidence_weekly`: what was found, in figures and in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from influence_assets.domain.authenticity.audience import Audience, out_of_line
from influence_assets.domain.authenticity.coordination import Coordination, Timing, coordination
from influence_assets.domain.authenticity.growth import growth_steps

Row = dict[str, Any]

TIMING = Timing()
AUDIENCE = Audience()
NAMED = 3
"""Other profiles that a sentence names."""


@dataclass(frozen=True)
class Known:
    """What was known of one platform at the end of a week, of the window up to there.

    Attributes:
        acts: what posts say, see `coordination`.
        readings: profile_id, day, followers.
        posts: a row is a post: profile_id, day, engagement (NULL where unknown), is_settled.
        audience: profile_id, followers, engagement_per_post as the source states it, or NULL.
    """

    acts: pl.DataFrame
    readings: pl.DataFrame
    posts: pl.DataFrame
    audience: pl.DataFrame

    def has_news(self, since: date) -> bool:
        """Whether a post or a reading is from that day or later.

        Without, the window only forgets, and what is left of it would be told over and over.
        """
        days = pl.concat([self.posts["day"], self.readings["day"]])
        return bool((days >= since).any())


def evidence(known: Known, since: date, until: date) -> tuple[pl.DataFrame, int]:
    """The rows, but for the week and platform, and how many things were left out.

    Args:
        known: what was known on the last day.
        since, until: first and last day of the window.
    """
    together = coordination(known.acts, TIMING)
    engagement = pl.col("engagement")
    days = known.posts.group_by("profile_id", "day").agg(
        pl.len().alias("posts"),
        # Unknown is not 0: where no count is known, nor is the sum.
        pl.when(engagement.count() > 0).then(engagement.sum()).alias("engagement"),
        engagement.count().alias("counted_posts"),
    )
    found = [
        _told(_shared(together, known.acts), _say_shared),
        _told(_steps(growth_steps(known.readings, days, since, until)), _say_step),
        _told(_off(out_of_line(engagement_of(known)), since, until), _say_off),
    ]
    return pl.concat(found).sort("profile_id", "kind", "what"), together.things_left_out


def engagement_of(known: Known) -> pl.DataFrame:
    """What `out_of_line` judges: counted posts where there are enough, else what is stated."""
    counted = (
        known.posts.filter(pl.col("is_settled"), pl.col("engagement").is_not_null())
        .group_by("profile_id")
        .agg(pl.col("engagement").median(), pl.len().cast(pl.Int64).alias("posts"))
        .filter(pl.col("posts") >= AUDIENCE.fewest_posts)
    )
    is_counted = pl.col("posts").is_not_null()
    return (
        known.audience.join(counted, on="profile_id", how="left")
        .select(
            pl.when(is_counted).then(pl.lit("posts")).otherwise(pl.lit("stated")).alias("basis"),
            "profile_id",
            "followers",
            pl.coalesce("engagement", "engagement_per_post").alias("engagement_per_post"),
            "posts",
        )
        .sort("basis", "profile_id")
    )


_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "kind": pl.String,
    "what": pl.String,
    "profile_id": pl.String,
    "other_profile_ids": pl.List(pl.String),
    "observed": pl.Float64,
    "expected": pl.Float64,
    "deviations": pl.Float64,
    "q_value": pl.Float64,
    "rests_on": pl.Int64,
    "first_day": pl.Date,
    "last_day": pl.Date,
    "activity_ratio": pl.Float64,
    "kept_share": pl.Float64,
    "strength": pl.Float64,
}


def _told(rows: pl.DataFrame, say: Callable[[Row], str]) -> pl.DataFrame:
    """The rows with every column of the table, and the sentence."""
    words = pl.Series("evidence", [say(row) for row in rows.iter_rows(named=True)], pl.String)
    full = pl.concat([pl.DataFrame(schema=_COLUMNS), rows], how="diagonal_relaxed")
    return full.select(*_COLUMNS).with_columns(words)


def _shared(found: Coordination, acts: pl.DataFrame) -> pl.DataFrame:
    """A row for each profile: with whom it posts the same, all taken together."""
    turned = found.pairs.rename(
        {"profile_id": "other_profile_id", "other_profile_id": "profile_id"}
    )
    posts = acts.group_by("what", "profile_id").agg(
        pl.col("post_id").n_unique().cast(pl.Int64).alias("rests_on")
    )
    return (
        pl.concat([found.pairs, turned.select(found.pairs.columns)])
        .sort(
            "what",
            "profile_id",
            "observed",
            "other_profile_id",
            descending=[False, False, True, False],
        )
        .group_by("what", "profile_id", maintain_order=True)
        .agg(
            pl.col("other_profile_id").alias("other_profile_ids"),
            pl.col("observed").sum(),
            pl.col("expected").sum(),
            pl.col("by_interest").sum().cast(pl.Int64).alias("pairs_by_interest"),
            pl.col("q_value").min(),
            pl.col("first_at").min().dt.date().alias("first_day"),
            pl.col("last_at").max().dt.date().alias("last_day"),
        )
        .join(posts, on=["what", "profile_id"], how="left", maintain_order="left")
        .with_columns(pl.lit("coordinated_posting").alias("kind"), pl.lit(1.0).alias("strength"))
    )


def _steps(found: pl.DataFrame) -> pl.DataFrame:
    return found.with_columns(
        pl.lit("growth_step").alias("kind"),
        pl.col("followers_after").alias("observed"),
        pl.col("followers_expected").alias("expected"),
        pl.col("changes").alias("rests_on"),
        pl.col("from_day").alias("first_day"),
        pl.col("to_day").alias("last_day"),
        pl.when("is_busy").then(0.5).otherwise(1.0).alias("strength"),
    )


def _off(found: pl.DataFrame, since: date, until: date) -> pl.DataFrame:
    return found.with_columns(
        pl.col("what").alias("kind"),
        pl.col("basis").alias("what"),
        pl.col("engagement_per_post").alias("observed"),
        pl.col("posts").alias("rests_on"),
        pl.lit(since).alias("first_day"),
        pl.lit(until).alias("last_day"),
        pl.lit(1.0).alias("strength"),
    )


_THINGS = {"text": "text", "link": "link", "hashtags": "set of hashtags"}


def _say_shared(row: Row) -> str:
    others = row["other_profile_ids"]
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    minutes = TIMING.window.total_seconds() / 60
    many = "pair" if row["observed"] == 1 else "pairs"
    return (
        f"Posted the same {_THINGS[row['what']]} within {minutes:g} minutes of "
        f"{', '.join(others[:NAMED])}{more}: {row['observed']} {many} of posts, by "
        f"{row['rests_on']} posts of its own. Chance would give {row['expected']:.2g}, "
        f"{_say_chance(row)}."
    )


def _say_chance(row: Row) -> str:
    """Which of the two that chance is made of was the larger, profile by profile."""
    volume = "by how much they all post"
    interest = "by what they post further apart, as those who share an interest do"
    explained = row["pairs_by_interest"]
    if explained == 0:
        return volume
    if explained == len(row["other_profile_ids"]):
        return interest
    return f"{volume}, or with {explained} of them {interest}"


def _say_step(row: Row) -> str:
    before, after = row["followers_before"], row["followers_after"]
    text = (
        f"Followers went from {before:,} on {row['from_day']} to {after:,} on {row['to_day']} "
        f"({after / before - 1:+.1%}), {abs(row['deviations']):.0f} robust deviations from the "
        f"profile's {row['changes']} other changes. By the last reading {row['kept_share']:.0%} of "
        "the step was left."
    )
    if row["activity_ratio"] is None:
        return text + " Nothing is known of its posts then."
    return (
        text
        + f" Posts or their engagement in those days: {row['activity_ratio']:.1f} times the usual."
    )


def say_ratio(ratio: float) -> str:
    """As times from a factor of two on, below that in per cent."""
    if ratio >= 2:
        return f"{ratio:.1f} times"
    if ratio <= 1 / 2:
        return f"{1 / ratio:.1f} times less than"
    return f"{abs(ratio - 1):.0%} {'above' if ratio > 1 else 'below'}".replace("%", " %")


def _say_off(row: Row) -> str:
    rests = (
        "an average as the source states it" if row["posts"] is None else f"{row['posts']} posts"
    )
    compared = say_ratio(row["engagement_per_post"] / row["expected"])
    return (
        f"Engagement per post is {row['engagement_per_post']:,.0f} at {row['followers']:,} "
        f"followers ({rests}): {compared} the {row['expected']:,.0f} that {row['peers']} peers "
        "have at that size, "
        f"{abs(row['deviations']):.1f} robust deviations off."
    )
