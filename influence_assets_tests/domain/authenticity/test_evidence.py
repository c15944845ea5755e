"""Rows of evidence: figures and words of each kind, and what they may not say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from influence_assets.domain.authenticity.evidence import (
    Known,
    engagement_of,
    evidence,
    say_ratio,
)

from .making import acts, campaign, random_world
from .test_audience import altered, world
from .test_growth import readings, with_step

SINCE, UNTIL = date(2024, 1, 1), date(2024, 3, 31)
NO_ACTS = acts([])
NO_READINGS = readings([])
NO_POSTS = pl.DataFrame(
    schema={
        "profile_id": pl.String, "day": pl.Date, "engagement": pl.Float64, "is_settled": pl.Boolean,
    }
)  # fmt: skip
NO_AUDIENCE = pl.DataFrame(
    schema={"profile_id": pl.String, "followers": pl.Int64, "engagement_per_post": pl.Float64}
)


def rows(
    *,
    said: pl.DataFrame = NO_ACTS,
    read: pl.DataFrame = NO_READINGS,
    posts: pl.DataFrame = NO_POSTS,
    audience: pl.DataFrame = NO_AUDIENCE,
) -> list[dict[str, Any]]:
    found, _ = evidence(Known(said, read, posts, audience), SINCE, UNTIL)
    return found.rows(named=True)


def test_nothing_known_is_no_evidence() -> None:
    assert rows() == []


def test_a_group_that_posts_alike() -> None:
    world_and_group = acts(random_world(seed=5) + campaign(seed=6, members=5))
    found = rows(said=world_and_group)
    assert [row["profile_id"] for row in found] == [f"bot{i}" for i in range(5)]
    first = found[0]
    assert first["kind"] == "coordinated_posting"
    assert sorted(first["other_profile_ids"]) == ["bot1", "bot2", "bot3", "bot4"]
    # Eight pairs of posts with each of four, by eight posts of its own.
    assert (first["observed"], first["rests_on"], first["strength"]) == (32, 8, 1)
    assert first["q_value"] < 1e-6
    assert first["evidence"] == (
        "Posted the same text within 5 minutes of bot1, bot2, bot3 and 1 more: 32 pairs of posts, "
        f"by 8 posts of its own. Chance would give {first['expected']:.2g}, "
        "by how much they all post."
    )


def test_chance_is_said_to_be_volume_or_interest() -> None:
    # Ann and bob share ten texts at once, and one half an hour apart.
    alone = [(f"p{i:02d}", f"own{i}{j}", 60.0 * j) for i in range(30) for j in range(100)]
    shared = [(who, f"s{j}", 400.0 * j + 1) for who in ("ann", "bob") for j in range(10)]
    late = [("ann", "late", 50.0), ("bob", "late", 80.0)]
    with_cid = [(who, f"c{j}", 400.0 * j + 20) for who in ("ann", "cid") for j in range(10)]
    said = {
        name: next(r["evidence"] for r in rows(said=acts(alone + own)) if r["profile_id"] == "ann")
        for name, own in {
            "volume": shared, "interest": shared + late, "both": shared + late + with_cid
        }.items()
    }  # fmt: skip
    apart = "by what they post further apart, as those who share an interest do."
    assert said["volume"].endswith(", by how much they all post.")
    assert said["interest"].endswith(f", {apart}")
    assert said["both"].endswith(f", by how much they all post, or with 1 of them {apart}")
    assert "20 pairs of posts, by 21 posts of its own." in said["both"]


def test_a_step_in_words() -> None:
    series = with_step(40, 3_000)
    busy = pl.DataFrame(
        {
            "profile_id": ["ann"] * 4,
            "day": [SINCE + timedelta(days=d) for d in (10, 40, 40, 40)],
            "engagement": [None] * 4,
            "is_settled": [False] * 4,
        },
        schema=NO_POSTS.schema,
    )
    (quiet,) = rows(read=readings(series))
    assert (quiet["kind"], quiet["what"], quiet["strength"]) == ("growth_step", "gain", 1)
    assert quiet["evidence"].startswith(
        f"Followers went from {series[39]:,} on 2024-02-09 to {series[40]:,} on 2024-02-10 (+28."
    )
    assert quiet["evidence"].endswith("Nothing is known of its posts then.")
    (row,) = rows(read=readings(series), posts=busy)
    # Three posts in six days beside one in 85: a harmless explanation, so it weighs less.
    assert (row["strength"], row["activity_ratio"]) == (0.5, pytest.approx((3 / 6) / (1 / 85)))


@pytest.mark.parametrize("first_counted", [37, 50])
def test_counts_that_were_collected_later_make_no_day_busy(first_counted: int) -> None:
    # A post a day with 100 each. Around the step are the days 37 to 42.
    posts = pl.DataFrame(
        {
            "profile_id": ["ann"] * 91,
            "day": [SINCE + timedelta(days=d) for d in range(91)],
            "engagement": [100.0 if d >= first_counted else None for d in range(91)],
            "is_settled": [True] * 91,
        }
    )
    (row,) = rows(read=readings(with_step(40, 3_000)), posts=posts)
    assert (row["strength"], row["activity_ratio"]) == (1, pytest.approx(1))
    # Where counts are known on one side only, posts alone are compared.
    (row,) = rows(read=readings(with_step(40, 3_000)), posts=posts.head(43))
    assert row["activity_ratio"] == pytest.approx((6 / 6) / (37 / 85))


def test_engagement_in_words() -> None:
    stated = altered(world(), {"p007": 0.02}).drop("basis", "posts")
    (row,) = rows(audience=stated)
    assert (row["kind"], row["what"], row["rests_on"]) == ("engagement_low", "stated", None)
    assert "an average as the source states it" in row["evidence"]
    assert "times less than the" in row["evidence"]
    ratio = row["expected"] / row["observed"]
    assert f": {ratio:.1f} times less than the " in row["evidence"]
    assert (row["first_day"], row["last_day"]) == (SINCE, UNTIL)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.76, "24 % below"), (1.3, "30 % above"), (0.51, "49 % below"), (1.99, "99 % above"),
        (0.5, "2.0 times less than"), (2.0, "2.0 times"), (17.2, "17.2 times"),
    ],
)  # fmt: skip
def test_less_than_twice_is_said_in_per_cent(ratio: float, words: str) -> None:
    assert say_ratio(ratio) == words


def test_engagement_is_counted_where_there_are_enough_settled_posts() -> None:
    day = [SINCE] * 7
    posts = pl.DataFrame(
        {
            "profile_id": ["ann"] * 7,
            "day": day,
            "engagement": [1.0, 2.0, 3.0, 4.0, 90.0, None, 1_000.0],
            # The last is too young to count.
            "is_settled": [True] * 6 + [False],
        }
    )
    bob = posts.head(4).with_columns(pl.lit("bob").alias("profile_id"))
    audience = pl.DataFrame(
        {"profile_id": ["ann", "bob"], "followers": [10, 20], "engagement_per_post": [7.0, 8.0]}
    )
    known = Known(NO_ACTS, NO_READINGS, pl.concat([posts, bob]), audience)
    found = engagement_of(known).select("basis", "profile_id", "engagement_per_post", "posts")
    # Ann: the median of five. Bob has four: what the source states.
    assert found.rows() == [("posts", "ann", 3.0, 5), ("stated", "bob", 8.0, None)]


def test_a_week_without_news_is_told_apart() -> None:
    known = Known(NO_ACTS, readings(with_step(40, 3_000)), NO_POSTS, NO_AUDIENCE)
    last = SINCE + timedelta(days=90)
    assert known.has_news(last)
    assert not known.has_news(last + timedelta(days=1))
    assert not Known(NO_ACTS, NO_READINGS, NO_POSTS, NO_AUDIENCE).has_news(SINCE)
