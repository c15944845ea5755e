"""Exports about profiles: the directory, the follows and the daily panel."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from influence_assets.sample.communities import PLATFORMS, START
from influence_assets.sample.exports.files import (
    Broken,
    Data,
    Written,
    csv_line,
    mix_in,
    profile_rows,
    write_bytes,
    write_mapping,
    write_text,
)

DIRECTORY, FOLLOWS, PANEL = "profile_directory", "follows", "profile_panel"
LATE_HEADER = "Network;Profile;Read at;Followers;Following;Posts;Interactions;Reach;Impressions"
COUNTS = ("followers", "following", "posts_count", "engagement", "reach", "impressions")


def write_directory(landing: Path, data: Data) -> list[Written]:
    """Write the profiles of each platform as they stood on the evening before the world."""
    write_mapping(landing, DIRECTORY)
    exported_at = f"{START - timedelta(days=1)}T18:00:00Z"
    written = []
    for platform in PLATFORMS:
        profiles = [_entry(p) for p in profile_rows(data) if p["platform"] == platform]
        document = {"platform": platform, "exported_at": exported_at, "profiles": profiles}
        path = f"{DIRECTORY}/{platform}.json"
        text = json.dumps(document, ensure_ascii=False, indent=1)
        write_bytes(landing / path, text.encode("utf-8"))
        written.append(Written(path, len(profiles)))
    return written


def _entry(profile: dict[str, Any]) -> dict[str, Any]:
    return {
        "username": profile["handle"],
        "full_name": profile["display_name"],
        "category": profile["category"],
        "country": profile["country"],
        "verified": profile["is_verified"],
        "stats": {
            "followers": profile["followers"],
            "following": profile["following"],
            "posts": profile["posts_count"],
        },
    }


def write_follows(landing: Path, data: Data) -> list[Written]:
    """Write every follow with its first day."""
    write_mapping(landing, FOLLOWS)
    ids, platforms = data.profiles["profile_id"], data.profiles["platform"]
    follows = data.follows.select(
        platform=platforms.gather(data.follows["source"]),
        follower=ids.gather(data.follows["source"]),
        followed=ids.gather(data.follows["target"]),
        since=pl.col("since").dt.strftime("%Y-%m-%d"),
    )
    rows = [list(row) for row in follows.iter_rows()]
    platform, follower, followed, since = rows[0]
    broken: list[Broken] = [
        ("missing_target", csv_line([platform, follower, "", since])),
        ("missing_target", csv_line([*rows[-1][:2], "", rows[-1][3]])),
        ("date_1970", csv_line([platform, follower, followed, "1970-01-01"])),
        ("missing_fields", csv_line([platform, follower])),
        ("extra_fields", csv_line([platform, follower, followed, since, "unfollowed", ""])),
    ]
    words = random.Random(data.seed * 100 + 25)
    lines, faults = mix_in([csv_line(row) for row in rows], broken, words)
    header = csv_line(follows.columns)
    return [write_text(landing, f"{FOLLOWS}/follows.csv", lines, header, faults)]


def write_panel(landing: Path, data: Data) -> list[Written]:
    """Write the days that came in time as Parquet by month, and the late ones as CSV."""
    write_mapping(landing, PANEL)
    author = data.panel["author"]
    panel = data.panel.with_columns(
        network=data.profiles["platform"].gather(author),
        account=data.profiles["profile_id"].gather(author),
    )
    in_time = panel.filter(~pl.col("is_late")).select(
        "network",
        "account",
        "read_at",
        followers_count="followers",
        following_count="following",
        media_count="posts_count",
        interactions="engagement",
        reach="reach",
        impressions="impressions",
    )
    written = []
    months = in_time.with_columns(month=pl.col("read_at").dt.strftime("%Y-%m"))
    for (month,), rows in months.group_by(["month"], maintain_order=True):
        path = f"{PANEL}/panel_{month}.parquet"
        rows.drop("month").write_parquet(landing / path, compression="zstd", statistics=True)
        written.append(Written(path, len(rows)))
    if late := panel.filter("is_late").rows(named=True):
        written.append(_write_late(landing, late, data.seed))
    return written


def _write_late(landing: Path, late: list[dict[str, Any]], seed: int) -> Written:
    rows = [
        [row["network"].title(), "@" + row["account"], f"{row['read_at']:%d.%m.%Y %H:%M}"]
        + [f"{row[c]:,}" for c in COUNTS]
        for row in late
    ]
    broken: list[Broken] = [
        ("unreadable_date", csv_line([*rows[0][:2], "31.02.2025 23:50", *rows[0][3:]], ";")),
        ("negative_count", csv_line([*rows[1][:3], "-1", *rows[1][4:]], ";")),
    ]
    words = random.Random(seed * 100 + 26)
    lines, faults = mix_in([csv_line(row, ";") for row in rows], broken, words)
    arrived = f"{late[-1]['read_at'] + timedelta(days=12):%Y-%m-%d}"
    path = f"{PANEL}/late_panel_arrived_{arrived}.csv"
    return write_text(landing, path, lines, LATE_HEADER, faults)
