"""Discovered topics as tables: weeks that carry on, posts, what rises, and communities."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from influence_assets.assets.shell import Build, Compute
from influence_assets.assets.sql_tables import MEMORY_WEEKS, sql_compute
from influence_assets.assets.topics import (
    POST_TOPICS,
    RISING,
    community_content_recipe,
    compute_rising,
    compute_topics,
    topics_recipe,
)
from influence_assets.contracts import TABLES
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.vectors import load_vectors
from influence_assets.storage.versions import Recipe, expected_versions, stale
from influence_assets.storage.warehouse import Warehouse, record_version
from influence_assets_tests.sql_making import MON, NEXT, noon, put

from .domain.topics.making import SIZE, unit

WORDS = {
    "food": ["sourdough", "oven", "crust", "flour"],
    "sport": ["derby", "keeper", "goal", "stadium"],
    "travel": ["train", "alps", "cabin", "summit"],
    "vote": ["rent", "tram", "ballot", "council"],
    "music": ["guitar", "chord", "stage", "vinyl"],
    "paint": ["canvas", "brush", "pigment", "easel"],
}
WEEKS = [MON + timedelta(weeks=n) for n in range(4)]


class World:
    """A warehouse with posts of planted topics and their vectors."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings.from_env(
            {"INFLUENCE_HOME": str(home), "INFLUENCE_TEXT_ENCODER": "an-encoder"}
        )
        self.warehouse = Warehouse(self.settings.warehouse)
        self.middles = unit(np.random.default_rng(0).normal(size=(len(WORDS), SIZE)))
        self.number = 0

    def post(self, week: date, topic: str, count: int, *, with_vector: bool = True) -> None:
        """So many posts of a topic, each another text of another profile."""
        rng = np.random.default_rng(self.number)
        numbers = range(self.number, self.number + count)
        self.number += count
        rows = [
            {"platform": "xy"[n % 2], "post_id": f"p{n}", "profile_id": f"u{n % 97}",
             "posted_at": noon(week), "posted_date": week, "text": f"{' '.join(WORDS[topic])} {n}"}
            for n in numbers
        ]  # fmt: skip
        middle = self.middles[list(WORDS).index(topic)]
        with self.warehouse.connect() as connection:
            put(connection, "core.posts", *rows)
            record_version(connection, "core.posts", str(week), f"v{self.number}", count, "run")
        if with_vector:
            self.encode([row["text"] for row in rows], middle, rng)

    def encode(self, texts: list[str], middle: Any, rng: np.random.Generator) -> None:
        vectors = unit(middle + 0.1 * rng.normal(size=(len(texts), SIZE)))
        frame = pl.DataFrame(
            {"content_hash": [hash_of(text) for text in texts], "vector": vectors},
            schema_overrides={"vector": pl.Array(pl.Float32, SIZE)},
        )
        load_vectors(self.warehouse, "content.text_embeddings", "an-encoder", frame)

    def stale(self, recipe: Recipe) -> dict[str, str]:
        with self.warehouse.connect() as connection:
            return stale(connection, recipe)

    def build(self, recipe: Recipe, compute: Compute) -> dict[str, Any]:
        """As a run does: what is stale; returns the metadata."""
        keys = self.stale(recipe)
        build = Build(recipe, self.warehouse, self.settings, keys, keys, "run", lambda _: None)
        return dict(compute(build) or {}) if keys else {}

    def build_topics(self) -> dict[str, Any]:
        return self.build(topics_recipe(self.settings), compute_topics)

    def build_all(self) -> None:
        self.build_topics()
        self.build(POST_TOPICS, sql_compute(POST_TOPICS))
        self.build(RISING, compute_rising)
        content = community_content_recipe(self.settings)
        self.build(content, sql_compute(content))

    def read(self, query: str) -> pl.DataFrame:
        with self.warehouse.connect() as connection:
            return connection.execute(query).pl()


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    with made.warehouse.kept_open():
        for week in WEEKS:
            for topic in WORDS:
                made.post(week, topic, 20)
    return made


