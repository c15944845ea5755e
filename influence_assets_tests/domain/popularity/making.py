"""Small frames of posts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

START = datetime(2024, 1, 1)  # a Monday
SCHEMA: dict[str, Any] = {
    "platform": pl.String,
    "profile_id": pl.String,
    "post_id": pl.String,
    "posted_at": pl.Datetime("us"),
    "kind": pl.String,
    "text": pl.String,
    "hashtags": pl.List(pl.String),
    "mentions": pl.List(pl.String),
    "media_count": pl.Int64,
    "outcome": pl.Int64,
    "labelled_at": pl.Datetime("us"),
}


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def posts(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows with what matters to a test; the rest is filled in."""
    full = [
        {
            "platform": "x",
            "profile_id": "a",
            "post_id": f"p{i:05}",
            "kind": "image",
            "text": "hello",
        }
        | {"hashtags": [], "mentions": [], "media_count": 1, "labelled_at": None}
        | row
        for i, row in enumerate(rows)
    ]
    return pl.DataFrame(full, schema=SCHEMA)


def random_posts(n: int, seed: int = 0, authors: int = 5, hours: int = 800) -> pl.DataFrame:
    """Posts at whole hours, so that some coincide, in no order; a tenth is not labelled."""
    rng = np.random.default_rng(seed)
    words = np.array(["sun", "rain", "snow", "why?", "@bob", "Ünïcode", "#tag", "42!"])
    level = rng.normal(4, 1.5, authors)
    author = rng.integers(0, authors, n)
    rows = [
        {
            "profile_id": f"author{a}",
            "posted_at": at(int(rng.integers(0, hours))),
            "kind": rng.choice(["image", "video", None]),
            "text": rng.choice(
                [" ".join(rng.choice(words, rng.integers(0, 6))), None], p=[0.95, 0.05]
            ),
            "hashtags": list(rng.choice(["x", "y", "z"], rng.integers(0, 4))),
            "mentions": list(rng.choice(["bob", "eve", f"author{a}"], rng.integers(0, 3))),
            "outcome": None if rng.random() < 0.1 else int(np.exp(rng.normal(level[a], 1))),
        }
        for a in author
    ]
    return posts(*rows)


def unit_rows(n: int, d: int = 8, seed: int = 0) -> npt.NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(n, d))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def drawn_world(n: int = 900, seed: int = 1) -> pl.DataFrame:
    """Posts whose likes are raised by a question (0.5), the evening (0.5) and video (0.6)."""
    rng = np.random.default_rng(seed)
    authors = 14
    level = rng.normal(4, 1, authors)
    author, hour = rng.integers(0, authors, n), rng.integers(0, 24, n)
    video, question = rng.random(n) < 0.5, rng.random(n) < 0.5
    evening = (hour >= 17) & (hour <= 21)
    log_likes = level[author] + 0.5 * question + 0.5 * evening + 0.6 * video
    likes = np.expm1(np.maximum(log_likes + rng.normal(0, 0.3, n), 0)).round()
    rows = [
        {
            "profile_id": f"author{author[i]}",
            "posted_at": at(24 * i * 200 / n // 24 * 24 + hour[i] + rng.random() / 2),
            "kind": "video" if video[i] else "image",
            "text": "what do you think?" if question[i] else "a day at the sea",
            "outcome": int(likes[i]),
        }
        for i in range(n)
    ]
    return posts(*rows)


def graph(*rows: tuple[str, datetime, float]) -> pl.DataFrame:
    """A graph frame of (profile_id, week_start, value), the value in every column."""
    names = ("in_degree", "out_degree", "in_strength", "out_strength", "pagerank")
    names += ("betweenness", "core_number", "community_size")
    return pl.DataFrame(
        [
            {"profile_id": p, "week_start": w.date(), **dict.fromkeys(names, float(v))}
            for p, w, v in rows
        ]
    )
