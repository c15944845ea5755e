"""Texts measured into the warehouse: each once, whatever happens; topics; reach of hashtags."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from influence_assets.assets import text_topics, texts
from influence_assets.assets.shell import Build
from influence_assets.contracts import TABLES
from influence_assets.encoders.text import text_encoder_id
from influence_assets.errors import UserError
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.vectors import VectorFiles, load_vectors
from influence_assets.storage.warehouse import WHOLE, Warehouse
from influence_assets_tests.encoders.test_classifier import (
    SENTIMENT,
    bare_pipeline,
    make_classifier,
)
from influence_assets_tests.sql_making import MON, Tables, post, put

TEXTS = (
    "What a wonderful morning, I love it! 😍",
    "This is the worst service I have ever seen.",
    "Heute ist ein wunderbarer Tag am Meer, love",
    "❤️",
    "Kraków 2016",
    "   ",
)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def written(*said: str) -> list[dict[str, Any]]:
    return [post(MON, f"p{n}-{text}") | {"text": text} for n, text in enumerate(said)]


@pytest.fixture
def world(tmp_path: Path) -> Warehouse:
    """Posts with these texts, one of them twice."""
    warehouse = Warehouse(tmp_path / "w.duckdb")
    with warehouse.connect() as connection:
        put(connection, "core.posts", *written(*TEXTS, TEXTS[0]))
    return warehouse


def run(warehouse: Warehouse, table: str = "content.texts", **chosen: str) -> dict[str, Any]:
    """Build a table; returns what it told and its lines."""
    home = {"INFLUENCE_HOME": str(warehouse.path.parent), "INFLUENCE_DEVICE": "cpu"}
    settings = Settings.from_env(home | {f"INFLUENCE_{k.upper()}": v for k, v in chosen.items()})
    recipe, compute = {
        "content.texts": (texts.texts_recipe(settings), texts.measure_new_texts),
        "content.text_topics": (text_topics.text_topics_recipe(settings),
                                text_topics.compute_topics),
    }[table]  # fmt: skip
    lines: list[str] = []
    version = {WHOLE: f"v-{recipe.code_version}"}
    build = Build(recipe, warehouse, settings, version, version, "run", lines.append)
    return {**(compute(build) or {}), "lines": lines}


def rows(warehouse: Warehouse, table: str = "content.texts") -> dict[str, dict[str, Any]]:
    frame = warehouse.read(table, list(TABLES[table].columns))
    TABLES[table].schema.validate(frame)
    by_hash = {sha(text): text for text in TEXTS}
    return {by_hash.get(r["content_hash"], "?"): r for r in frame.iter_rows(named=True)}


def test_what_texts_say(world: Warehouse) -> None:
    told = run(world)
    assert told["texts_measured"] == 5
    assert told["lines"][-1].startswith("content.texts: 5 of 5 texts, ")
    found = rows(world)
    said = {
        text: (r["language"], r["sentiment_label"], r["sentiment_model"])
        for text, r in found.items()
    }
    assert said == {
        TEXTS[0]: ("en", "positive", "vader@3.3.2"),
        TEXTS[1]: ("en", "negative", "vader@3.3.2"),
        TEXTS[2]: ("de", None, None),  # "love" counts for nothing in German
        TEXTS[3]: (None, "positive", "vader@3.3.2"),  # no language, but a heart
        TEXTS[4]: (None, None, None),  # nothing that the lexicon knows, and no language
    }
    assert {r["emotion"] for r in found.values()} == {None}
    assert (found[TEXTS[0]]["words"], found[TEXTS[0]]["emoji"]) == (7, 1)


def test_only_new_texts_are_measured(world: Warehouse) -> None:
    run(world)
    assert run(world)["texts_measured"] == 0
    with world.connect() as connection:
        put(connection, "core.posts", *written("A new text of today"))
    assert run(world)["texts_measured"] == 1
    assert world.count("content.texts") == 6
    # What was kept meanwhile is in the table now.
    assert list(world.path.parent.rglob("*.parquet")) == []


def test_a_run_that_breaks_keeps_its_batches(
    world: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def measure(batch: pl.DataFrame, *, with_vader: bool) -> pl.DataFrame:
        if len(seen) == 4:
            raise MemoryError
        seen.extend(batch["item"])
        return real(batch, with_vader=with_vader)

    real = texts.measure
    monkeypatch.setattr(texts, "AT_ONCE", 2)
    monkeypatch.setattr(texts, "measure", measure)
    with pytest.raises(MemoryError):
        run(world)
    assert world.count("content.texts") == 0
    seen.append("")  # the second run may go on
    run(world)
    assert sorted(seen) == sorted(["", *TEXTS[:5]])
    assert world.count("content.texts") == 5


def test_another_way_of_measuring_replaces_all(
    world: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(world)
    before = {r["measured_by"] for r in rows(world).values()}
    monkeypatch.setattr(texts, "_MEASURES", "other code")
    assert run(world)["texts_measured"] == 5
    after = {r["measured_by"] for r in rows(world).values()}
    assert len(before) == len(after) == 1
    assert before != after


def test_a_setting_makes_the_table_stale() -> None:
    def version(**chosen: str) -> tuple[str, str]:
        settings = Settings.from_env(chosen)
        return (texts.texts_recipe(settings).code_version,
                text_topics.text_topics_recipe(settings).code_version)  # fmt: skip

    plain = version()
    assert version(INFLUENCE_SENTIMENT="a/b")[0] != plain[0] == version(INFLUENCE_TOPICS="a/b")[0]
    assert version(INFLUENCE_EMOTION="a/b")[0] not in (plain[0], version(INFLUENCE_SENTIMENT="a/b"))
    assert version(INFLUENCE_TOPICS="a/b")[1] != plain[1] == version(INFLUENCE_EMOTION="a/b")[1]
    assert version(INFLUENCE_TEXT_ENCODER="a/b")[1] != plain[1]


def test_classifiers_by_setting(world: Warehouse, tmp_path: Path) -> None:
    feeling = make_classifier(tmp_path / "feeling", SENTIMENT)
    emotion = make_classifier(tmp_path / "emotion", ("joy", "anger", "fear"))
    told = run(world, sentiment=str(feeling), emotion=str(emotion))
    assert any("feeling: 5 of 5 texts" in line for line in told["lines"])
    found = rows(world)
    for folder, label in ((feeling, "sentiment_label"), (emotion, "emotion")):
        bare = bare_pipeline(folder)
        assert [found[text][label] for text in TEXTS[:5]] == [
            r["label"] for r in bare(list(TEXTS[:5]))
        ]
    # The classifier reads every language; which of them it knows is the user's choice.
    assert found[TEXTS[2]]["sentiment_model"].startswith("feeling@")
    # With another code the probabilities are read from their files: nothing is classified anew.
    before = len(list(tmp_path.rglob("*.parquet")))
    run(world)
    again = run(world, sentiment=str(feeling), emotion=str(emotion))
    assert rows(world) == found
    assert not any("feeling: " in line for line in again["lines"])
    assert len(list(tmp_path.rglob("*.parquet"))) == before == 2
    with pytest.raises(UserError, match="whose labels are joy, anger, fear"):
        run(world, sentiment=str(emotion))


# --- topics ---


def embedded(warehouse: Warehouse, **said: np.ndarray) -> str:
    """Vectors of texts under the default encoder, without running it."""
    home = warehouse.path.parent
    identity = text_encoder_id("all-MiniLM-L6-v2", home)
    vectors = np.stack(list(said.values())).astype(np.float32)
    frame = pl.DataFrame(
        {"content_hash": list(said), "vector": vectors},
        schema={"content_hash": pl.String, "vector": pl.Array(pl.Float32, vectors.shape[1])},
    )
    load_vectors(warehouse, "content.text_embeddings", identity, frame)
    return identity


def test_topics_from_vectors_without_a_text_encoder(
    world: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = np.array([[1, 0, 0.1, 0], [0.9, 0.3, 0, 0], [0, 0.2, 1, 0], [0.1, 0, 0.8, 0.5]])
    said /= np.linalg.norm(said, axis=1, keepdims=True)
    phrases = {"a": ("one", "two"), "b": ("three", "four")}
    identity = embedded(world, **{"0" * 64: said[0], "f" * 64: said[2], "5" * 64: -said[0]})
    VectorFiles(tmp_path / "artifacts", identity).add(
        pl.Series([sha(p) for group in phrases.values() for p in group]), said.astype(np.float32)
    )
    monkeypatch.setattr(text_topics.vocabulary, "text_topics", lambda: phrases)

    def never(*_: object) -> None:
        raise AssertionError("the phrases have vectors: no encoder is needed")

    monkeypatch.setattr(text_topics, "load_text_encoder", never)
    told = run(world, "content.text_topics")
    frame = world.read("content.text_topics", ["content_hash", "topic", "score"])
    assert told["texts_with_topics"] == 2
    assert sorted(frame.select("content_hash", "topic").rows()) == [
        ("0" * 64, "a"),
        ("f" * 64, "b"),
    ]


def test_topics_by_a_classifier(world: Warehouse, tmp_path: Path) -> None:
    folder = make_classifier(tmp_path / "topics", ("music", "sports", "news", "food"))
    run(world, "content.text_topics", topics=str(folder))
    frame = world.read("content.text_topics", ["content_hash", "topic", "score"])
    bare = bare_pipeline(folder)
    expected = {
        (sha(text), r["label"]): pytest.approx(r["score"], abs=1e-5)
        for text in TEXTS[:5]
        # Its configuration does not say that several may hold; that of topics always may.
        for r in sorted(bare(text, top_k=None, function_to_apply="sigmoid"),
                        key=lambda r: -r["score"])[:3]
        if r["score"] >= 0.5
    }  # fmt: skip
    assert {(h, t): s for h, t, s in frame.rows()} == expected


# --- reach of hashtags ---


def tagged(name: str, profile: str, days: int, *hashtags: str, **more: Any) -> dict[str, Any]:
    return post(MON + timedelta(days=days), name, profile) | {"hashtags": list(hashtags)} | more


def reach(tables: Tables, first: int = 0, last: int = 0) -> dict[str, tuple[int, float]]:
    bounds = {"first_day": MON + timedelta(days=first), "last_day": MON + timedelta(days=last)}
    found = tables.execute(sql.select("content.post_hashtag_reach"), bounds).fetchall()
    return {name: (most, median) for _, name, _, most, median in found}


def test_the_reach_of_hashtags_before_a_post(tables: Tables) -> None:
    put(tables, "core.posts",
        tagged("old", "ann", -92, "a"),  # more than 13 weeks ago
        tagged("edge", "bob", -91, "a"),
        tagged("p1", "bob", -3, "a", "a"), tagged("p2", "cid", -1, "a", "b"),
        tagged("same day", "dan", 0, "a"),
        tagged("elsewhere", "dan", -1, "a", platform="y"),
        tagged("unknown", "dan", -1, "a", is_posted_at_known=False),
        tagged("p", "eve", 0, "a", "b", "new"),
        tagged("none", "eve", 0))  # fmt: skip
    # a: bob and cid; b: cid; new: nobody.
    assert reach(tables) == {"p": (2, 1.0), "same day": (2, 2.0)}
    # A day earlier ann counts as well, and b is new.
    assert reach(tables, -1, -1) == {"p2": (2, 1.0), "elsewhere": (0, 0.0)}
    # Each day by itself says the same as many at once.
    many = reach(tables, -100, 0)
    assert {k: v for day in range(-100, 1) for k, v in reach(tables, day, day).items()} == many


def test_the_reach_in_real_posts_is_that_of_a_plain_count(shared_data: Path) -> None:
    import gzip

    import duckdb

    from influence_assets.storage import ddl

    with gzip.open(shared_data / "ig_posts_2017" / "posts.csv.gz") as file:
        raw = pl.read_csv(file.read(), infer_schema=False)
    found = raw.select(
        day=pl.col("date").str.slice(0, 10).str.to_date(strict=False),
        tags=pl.col("tags").str.to_lowercase().str.extract_all(r"[\p{L}\p{N}_]+"),
        who=pl.col("alias"),
    ).with_row_index("n").drop_nulls()  # fmt: skip
    with duckdb.connect() as tables:
        for statement in ddl.create_statements():
            tables.execute(statement)
        put(tables, "core.posts", *(
            post(r["day"], str(r["n"]), r["who"]) | {"hashtags": r["tags"]}
            for r in found.filter(pl.col("day") > MON - timedelta(days=5000)).iter_rows(named=True)
        ))  # fmt: skip
        bounds = {"first_day": "2017-04-01", "last_day": "2017-04-30"}
        rows = tables.execute(sql.select("content.post_hashtag_reach"), bounds).fetchall()
    ours = {row[1]: row[3:] for row in rows}
    uses = found.explode("tags").drop_nulls().unique(["tags", "who", "day"])
    for name in sorted(ours)[::40]:
        row = found.row(by_predicate=pl.col("n") == int(name), named=True)
        before = uses.filter(
            pl.col("day").is_between(row["day"] - timedelta(days=91), row["day"], closed="left")
        )
        counts = [before.filter(tags=tag)["who"].n_unique() for tag in set(row["tags"])]
        assert ours[name] == (max(counts), float(np.median(counts)))
    assert len(ours) > 1_000
