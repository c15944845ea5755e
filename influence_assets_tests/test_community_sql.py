"""The SELECTs that carry communities on and describe them, on rows worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from math import log
from typing import Any

import polars as pl
import pytest

from influence_assets.contracts import TABLES
from influence_assets.storage import sql
from influence_assets_tests.sql_making import MON, NEXT, SUN, Tables, noon, post, put, run

WEEK = timedelta(weeks=1)
MEMORY = {"memory_weeks": 13}
ONE = {"first_day": MON, "last_day": MON}


def join(
    tables: Tables, community: str, members: str, week: date = MON, platform: str = "x"
) -> None:
    """Put the members, a letter each, into a community."""
    rows = [
        {
            "week_start": week, "platform": platform, "profile_id": name,
            "community_id": community, "group_id": community, "community_size": len(members),
            "membership_strength": 0.5, "partition_modularity": 0.4, "partition_stability": 1.0,
        }
        for name in members
    ]  # fmt: skip
    put(tables, "graph.communities_weekly", *rows)


def rows(tables: Tables, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return tables.execute(sql.select(name), parameters).fetchall()


# --- what was before a week ---


def test_members_of_the_network_before_and_of_what_ended(tables: Tables) -> None:
    join(tables, "old", "uvw", MON)
    join(tables, "old", "uv", MON + WEEK)  # w had left before it ended
    join(tables, "one", "ab", MON + WEEK)
    join(tables, "one", "abc", MON + 3 * WEEK)  # a week without a network lies between
    found = rows(tables, "graph.communities_before", week_start=MON + 4 * WEEK, **MEMORY)
    now = {(p, c) for _, p, c, is_ended in found if not is_ended}
    assert now == {("a", "one"), ("b", "one"), ("c", "one")}
    assert {(p, c) for _, p, c, is_ended in found if is_ended} == {
        ("u", "old"), ("v", "old"), ("w", "old")
    }  # fmt: skip
    # Who left it more than thirteen weeks before its end does not count.
    found = rows(tables, "graph.communities_before", week_start=MON + 4 * WEEK, memory_weeks=1)
    assert {p for _, p, _, is_ended in found if is_ended} == {"u", "v"}


def test_what_ended_long_ago_is_forgotten(tables: Tables) -> None:
    join(tables, "old", "uvw", MON)
    for weeks in (53, 54):
        join(tables, "one", "ab", MON + weeks * WEEK)
    kept = rows(tables, "graph.communities_before", week_start=MON + 54 * WEEK, **MEMORY)
    assert {c for _, _, c, _ in kept} == {"one", "old"}
    gone = rows(tables, "graph.communities_before", week_start=MON + 55 * WEEK, **MEMORY)
    assert {c for _, _, c, _ in gone} == {"one"}


def test_steps_hold_this_week_and_each_platforms_network_before(tables: Tables) -> None:
    join(tables, "x1", "a", MON)
    join(tables, "x2", "a", MON + 2 * WEEK)
    join(tables, "y1", "b", MON + WEEK, "y")
    join(tables, "z1", "c", MON, "z")
    found = rows(tables, "graph.community_steps", week_start=MON + 2 * WEEK)
    # Of y nothing is left for the first time; z was gone a week earlier, and told of then.
    assert found == [("x", False, "a", "x1"), ("x", True, "a", "x2"), ("y", False, "b", "y1")]


def event(week: date, community: str, kind: str, others: dict[str, int] | None = None) -> Any:
    return {
        "week_start": week, "platform": "x", "community_id": community, "event": kind,
        "other_ids": list(others or {}), "other_sizes": list((others or {}).values()),
    }  # fmt: skip


def told(tables: Tables, weeks: int) -> dict[str, tuple[bool, int | None]]:
    parameters = {"week_start": MON + weeks * WEEK, "settling_weeks": 4}
    found = rows(tables, "graph.communities_told", **parameters)
    return {community: (is_alive, size) for _, community, is_alive, size in found}


def test_a_community_settles_for_four_weeks_after_an_event(tables: Tables) -> None:
    for weeks, members in enumerate(("abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh")):
        join(tables, "one", members, MON + weeks * WEEK)
    put(tables, "graph.community_events", event(MON, "one", "birth"))
    assert told(tables, 4) == {"one": (True, None)}
    assert told(tables, 5) == {"one": (True, 7)}
    put(tables, "graph.community_events", event(MON + 5 * WEEK, "one", "growth"))
    assert told(tables, 6) == {"one": (True, None)}


def test_the_dead_and_what_a_split_left_are_known(tables: Tables) -> None:
    for weeks in range(6):
        join(tables, "one", "abc", MON + weeks * WEEK)
        join(tables, "part", "de", MON + weeks * WEEK)
    put(
        tables, "graph.community_events",
        event(MON, "one", "split", {"part": 2}), event(MON, "gone", "death"),
    )  # fmt: skip
    assert told(tables, 5) == {"one": (True, 3), "part": (True, 2), "gone": (False, None)}


def test_what_ended_in_a_merge_is_not_alive(tables: Tables) -> None:
    for weeks in range(6):
        join(tables, "one", "abc", MON + weeks * WEEK)
    put(
        tables, "graph.community_events",
        event(MON, "part", "birth"), event(MON + WEEK, "one", "merge", {"part": 2}),
    )  # fmt: skip
    assert told(tables, 1) == {"part": (True, None)}
    assert told(tables, 6) == {"one": (True, 3), "part": (False, None)}
    # Told to be alive and to have ended in one week: it was there.
    put(tables, "graph.community_events", event(MON + WEEK, "part", "growth"))
    assert told(tables, 6)["part"] == (True, None)


# --- descriptions ---


def edge(source: str, target: str, weight: float) -> dict[str, Any]:
    return {
        "week_start": MON, "platform": "x", "source_id": source, "target_id": target,
        "follow_weight": weight, "mention_weight": 0.0, "reply_weight": 0.0,
        "repost_weight": 0.0, "collab_weight": 0.0, "weight": weight,
    }  # fmt: skip


def test_ties_between_communities_and_within_count_for_both_ends(tables: Tables) -> None:
    join(tables, "one", "ab")
    join(tables, "two", "cd")
    put(tables, "graph.edges_weekly", edge("a", "b", 2.0), edge("a", "c", 0.5), edge("d", "b", 1.0))
    found = run(tables, "graph.community_ties_weekly", **ONE).sort("community_id", "other_id")
    assert found.select("community_id", "other_id", "ties", "weight").rows() == [
        ("one", "one", 2, 4.0), ("one", "two", 2, 1.5), ("two", "one", 2, 1.5),
    ]  # fmt: skip


def words(tables: Tables, kind: str) -> dict[str, list[tuple[str, int, int]]]:
    found = run(tables, "graph.community_words_weekly", **ONE, **MEMORY).filter(kind=kind)
    found = found.sort("community_id", "place")
    return {
        name: rows.select("word", "posts", "profiles").rows()
        for (name,), rows in found.group_by(["community_id"], maintain_order=True)
    }


def test_words_tell_a_community_and_not_one_member(tables: Tables) -> None:
    join(tables, "one", "abcde")
    join(tables, "two", "fghij")
    said = [
        ("a", "Rain and a lake #wet @bob https://lake.example/hills", ["wet", "all"]),
        ("b", "rain again, and Übung", ["wet", "all"]),
        ("b", "mine mine MINE", ["own"]),
        ("f", "sun and Übung", ["dry", "all"]),
        ("g", "sun and übung", ["dry", "all"]),
    ]
    put(
        tables, "core.posts",
        *(
            post(SUN, str(i), who) | {"text": text, "hashtags": tags}
            for i, (who, text, tags) in enumerate(said)
        ),
        # A word of the week after, and one of too long ago.
        *(post(NEXT, f"n{who}", who) | {"text": "future", "hashtags": []} for who in "ab"),
        *(post(MON - 13 * WEEK, f"o{who}", who) | {"text": "past", "hashtags": []} for who in "ab"),
    )  # fmt: skip
    tags = words(tables, "hashtag")
    assert tags == {"one": [("wet", 2, 2), ("all", 2, 2)], "two": [("dry", 2, 2), ("all", 2, 2)]}
    terms = words(tables, "term")
    assert terms["one"][:2] == [("rain", 2, 2), ("and", 2, 2)]
    # Both say "übung" and "and" twice; the other community says the former less often.
    assert [w for w, _, _ in terms["two"]] == ["sun", "übung", "and"]


def test_the_score_is_class_based_tf_idf(tables: Tables) -> None:
    join(tables, "one", "abcde")
    join(tables, "two", "fghij")
    tagged = [("a", ["wet", "all"]), ("b", ["wet", "all"]), ("f", ["all"]), ("g", ["all"])]
    put(
        tables, "core.posts",
        *(post(SUN, str(i), who) | {"hashtags": h} for i, (who, h) in enumerate(tagged)),
    )  # fmt: skip
    found = run(tables, "graph.community_words_weekly", **ONE, **MEMORY)
    scores = {(r["community_id"], r["word"]): r["score"] for r in found.rows(named=True)}
    # Six uses in two communities: three on average. "wet" has two of them, "all" four.
    assert scores == pytest.approx({
        ("one", "wet"): 2 / 4 * log(1 + 3 / 2), ("one", "all"): 2 / 4 * log(1 + 3 / 4),
        ("two", "all"): 2 / 2 * log(1 + 3 / 4),
    })  # fmt: skip


def test_with_four_communities_what_most_of_them_say_tells_nothing(tables: Tables) -> None:
    for i, name in enumerate(("one", "two", "three", "four")):
        members = "abcdefghijklmnopqrst"[5 * i : 5 * i + 5]
        join(tables, name, members)
        tags = ["all", "three"] if i < 3 else ["all"]
        tags += ["half"] if i < 2 else []
        put(
            tables, "core.posts",
            *(post(SUN, f"{name}{who}", who) | {"hashtags": tags} for who in members[:2]),
        )  # fmt: skip
    assert words(tables, "hashtag") == {"one": [("half", 2, 2)], "two": [("half", 2, 2)]}


PLACE = TABLES["graph.profile_centrality_weekly"]


def place(profile: str, pagerank: float) -> dict[str, Any]:
    none = dict.fromkeys((c for c, d in PLACE.columns.items() if not d.nullable), 0)
    own = {"profile_id": profile, "pagerank": pagerank}
    return none | {"week_start": MON, "platform": "x"} | own


def profile(tables: Tables) -> dict[str, Any]:
    (row,) = run(tables, "graph.community_profiles_weekly", **ONE, **MEMORY).rows(named=True)
    return row


@pytest.fixture
def described(tables: Tables) -> Tables:
    """Five members: c leads, e has most ties to outside; three quarters of the weight stays."""
    join(tables, "one", "abcde")
    ranks = {"a": 0.1, "b": 0.2, "c": 0.4, "d": 0.2, "e": 0.1}
    put(tables, "graph.profile_centrality_weekly", *(place(p, r) for p, r in ranks.items()))
    join(tables, "two", "yz")
    # To outside c has 1, d has 2 and e 2.5; a tie to one's own does not count.
    put(
        tables, "graph.edges_weekly", edge("c", "y", 1.0), edge("z", "d", 2.0),
        edge("e", "z", 2.0), edge("y", "e", 0.5), edge("b", "c", 9.0),
    )  # fmt: skip
    tie = {"week_start": MON, "platform": "x", "community_id": "one", "ties": 4}
    put(
        tables, "graph.community_ties_weekly",
        tie | {"other_id": "one", "weight": 6.0}, tie | {"other_id": "two", "weight": 1.5},
        tie | {"other_id": "six", "weight": 0.5},
    )  # fmt: skip
    return tables


def test_leaders_brokers_cohesion_and_bridges(described: Tables) -> None:
    row = profile(described)
    assert (row["size"], row["leader_ids"]) == (5, ["c", "b", "d", "a", "e"])
    assert row["broker_ids"] == ["e", "d", "c"]
    assert row["cohesion"] == 0.75
    assert (row["bridge_ids"], row["bridge_weights"]) == (["two", "six"], [1.5, 0.5])
    # Without any post it is named after its leader.
    assert (row["label"], row["posts"], row["posts_by_hour_utc"]) == ("around c", 0, [])


def test_posts_languages_countries_engagement_and_the_label(described: Tables) -> None:
    put(
        described, "core.posts",
        *(
            post(SUN, f"{who}{i}", who) | {"language": lang, "hashtags": ["wet"]}
            for i, (who, lang) in enumerate([("a", "en"), ("b", "en"), ("b", "de"), ("c", None)])
        ),
        # Of the week after, of too long ago, and of nobody knows when.
        post(NEXT, "late", "a"), post(MON - 13 * WEEK, "old", "a"),
        post(SUN, "undated", "a") | {"is_posted_at_known": False, "hashtags": ["odd"]},
        post(SUN, "undated2", "b") | {"is_posted_at_known": False, "hashtags": ["odd"]},
    )  # fmt: skip
    for word in run(described, "graph.community_words_weekly", **ONE, **MEMORY).rows(named=True):
        put(described, "graph.community_words_weekly", word)
    seen = {"platform": "x", "observed_at": noon(MON), "observed_date": MON}
    later = {"platform": "x", "observed_at": noon(NEXT), "observed_date": NEXT}
    put(
        described, "core.profile_snapshots",
        seen | {"profile_id": "a", "country": "DE"}, seen | {"profile_id": "b", "country": "AT"},
        seen | {"profile_id": "c", "country": "AT"}, later | {"profile_id": "a", "country": "AT"},
    )  # fmt: skip
    read = {"platform": "x", "observed_at": noon(SUN), "observed_date": SUN}
    late = {"platform": "x", "observed_at": noon(NEXT), "observed_date": NEXT}
    put(
        described, "core.post_metrics",
        read | {"post_id": "a0", "likes": 8, "comments": 2}, read | {"post_id": "b1", "likes": 20},
        read | {"post_id": "b2", "views": 99}, late | {"post_id": "c3", "likes": 500},
    )  # fmt: skip
    row = profile(described)
    assert (row["label"], row["hashtags"], row["posts"]) == ("#wet", ["wet"], 4)
    assert (row["languages"], row["language_shares"]) == (["en", "de"], [2 / 3, 1 / 3])
    # What a became in the week after is not known yet.
    assert (row["countries"], row["country_shares"]) == (["AT", "DE"], [2 / 3, 1 / 3])
    # Two posts were read by Sunday: with 10 and with 20.
    assert row["engagement_per_post"] == 15.0
    assert row["posts_by_hour_utc"] == [0] * 12 + [4] + [0] * 11


def test_a_community_of_likeness_alone_is_described(tables: Tables) -> None:
    join(tables, "one", "abcde")
    row = profile(tables)
    assert (row["size"], row["leader_ids"], row["label"]) == (5, list("abcde"), "around a")
    assert (row["cohesion"], row["bridge_ids"], row["broker_ids"]) == (None, [], [])


def test_a_post_at_midnight_has_no_hour(described: Tables) -> None:
    at = post(SUN, "p", "a")
    put(described, "core.posts", at | {"posted_at": at["posted_at"].replace(hour=0)})
    assert (profile(described)["posts"], sum(profile(described)["posts_by_hour_utc"])) == (1, 0)


@pytest.mark.parametrize("name", ["community_words_weekly", "community_profiles_weekly"])
def test_weeks_asked_together_are_as_each_by_itself(tables: Tables, name: str) -> None:
    mondays = [MON + weeks * WEEK for weeks in (0, 2, 14)]
    for week in mondays:
        join(tables, "one", "abcde", week)
        join(tables, "two", "fghij", week)
        ranks = [place(p, 0.1) | {"week_start": week} for p in "abcdefghij"]
        put(tables, "graph.profile_centrality_weekly", *ranks)
        tie = {"week_start": week, "platform": "x", "ties": 4, "weight": 1.0}
        both = [tie | {"community_id": c, "other_id": c} for c in ("one", "two")]
        put(tables, "graph.community_ties_weekly", *both)
    for weeks in range(18):
        day = SUN + weeks * WEEK
        own = {"hashtags": [f"tag{weeks}"], "language": f"l{weeks}"}
        put(tables, "core.posts", *(post(day, f"{w}{weeks}", w) | own for w in "ab"))
        read = {"platform": "x", "observed_at": noon(day), "observed_date": day}
        put(
            tables,
            "core.post_metrics",
            *(read | {"post_id": f"a{w}", "likes": weeks} for w in range(weeks)),
        )
        home = {"profile_id": "a", "country": f"c{weeks}"}
        put(tables, "core.profile_snapshots", read | home)
    name = f"graph.{name}"
    whole = run(tables, name, first_day=mondays[0], last_day=mondays[-1], **MEMORY)
    alone = [run(tables, name, first_day=week, last_day=week, **MEMORY) for week in mondays]
    assert all(rows.height for rows in alone)
    assert whole.sort(pl.all()).equals(pl.concat(alone).sort(pl.all()))


def test_communities_of_four_are_not_described(tables: Tables) -> None:
    join(tables, "few", "abcd")
    put(tables, "graph.profile_centrality_weekly", *(place(p, 0.1) for p in "abcd"))
    assert run(tables, "graph.community_profiles_weekly", **ONE, **MEMORY).is_empty()


def test_the_last_map_is_where_the_next_goes_on(tables: Tables) -> None:
    at = {"platform": "x", "profile_id": "a", "x": 1.0, "y": 2.0}
    put(tables, "graph.layout_weekly", at | {"week_start": MON, "x": 9.0})
    put(tables, "graph.layout_weekly", at | {"week_start": MON + WEEK})
    join(tables, "one", "a", MON + WEEK)
    found = tables.execute(sql.select("graph.places_before"), {"week_start": MON + 3 * WEEK}).pl()
    assert found.equals(
        pl.DataFrame([("x", "a", "one", 1.0, 2.0)], schema=found.schema, orient="row")
    )
