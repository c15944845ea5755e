"""A small social site with the answers of Mastodon's API, and the truth of what is on it."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from PIL import Image

from influence_assets_tests.collectors.faults import Answer, Asked

PAGE = 5
FIRST = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Planted:
    """A post that is on the site."""

    post_id: str
    text: str
    likes: int
    pictures: int

    @property
    def posted_at(self) -> datetime:
        return FIRST + timedelta(hours=int(self.post_id) % 1000)


def planted(number: int) -> list[Planted]:
    """Posts, newest first as a timeline has them; every third has two pictures."""
    return [
        Planted(f"9{i:03d}", f"post {i} with #tag{i % 4}", i * 7, 2 if i % 3 == 0 else 1)
        for i in range(number, 0, -1)
    ]


@cache
def picture(name: str) -> bytes:
    """A picture of its own for each name."""
    out = io.BytesIO()
    red, green, blue = hashlib.sha256(name.encode()).digest()[:3]
    Image.new("RGB", (40, 30), (red, green, blue)).save(out, "JPEG")
    return out.getvalue()


class Social:
    """The site: account `ana` with posts; a test may publish more."""

    def __init__(self, posts: list[Planted]) -> None:
        self.posts = posts
        self.port = 0

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __call__(self, asked: Asked) -> Answer | None:
        parts = asked.path.strip("/").split("/")
        if asked.path == "/api/v1/accounts/lookup":
            return _json(self.account()) if asked.query.get("acct") == "ana" else None
        if asked.path == "/api/v1/accounts/search":
            return _json([])
        if asked.path == "/api/v1/accounts/77/statuses":
            return self.timeline(asked)
        if parts[0] == "media" and asked.path.endswith(".jpg"):
            return Answer(picture(parts[-1]), "image/jpeg")
        return None

    def account(self) -> dict[str, object]:
        return {"id": "77", "username": "ana", "acct": "ana", "followers_count": 1234,
                "url": f"{self.root}/@ana", "created_at": "2020-01-01T00:00:00.000Z"}  # fmt: skip

    def timeline(self, asked: Asked) -> Answer:
        start = int(asked.query.get("start", "0"))
        page = self.posts[start : start + PAGE]
        headers: tuple[tuple[str, str], ...] = ()
        if start + PAGE < len(self.posts):
            url = f"{self.root}{asked.path}?start={start + PAGE}"
            headers = (("Link", f'<{url}>; rel="next"'),)
        return _json([self.status(post) for post in page], headers)

    def status(self, post: Planted) -> dict[str, object]:
        media = [
            {"id": f"{post.post_id}{n}", "type": "image",
             "url": f"{self.root}/media/{post.post_id}_{n}.jpg"}
            for n in range(1, post.pictures + 1)
        ]  # fmt: skip
        return {
            "id": post.post_id, "created_at": post.posted_at.isoformat(), "content": post.text,
            "url": f"{self.root}/@ana/{post.post_id}", "account": self.account(), "reblog": None,
            "in_reply_to_id": None, "favourites_count": post.likes, "media_attachments": media,
            "tags": [{"name": w[1:]} for w in post.text.split() if w.startswith("#")],
        }  # fmt: skip


def _json(value: object, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(json.dumps(value).encode(), headers=headers)


MAPPING = """
name: gallery_dl
platform: mastodon
files:
  - match: "*.json"
    format: json
    feeds:
      - contract: posts
        columns:
          post_id: id
          profile_id: {field: account.acct, lower: true}
          posted_at: created_at
          text: content
          media_count: count
      - contract: post_metrics
        columns:
          post_id: id
          observed_at: {constant: "2025-06-01T00:00:00Z"}
          likes: favourites_count
      - contract: media
        columns: {post_id: id, posted_date: created_at, position: num}
"""
