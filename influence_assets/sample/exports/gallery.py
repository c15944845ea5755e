"""Instagram pictures as gallery-dl stores them: a file and its JSON sidecar.

Keys and names are those of gallery-dl's Instagram extractor. Of a video its preview is
stored, as the option `previews` does: the media id then ends in `p`.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from influence_assets.sample.exports.files import (
    Data,
    Written,
    last_observations,
    profile_rows,
    write_bytes,
)
from influence_assets.sample.exports.instagram import TYPES, in_gallery
from influence_assets.sample.pictures import SIZE_PX, draw_picture
from influence_assets.sample.posts import shortcode
from influence_assets.sample.vocabulary import topics

ROOT = "gallery_dl/instagram"
HASHTAG = re.compile(r"#\w+")

Row = dict[str, Any]


def write_gallery(landing: Path, data: Data) -> list[Written]:
    """Write the pictures of the collected profiles, and one broken sidecar.

    Returns:
        One entry per sidecar: a sidecar is one record.
    """
    words = random.Random(data.seed * 100 + 24)
    profiles = profile_rows(data)
    users = {
        p["profile_id"]: _user(p, str(2_000_003 + 104_729 * i)) for i, p in enumerate(profiles)
    }
    likes = last_observations(data)["likes"].to_list()
    written: list[Written] = []
    for index, post in enumerate(data.posts.iter_rows(named=True)):
        if post["platform"] != "instagram" or not in_gallery(post["author"]):
            continue
        author = users[profiles[post["author"]]["profile_id"]]
        shared = _shared(post, likes[index], author, users)
        if not written:
            written.append(_write_broken(landing, shared, post, words))
        for media in _media(post, words):
            picture = draw_picture(topics()[post["topic"]], post["subject"], words)
            written.append(_write(landing, {**shared, **media}, picture))
    return written


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _user(profile: Row, number: str) -> Row:
    """A profile as sidecars name it."""
    return {
        "id": number,
        "username": profile["profile_id"],
        "full_name": profile["display_name"],
    }


def _shared(post: Row, likes: int, author: Row, users: dict[str, Row]) -> Row:
    """What the sidecars of a post have in common."""
    code = shortcode(int(post["post_id"]))
    shared = {
        "category": "instagram",
        "subcategory": "posts",
        "typename": TYPES[post["kind"]],
        "username": author["username"],
        "fullname": author["full_name"],
        "owner_id": author["id"],
        "post_id": post["post_id"],
        "post_shortcode": code,
        "post_url": f"https://www.instagram.com/p/{code}/",
        "post_date": _time(post["posted_at"]),
        "date": _time(post["posted_at"]),
        "description": post["text"],
        "likes": likes,
        "count": post["media_count"],
        "tagged_users": [users[name] for name in post["tagged"]],
    }
    if tags := sorted(set(HASHTAG.findall(post["text"]))):
        shared["tags"] = tags  # left out where there are none, as gallery-dl does
    return shared


def _media(post: Row, words: random.Random) -> Iterator[Row]:
    """The keys of each file of a post, in order."""
    post_id: str = post["post_id"]
    for num in range(1, post["media_count"] + 1):
        media_id = post_id
        extra: Row = {}
        if post["kind"] == "carousel":
            media_id = str(int(post_id) + num)
            extra = {
                "sidecar_media_id": post_id,
                "sidecar_shortcode": shortcode(int(post_id)),
            }
        name = f"{words.randrange(10**8, 10**9)}_{words.randrange(10**14, 10**15)}_n"
        cdn = "https://scontent.cdninstagram.example/v"
        is_video = post["kind"] == "video"
        yield {
            "num": num,
            "media_id": media_id + ("p" if is_video else ""),
            "shortcode": shortcode(int(media_id)),
            "display_url": f"{cdn}/{name}.jpg",
            "video_url": f"{cdn}/{name}.mp4" if is_video else None,
            "width": SIZE_PX,
            "height": SIZE_PX,
            "filename": name,
            "extension": "jpg",
            **extra,
        }


def _write_broken(landing: Path, shared: Row, post: Row, words: random.Random) -> Written:
    """A picture of its own whose date was lost: 1970 is what a zero becomes."""
    post_id = f"{post['post_id']}9"
    lost = {**shared, "post_id": post_id, "post_date": "1970-01-01 00:00:00", "count": 1}
    media = {**next(_media({**post, "kind": "image", "media_count": 1}, words)), "num": 1}
    picture = draw_picture(topics()[post["topic"]], post["subject"], words)
    entry = _write(landing, {**lost, **media, "media_id": post_id}, picture)
    return Written(entry.path, 1, ((1, "date_1970"),))


def _write(landing: Path, sidecar: Row, picture: bytes) -> Written:
    whole = f"{sidecar['sidecar_media_id']}_" if "sidecar_media_id" in sidecar else ""
    path = f"{ROOT}/{sidecar['username']}/{whole}{sidecar['media_id']}.jpg"
    write_bytes(landing / path, picture)
    text = json.dumps(sidecar, ensure_ascii=False, indent=4, sort_keys=True)
    write_bytes(landing / f"{path}.json", text.encode("utf-8"))
    return Written(f"{path}.json", 1)