def test_topics_are_found_named_and_keep_their_ids(world: World) -> None:
    assert world.build_topics() == {"texts_without_vector": 0}
    rows = world.read("FROM content.topics_weekly ORDER BY week_start, topic_id")
    TABLES["content.topics_weekly"].schema.validate(rows, cast=True)
    assert rows["week_start"].unique().sort().to_list() == WEEKS
    # The same six in each week, of which each had 20 posts by 20 profiles and has the texts of
    # the weeks so far.
    ids = rows.group_by("week_start").agg(pl.col("topic_id").sort())["topic_id"]
    assert ids.n_unique() == 1
    assert len(ids[0]) == len(WORDS)
    assert rows["posts"].unique().to_list() == [20]
    assert rows["profiles"].unique().to_list() == [20]
    assert rows["platforms"].to_list() == [["x", "y"]] * rows.height
    last = rows.filter(pl.col("week_start") == WEEKS[-1])
    assert last["texts"].unique().to_list() == [80]
    assert {frozenset(words) for words in last["words"]} == set(map(frozenset, WORDS.values()))
    assert world.stale(topics_recipe(world.settings)) == {}


def test_each_post_has_the_topic_of_its_text(world: World) -> None:
    world.post(WEEKS[0], "food", 1, with_vector=False)  # its text is in no topic
    with world.warehouse.connect() as connection:
        silent = {"platform": "x", "profile_id": "u", "posted_at": noon(MON), "posted_date": MON}
        put(connection, "core.posts", silent | {"post_id": "blank", "text": " "},
            silent | {"post_id": "null"})  # fmt: skip
    world.build_all()
    rows = world.read(
        "SELECT t.*, split_part(p.text, ' ', 1) AS first, w.label "
        "FROM content.post_topics_weekly AS t JOIN core.posts AS p USING (platform, post_id) "
        "LEFT JOIN content.topics_weekly AS w USING (week_start, topic_id)"
    )
    assert rows.height == 4 * 6 * 20 + 1
    placed = rows.drop_nulls("topic_id")
    assert placed.height == rows.height - 1
    assert placed.filter(~pl.col("label").str.contains(pl.col("first"))).is_empty()
    assert placed["confidence"].min() > 0.5
    assert rows.filter(pl.col("topic_id").is_null())["confidence"].to_list() == [None]


def test_a_week_without_posts_has_no_rows_and_forgets_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    later = MON + timedelta(weeks=MEMORY_WEEKS + 5)
    for topic in WORDS:
        world.post(MON, topic, 40)
    with world.warehouse.connect() as connection:
        # A day that was touched, and has no post any more.
        record_version(connection, "core.posts", str(NEXT), "v", 0, "run")
    for topic in list(WORDS)[:5]:
        world.post(later, topic, 40)
    world.build_topics()
    rows = world.read("SELECT week_start, topic_id, words FROM content.topics_weekly")
    assert rows["week_start"].unique().sort().to_list() == [MON, later]
    # Not one text is the same, and yet the topics are: their middles tell.
    first, second = (
        {frozenset(w): i for _, i, w in rows.filter(pl.col("week_start") == week).iter_rows()}
        for week in (MON, later)
    )
    assert len(second) == 5
    assert second.items() <= first.items()


def test_texts_without_a_vector_keep_the_week_stale(world: World) -> None:
    recipe = topics_recipe(world.settings)
    world.build_topics()
    world.post(WEEKS[2], "food", 3, with_vector=False)
    assert list(world.stale(recipe)) == [str(week) for week in WEEKS[2:]]
    # Three texts in the windows of two weeks.
    assert world.build_topics() == {"texts_without_vector": 6}
    assert list(world.stale(recipe)) == [str(week) for week in WEEKS[2:]]
    lacking = world.read(
        "SELECT text FROM core.posts ORDER BY CAST(post_id[2:] AS INT) DESC LIMIT 3"
    )
    world.encode(lacking["text"].to_list(), world.middles[0], np.random.default_rng(1))
    assert world.build_topics() == {"texts_without_vector": 0}
    assert world.stale(recipe) == {}
    texts = "SELECT DISTINCT texts FROM content.topics_weekly WHERE week_start = '2024-01-22'"
    assert sorted(world.read(texts)["texts"]) == [80, 83]


