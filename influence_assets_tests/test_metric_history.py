"""Metric history, counted by hand: what is flagged, what is left out, what nobody may use."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from influence_assets.storage import sql
from influence_assets_tests.sql_making import (
    ALWAYS,
    MON,
    NEXT,
    SUN,
    TUE,
    WED,
    Tables,
    count,
    noon,
    post,
    put,
    raw_count,
    run,
    tie,
    weeks,
)

THU, FRI, SAT = (date(2024, 1, n) for n in (4, 5, 6))
WEEK = (MON, TUE, WED, THU, FRI, SAT, SUN)


def history(tables: Tables, metric: str, *values: int | None, post_id: str = "p") -> None:
    """One reading a day from Monday on; None for a day without one. Both tables are built."""
    known = [(day, value) for day, value in zip(WEEK, values, strict=False) if value is not None]
    rows = [
        raw_count(1, n, noon(day), post_id=post_id, **{metric: value})
        for n, (day, value) in enumerate(known, 1)
    ]
    put(tables, "raw.post_metrics", *rows)
    build_flags(tables)


def build_flags(tables: Tables, **bounds: Any) -> None:
    first, last = bounds.get("first_day", date.min), bounds.get("last_day", date.max)
    rows = tables.execute(sql.select("core.metric_flags"), {**ALWAYS, **bounds}).pl()
    tables.execute(
        "DELETE FROM core.metric_flags WHERE observed_date BETWEEN $a AND $b",
        {"a": first, "b": last},
    )
    put(tables, "core.metric_flags", *rows.to_dicts())


def flags(tables: Tables) -> list[tuple[Any, ...]]:
    found = run(tables, "core.metric_flags").sort("post_id", "metric", "observed_at", "rule")
    return found.select("observed_date", "metric", "rule", "value", "earlier_value").rows()


def accepted(tables: Tables, metric: str) -> list[tuple[date, int | None]]:
    found = run(tables, "core.post_metrics").sort("observed_at")
    return list(found.select("observed_date", metric).rows())


def test_a_count_that_rises_or_stays_is_accepted(tables: Tables) -> None:
    history(tables, "views", 0, 0, 5, 5, 8)
    assert flags(tables) == []
    assert accepted(tables, "views") == list(zip(WEEK, (0, 0, 5, 5, 8), strict=False))


def test_a_hand_counted_history(tables: Tables) -> None:
    #                        Mon  Tue           Wed  Thu  Fri  Sat  Sun
    history(tables, "views", 100, -2_147_483_000, 90, 120, 0, 119, 130)
    assert flags(tables) == [
        (TUE, "views", "count_overflowed", -2_147_483_000, 100),
        (WED, "views", "count_fell", 90, 100),
        # What fell is no measure for what follows; what was accepted last is.
        (FRI, "views", "count_dropped_to_zero", 0, 120),
        (SAT, "views", "count_fell", 119, 120),
    ]
    # Flagged counts are left out, here with their rows, and stay in raw.
    assert accepted(tables, "views") == [(MON, 100), (THU, 120), (SUN, 130)]
    assert tables.execute("SELECT count(*) FROM raw.post_metrics").fetchall() == [(7,)]


def test_the_first_count_may_be_wrong_only_by_overflow(tables: Tables) -> None:
    history(tables, "likes", -1, 0, 3)
    assert flags(tables) == [(MON, "likes", "count_overflowed", -1, None)]
    assert accepted(tables, "likes") == [(TUE, 0), (WED, 3)]


def test_a_good_reading_beside_an_overflowed_one_counts(tables: Tables) -> None:
    put(
        tables,
        "raw.post_metrics",
        raw_count(1, 1, noon(MON), likes=10),
        raw_count(1, 2, noon(TUE), likes=-7),
        raw_count(2, 1, noon(TUE), likes=9),
        raw_count(3, 1, noon(WED), likes=-7),
        raw_count(3, 2, noon(WED), likes=12),
    )
    build_flags(tables)
    assert flags(tables) == [
        (TUE, "likes", "count_fell", 9, 10),
        (TUE, "likes", "count_overflowed", -7, 10),
        (WED, "likes", "count_overflowed", -7, 10),
    ]
    assert accepted(tables, "likes") == [(MON, 10), (WED, 12)]


def test_each_metric_has_its_own_history(tables: Tables) -> None:
    put(
        tables,
        "raw.post_metrics",
        raw_count(1, 1, noon(MON), views=10, likes=5, comments=2),
        # Comments were closed: 0 at once. The other counts of the row are good.
        raw_count(1, 2, noon(TUE), views=12, likes=4, comments=0, popularity_score=1.5),
        # Another post has nothing to do with it, nor has the same id elsewhere.
        raw_count(1, 3, noon(TUE), post_id="q", views=1),
        raw_count(1, 4, noon(TUE), platform="y", views=1),
    )
    build_flags(tables)
    assert flags(tables) == [
        (TUE, "comments", "count_dropped_to_zero", 0, 2),
        (TUE, "likes", "count_fell", 4, 5),
    ]
    found = run(tables, "core.post_metrics").sort("platform", "post_id", "observed_at")
    assert found.select("views", "likes", "comments", "popularity_score").rows() == [
        (10, 5, 2, None), (12, None, None, 1.5), (1, None, None, None), (1, None, None, None),
    ]  # fmt: skip


def test_a_row_with_a_score_alone_stays(tables: Tables) -> None:
    put(tables, "raw.post_metrics", raw_count(1, 1, likes=-1, popularity_score=2.5))
    build_flags(tables)
    found = run(tables, "core.post_metrics")
    assert found.select("likes", "popularity_score").rows() == [(None, 2.5)]


def test_the_larger_of_one_moment_is_the_one_that_is_judged(tables: Tables) -> None:
    put(tables, "raw.post_metrics", raw_count(1, 1, noon(MON), likes=5),
        raw_count(1, 2, likes=3), raw_count(2, 1, likes=6))  # fmt: skip
    build_flags(tables)
    assert flags(tables) == []
    assert accepted(tables, "likes") == [(MON, 5), (TUE, 6)]


@pytest.mark.parametrize("day", WEEK)
def test_a_day_built_alone_is_as_in_the_whole(tables: Tables, day: date) -> None:
    history(tables, "views", 100, -5, 90, 120, 0, 119, 130)
    for table in ("core.metric_flags", "core.post_metrics"):
        whole = run(tables, table)
        alone = run(tables, table, first_day=day, last_day=day)
        assert alone.rows() == whole.filter(whole["observed_date"] == day).rows()


def test_told_again_without_a_time_it_is_one_reading(tables: Tables) -> None:
    bound = {"is_observed_at_known": False}
    put(
        tables,
        "raw.post_metrics",
        raw_count(1, 1, noon(WED), likes=5, views=7, **bound),
        raw_count(2, 1, noon(MON), likes=5, views=7, **bound),
        # Another number is another reading, and so is one of a known time.
        raw_count(3, 1, noon(WED), likes=6, views=7, **bound),
        raw_count(4, 1, noon(THU), likes=6, views=7),
    )
    build_flags(tables)
    found = run(tables, "core.post_metrics").sort("observed_at")
    assert found.select("observed_date", "likes", "is_observed_at_known").rows() == [
        (MON, 5, False), (WED, 6, False), (THU, 6, True),
    ]  # fmt: skip
    # Each day by itself knows of the others.
    alone = run(tables, "core.post_metrics", first_day=WED, last_day=WED)
    assert alone["likes"].to_list() == [6]


@pytest.mark.parametrize("what", ["profile_snapshots", "interactions"])
def test_profiles_and_ties_without_a_time_stand_at_the_earliest_bound(
    tables: Tables, what: str
) -> None:
    time = "occurred" if what == "interactions" else "observed"
    own: dict[str, Any] = {"platform": "x", "profile_id": "a", "followers": 3}
    if what == "interactions":
        own = {"platform": "x", "kind": "follow", "source_id": "a", "target_id": "b", "weight": 1.0}
    rows = [
        {"file_id": str(n) * 64, "row_number": 1, f"{time}_at": noon(day), f"{time}_date": day,
         f"is_{time}_at_known": False} | own
        for n, day in enumerate((WED, MON, SUN), 1)
    ]  # fmt: skip
    put(tables, f"raw.{what}", *rows)
    assert run(tables, f"core.{what}")[f"{time}_date"].to_list() == [MON]
    later = run(tables, f"core.{what}", first_day=TUE, last_day=SUN)
    assert later.height == 0


# --- what is not known is not used ---


def bound_post(day: date, post_id: str) -> dict[str, Any]:
    return post(day, post_id) | {"is_posted_at_known": False}


def test_an_age_needs_both_times(tables: Tables) -> None:
    put(tables, "core.posts", post(MON, "p"), bound_post(MON, "q"))
    put(tables, "raw.post_metrics", raw_count(1, 1, likes=1), raw_count(1, 2, post_id="q", likes=1),
        raw_count(1, 3, noon(WED), likes=2, is_observed_at_known=False))  # fmt: skip
    found = run(tables, "core.post_metrics").sort("post_id", "observed_at")
    assert found["age_hours"].to_list() == [24.0, None, None]


def test_a_post_of_unknown_time_is_in_no_week(tables: Tables) -> None:
    put(tables, "core.posts", post(MON, "p"), bound_post(TUE, "q"))
    put(tables, "core.post_metrics", count("p", noon(WED), likes=1),
        count("q", noon(WED), likes=50))  # fmt: skip
    (week,) = weeks(tables)
    assert (week["posts"], week["engagement"]) == (1, 1.0)


def test_a_post_of_unknown_time_has_no_features_and_teaches_nothing(tables: Tables) -> None:
    put(tables, "core.posts", post(MON, "p"), bound_post(TUE, "q"),
        bound_post(TUE, "z") | {"platform": "y"})  # fmt: skip
    put(tables, "core.post_metrics", count("p", noon(WED), likes=1),
        count("q", noon(WED), likes=50))  # fmt: skip
    asked = {"platform": "x", "target": "likes"}
    found = tables.execute(sql.select("features.popularity_posts"), asked).pl()
    assert found.select("post_id", "outcome").rows() == [("p", 1.0)]
    platforms = tables.execute(sql.select("features.platforms")).fetchall()
    assert platforms == [("x", 1)]


def test_a_late_count_is_no_feature_of_its_post(tables: Tables) -> None:
    # Scraped a year later: it is what came of the post, dated by the scrape, and nothing else.
    later = noon(MON) + timedelta(days=365)
    put(tables, "core.posts", post(MON, "p"))
    put(tables, "core.interactions", tie(NEXT, "follow", post_id=None))
    asked = {"platform": "x", "target": "likes"}
    before = tables.execute(sql.select("features.popularity_posts"), asked).pl().drop("outcome")
    put(tables, "core.post_metrics", count("p", later, likes=1000))
    after = tables.execute(sql.select("features.popularity_posts"), asked).pl()
    assert after.drop("outcome").equals(before)
    assert after["outcome"].to_list() == [1000.0]
    put(tables, "raw.post_metrics", raw_count(1, 1, later, likes=1000))
    (row,) = run(tables, "core.post_metrics").rows(named=True)
    assert (row["observed_at"], row["age_hours"]) == (later, 365 * 24.0)
    assert isinstance(row["observed_at"], datetime)
