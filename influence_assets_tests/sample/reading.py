"""Plain readers of the sample exports, written without the package's own sources.

They are the oracle: what a person with json and csv at hand would read from the files.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

Row = dict[str, Any]
MENTION = re.compile(r"@([\w.]+)")
UNITS = {"k": 1_000, "m": 1_000_000}

INTEGER_COLUMNS = {
    "early_stats": ("likes",),
    "metrics": ("likes", "comments", "shares", "saves"),
    "late_panel": ("Followers", "Interactions"),
}
TIMES = {
    "videos": ("published_at", "%Y-%m-%d %H:%M:%S"),
    "metrics": ("observed_at", "%Y-%m-%d %H:%M:%S"),
    "follows": ("since", "%Y-%m-%d"),
    "late_panel": ("Read at", "%d.%m.%Y %H:%M"),
}
IDS = {"videos": "video_id", "metrics": "media_id", "early_stats": "video"}


@cache
def read_file(path: Path) -> list[tuple[Row | None, str | None]]:
    """The records of a file in order, each with its fault or None."""
    if path.suffix == ".parquet":
        return [(row, None) for row in pl.read_parquet(path).iter_rows(named=True)]
    if path.name.endswith(".jsonl.gz"):
        return [_tweet(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    if path.suffix == ".json":
        return _document(json.loads(path.read_text(encoding="utf-8")))
    return list(_table(path))


def good(landing: Path, pattern: str) -> Iterator[tuple[Path, Row]]:
    """The sound records of all files that match, with their file."""
    for path in sorted(landing.glob(pattern)):
        for row, fault in read_file(path):
            if fault is None and row is not None:
                yield path, row


def _tweet(line: bytes) -> tuple[Row | None, str | None]:
    try:
        tweet = json.loads(line)
    except json.JSONDecodeError:
        return None, "broken_json"
    if "id" not in tweet:
        return tweet, "missing_id"
    if min(tweet["public_metrics"].values()) < 0:
        return tweet, "overflowed_count"
    try:
        at = datetime.fromisoformat(tweet["created_at"])
    except ValueError:
        return tweet, "unreadable_date"
    return tweet, "date_1970" if at.year < 1995 else None


def _document(document: Row) -> list[tuple[Row | None, str | None]]:
    if "post_date" in document:
        early = document["post_date"] < "1995"
        return [(document, "date_1970" if early else None)]
    if "profiles" in document:
        return [({**p, "platform": document["platform"]}, None) for p in document["profiles"]]
    posts = []
    for post in document["posts"]:
        taken_at = post["taken_at"]
        fault = "date_1970" if taken_at == 0 else None
        posts.append((post, fault if isinstance(taken_at, int) else "unreadable_date"))
    return posts


def _table(path: Path) -> Iterator[tuple[Row | None, str | None]]:
    delimiter = "\t" if path.suffix == ".tsv" else ";" if path.name.startswith("late") else ","
    kind = next(k for k in (*TIMES, *IDS) if path.name.startswith(k))
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        header = next(reader)
        for cells in reader:
            if len(cells) != len(header):
                yield None, "extra_fields" if len(cells) > len(header) else "missing_fields"
                continue
            row: Row = dict(zip(header, cells, strict=True))
            yield row, _table_fault(kind, row)


def _table_fault(kind: str, row: Row) -> str | None:
    if kind in IDS and not row[IDS[kind]]:
        return "missing_id"
    if kind == "follows" and not row["followed"]:
        return "missing_target"
    if any(int(row[c].replace(",", "")) < 0 for c in INTEGER_COLUMNS.get(kind, ())):
        return "negative_count" if kind == "late_panel" else "overflowed_count"
    if kind in TIMES:
        column, form = TIMES[kind]
        try:
            at = datetime.strptime(row[column], form)
        except ValueError:
            return "unreadable_date"
        return "date_1970" if at.year < 1995 else None
    return None


def posts(landing: Path) -> pl.DataFrame:
    """Every post once: platform, post_id, profile_id, posted_at, kind, text, hashtags, likes.

    `likes` is the count at the last observation.
    """
    rows: dict[tuple[str, str], Row] = {}
    for _, t in good(landing, "twitter_tweets/tweets_*"):
        rows["twitter", t["id"]] = {
            "profile_id": t["author"]["username"].lower(),
            "posted_at": datetime.fromisoformat(t["created_at"]),
            "kind": t["type"].replace("tweet", "text").replace("photo", "image"),
            "text": t["text"],
            "hashtags": len(t.get("entities", {}).get("hashtags", ())),
            "likes": t["public_metrics"]["like_count"],
        }
    for _, v in good(landing, "youtube_videos/videos_*"):
        local = datetime.fromisoformat(v["published_at"]).replace(tzinfo=ZoneInfo("Europe/Berlin"))
        rows["youtube", v["video_id"]] = {
            "profile_id": v["channel"].lstrip("@").lower(),
            "posted_at": local.astimezone(UTC),
            "kind": "stream" if v["is_live"] == "true" else "video",
            "text": v["title"],
            "hashtags": len([tag for tag in v["tags"].split("|") if tag]),
            "likes": int(v["likes"].replace(",", "")),
        }
    likes = {  # rows stand in order of time: the last one stays
        m["media_id"]: int(m["likes"]) for _, m in good(landing, "instagram_metrics/*.tsv")
    }
    kinds = {"GraphImage": "image", "GraphVideo": "video", "GraphSidecar": "carousel"}
    for path, p in good(landing, "instagram_profiles/*.json"):
        rows["instagram", p["id"]] = {
            "profile_id": path.stem,
            "posted_at": datetime.fromtimestamp(p["taken_at"], UTC),
            "kind": kinds[p["type"]],
            "text": p["caption"],
            "hashtags": len(p["hashtags"]),
            "likes": likes[p["id"]],
        }
    for _, s in good(landing, "gallery_dl/instagram/*/*.json"):
        rows["instagram", s["post_id"]] = {
            "profile_id": s["username"],
            "posted_at": datetime.fromisoformat(s["post_date"]).replace(tzinfo=UTC),
            "kind": kinds[s["typename"]],
            "text": s["description"],
            "hashtags": len(s.get("tags", ())),
            "likes": likes[s["post_id"]],
        }
    return pl.DataFrame(
        {"platform": platform, "post_id": post_id, **row}
        for (platform, post_id), row in rows.items()
    )


def ties(landing: Path) -> pl.DataFrame:
    """Every tie once: platform, kind, source, target, at (UTC), post_id."""
    rows: list[tuple[str, str, str, str, datetime, str]] = []
    for _, f in good(landing, "follows/follows.csv"):
        since = datetime.fromisoformat(f["since"]).replace(tzinfo=UTC)
        rows.append((f["platform"], "follow", f["follower"], f["followed"], since, ""))
    for _, t in good(landing, "twitter_tweets/*.gz"):
        at, author = datetime.fromisoformat(t["created_at"]), t["author"]["username"]
        named = [m["username"] for m in t.get("entities", {}).get("mentions", ())]
        rows += [("twitter", "mention", author, name, at, t["id"]) for name in named]
        if reply_to := t["in_reply_to_username"]:
            rows.append(("twitter", "reply", author, reply_to, at, t["id"]))
    for _, v in good(landing, "youtube_videos/videos_*"):
        at = datetime.fromisoformat(v["published_at"]).replace(tzinfo=ZoneInfo("Europe/Berlin"))
        for kind, column in (("mention", "mentioned"), ("collab", "collabs")):
            names = MENTION.findall(v[column])
            rows += [
                ("youtube", kind, v["channel"][1:], n, at.astimezone(UTC), v["video_id"])
                for n in names
            ]
    for path, p in good(landing, "instagram_profiles/*.json"):
        at = datetime.fromtimestamp(p["taken_at"], UTC)
        for kind, column in (("mention", "mentions"), ("tag", "tagged")):
            rows += [("instagram", kind, path.stem, n, at, p["id"]) for n in p[column]]
    for _, s in good(landing, "gallery_dl/instagram/*/*.json"):
        at = datetime.fromisoformat(s["post_date"]).replace(tzinfo=UTC)
        named = [("mention", n) for n in MENTION.findall(s["description"])]
        named += [("tag", user["username"]) for user in s["tagged_users"]]
        rows += [("instagram", k, s["username"], n, at, s["post_id"]) for k, n in named]
    frame = pl.DataFrame(
        rows, schema=["platform", "kind", "source", "target", "at", "post_id"], orient="row"
    )
    return frame.with_columns(pl.col("source", "target").str.to_lowercase()).unique()