def test_a_late_post_makes_its_week_and_the_later_ones_stale(world: World) -> None:
    world.build_all()
    recipe = topics_recipe(world.settings)
    before = world.read("FROM content.topics_weekly ORDER BY ALL")
    world.post(WEEKS[2], "vote", 1)
    for each in (recipe, RISING):
        with world.warehouse.connect() as connection:
            known = list(expected_versions(connection, each))
        assert known == [str(week) for week in WEEKS]
    assert list(world.stale(recipe)) == [str(week) for week in WEEKS[2:]]
    world.build_topics()
    after = world.read("FROM content.topics_weekly ORDER BY ALL")
    early = pl.col("week_start") < WEEKS[2]
    assert after.filter(early).equals(before.filter(early))
    assert set(after["topic_id"]) == set(before["topic_id"])


# --- what rises ---


def test_a_topic_that_more_take_up_rises(world: World) -> None:
    burst = WEEKS[-1] + timedelta(weeks=1)
    for topic in WORDS:
        world.post(burst, topic, 20 if topic == "vote" else 2)
    with world.warehouse.connect() as connection:
        # Of a post whose time is a bound nobody knows that it is of this week.
        row = {"platform": "x", "post_id": "bound", "profile_id": "late", "text": "rent tram 1"}
        put(connection, "core.posts", row | {
            "posted_at": noon(burst), "posted_date": burst, "is_posted_at_known": False,
        })  # fmt: skip
    world.build_all()
    rows = world.read(f"FROM marts.topics_rising_weekly WHERE week_start = '{burst}'")
    assert rows.height == len(WORDS)
    (row,) = rows.filter("is_rising").rows(named=True)
    assert "rent" in row["label"]
    # 30 posts of the week, 480 of the four before of which 80 are of the topic: 5 are expected.
    assert (row["posts"], row["profiles"]) == (20, 20)
    assert row["expected_posts"] == pytest.approx(30 / 480 * 80)
    # The first week has nothing to compare with.
    first = world.read(f"FROM marts.topics_rising_weekly WHERE week_start = '{MON}'")
    assert first["expected_posts"].null_count() == first.height
    assert not first["is_rising"].any()


def put_sql(tables: duckdb.DuckDBPyConnection, posts: dict[str, tuple[str, str, int]]) -> None:
    """Posts of MON by id: profile, topic (or '') and likes (or -1)."""
    for post_id, (profile, topic, likes) in posts.items():
        put(tables, "core.posts", {
            "platform": "x", "post_id": post_id, "profile_id": profile, "posted_at": noon(MON),
            "posted_date": MON, "text": f"text {post_id}",
        })  # fmt: skip
        put(tables, "content.post_topics_weekly", {
            "week_start": MON, "platform": "x", "post_id": post_id, "topic_id": topic or None,
        })  # fmt: skip
        for hour, count in ((1, 1), (9, likes)) if likes >= 0 else ():
            put(tables, "core.post_metrics", {
                "platform": "x", "post_id": post_id, "observed_at": noon(NEXT, hour),
                "observed_date": NEXT, "likes": count,
            })  # fmt: skip


BOUNDS = {"first_day": str(MON), "last_day": str(MON)}


def test_engagement_by_what_is_usual_for_the_author(tables: duckdb.DuckDBPyConnection) -> None:
    put_sql(tables, {"a": ("ann", "T", 99), "b": ("ann", "", 9), "c": ("ann", "", 9),
                     "d": ("bob", "T", 9), "e": ("bob", "T", -1)})  # fmt: skip
    query = sql.select("marts.topic_engagement")
    (row,) = tables.execute(query, {**BOUNDS, "memory_weeks": 13}).pl().rows(named=True)
    # Ann's posts draw 9 as a rule and this one 99, ten times as many with 1 added; bob's are as
    # always; one was never read.
    assert row["posts_measured"] == 2
    assert row["engagement_per_post"] == (99 + 9) / 2
    assert row["usual_engagement_per_post"] == 9
    assert row["engagement_ratio"] == pytest.approx(10**0.5)


