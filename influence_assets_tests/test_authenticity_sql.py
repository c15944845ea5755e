"""What evidence is made from, by SELECTs, on rows worked out by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from influence_assets.storage import sql
from influence_assets_tests.sql_making import MON, NEXT, SUN, TUE, Tables, count, noon, post, put

WINDOW = {"first_day": MON, "last_day": MON, "window_days": 91}
FIRST = SUN - timedelta(days=90)


def query(tables: Tables, name: str, **more: Any) -> list[dict[str, Any]]:
    text = sql.select(f"marts.authenticity_{name}")
    return tables.execute(text, {**WINDOW, **more}).pl().rows(named=True)


def said(tables: Tables, *texts: str | None, **more: Any) -> dict[str, list[set[str]]]:
    """For each kind of thing, the posts that say the same."""
    for number, text in enumerate(texts):
        put(tables, "core.posts", post(TUE, f"p{number}") | {"text": text} | more)
    groups: dict[str, dict[int, set[str]]] = {}
    for row in query(tables, "acts"):
        groups.setdefault(row["what"], {}).setdefault(row["thing"], set()).add(row["post_id"])
    return {what: sorted(own.values(), key=sorted) for what, own in groups.items()}


LONG = "Vote for the green party on Sunday, everybody"


@pytest.mark.parametrize(
    "copy",
    [
        "VOTE for the green party on sunday everybody!!!",
        "@bob @carol.x " + LONG + " https://t.co/Ab1",
        "vote for  the\ngreen party 🌿 on Sunday, everybody www.green.org/x",
    ],
)
def test_a_copy_of_a_text(tables: Tables, copy: str) -> None:
    assert said(tables, LONG, copy, LONG + " at noon")["text"] == [{"p0", "p1"}, {"p2"}]


def test_short_texts_say_too_little(tables: Tables) -> None:
    # 30 letters and digits, 29, nothing but an emoji and a link, none at all.
    found = said(tables, "a" * 30, "b" * 29, "🌿 https://t.co/1", None)
    assert found["text"] == [{"p0"}]
    # Ten letters of Korean are thirty bytes: as much as thirty of Latin.
    assert said(tables)["text"] == [{"p0"}]
    put(tables, "core.posts", post(TUE, "k") | {"text": "가나다라마바사아자차"})
    assert {"k"} in said(tables)["text"]


def test_links_are_the_same_but_for_what_counts_them(tables: Tables) -> None:
    found = said(
        tables,
        "see https://www.green.org/a?id=7&utm_source=x and http://b.org/.",
        "(https://green.org/a?id=7#top)",
        "https://green.org/a?id=8",
        "http://b.org",
    )
    assert found["link"] == [{"p0", "p1"}, {"p0", "p3"}, {"p2"}]


@pytest.mark.parametrize(
    "copy",
    [
        "https://a.com/P?utm_source=x&id=5&b=2",
        "https://a.com/P?id=5&fbclid=x&b=2",
        "https://a.com/P?id=5&b=2&igshid=x",
        "https://a.com/P?utm_source=x&utm_medium=y&id=5&si=z&utm_term=&b=2&utm_id=w#top",
        "HTTP://WWW.A.com/P?id=5&b=2",
    ],
)
def test_a_copy_of_a_link(tables: Tables, copy: str) -> None:
    others = ["https://a.com/p?id=5&b=2", "https://a.com/P?id=5&b=2&inutm_x=1", "https://a.com/P"]
    found = said(tables, "https://a.com/P?id=5&b=2", copy, *others)["link"]
    assert found == [{"p0", "p1"}, {"p2"}, {"p3"}, {"p4"}]


def test_a_link_with_nothing_but_what_counts_it(tables: Tables) -> None:
    found = said(tables, "https://a.com/p/", "https://a.com/p/?si=1&utm_id=2", "https://a.com?si=1")
    assert found["link"] == [{"p0", "p1"}, {"p2"}]


def test_sets_of_three_hashtags(tables: Tables) -> None:
    for number, tags in enumerate((["a", "b", "c"], ["c", "b", "a", "a"], ["a", "b"], None)):
        put(tables, "core.posts", post(TUE, f"p{number}") | {"hashtags": tags})
    assert said(tables)["hashtags"] == [{"p0", "p1"}]


def test_acts_need_a_time_and_words_of_ones_own(tables: Tables) -> None:
    midnight = {"posted_at": datetime(2024, 1, 2)}
    for name, more in {
        "own": {}, "midnight": midnight, "bound": {"is_posted_at_known": False},
        "repost": {"kind": "repost"}, "reply": {"kind": "reply"},
    }.items():  # fmt: skip
        put(tables, "core.posts", post(TUE, name) | {"text": LONG} | more)
    assert {row["post_id"] for row in query(tables, "acts")} == {"own", "reply"}


def test_the_window_ends_with_the_week(tables: Tables) -> None:
    days = (FIRST - timedelta(days=1), FIRST, SUN, NEXT)
    for day in days:
        put(tables, "core.posts", post(day, str(day)) | {"text": LONG})
        put(tables, "core.profile_snapshots", snapshot(day))
    assert [row["post_id"] for row in query(tables, "acts")] == [str(FIRST), str(SUN)]
    assert [row["day"] for row in query(tables, "followers")] == [FIRST, SUN]
    posts = query(tables, "posts", settled_hours=48)
    assert sorted(row["day"] for row in posts) == [FIRST, SUN]
    (profile,) = query(tables, "audience")
    assert profile["followers"] == SUN.toordinal()


def snapshot(day: date, hour: int = 12, **more: Any) -> dict[str, Any]:
    return {
        "platform": "x", "profile_id": "ann", "observed_at": noon(day, hour),
        "observed_date": day, "followers": day.toordinal(),
    } | more  # fmt: skip


def test_a_day_has_its_last_count_of_followers(tables: Tables) -> None:
    put(tables, "core.profile_snapshots", snapshot(TUE, 20, followers=7), snapshot(TUE, 8),
        snapshot(SUN, is_observed_at_known=False), snapshot(MON, followers=None))  # fmt: skip
    assert [(r["day"], r["followers"]) for r in query(tables, "followers")] == [(TUE, 7)]


def test_engagement_is_what_had_been_read_by_the_end_of_the_week(tables: Tables) -> None:
    put(tables, "core.posts", post(TUE), post(TUE, "unread"), post(SUN, "young"))
    put(tables, "core.post_metrics",
        count("p", noon(TUE, 20), likes=5), count("p", noon(SUN), likes=50, comments=3),
        count("p", noon(NEXT), likes=900), count("young", noon(SUN, 20), likes=1))  # fmt: skip
    found = {(r["engagement"], r["is_settled"]) for r in query(tables, "posts", settled_hours=48)}
    assert found == {(53.0, True), (None, False), (1.0, False)}
    # A week later more is known of the same posts.
    later = query(tables, "posts", settled_hours=48, last_day=NEXT)
    assert (NEXT, 900.0) in {(r["week_start"], r["engagement"]) for r in later}


def test_engagement_as_a_source_states_it(tables: Tables) -> None:
    put(tables, "core.profile_snapshots",
        snapshot(MON, engagement_per_post=4.0),
        snapshot(TUE, likes_per_post=5.0, comments_per_post=1.0),
        snapshot(SUN, profile_id="bob"))  # fmt: skip
    found = [(r["profile_id"], r["engagement_per_post"]) for r in query(tables, "audience")]
    assert found == [("ann", 6.0), ("bob", None)]


@pytest.mark.parametrize(("name", "height"), [("posts", 1 + 2 + 2 + 2), ("audience", 4)])
def test_weeks_asked_together_are_those_asked_alone(tables: Tables, name: str, height: int) -> None:
    weeks = [MON + timedelta(weeks=i) for i in range(4)]
    for week in weeks:
        put(tables, "core.posts", post(week, f"p{week}"))
        put(tables, "core.profile_snapshots", snapshot(week, engagement_per_post=week.day))
        # What is read of a post a week later is more.
        for reading, likes in ((week, 5), (week + timedelta(weeks=1), 90)):
            put(tables, "core.post_metrics", count(f"p{week}", noon(reading), likes=likes))
    settled = {"settled_hours": 48} if name == "posts" else {}

    def rows(first: date, last: date) -> list[str]:
        # A window of two weeks: a range must not keep what a week has forgotten either.
        asked = {"first_day": first, "last_day": last, "window_days": 14, **settled}
        return sorted(str(row) for row in query(tables, name, **asked))

    alone = [row for week in weeks for row in rows(week, week)]
    assert rows(weeks[0], weeks[-1]) == sorted(alone)
    assert len(alone) == height


@pytest.mark.parametrize(("name", "column"), [("acts", "posted_at"), ("followers", "day")])
def test_a_range_holds_the_windows_of_its_weeks(tables: Tables, name: str, column: str) -> None:
    days = [MON + timedelta(days=i) for i in range(28)]
    put(tables, "core.posts", *(post(day, str(day)) | {"text": LONG} for day in days))
    put(tables, "core.profile_snapshots", *map(snapshot, days))
    weeks = days[7::7]
    every = query(tables, name, first_day=weeks[0], last_day=weeks[-1], window_days=10)
    for week in weeks:
        since, until = week - timedelta(days=3), week + timedelta(days=6)
        own = query(tables, name, first_day=week, last_day=week, window_days=10)
        cut = [r for r in every if str(since) <= str(r[column])[:10] <= str(until)]
        assert own == cut
        assert len(own) == 10
