"""Copies as a table, what Dagster shows of them, and what the evaluation does about them."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from influence_assets.assets.duplicates import RECIPE, compute_copies, current_copies, near_pictures
from influence_assets.assets.popularity import load_platform
from influence_assets.assets.shell import Build
from influence_assets.cli_evaluate import evaluate_popularity, print_scores
from influence_assets.settings import Settings
from influence_assets.storage.vectors import load_vectors
from influence_assets.storage.versions import expected_versions, stale
from influence_assets.storage.warehouse import Warehouse, record_version
from influence_assets_tests.sql_making import MON, count, noon, post, put

LONG = "the quick brown fox | jumps over\nthe lazy dog and runs away into the dark forest"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env({"INFLUENCE_HOME": str(tmp_path)})


@pytest.fixture
def own(settings: Settings) -> Warehouse:
    return Warehouse(settings.warehouse, 5)


def build(warehouse: Warehouse, settings: Settings) -> dict[str, Any]:
    with warehouse.connect() as connection:
        for table in ("core.posts", "core.media"):
            record_version(connection, table, MON.isoformat(), "1", 1, "run")
        versions = expected_versions(connection, RECIPE)
    return compute_copies(
        Build(RECIPE, warehouse, settings, versions, versions, "run", lambda _: None)
    )


def picture(post_id: str, media_id: str, position: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "platform": "x", "post_id": post_id, "media_id": media_id, "position": position,
        "posted_date": MON, "mime_type": "image/png", "path": f"{media_id}.png",
    } | more  # fmt: skip


def test_a_build_from_tables(own: Warehouse, settings: Settings) -> None:
    with own.connect() as tables:
        put(tables, "core.posts", post(MON, "a") | {"text": LONG}, post(MON, "b") | {"text": LONG},
            post(MON, "c") | {"platform": "y", "text": f"{LONG} now"},
            post(MON, "d"), post(MON, "e") | {"text": ""},
            post(MON, "f"), post(MON, "g") | {"text": "another one"})  # fmt: skip
        put(tables, "core.media", picture("d", "m" * 64), picture("g", "m" * 64))
    told = build(own, settings)
    rows = own.read("content.near_duplicates", ["platform", "post_id", "group_id", "group_size"])
    assert set(rows.rows()) == {
        ("x", "a", "x/a", 3), ("x", "b", "x/a", 3), ("y", "c", "x/a", 3),
        ("x", "d", "x/d", 2), ("x", "g", "x/d", 2),
    }  # fmt: skip
    kinds = {k.removeprefix("posts_with_"): n for k, n in told.items() if k.startswith("posts")}
    assert kinds == {"exact_text": 2, "near_text": 3, "same_image": 2, "near_image": 0}
    assert told["groups"] == 2
    # A text is one line of a table, without what would be markup.
    lines = told["largest_groups"].value.splitlines()
    assert lines[2:] == [f"| 3 | x/a | {' '.join(LONG.replace('|', ' ').split())[:80]} |",
                         "| 2 | x/d |  |"]  # fmt: skip
    with own.connect() as connection:
        assert stale(connection, RECIPE) == {}
        record_version(connection, "core.posts", "2024-01-02", "1", 1, "run")
        assert stale(connection, RECIPE)


def test_nothing_to_compare(own: Warehouse, settings: Settings) -> None:
    assert build(own, settings)["groups"] == 0


def name(letter: str) -> str:
    return letter * 64


def image(letter: str, perceptual_hash: str, status: str = "ok") -> dict[str, Any]:
    return {
        "content_hash": name(letter), "measures_id": "m", "status": status, "contrast": 0.2,
        "perceptual_hash": perceptual_hash,
    }  # fmt: skip


def test_pictures_by_hash_and_vector(own: Warehouse) -> None:
    # Hashes of a picture, of the same with two bits changed twice, and of one that was refused.
    hashes = {"a": 0xFFFF_0000_FFFF_0000, "b": 0xFFFF_0000_FFFF_0003, "c": 0xFFFF_0000_FFFF_0030}
    with own.connect() as tables:
        put(tables, "content.images", *(image(n, f"{h:016x}") for n, h in hashes.items()),
            image("d", f"{hashes['a']:016x}", "refused"))  # fmt: skip
    assert near_pictures(own).rows() == [
        (name("a"), name("a")),
        (name("b"), name("a")),
        (name("c"), name("a")),
    ]
    vectors = pl.DataFrame(
        {"content_hash": [name(n) for n in "abc"], "vector": [[1, 0], [1, 0], [0, 1]]},
        schema_overrides={"vector": pl.Array(pl.Float32, 2)},
    )
    load_vectors(own, "content.image_embeddings", "e", vectors)
    assert near_pictures(own).rows() == [(name(n), name("a")) for n in "ab"]


def test_the_evaluation_leaves_out_copies_and_tells_how_many(
    own: Warehouse, settings: Settings
) -> None:
    rng = np.random.default_rng(1)
    days = [noon(MON) + timedelta(days=n) for n in range(100)]
    # The last ten posts say what the first ten said.
    texts = [" ".join(f"{word}{n % 90}" for word in LONG.split()) for n in range(100)]
    rows = [
        post(MON, f"p{n:02d}") | {"text": text, "posted_at": day, "posted_date": day.date()}
        for n, (text, day) in enumerate(zip(texts, days, strict=True))
    ]
    with own.connect() as tables:
        put(tables, "core.posts", *rows)
        likes = rng.integers(1, 99, 100).tolist()
        put(tables, "core.post_metrics",
            *(count(f"p{n:02d}", d, likes=likes[n]) for n, d in enumerate(days)))  # fmt: skip
        record_version(tables, "core.posts", MON.isoformat(), "1", 1, "run")
    before = load_platform(own, "x", "likes")
    assert before.copies.null_count() == 100
    # Found anew where the table is not up to date, and read where it is.
    found = current_copies(own)
    assert own.count("content.near_duplicates") == 0
    build(own, settings)
    assert current_copies(own).sort("post_id").equals(found.sort("post_id"))
    data = load_platform(own, "x", "likes", found)
    assert dict(zip(data.posts["post_id"], data.copies, strict=True)) == {
        f"p{n:02d}": f"x/p{n % 90:02d}" if n % 90 < 10 else None for n in range(100)
    }
    # Groups are for splits: no feature knows them.
    known = data.features("likes", timedelta(0))
    assert known.equals(before.features("likes", timedelta(0)))
    told = evaluate_popularity(settings, "likes", "", ["T"], [0.0], False)
    numbers = {(s["train_rows"], s["copies_left_out"], s["test_rows"]) for s in told["scores"]}
    assert numbers == {(70, 10, 20)}
    console = Console(width=300, record=True, file=StringIO())
    print_scores(told, console)
    said = " ".join(console.export_text().split())
    assert "left out of training: 10 copies of posts of the test part" in said
