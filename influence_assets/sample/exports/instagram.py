"""Instagram beside gallery-dl: counts as TSV, and one JSON document per profile."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from influence_assets.sample.exports.files import (
    OVERFLOWED,
    Broken,
    Data,
    Fault,
    Written,
    mix_in,
    profile_rows,
    write_bytes,
    write_mapping,
    write_text,
)
from influence_assets.sample.posts import shortcode

METRICS = "instagram_metrics"
DOCUMENTS = "instagram_profiles"
METRICS_HEADER = ("media_id", "observed_at", "likes", "comments", "shares", "saves", "plays")
TYPES = {"image": "GraphImage", "video": "GraphVideo", "carousel": "GraphSidecar"}

Row = dict[str, Any]


def in_gallery(author: int) -> bool:
    """Whether a profile is collected by gallery-dl; the others come as documents."""
    return author % 3 == 1


def write_metrics(landing: Path, data: Data) -> list[Written]:
    """Write every reading of every Instagram post, one file per month of reading."""
    write_mapping(landing, METRICS)
    posts = data.posts.to_dicts()
    files: dict[str, list[list[Any]]] = defaultdict(list)
    for seen in data.observations.sort("observed_at", "post").iter_rows(named=True):
        post = posts[seen["post"]]
        if post["platform"] != "instagram":
            continue
        at = seen["observed_at"]
        plays = seen["views"] if post["kind"] == "video" else "N/A"
        files[f"metrics_{at:%Y-%m}.tsv"].append(
            [post["post_id"], f"{at:%Y-%m-%d %H:%M:%S}"]
            + [seen[c] for c in ("likes", "comments", "shares", "saves")]
            + [plays]
        )
    words = random.Random(data.seed * 100 + 22)
    written = []
    for number, name in enumerate(sorted(files)):
        lines = ["\t".join(map(str, row)) for row in files[name]]
        lines, faults = mix_in(lines, _broken_metrics(files[name][0], number), words)
        header = "\t".join(METRICS_HEADER)
        written.append(write_text(landing, f"{METRICS}/{name}", lines, header, faults))
    return written


def _broken_metrics(row: list[Any], number: int) -> list[Broken]:
    rows: list[tuple[Fault, list[Any]]] = [
        ("overflowed_count", [row[0], row[1], OVERFLOWED, *row[3:]]),
        ("missing_id", ["", *row[1:]]),
        ("unreadable_date", [row[0], "0000-00-00 00:00:00", *row[2:]]),
    ]
    fault, broken = rows[number % len(rows)]
    return [(fault, "\t".join(map(str, broken)))] if number < 4 else []


def write_documents(landing: Path, data: Data) -> list[Written]:
    """Write one document per profile that gallery-dl does not collect."""
    write_mapping(landing, DOCUMENTS)
    words = random.Random(data.seed * 100 + 23)
    by_author: dict[int, list[Row]] = defaultdict(list)
    for post in data.posts.iter_rows(named=True):
        if post["platform"] == "instagram" and not in_gallery(post["author"]):
            by_author[post["author"]].append(_post(post, words))
    last: datetime = data.observations["observed_at"].max()  # type: ignore[assignment]
    fetched_at = _epoch_s(last) + int(timedelta(days=1).total_seconds())
    profiles = profile_rows(data)
    written = []
    for number, (author, posts) in enumerate(by_author.items()):
        faults = _add_broken(posts, number)
        profile = profiles[author]
        document = {
            "username": profile["profile_id"],
            "full_name": profile["display_name"],
            "fetched_at": fetched_at,
            "posts": posts,
        }
        path = f"{DOCUMENTS}/{profile['profile_id']}.json"
        text = json.dumps(document, ensure_ascii=False, indent=1)
        write_bytes(landing / path, text.encode("utf-8"))
        written.append(Written(path, len(posts), faults))
    return written


def _epoch_s(at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).timestamp())


def _post(post: Row, words: random.Random) -> Row:
    code = shortcode(int(post["post_id"]))
    return {
        "id": post["post_id"],
        "shortcode": code,
        "type": TYPES[post["kind"]],
        "taken_at": _epoch_s(post["posted_at"]),
        "caption": post["text"],
        "hashtags": [f"#{tag}" for tag in post["hashtags"]],
        "mentions": post["mentions"],
        "tagged": post["tagged"],
        "language": post["language"],
        "media_count": post["media_count"],
        "paid_partnership": words.random() < 0.05,
        "permalink": f"https://www.instagram.com/p/{code}/",
    }


def _add_broken(posts: list[Row], number: int) -> tuple[tuple[int, Fault], ...]:
    """Append a broken post to the first two documents."""
    faults: list[tuple[Fault, Row]] = [
        ("date_1970", {"taken_at": 0}),
        ("unreadable_date", {"taken_at": "n/a"}),
    ]
    if number >= len(faults):
        return ()
    fault, change = faults[number]
    posts.append({**posts[0], "id": f"{posts[0]['id']}9", **change})
    return ((len(posts), fault),)