def member(profile: str, community: str, week: date = MON) -> dict[str, Any]:
    return {
        "week_start": week, "platform": "x", "profile_id": profile, "community_id": community,
        "group_id": community, "community_size": 1, "membership_strength": 1.0,
        "partition_modularity": 0.5, "partition_stability": 1.0,
    }  # fmt: skip


def test_communities_that_drive_a_topic(tables: duckdb.DuckDBPyConnection) -> None:
    put_sql(tables, {"a": ("ann", "T", -1), "b": ("ann", "T", -1), "c": ("bob", "T", -1),
                     "d": ("cid", "T", -1), "e": ("bob", "U", -1)})  # fmt: skip
    # Communities of the last week that has some; those of a later one are not known yet.
    put(tables, "graph.communities_weekly", member("ann", "A", MON - timedelta(weeks=2)),
        member("bob", "B", MON - timedelta(weeks=2)), member("ann", "Z", NEXT))  # fmt: skip
    found = tables.execute(sql.select("marts.topic_communities"), BOUNDS).pl()
    assert found.select("topic_id", "community_ids", "community_posts").rows() == [
        ("T", ["A", "B"], [2, 1]),
        ("U", ["B"], [1]),
    ]


def topic(topic_id: str) -> dict[str, Any]:
    lists = ("words", "platforms", "examples", "centroid", "members", "confidences")
    return {
        "week_start": MON, "topic_id": topic_id, "label": f"label of {topic_id}", "texts": 9,
        "posts": 2, "profiles": 2, "share": 0.5, "stability": 1.0, **{name: [] for name in lists},
    }  # fmt: skip


def feeling(text: str, sentiment: float, label: str) -> dict[str, Any]:
    counts = ("characters", "words", "sentences", "questions", "exclamations", "mentions")
    return {
        "content_hash": sha256(text.encode()).hexdigest(), "measured_by": "m",
        "sentiment": sentiment, "sentiment_label": label, "calls_to_action": [],
    } | dict.fromkeys([*counts, "links", "hashtags", "emoji"], 0)  # fmt: skip


def test_what_a_community_talks_about_and_how_it_feels(tables: duckdb.DuckDBPyConnection) -> None:
    said = {"a": ("ann", "T"), "b": ("ann", "U"), "c": ("bob", "T"), "d": ("bob", ""),
            "e": ("cid", "T"), "f": ("dan", "T")}  # fmt: skip
    put_sql(tables, {post_id: (*rest, -1) for post_id, rest in said.items()})
    topics = [topic("T"), topic("U")]
    put(tables, "content.topics_weekly", *topics)
    put(tables, "graph.communities_weekly", member("ann", "A"), member("bob", "A"),
        member("cid", "C"))  # fmt: skip
    query = sql.select("marts.community_content_weekly")
    plain = tables.execute(query, BOUNDS).pl().sort("community_id")
    a, c = plain.rows(named=True)
    assert (a["posts"], a["posts_with_topic"], a["topic_ids"]) == (4, 3, ["T", "U"])
    assert (a["topic_labels"], a["topic_shares"]) == (["label of T", "label of U"], [0.5, 0.25])
    assert (c["posts"], c["topic_shares"]) == (1, [1.0])
    assert (a["posts_with_sentiment"], a["sentiment_mean"]) == (0, None)
    # With the sentiment of texts: of three of the four posts of A.
    known = [("a", 0.5, "positive"), ("b", -0.8, "negative"), ("c", 0.0, "neutral")]
    put(tables, "content.texts", *(feeling(f"text {n}", *felt) for n, *felt in known))
    felt = tables.execute(query, BOUNDS).pl()
    a = felt.sort("community_id").row(0, named=True)
    assert (a["posts"], a["posts_with_sentiment"]) == (4, 3)
    assert a["sentiment_mean"] == pytest.approx(-0.1)
    assert (a["positive_share"], a["negative_share"]) == (
        pytest.approx(1 / 3),
        pytest.approx(1 / 3),
    )
