"""Tweets: nested JSON lines, gzipped, one file a month, and a file of early readings."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

from influence_assets.sample.exports.files import (
    OVERFLOWED,
    Broken,
    Data,
    Written,
    json_line,
    mix_in,
    profile_rows,
    write_mapping,
    write_text,
)

SOURCE = "twitter_tweets"
TYPES = {"text": "tweet", "image": "photo", "video": "video", "reply": "reply"}

Row = dict[str, Any]


def write_tweets(landing: Path, data: Data) -> list[Written]:
    """Write every tweet under its last reading, and again under each early one."""
    write_mapping(landing, SOURCE)
    profiles = profile_rows(data)
    ids = {p["profile_id"]: str(10_000_019 + 7_919 * i) for i, p in enumerate(profiles)}
    posts = data.posts.to_dicts()
    files: dict[str, list[Row]] = defaultdict(list)
    for seen in data.observations.iter_rows(named=True):
        post = posts[seen["post"]]
        if post["platform"] != "twitter":
            continue
        month = f"tweets_{post['posted_at']:%Y-%m}.jsonl.gz"
        name = month if seen["is_last"] else "recheck_tweets.jsonl.gz"
        files[name].append(_tweet(post, seen, profiles[post["author"]], ids))
    words = random.Random(data.seed * 100 + 20)
    written = []
    for number, name in enumerate(sorted(files)):
        broken = _broken(files[name][0], number)
        lines, faults = mix_in([json_line(tweet) for tweet in files[name]], broken, words)
        written.append(write_text(landing, f"{SOURCE}/{name}", lines, faults=faults))
    return written


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def _tweet(post: Row, seen: Row, author: Row, ids: dict[str, str]) -> Row:
    tweet = {
        "id": post["post_id"],
        "type": TYPES[post["kind"]],
        "created_at": _iso(post["posted_at"]),
        "author": {"id": ids[author["profile_id"]], "username": author["handle"]},
        "text": post["text"],
        "lang": post["language"],
        "url": f"https://twitter.com/{author['handle']}/status/{post['post_id']}",
        "attachments": {"count": post["media_count"]},
        "public_metrics": {
            "like_count": seen["likes"],
            "retweet_count": seen["shares"],
            "reply_count": seen["comments"],
            "impression_count": seen["views"],
        },
        "in_reply_to_username": post["reply_to"],
        "observed_at": _iso(seen["observed_at"]),
    }
    entities = {
        "hashtags": [{"tag": tag} for tag in post["hashtags"]],
        "mentions": [{"username": n, "id": ids[n.lower()]} for n in post["mentions"]],
    }
    # As the API does, leave out what is empty.
    if entities := {name: items for name, items in entities.items() if items}:
        tweet["entities"] = entities
    return tweet


def _broken(tweet: Row, number: int) -> list[Broken]:
    """The broken records of the file of that number; their ids are their own."""
    base = {**tweet, "id": f"99{number:02d}{tweet['id'][4:]}"}
    metrics = {**tweet["public_metrics"], "like_count": OVERFLOWED}
    faults: list[list[Broken]] = [
        [
            ("broken_json", json_line(base)[:120]),
            ("overflowed_count", json_line({**base, "public_metrics": metrics})),
        ],
        [("missing_id", json_line({k: v for k, v in base.items() if k != "id"}))],
        [
            ("date_1970", json_line({**base, "created_at": "1970-01-01T00:00:00.000Z"})),
            ("broken_json", json_line(base)[:-1] + ',"withheld":'),
        ],
        [("unreadable_date", json_line({**base, "created_at": "last tuesday"}))],
    ]
    return faults[number] if number < len(faults) else []
