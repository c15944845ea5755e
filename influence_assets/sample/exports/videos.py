"""YouTube videos: CSV with suffixed views, local times and joined lists."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from influence_assets.sample.exports.files import (
    OVERFLOWED,
    Broken,
    Data,
    Written,
    csv_line,
    mix_in,
    profile_rows,
    write_mapping,
    write_text,
)

SOURCE = "youtube_videos"
LOCAL = ZoneInfo("Europe/Berlin")
HEADER = (
    *("video_id", "channel", "published_at", "title", "is_live", "tags", "mentioned", "collabs"),
    *("language", "url", "views", "likes", "comments", "read_at"),
)
STATS_HEADER = ("video", "read_at_ms", "views", "likes", "comments")

Row = dict[str, Any]


def write_videos(landing: Path, data: Data) -> list[Written]:
    """Write every video under its last reading; earlier readings go to a file of their own."""
    write_mapping(landing, SOURCE)
    profiles, posts = profile_rows(data), data.posts.to_dicts()
    files: dict[str, list[list[Any]]] = defaultdict(list)
    for seen in data.observations.iter_rows(named=True):
        post = posts[seen["post"]]
        if post["platform"] != "youtube":
            continue
        at = post["posted_at"]
        if seen["is_last"]:
            name = f"videos_{at.year}q{(at.month + 2) // 3}.csv"
            files[name].append(_video(post, seen, profiles[post["author"]]))
        else:
            files[f"early_stats_{at.year}.csv"].append(_stats(post, seen))
    words = random.Random(data.seed * 100 + 21)
    written = []
    for number, name in enumerate(sorted(files)):
        is_stats = name.startswith("early")
        first = files[name][0]
        broken = _broken_stats(first) if is_stats else _broken_videos(first, number)
        lines, faults = mix_in([csv_line(row) for row in files[name]], broken, words)
        header = csv_line(STATS_HEADER if is_stats else HEADER)
        written.append(write_text(landing, f"{SOURCE}/{name}", lines, header, faults))
    return written


def suffixed(number: int) -> str:
    """A count as sites show it: 870, 3.7k, 1.2m."""
    if number < 1_000:
        return str(number)
    return f"{number / 1e3:.1f}k" if number < 999_950 else f"{number / 1e6:.1f}m"


def _video(post: Row, seen: Row, author: Row) -> list[Any]:
    local = post["posted_at"].replace(tzinfo=UTC).astimezone(LOCAL)
    return [
        post["post_id"],
        "@" + author["handle"],
        f"{local:%Y-%m-%d %H:%M:%S}",
        post["text"],
        "true" if post["kind"] == "stream" else "false",
        "|".join(post["hashtags"]),
        "|".join("@" + name for name in post["mentions"]),
        "|".join("@" + name for name in post["collabs"]),
        post["language"],
        f"https://www.youtube.com/watch?v={post['post_id']}",
        suffixed(seen["views"]),
        f"{seen['likes']:,}",
        f"{seen['comments']:,}",
        f"{seen['observed_at']:%Y-%m-%dT%H:%M:%SZ}",
    ]


def _stats(post: Row, seen: Row) -> list[Any]:
    at: datetime = seen["observed_at"].replace(tzinfo=UTC)
    return [
        post["post_id"],
        int(at.timestamp()) * 1_000,
        suffixed(seen["views"]),
        f"{seen['likes']:,}",
        f"{seen['comments']:,}",
    ]


def _broken_videos(row: list[Any], number: int) -> list[Broken]:
    """Broken records for the file of that number, made from a good one under another id."""
    base = ["broken" + row[0][6:], *row[1:]]
    unquoted = ",".join(str(v).replace(",", " ") for v in base)
    faults: list[Broken] = [
        ("extra_fields", unquoted + ",,see description"),
        ("missing_fields", csv_line(base[:5])),
        ("unreadable_date", csv_line([*base[:2], "premieres soon", *base[3:]])),
        ("missing_id", csv_line(["", *base[1:]])),
    ]
    return faults[number % 2 :: 2]


def _broken_stats(row: list[Any]) -> list[Broken]:
    return [("overflowed_count", csv_line([*row[:3], OVERFLOWED, row[4]]))]
