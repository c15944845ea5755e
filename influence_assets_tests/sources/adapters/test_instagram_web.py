"""What Instagram's web pages and its first API answered, from 2016 on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from influence_assets_tests.sources.adapters.recognised import example, recognised

PROFILE = ("profile_id", "display_name", "is_verified", "followers", "following", "posts_count")
POST = ("post_id", "profile_id", "posted_at", "kind", "hashtags", "mentions")
COUNTS = ("post_id", "views", "likes", "comments")
TIE = ("kind", "source_id", "target_id", "post_id")
AT = datetime(2020, 9, 13, 12, 26, 40)


def test_profile_page_of_2017() -> None:
    found = example("instagram_web", "profile_2017.json")
    assert (found.source, found.records) == ("instagram_web", 5)
    assert found.cells("profile_snapshots", *PROFILE) == [("ann", "Ann A.", True, 986, 805, 313)]
    assert found.cells("posts", *POST) == [
        ("Bbh7J7JlCRn", "ann", datetime(2017, 11, 15, 20, 55, 44), "image", ["fun"], ["bob.b"]),
        ("BZoT0rbl2n7", "ann", datetime(2017, 9, 29, 15, 23, 56), "video", [], []),
        # Older pages say `is_video` alone, and a post may have no caption.
        ("BcIAGmbFmYq", "ann", datetime(2017, 11, 30, 15, 50, 6), "image", None, None),
    ]
    assert found.cells("post_metrics", *COUNTS) == [
        ("Bbh7J7JlCRn", None, 85, 3), ("BZoT0rbl2n7", 360, 85, 3), ("BcIAGmbFmYq", None, 85, 3),
    ]  # fmt: skip
    assert found.cells("interactions", *TIE) == [("mention", "ann", "bob.b", "Bbh7J7JlCRn")]
    assert found.quarantined == {5: "posted_at_is_plausible"}


def test_a_profile_without_posts() -> None:
    found = example("instagram_web", "profile_empty_2017.json")
    assert (found.records, found.quarantined) == (1, {})
    assert found.cells("profile_snapshots", *PROFILE) == [("ann", "Ann A.", True, 986, 805, 0)]


def test_media_of_2016_with_comments() -> None:
    found = example("instagram_web", "media_2016.json")
    assert (found.source, found.records) == ("instagram_web", 5)
    assert found.cells("posts", *POST) == [
        ("BCMpVpFoP4R", "ann", datetime(2016, 2, 25, 5, 31, 8), "image", ["fun"], ["bob"]),
        ("BB1ufVwoP8i", "ann", datetime(2016, 2, 16, 7, 53, 37), "video", None, None),
        ("17845352641074169", "bob", datetime(2016, 2, 25, 5, 36, 50), "comment", None, ["ann"]),
    ]
    assert found.cells("post_metrics", *COUNTS) == [
        ("BCMpVpFoP4R", None, 79, 2), ("BB1ufVwoP8i", 216, 79, 2),
    ]  # fmt: skip
    assert found.cells("interactions", *TIE) == [
        ("mention", "ann", "bob", "BCMpVpFoP4R"),
        ("comment", "bob", "ann", "17845352641074169"),
    ]
    assert found.quarantined == {3: "posted_at_unreadable", 5: "posted_at_unreadable"}


def test_first_api() -> None:
    found = example("instagram_web", "api_v1.json")
    assert (found.source, found.records) == ("instagram_web", 2)
    assert found.cells("posts", *POST, "tagged_profile_ids") == [
        ("BCMpVpFoP4R", "ann", datetime(2016, 2, 25, 5, 31, 8), "image", ["fun"], ["bob"], ["cid"])
    ]
    assert found.cells("interactions", *TIE) == [
        ("mention", "ann", "bob", "BCMpVpFoP4R"), ("tag", "ann", "cid", "BCMpVpFoP4R"),
    ]  # fmt: skip
    assert found.quarantined == {2: "post_id_unreadable"}  # its address has no code


@pytest.mark.parametrize(
    ("name", "first"),
    [("profile_2019.json", 2), ("web_profile_info.json", 2), ("further_page.json", 1)],
)
def test_graphql(name: str, first: int) -> None:
    found = example("instagram_web", name)
    assert found.source == "instagram_web"
    if first == 2:
        assert found.cells("profile_snapshots", *PROFILE, "category") == [
            ("ann", "Ann A.", False, 900, 10, 25, "Singer")
        ]
        assert found.quarantined == {4: "posted_at_unreadable"}
    else:
        assert found.quarantined == {}
    assert found.cells("posts", "row_number", *POST, "tagged_profile_ids", "media_count") == [
        (first, "CAAAAAAAAAA", "ann", AT, "carousel", ["fun"], ["bob"], ["cid"], 2),
        (first + 1, "CBBBBBBBBBB", "ann", datetime(2020, 9, 13, 12, 28, 20), "video", None, None,
         None, None),
    ]  # fmt: skip
    # -1 stands for likes that the author hides.
    assert found.cells("post_metrics", *COUNTS) == [
        ("CAAAAAAAAAA", None, 85, 3), ("CBBBBBBBBBB", 500, None, 3),
    ]  # fmt: skip
    assert found.cells("interactions", *TIE) == [
        ("mention", "ann", "bob", "CAAAAAAAAAA"), ("tag", "ann", "cid", "CAAAAAAAAAA"),
    ]  # fmt: skip


def test_page_of_one_post() -> None:
    found = example("instagram_web", "post_page.json")
    assert (found.source, found.records, found.quarantined) == ("instagram_web", 1, {})
    assert found.cells("posts", *POST, "is_sponsored") == [
        ("CAAAAAAAAAA", "ann", AT, "carousel", ["fun"], ["bob"], True)
    ]
    assert found.cells("post_metrics", *COUNTS) == [("CAAAAAAAAAA", None, 85, 4)]


def test_feed() -> None:
    found = example("instagram_web", "feed.json")
    assert (found.source, found.records, found.quarantined) == ("instagram_web", 3, {})
    assert found.cells("posts", "post_id", "posted_at", "kind", "media_count", "duration_s") == [
        ("CDDDDDDDDDD", AT, "carousel", 3, None),
        ("CEEEEEEEEEE", datetime(2020, 9, 13, 12, 28, 20), "video", None, 12.5),
        ("CFFFFFFFFFF", datetime(2020, 9, 13, 12, 28, 20), "image", None, None),
    ]
    # A negative count stays in raw; core flags it.
    assert found.cells("post_metrics", *COUNTS) == [
        ("CDDDDDDDDDD", None, 5, 1), ("CEEEEEEEEEE", 900, 7, 0), ("CFFFFFFFFFF", None, -3, 0),
    ]  # fmt: skip


def utc(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None)


@pytest.mark.parametrize("name", ["instagram.json", "instagram.2.json"])
def test_real_profiles(shared_data: Path, name: str) -> None:
    path = shared_data / "api_fixtures_2016" / name
    user = json.loads(path.read_text())["user"]
    nodes = user["media"]["nodes"]
    found = recognised(path)
    assert (found.source, found.records) == ("instagram_web", 1 + len(nodes))
    assert found.quarantined == {}
    assert found.cells("profile_snapshots", *PROFILE) == [
        (user["username"], user["full_name"], user["is_verified"], user["followed_by"]["count"],
         user["follows"]["count"], user["media"]["count"])
    ]  # fmt: skip
    assert found.cells("posts", "post_id", "posted_at", "text") == [
        (n["code"], utc(n["date"]), n.get("caption")) for n in nodes
    ]
    assert found.cells("post_metrics", *COUNTS) == [
        (n["code"], n.get("video_views"), n["likes"]["count"], n["comments"]["count"])
        for n in nodes
    ]


def test_real_media(shared_data: Path) -> None:
    path = shared_data / "api_fixtures_2016" / "instagram.3.json"
    items = json.loads(path.read_text())["items"]
    comments = [(i, c) for i in items for c in i["comments"]["data"]]
    found = recognised(path)
    assert (found.source, found.records) == ("instagram_web", len(items) + len(comments))
    assert found.quarantined == {}
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "kind", "text") == [
        (i["code"], i["user"]["username"].lower(), utc(i["created_time"]), i["type"],
         (i["caption"] or {}).get("text"))
        for i in items
    ] + [
        (c["id"], c["from"]["username"].lower(), utc(c["created_time"]), "comment", c["text"])
        for _, c in comments
    ]  # fmt: skip
    assert found.cells("post_metrics", *COUNTS) == [
        (i["code"], i.get("video_views"), i["likes"]["count"], i["comments"]["count"])
        for i in items
    ]
    ties = [t for t in found.cells("interactions", *TIE) if t[0] == "comment"]
    assert ties == [
        ("comment", c["from"]["username"].lower(), i["user"]["username"].lower(), c["id"])
        for i, c in comments
    ]
