"""How things spread, from the tables: adoptions by SQL, and whole cascades."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from influence_assets.assets.spread import platform_cascades
from influence_assets.contracts import TABLES
from influence_assets.ingest import Job, ingest_path
from influence_assets.sources.choose import Chooser
from influence_assets.storage import sql
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.domain.spread.making import by_hand, friends_of, real_cascades
from influence_assets_tests.sql_making import ALWAYS, MON, Tables, post, put, tie
from influence_assets_tests.test_ingest import WINDOW

HOUR = timedelta(hours=1)


def at(hour: float) -> datetime:
    return datetime(2024, 1, 1) + hour * HOUR


def query(tables: Tables, name: str, **parameters: Any) -> list[dict[str, Any]]:
    found = tables.execute(sql.select(name), {"platform": "x", **parameters}).pl()
    return found.sort(pl.all(), nulls_last=True).rows(named=True)


def written(post_id: str, profile: str, hour: float, **more: Any) -> dict[str, Any]:
    when = {"posted_at": at(hour), "posted_date": at(hour).date()}
    return post(MON, post_id, profile) | when | more


def act(
    kind: str, source: str, target: str, hour: float, post_id: str | None, **more: Any
) -> dict[str, Any]:
    when = {"occurred_at": at(hour), "occurred_date": at(hour).date()}
    return tie(MON, kind, source_id=source, target_id=target, post_id=post_id) | when | more


# --- spread.reposts ---


def parts(tables: Tables, name: str, **parameters: Any) -> set[tuple[Any, ...]]:
    columns = ("item_id", "profile_id", "is_root", "after_s", "parent_id")
    return {tuple(row[c] for c in columns) for row in query(tables, name, **parameters)}


def test_reposts_of_a_post(tables: Tables) -> None:
    put(tables, "core.posts", written("p", "ann", 0), written("q", "bob", 1))
    put(tables, "core.interactions",
        act("repost", "bob", "ann", 2, "p"),
        act("repost", "cid", "ann", 3, "p"),
        # A quote carries an id of its own, and what ann repeats of herself goes nowhere.
        act("repost", "bob", "ann", 1, "q"),
        act("repost", "ann", "ann", 4, "p"),
        # Of another platform, of a post that nobody knows, and another act.
        act("repost", "dan", "ann", 3, "p", platform="y"),
        act("repost", "dan", "ann", 3, "unknown"),
        act("reply", "dan", "ann", 3, "p"))  # fmt: skip
    # That everybody names the author tells no parent.
    assert parts(tables, "spread.reposts") == {
        ("p", "ann", True, 0, None), ("p", "bob", False, 7_200, None),
        ("p", "cid", False, 10_800, None),
    }  # fmt: skip


def test_where_one_names_another_all_parents_are_told(tables: Tables) -> None:
    put(tables, "core.posts", written("p", "ann", 0))
    put(tables, "core.interactions", act("repost", "bob", "ann", 2, "p"),
        act("repost", "cid", "bob", 3, "p"), act("repost", "dan", "ann", 4, "p"))  # fmt: skip
    found = {(who, parent) for _, who, _, _, parent in parts(tables, "spread.reposts")}
    assert found == {("ann", None), ("bob", "ann"), ("cid", "bob"), ("dan", "ann")}


def test_times_of_reposts(tables: Tables) -> None:
    unknown = {"is_posted_at_known": False}
    bound = {"is_occurred_at_known": False}
    put(tables, "core.posts", written("p", "ann", 0), written("q", "ann", 9, **unknown))
    put(tables, "core.interactions",
        # A delay that is stated, a bound, and a time before the post.
        act("repost", "bob", "ann", 9, "p", delay_s=5.0, **bound),
        act("repost", "cid", "ann", 9, "p", **bound),
        act("repost", "dan", "ann", -1, "p"),
        # Without the time of the post it starts with the first repost.
        act("repost", "bob", "ann", 3, "q"), act("repost", "cid", "ann", 4, "q"))  # fmt: skip
    found = query(tables, "spread.reposts")
    after = {(r["item_id"], r["profile_id"]): r["after_s"] for r in found if not r["is_root"]}
    assert after == {
        ("p", "bob"): 5, ("p", "cid"): None, ("p", "dan"): None,
        ("q", "bob"): 0, ("q", "cid"): 3_600,
    }  # fmt: skip
    assert {(r["item_id"], r["started_at"]) for r in found} == {("p", at(0)), ("q", at(3))}
    adopted = {r["profile_id"]: r["adopted_at"] for r in found if r["item_id"] == "p"}
    assert adopted == {"ann": at(0), "bob": None, "cid": None, "dan": at(-1)}


# --- spread.replies ---


def replies(tables: Tables) -> set[tuple[Any, ...]]:
    return parts(tables, "spread.replies", window_days=3)


def test_a_reply_answers_the_last_post_before_it(tables: Tables) -> None:
    put(tables, "core.posts", written("p", "ann", 0), written("q", "ann", 5),
        written("r1", "bob", 6), written("r2", "cid", 7), written("r3", "dan", 4))  # fmt: skip
    put(tables, "core.interactions",
        act("reply", "bob", "ann", 6, "r1"),
        # An answer to bob's answer is of the same thread.
        act("comment", "cid", "bob", 7, "r2"),
        act("reply", "dan", "ann", 4, "r3"))  # fmt: skip
    assert replies(tables) == {
        ("q", "ann", True, 0, None), ("q", "bob", False, 3_600, "ann"),
        ("q", "cid", False, 7_200, "bob"),
        ("p", "ann", True, 0, None), ("p", "dan", False, 14_400, "ann"),
    }  # fmt: skip


def test_replies_that_answer_nothing_known(tables: Tables) -> None:
    put(
        tables,
        "core.posts",
        written("p", "ann", 0),
        written("q", "bob", 0, is_posted_at_known=False),
    )
    put(tables, "core.interactions",
        act("reply", "cid", "ann", 73, "late"),
        act("reply", "cid", "bob", 1, "to_unknown_time"),
        act("reply", "cid", "ann", 1, "of_unknown_time", is_occurred_at_known=False),
        act("reply", "ann", "ann", 1, "to_herself"))  # fmt: skip
    assert replies(tables) == set()
    put(tables, "core.interactions", act("reply", "cid", "ann", 72, "in_time"))
    assert len(replies(tables)) == 2


def test_a_post_that_speaks_to_two_answers_who_wrote_last(tables: Tables) -> None:
    put(
        tables, "core.posts", written("p", "ann", 0), written("q", "bob", 1), written("r", "cid", 2)
    )
    put(tables, "core.interactions", act("reply", "cid", "ann", 2, "r"),
        act("reply", "cid", "bob", 2, "r"))  # fmt: skip
    assert {row[:2] for row in replies(tables)} == {("q", "bob"), ("q", "cid")}


def test_an_export_that_tells_which_post_is_answered(tables: Tables) -> None:
    put(tables, "core.posts", written("p", "ann", 0), written("q", "ann", 5))
    put(tables, "core.interactions", act("comment", "bob", "ann", 6, "p"),
        act("comment", "cid", "bob", 7, "p"))  # fmt: skip
    assert replies(tables) == {
        ("p", "ann", True, 0, None), ("p", "bob", False, 21_600, "ann"),
        ("p", "cid", False, 25_200, "bob"),
    }  # fmt: skip


# --- spread.ties ---


def test_ties_between_those_who_take_part(tables: Tables) -> None:
    put(tables, "core.posts", written("p", "ann", 0), written("q", "bob", 0))
    put(tables, "core.interactions",
        act("follow", "bob", "ann", 5, None), act("mention", "bob", "ann", 3, "q"),
        act("follow", "ann", "bob", 5, None),
        act("follow", "ann", "bob", 9, None, is_occurred_at_known=False),
        # Reposts explain no reposts, but make one take part; who only reads is left out.
        act("repost", "cid", "ann", 2, "p"), act("follow", "cid", "bob", 1, None),
        act("follow", "dan", "ann", 1, None), act("follow", "ann", "ann", 1, None))  # fmt: skip
    found = {(r["source_id"], r["target_id"]): r["since"] for r in query(tables, "spread.ties")}
    assert found == {("bob", "ann"): at(3), ("ann", "bob"): None, ("cid", "bob"): at(1)}


# --- whole cascades ---


def fill(warehouse: Warehouse, *tables: str) -> None:
    """Build core tables from the raw ones."""
    with warehouse.connect() as connection:
        for name in tables:
            connection.execute(f"INSERT INTO {name} BY NAME {sql.select(name)}", ALWAYS)


def test_the_real_cascades_from_their_files(shared_data: Path, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "w.duckdb")
    for name in ("cascades.txt", "edges.txt"):
        job = Job(Chooser(None, "stackexchange"), WINDOW, tmp_path / "media")
        ingest_path(warehouse, shared_data / "cascades_christianity" / name, job)
    fill(warehouse, "core.posts", "core.interactions")
    found = platform_cascades(warehouse, "stackexchange")
    TABLES["marts.cascades"].schema.validate(found.with_columns(platform=pl.lit("stackexchange")))
    cascades = real_cascades(shared_data)
    text = (shared_data / "cascades_christianity" / "edges.txt").read_text(encoding="ascii")
    friends = friends_of(tuple(line.split(",")) for line in text.split())
    shape = ("size", "depth", "breadth", "structural_virality")
    own = {r["item_id"]: [r[c] for c in shape] for r in found.iter_rows(named=True)}
    assert len(own) == found.height == 589
    expected = [by_hand(parts, friends) for parts in cascades]
    np.testing.assert_allclose(
        [own[f"cascade-{n}"] for n in range(1, 590)], [[e[c] for c in shape] for e in expected]
    )


def test_all_kinds_in_a_small_world(warehouse: Warehouse) -> None:
    story = "a text of which there is so much that it cannot be alike by chance"
    posts = [
        written("p", "ann", 0, hashtags=["one"], text=story),
        written("q", "bob", 1, hashtags=["one", "two"], text=f"{story} https://t.co/1"),
        written("r", "cid", 2, hashtags=["one"], text="short"),
    ]
    acts = [act("follow", "cid", "bob", -9, None), act("repost", "bob", "ann", 1, "p"),
            act("repost", "cid", "ann", 2, "p"), act("reply", "cid", "bob", 2, "r")]  # fmt: skip
    week = date(2023, 12, 25)
    placed = [
        {"week_start": w, "platform": "x", "profile_id": who, "community_id": group,
         "group_id": "g", "community_size": 1, "membership_strength": 1.0,
         "partition_modularity": 0.0, "partition_stability": 1.0}
        # In the week that runs everybody is of one community.
        for w, groups in ((week, "aab"), (MON, "aaa"))
        for who, group in zip(("ann", "bob", "cid"), groups, strict=True)
    ]  # fmt: skip
    with warehouse.connect() as connection:
        put(connection, "core.posts", *posts)
        put(connection, "core.interactions", *acts)
        put(connection, "graph.communities_weekly", *placed)
    found = platform_cascades(warehouse, "x")
    columns = ("kind", "item_id", "root_id", "size", "depth", "first_communities")
    assert found.filter(pl.col("kind") != "text").select(columns).rows() == [
        # cid knows bob, who came first of those that it knows; bob knows nobody.
        ("hashtag", "one", "ann", 3, 2, 2),
        ("reply", "q", "bob", 2, 1, 2),
        ("repost", "p", "ann", 3, 2, 2),
    ]
    (text,) = found.filter(kind="text").rows(named=True)
    with warehouse.connect() as connection:
        hashes = connection.execute("SELECT min(sha256(text)) FROM core.posts WHERE post_id <> 'r'")
        assert (text["item_id"],) == hashes.fetchone()
    assert (text["root_id"], text["size"], text["first_dominance"]) == ("ann", 2, 1.0)
    hashtag = found.row(0, named=True)
    assert hashtag["first_dominance"] == pytest.approx(2 / 3)
    assert (hashtag["half_size_s"], hashtag["adopters_first_hour"]) == (3_600, 1)


class Counted(Warehouse):
    """Notes what is asked of it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked: list[str] = []

    def query(self, name: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        self.asked.append(name)
        return super().query(name, parameters)


def test_communities_of_several_weeks_are_read_at_once(tmp_path: Path) -> None:
    warehouse = Counted(tmp_path / "w.duckdb")
    row = {"platform": "x", "group_id": "g", "community_size": 1, "membership_strength": 1.0,
           "partition_modularity": 0.0, "partition_stability": 1.0}  # fmt: skip
    # ann and bob are of one community in the first week, of two in the next; on y always of one.
    placed = [
        row | {"week_start": MON + timedelta(days=7 * n), "profile_id": who, "community_id": group}
        for n, groups in enumerate(("aa", "ab"))
        for who, group in zip(("ann", "bob"), groups, strict=True)
    ]
    placed += [r | {"platform": "y", "community_id": "a"} for r in placed]
    starts = {"none": 0, "first": 24 * 7, "second": 24 * 14}
    with warehouse.connect() as connection:
        put(connection, "core.posts", *(written(p, "ann", hour) for p, hour in starts.items()))
        put(connection, "core.interactions",
            *(act("repost", "bob", "ann", hour + 1, p) for p, hour in starts.items()))  # fmt: skip
        put(connection, "graph.communities_weekly", *placed)
    found = platform_cascades(warehouse, "x").sort("started_at")
    assert found.select("item_id", "first_placed", "first_communities").rows() == [
        ("none", 0, None), ("first", 2, 1), ("second", 2, 2),
    ]  # fmt: skip
    assert warehouse.asked.count("spread.communities") == 1


# --- hashtags by week ---

NEXT_MON = MON + timedelta(days=7)
HASHTAG_WEEKS = {"first_day": MON, "last_day": NEXT_MON, "weeks_before": 2}


def tagged(post_id: str, profile: str, day: int, *hashtags: str, **more: Any) -> dict[str, Any]:
    return written(post_id, profile, 24 * day, hashtags=list(hashtags)) | more


def test_a_hashtags_week_and_the_weeks_before(tables: Tables) -> None:
    put(tables, "core.posts",
        # Three weeks before: too long ago. Then the two weeks before, and the week.
        tagged("o", "ann", -15, "a"), tagged("p", "ann", -14, "a"),
        tagged("q", "ann", -1, "a", "b"), tagged("r", "bob", -1),
        tagged("s", "ann", 0, "a"), tagged("t", "ann", 1, "a"),
        tagged("u", "bob", 6, "a"), tagged("v", "bob", 7, "c"),
        tagged("w", "ann", 0, "a", is_posted_at_known=False),
        tagged("y", "ann", 0, "a", platform="y"))  # fmt: skip
    found = tables.execute(sql.select("spread.hashtag_weeks"), HASHTAG_WEEKS).pl()
    rows = {(r["platform"], r["week_start"], r["hashtag"]): r for r in found.iter_rows(named=True)}
    assert set(rows) == {("x", MON, "a"), ("x", NEXT_MON, "c"), ("y", MON, "a")}
    own = rows["x", MON, "a"]
    assert {c: own[c] for c in own if c not in ("platform", "week_start", "hashtag")} == {
        "posts": 3, "profiles": 2, "posts_before": 2, "profiles_before": 2,
        "all_posts": 3, "all_profiles": 2, "all_posts_before": 3, "all_profiles_before": 3,
        "hashtags_known": 2,
    }  # fmt: skip
    new, first = rows["x", NEXT_MON, "c"], rows["y", MON, "a"]
    # ann twice in the week before, once in the one before that; bob twice.
    assert (new["posts_before"], new["all_posts_before"], new["hashtags_known"]) == (0, 5, 3)
    assert (first["all_posts_before"], first["all_profiles_before"]) == (0, 0)


def test_the_communities_of_a_hashtags_users(tables: Tables) -> None:
    row = {"platform": "x", "group_id": "g", "community_size": 1, "membership_strength": 1.0,
           "partition_modularity": 0.0, "partition_stability": 1.0}  # fmt: skip
    put(tables, "core.posts", tagged("p", "ann", 1, "a"), tagged("q", "ann", 2, "a"),
        tagged("r", "bob", 3, "a"), tagged("s", "ann", 8, "a"))  # fmt: skip
    put(tables, "graph.communities_weekly",
        row | {"week_start": MON - timedelta(days=7), "profile_id": "bob", "community_id": "old"},
        row | {"week_start": MON, "profile_id": "ann", "community_id": "c"},
        row | {"week_start": NEXT_MON + timedelta(days=7), "profile_id": "ann",
               "community_id": "later"})  # fmt: skip
    bounds = {"first_day": MON, "last_day": NEXT_MON}
    found = tables.execute(sql.select("spread.hashtag_users"), bounds).pl()
    # bob has no community as of that week; the week after has none of its own.
    assert sorted(found.select("week_start", "community_id").rows(), key=str) == [
        (MON, "c"), (MON, None), (NEXT_MON, "c"),
    ]  # fmt: skip


# --- posts that break out ---


def test_readings_of_posts_of_known_time(tables: Tables) -> None:
    put(
        tables,
        "core.posts",
        written("p", "ann", 0),
        written("q", "ann", 0, is_posted_at_known=False),
    )
    when = {"platform": "x", "observed_at": at(9), "observed_date": MON}
    put(tables, "core.post_metrics",
        when | {"post_id": "p", "likes": 5, "saves": 2, "age_hours": 9},
        when | {"post_id": "p", "observed_at": at(10), "views": 900},
        when | {"post_id": "q", "likes": 1})  # fmt: skip
    (found,) = query(tables, "spread.readings")
    assert (found["post_id"], found["engagement"], found["age_hours"]) == ("p", 7, 9)


def test_cascades_of_posts_among_others(tables: Tables) -> None:
    names = "pqrs"
    put(tables, "core.posts", *(written(name, "ann", 0) for name in names))
    put(tables, "marts.cascades", *(
        {"platform": "x", "kind": "repost", "item_id": name, "root_id": "ann", "size": size,
         "depth": 1, "breadth": 1, "structural_virality": 1.5, "first_adopters": 1,
         "first_placed": 0}
        for name, size in zip(names, (9, 2, 5, 5), strict=True)
    ))  # fmt: skip
    found = {r["post_id"]: r["spread_percentile"] for r in query(tables, "spread.post_cascades")}
    assert found == {"p": 1.0, "q": 0.0, "r": pytest.approx(1 / 3), "s": pytest.approx(1 / 3)}
