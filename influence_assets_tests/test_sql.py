"""The SELECTs of core and of weekly profiles, on rows worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from influence_assets.contracts import TABLES
from influence_assets.settings import project_file
from influence_assets.storage import sql
from influence_assets_tests.sql_making import (
    FILE,
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
    weeks,
)


def raw_post(
    file: int, row: int = 1, day: date = MON, post: str = "p", **more: Any
) -> dict[str, Any]:
    return {
        "file_id": FILE[file], "row_number": row, "platform": "x", "post_id": post,
        "profile_id": "ann", "posted_at": noon(day), "posted_date": day,
        "observed_at": noon(TUE),
    } | more  # fmt: skip


# --- core.posts ---


def test_the_newest_reading_wins_column_by_column(tables: Tables) -> None:
    put(
        tables,
        "raw.posts",
        # What was read later wins, whatever the file …
        raw_post(1, text="new", hashtags=[], is_sponsored=False, observed_at=noon(WED)),
        # … but not where it says nothing. An empty list and a false are something said.
        raw_post(2, text="old", language="de", hashtags=["a"], is_sponsored=True, media_count=3),
    )
    (row,) = run(tables, "core.posts").rows(named=True)
    assert (row["text"], row["hashtags"], row["is_sponsored"]) == ("new", [], False)
    assert (row["language"], row["media_count"]) == ("de", 3)
    # What nobody says stays unknown.
    assert row["url"] is None
    assert row["posted_date"] == MON


def test_a_known_time_of_reading_goes_before_a_bound(tables: Tables) -> None:
    put(
        tables,
        "raw.posts",
        raw_post(1, text="read on wednesday", observed_at=noon(WED)),
        raw_post(2, text="read on tuesday", observed_at=noon(TUE)),
        # The third does not say when it read the post; it only came in later.
        raw_post(3, text="some day", language="ko", observed_at=noon(SUN),
                 is_observed_at_known=False),
    )  # fmt: skip
    (row,) = run(tables, "core.posts").rows(named=True)
    assert (row["text"], row["language"]) == ("read on wednesday", "ko")


def test_of_two_bounds_the_later_wins_unless_it_was_said_before(tables: Tables) -> None:
    bound = {"is_observed_at_known": False}
    put(tables, "raw.posts", raw_post(1, text="first", observed_at=noon(MON), **bound),
        raw_post(2, text="second", observed_at=noon(TUE), **bound))  # fmt: skip
    assert run(tables, "core.posts")["text"].to_list() == ["second"]
    # The first file comes in again, in another form: that is no news.
    put(tables, "raw.posts", raw_post(3, text="first", observed_at=noon(WED), **bound))
    assert run(tables, "core.posts")["text"].to_list() == ["second"]


@pytest.mark.parametrize("rows", [(1, 2), (2, 1)])
def test_of_two_statements_of_one_time_the_larger_value_counts(
    tables: Tables, rows: tuple[int, int]
) -> None:
    first, second = rows
    put(
        tables,
        "raw.posts",
        raw_post(1, first, text="a", media_count=10, hashtags=["b"], is_sponsored=False),
        raw_post(1, second, text="b", media_count=9, hashtags=["a", "z"], is_sponsored=True),
    )
    (row,) = run(tables, "core.posts").rows(named=True)
    assert (row["text"], row["media_count"]) == ("b", 10)
    assert (row["hashtags"], row["is_sponsored"]) == (["b"], True)


def test_a_stated_time_of_publication_goes_before_a_bound(tables: Tables) -> None:
    # Seen on Monday and on Tuesday, and stated, in an older reading, as Wednesday's.
    unknown = {"is_posted_at_known": False, "observed_at": noon(SUN)}
    put(tables, "raw.posts", raw_post(1, 1, TUE, **unknown), raw_post(1, 2, MON, **unknown))
    (row,) = run(tables, "core.posts").rows(named=True)
    assert (row["posted_date"], row["is_posted_at_known"]) == (MON, False)
    put(tables, "raw.posts", raw_post(2, 1, WED))
    (row,) = run(tables, "core.posts").rows(named=True)
    assert (row["posted_date"], row["is_posted_at_known"]) == (WED, True)


def test_the_same_id_on_two_platforms_is_two_posts(tables: Tables) -> None:
    put(tables, "raw.posts", raw_post(1, 1), raw_post(1, 2, platform="y"), raw_post(1, 3, post="q"))
    assert run(tables, "core.posts").height == 3


@pytest.mark.parametrize(
    ("first", "last", "posts"),
    [(MON, MON, []), (WED, WED, ["p"]), (TUE, WED, ["p"]), (MON, TUE, []), (MON, WED, ["p"])],
)
def test_a_post_that_moved_stands_on_its_new_day_only(
    tables: Tables, first: date, last: date, posts: list[str]
) -> None:
    # Both statements count, also where only one of the days is asked for.
    put(tables, "raw.posts", raw_post(1, day=MON, text="t"),
        raw_post(2, day=WED, observed_at=noon(WED)))  # fmt: skip
    found = run(tables, "core.posts", first_day=first, last_day=last)
    assert found["post_id"].to_list() == posts
    assert found["text"].to_list() == ["t"] * len(posts)


# --- core.post_metrics ---


def test_counts_of_one_time_are_merged_and_of_two_are_not(tables: Tables) -> None:
    put(
        tables,
        "raw.post_metrics",
        raw_count(1, likes=5, views=100),
        # The same time: the larger number wins, the missing one does not erase.
        raw_count(2, likes=6),
        raw_count(2, 2, at=noon(TUE, 13), likes=7),
    )
    found = run(tables, "core.post_metrics").sort("observed_at")
    assert found.select("likes", "views", "comments").rows() == [(6, 100, None), (7, None, None)]


def test_age_is_known_where_the_post_is(tables: Tables) -> None:
    put(
        tables,
        "core.posts",
        {"platform": "x", "post_id": "p", "profile_id": "a",
         "posted_at": noon(MON), "posted_date": MON},
    )  # fmt: skip
    put(tables, "raw.post_metrics", raw_count(1, likes=1),
        raw_count(1, 2, post_id="other", likes=1),
        # Half an hour later.
        raw_count(1, 3, at=noon(TUE) + timedelta(minutes=30), likes=1))  # fmt: skip
    found = run(tables, "core.post_metrics").sort(
        "post_id", "observed_at", descending=[True, False]
    )
    assert found["age_hours"].to_list() == [24.0, 24.5, None]


def test_counts_of_other_days_are_not_asked_for(tables: Tables) -> None:
    put(tables, "raw.post_metrics", raw_count(1, likes=1), raw_count(1, 2, at=noon(WED), likes=2))
    found = run(tables, "core.post_metrics", first_day=WED, last_day=WED)
    assert found["likes"].to_list() == [2]


# --- core.profile_snapshots, core.interactions, core.media ---


def test_snapshots_of_one_time_are_merged(tables: Tables) -> None:
    row = {"platform": "x", "profile_id": "ann", "observed_at": noon(MON), "observed_date": MON}
    put(
        tables,
        "raw.profile_snapshots",
        {"file_id": FILE[1], "row_number": 1, **row, "followers": 10, "country": "KR"},
        {"file_id": FILE[2], "row_number": 1, **row, "followers": 11, "is_verified": False},
    )
    (found,) = run(tables, "core.profile_snapshots").rows(named=True)
    assert (found["followers"], found["country"], found["is_verified"]) == (11, "KR", False)
    # Unknown is not 0.
    assert found["following"] is None


def raw_tie(file: int, row: int, **more: Any) -> dict[str, Any]:
    return {
        "file_id": FILE[file], "row_number": row, "platform": "x", "kind": "mention",
        "source_id": "a", "target_id": "b", "occurred_at": noon(MON), "occurred_date": MON,
        "post_id": "p", "weight": 1.0,
    } | more  # fmt: skip


def test_one_act_told_twice_is_one_tie(tables: Tables) -> None:
    put(
        tables,
        "raw.interactions",
        # The same act: one row, with the largest weight and not the sum.
        raw_tie(1, 1),
        raw_tie(2, 1, weight=2.0),
        # Without a post it is the same too.
        raw_tie(1, 2, kind="follow", post_id=None),
        raw_tie(2, 2, kind="follow", post_id=None),
        # The other way round, or at another time, it is another.
        raw_tie(1, 3, source_id="b", target_id="a"),
        raw_tie(1, 4, occurred_at=noon(MON, 13)),
    )
    found = run(tables, "core.interactions").sort("kind", "source_id", "occurred_at")
    assert found.select("kind", "source_id", "weight").rows() == [
        ("follow", "a", 1.0),
        ("mention", "a", 2.0),
        ("mention", "a", 1.0),
        ("mention", "b", 1.0),
    ]


@pytest.mark.parametrize("is_known", [True, False])
def test_the_shortest_delay_counts(tables: Tables, is_known: bool) -> None:
    delays = (None, 7.0, 3.0)
    put(tables, "raw.interactions", *(
        raw_tie(n, 1, delay_s=delay, is_occurred_at_known=is_known)
        for n, delay in enumerate(delays, 1)
    ))  # fmt: skip
    (found,) = run(tables, "core.interactions").rows(named=True)
    assert found["delay_s"] == 3.0


def raw_medium(file: int, **more: Any) -> dict[str, Any]:
    return {
        "file_id": FILE[file], "row_number": 1, "media_id": f"{file}" * 64, "platform": "x",
        "post_id": "p", "posted_date": MON, "position": 1, "mime_type": "image/jpeg",
        "width_px": 4, "height_px": 3, "path": f"{file}.jpg",
    } | more  # fmt: skip


@pytest.mark.parametrize("rows", [(1, 2), (2, 1)])
def test_the_largest_picture_wins_a_position(tables: Tables, rows: tuple[int, int]) -> None:
    small, large = rows
    put(tables, "raw.media", raw_medium(small), raw_medium(large, width_px=40),
        raw_medium(small, position=2))  # fmt: skip
    found = run(tables, "core.media").sort("position")
    assert found.select("position", "path").rows() == [(1, f"{large}.jpg"), (2, f"{small}.jpg")]


def test_a_medium_is_never_mixed_of_two(tables: Tables) -> None:
    # A video has no size: it must not lend the picture its path.
    put(
        tables,
        "raw.media",
        raw_medium(2),
        raw_medium(1, mime_type="video/mp4", width_px=None, height_px=None, path="1.mp4"),
    )
    found = run(tables, "core.media").select("path", "mime_type", "width_px", "height_px")
    assert found.rows() == [("2.jpg", "image/jpeg", 4, 3)]


def test_a_medium_whose_post_moved_stands_on_one_day(tables: Tables) -> None:
    # The key holds no day: the same position on two days would be a duplicate.
    put(tables, "raw.media", raw_medium(1), raw_medium(2, posted_date=WED))
    for day, days in ((MON, []), (WED, [WED])):
        found = run(tables, "core.media", first_day=day, last_day=day)
        assert found["posted_date"].to_list() == days


# --- marts.profile_metrics_weekly ---


def snapshot(day: date, hour: int = 12, profile: str = "ann", **more: Any) -> dict[str, Any]:
    return {
        "platform": "x", "profile_id": profile, "observed_at": noon(day, hour),
        "observed_date": day,
    } | more  # fmt: skip


def test_a_week_is_monday_to_sunday(tables: Tables) -> None:
    put(tables, "core.profile_snapshots", snapshot(MON, followers=1), snapshot(SUN, followers=7),
        snapshot(NEXT, followers=8))  # fmt: skip
    found = [(w["week_start"], w["followers_end"], w["days_observed"]) for w in weeks(tables)]
    assert found == [(MON, 7, 2), (NEXT, 8, 1)]


def test_the_last_week_asked_for_is_whole(tables: Tables) -> None:
    # Partition keys are Mondays: Sunday of the last one belongs to it.
    put(tables, "core.profile_snapshots", snapshot(SUN, followers=7), snapshot(NEXT, followers=8))
    put(tables, "core.posts", post(SUN), post(NEXT, "q"))
    (week,) = weeks(tables, MON, MON)
    assert (week["week_start"], week["followers_end"], week["posts"]) == (MON, 7, 1)


def test_an_unobserved_day_is_missing_and_not_zero(tables: Tables) -> None:
    # Three of seven days: reach is known on two of them, impressions on none.
    put(
        tables,
        "core.profile_snapshots",
        snapshot(MON, reach=10, engagement=1.5),
        snapshot(TUE, reach=20),
        snapshot(SUN, followers=5),
    )
    (week,) = weeks(tables)
    assert (week["days_observed"], week["reach"], week["impressions"]) == (3, 30, None)
    assert week["engagement"] == 1.5
    # Nothing is known of posts, which is not the same as none.
    assert week["posts"] is None
    assert week["engagement_per_post"] is None


def test_several_readings_on_a_day_are_one_day(tables: Tables) -> None:
    put(
        tables,
        "core.profile_snapshots",
        # The last reading of the day counts, whatever the order of the rows.
        snapshot(MON, 20, followers=12, reach=40),
        snapshot(MON, 8, followers=10, reach=30),
        # A later reading that does not know the reach leaves the earlier one.
        snapshot(MON, 22, followers=13),
    )
    (week,) = weeks(tables)
    assert (week["days_observed"], week["followers_end"], week["reach"]) == (1, 13, 40)


def test_followers_at_the_end_are_the_last_known(tables: Tables) -> None:
    put(tables, "core.profile_snapshots", snapshot(TUE, followers=6), snapshot(SUN, reach=1),
        snapshot(MON, followers=5))  # fmt: skip
    (week,) = weeks(tables)
    # Sunday's reading does not know them; nothing is interpolated.
    assert week["followers_end"] == 6


def test_change_needs_the_week_before(tables: Tables) -> None:
    third, fourth = NEXT + timedelta(7), NEXT + timedelta(14)
    put(
        tables,
        "core.profile_snapshots",
        snapshot(MON, followers=100),
        snapshot(NEXT, followers=90),
        # The third week is missing.
        snapshot(fourth, followers=120),
        # A week in which the profile was seen without its followers is a gap too.
        snapshot(MON, profile="bob", followers=1),
        snapshot(NEXT, profile="bob", reach=1),
        snapshot(third, profile="bob", followers=2),
    )
    changes = [(w["profile_id"], w["week_start"], w["followers_change"]) for w in weeks(tables)]
    assert changes == [
        ("ann", MON, None),
        ("ann", NEXT, -10),
        ("ann", fourth, None),
        ("bob", MON, None),
        ("bob", NEXT, None),
        ("bob", third, None),
    ]
    # The week before counts although it is not asked for.
    alone = weeks(tables, NEXT, NEXT)
    assert [(w["profile_id"], w["followers_change"]) for w in alone] == [
        ("ann", -10),
        ("bob", None),
    ]


def test_engagement_of_posts_where_the_panel_has_none(tables: Tables) -> None:
    put(tables, "core.posts", post(MON, "p"), post(TUE, "q"))
    put(
        tables,
        "core.post_metrics",
        # The latest counts of each, added up: 5+1+2 and 10.
        count("p", noon(TUE), likes=3),
        count("p", noon(NEXT), likes=5, comments=1, shares=2),
        count("q", noon(TUE), likes=10),
        # A later look that knows the views alone does not take the likes away.
        count("q", noon(NEXT), views=1000),
    )
    (week,) = weeks(tables)
    assert (week["posts"], week["engagement"], week["days_observed"]) == (2, 18.0, 0)
    assert week["engagement_per_post"] == 9.0
    assert week["followers_end"] is None


def test_posts_without_counts_have_no_engagement(tables: Tables) -> None:
    put(tables, "core.posts", post(MON))
    (week,) = weeks(tables)
    assert (week["posts"], week["engagement"], week["engagement_per_post"]) == (1, None, None)


def test_the_panel_goes_before_the_posts(tables: Tables) -> None:
    put(tables, "core.profile_snapshots", snapshot(MON, engagement=100.0))
    put(tables, "core.posts", post(MON), post(TUE, "q"))
    put(tables, "core.post_metrics", count("p", noon(TUE), likes=3))
    (week,) = weeks(tables)
    assert (week["engagement"], week["engagement_per_post"]) == (100.0, 50.0)


# --- every file under sql/ ---

SELECTS = sorted(f"{p.parent.name}.{p.stem}" for p in project_file("sql").glob("*/*.sql"))
BUILT = [name for name in SELECTS if name in TABLES]


def test_there_are_tables_built_by_sql() -> None:
    assert {"core.posts", "marts.profile_metrics_weekly", "graph.edges_weekly"} <= set(BUILT)


@pytest.mark.parametrize("name", SELECTS)
def test_a_select_says_on_top_what_a_row_is(name: str) -> None:
    text = sql.select(name)
    assert text.startswith("--")
    # One statement, and no value written into it from outside.
    assert ";" not in "\n".join(line.split("--")[0] for line in text.splitlines())


def test_code_version_follows_the_text() -> None:
    versions = {name: sql.code_version(name) for name in SELECTS}
    assert len(set(versions.values())) == len(SELECTS)
    with pytest.raises(FileNotFoundError):
        sql.select("core.nothing")
