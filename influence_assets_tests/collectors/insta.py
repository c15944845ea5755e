"""A small Instagram with the answers that instaloader 4.16 reads without a log-in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import parse_qs

from influence_assets_tests.collectors.faults import Answer, Asked
from influence_assets_tests.collectors.social import picture

START_PAGE = (
    '<html><script>["DTSGInitialData",[],{"token":"none"}] ["LSD",[],{"token":"abc"}] '
    '"IG_USER_EIMU":"0"</script></html>'
)
FIRST = 1_740_000_000
PAGE = 3


@dataclass(frozen=True)
class Shot:
    """A post."""

    code: str
    taken_at: int
    likes: int
    pictures: int


def shots(number: int) -> list[Shot]:
    """Posts, newest first; every third is a carousel of two."""
    return [
        Shot(f"Cshot{i:03d}", FIRST + i * 3600, i * 11, 2 if i % 3 == 0 else 1)
        for i in range(number, 0, -1)
    ]


class Insta:
    """Profile `ana` and her posts."""

    def __init__(self, posts: list[Shot]) -> None:
        self.posts = posts

    def __call__(self, asked: Asked) -> Answer | None:
        if asked.path == "/":
            cookie = (("Set-Cookie", "csrftoken=t; Path=/"),)
            return Answer(START_PAGE.encode(), "text/html", cookie)
        if asked.path == "/ana/":
            return self.profile()
        if asked.path == "/api/graphql":
            form = {k: v[0] for k, v in parse_qs(asked.body.decode()).items()}
            variables = json.loads(form["variables"])
            if "shortcode" in variables:
                return self.post(variables["shortcode"])
            return _json({"data": {"node": {CONNECTION: self.page(int(variables["after"]))}}})
        if asked.path.startswith("/pic/"):
            return Answer(picture(asked.path.rsplit("/", 1)[-1]), "image/jpeg")
        return None

    def profile(self) -> Answer:
        user: dict[str, object] = {"pk": "77", "id": "x77", "username": "ana", "full_name": "Ana",
                "is_private": False, "follower_count": 4321, "following_count": 12,
                "media_count": len(self.posts), "biography": ""}  # fmt: skip
        user[CONNECTION] = self.page(0)
        data = {"require": [{"__bbox": {"result": {"data": {"xig_user_by_username": user}}}}]}
        script = f'<script type="application/json">{json.dumps(data)}</script>'
        return Answer(f"<html>{script}</html>".encode(), "text/html")

    def page(self, start: int) -> dict[str, object]:
        edges = [{"node": {"code": p.code}} for p in self.posts[start : start + PAGE]]
        more = start + PAGE < len(self.posts)
        info = {"has_next_page": more, "end_cursor": str(start + PAGE)}
        return {"count": len(self.posts), "edges": edges, "page_info": info}

    def post(self, code: str) -> Answer:
        found = next(p for p in self.posts if p.code == code)
        urls = [f"https://cdn.test/pic/{code}_{n}.jpg" for n in range(1, found.pictures + 1)]
        images = [{"candidates": [{"url": url}]} for url in urls]
        item = {
            "code": code, "pk": str(found.taken_at), "taken_at": found.taken_at,
            "media_type": 8 if found.pictures > 1 else 1, "like_count": found.likes,
            "comment_count": 2, "caption": {"text": f"shot {code} #one @bea"},
            "user": {"pk": "77", "username": "ana", "full_name": "Ana"},
            "image_versions2": images[0],
        }  # fmt: skip
        if found.pictures > 1:
            item["carousel_media"] = [{"media_type": 1, "image_versions2": i} for i in images]
        media = {"xdt_api__v1__media__shortcode__web_info": {"items": [item]}}
        return _json({"data": media, "status": "ok"})


CONNECTION = "polaris_ordered_timeline_connection"


def _json(value: object) -> Answer:
    return Answer(json.dumps(value).encode())
