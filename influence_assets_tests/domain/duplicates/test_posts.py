"""Which posts are copies, on a few posts each."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import numpy as np
import polars as pl
import pytest

from influence_assets.contracts import TABLES
from influence_assets.domain.duplicates.posts import MOST_POSTS, SHORT_POSTS, copies

LONG = "the quick brown fox jumps over the lazy dog and runs away into the dark deep forest"
SHORT = "Sex, lies and videotape"
NEAR: dict[str, str] = {}


def post(post_id: str, text: str | None = None, *shows: str, hour: int = 0) -> dict[str, Any]:
    return {"platform": "x", "post_id": post_id, "text": text, "shows": list(shows), "hour": hour}


def frames(rows: list[dict[str, Any]]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    schema = {"platform": pl.String, "post_id": pl.String, "text": pl.String,
              "shows": pl.List(pl.String), "hour": pl.Int64}  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema).with_columns(
        posted_at=datetime(2024, 1, 1) + pl.col("hour") * timedelta(hours=1),
        content_hash=pl.Series(
            [None if r["text"] is None else sha256(r["text"].encode()).hexdigest() for r in rows],
            dtype=pl.String,
        ),
    )
    texts = frame.drop_nulls("text").select("content_hash", "text").unique(maintain_order=True)
    shown = frame.select("platform", "post_id", media_id="shows").explode("media_id").drop_nulls()
    return frame.drop("text", "shows", "hour"), texts, shown


def found(
    *rows: dict[str, Any], near: tuple[tuple[str, str], ...] = ()
) -> dict[str, tuple[str, list[str]]]:
    """Group (the post that names it) and kinds by post."""
    pictures = pl.DataFrame(
        near, schema={"content_hash": pl.String, "picture_id": pl.String}, orient="row"
    )
    made = copies(*frames(list(rows)), pictures)
    TABLES["content.near_duplicates"].schema.validate(made)
    again = copies(*(f[::-1] for f in frames(list(rows))), pictures[::-1])
    assert made.equals(again)  # whatever the order of the rows
    return {r["post_id"]: (r["group_id"], r["kinds"]) for r in made.rows(named=True)}


def test_texts_by_kind() -> None:
    assert found(
        post("a", LONG), post("b", LONG), post("c", LONG + " https://t.co/1"), post("d", "else")
    ) == {
        "a": ("x/a", ["exact_text", "near_text"]),
        "b": ("x/a", ["exact_text", "near_text"]),
        "c": ("x/a", ["near_text"]),
    }


def test_short_texts() -> None:
    # A wish of many, and hashtags alone, bind none; what few say in the same words does.
    assert found(*(post(f"p{n}", "good morning") for n in range(3))) == {}
    assert found(*(post(f"p{n}", "#istanbul #storyofistanbul") for n in range(3))) == {}
    few = found(*(post(f"p{n}", SHORT) for n in range(SHORT_POSTS)), post("q", SHORT.upper()))
    assert set(few) == {f"p{n}" for n in range(SHORT_POSTS)}
    assert found(*(post(f"p{n}", SHORT) for n in range(SHORT_POSTS + 1))) == {}
    # A sentence without spaces is as good as eight words.
    sentence = "今日はとても天気が良いので友達と一緒に公園へ" * 2
    assert len(found(*(post(f"p{n}", sentence) for n in range(9)))) == 9
    assert found(post("a"), post("b"), post("c", ""), post("d", "")) == {}


def test_pictures_by_kind() -> None:
    near = (("m1", "m1"), ("m2", "m1"))
    assert found(
        post("a", None, "m1"), post("b", "other", "m2"), post("c", "words", "m2"),
        post("d", None, "m3"), near=near,
    ) == {
        "a": ("x/a", ["near_image"]),
        "b": ("x/a", ["same_image", "near_image"]),
        "c": ("x/a", ["same_image", "near_image"]),
    }  # fmt: skip


def test_half_of_the_pictures_of_both() -> None:
    # An end card under albums of other pictures; one picture of an album shown alone.
    assert found(post("a", None, "m1", "m2", "end"), post("b", None, "m3", "end", "m4")) == {}
    assert found(post("a", None, "m1", "m2", "m3"), post("b", None, "m1")) == {}
    assert set(found(post("a", None, "m1", "m2"), post("b", None, "m1"))) == {"a", "b"}
    # The same picture twice in an album is one.
    assert set(found(post("a", None, "m1", "m1", "m2"), post("b", None, "m1"))) == {"a", "b"}


def test_a_chain_over_text_and_picture() -> None:
    rows = [post("a", LONG, "m1"), post("b", LONG, "m2"), post("c", None, "m2")]
    kinds = [["exact_text"], ["exact_text", "same_image"], ["same_image"]]
    assert found(*rows) == dict(zip("abc", (("x/a", k) for k in kinds), strict=True))


def test_what_many_show_binds_none() -> None:
    logo = [post(f"p{n:02d}", None, "logo") for n in range(MOST_POSTS)]
    assert len(found(*logo)) == MOST_POSTS
    assert found(*logo, post("q", None, "logo")) == {}
    # Files of one picture count together.
    near = tuple((f"m{n}", "m0") for n in range(MOST_POSTS + 1))
    assert found(*(post(f"p{n}", None, f"m{n}") for n in range(MOST_POSTS + 1)), near=near) == {}


def test_a_line_that_many_write_ties_no_pictures() -> None:
    line = [post(f"p{n:02d}", LONG, f"m{n}") for n in range(MOST_POSTS + 1)]
    made = found(*line, post("q", None, "m3"), post("r", None, "m4"))
    assert set(made) == {r["post_id"] for r in line}
    made = found(*line[1:], post("q", None, "m3"), post("r", None, "m4"))
    assert {"q", "r"} < set(made)


def test_across_platforms_and_who_was_first() -> None:
    rows = [post("a", LONG, hour=2), post("b", LONG, hour=2), post("c", LONG, hour=5)]
    posts, texts, shown = frames(rows)
    posts = posts.with_columns(platform=pl.Series(["y", "y", "x"]))
    made = copies(posts, texts, shown, pl.DataFrame(schema={"content_hash": pl.String,
                                                            "picture_id": pl.String}))  # fmt: skip
    assert made.select("platform", "post_id", "group_id", "group_size", "is_first").rows() == [
        ("x", "c", "x/c", 3, False), ("y", "a", "x/c", 3, True), ("y", "b", "x/c", 3, False),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_pairs_of_pictures_against_every_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shows = [{f"m{m}" for m in rng.integers(0, 60, int(rng.integers(1, 5)))} for _ in range(40)]
    made = found(*(post(f"p{n:02d}", None, *sorted(s)) for n, s in enumerate(shows)))
    near = {
        f"p{i:02d}"
        for i, a in enumerate(shows)
        for j, b in enumerate(shows)
        if i != j and 2 * len(a & b) >= max(len(a), len(b))
    }
    assert near
    assert set(made) == near
