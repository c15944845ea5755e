"""gallery-dl's sidecars: seven sites, their media, and the same post told by several files."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from influence_assets.sources.batches import BadFile
from influence_assets_tests.sources.adapters.recognised import (
    EXAMPLES,
    TODAY,
    Recognised,
    example,
    recognised,
)

AT = datetime(2023, 1, 2, 3, 4, 5)
TIE = ("kind", "source_id", "target_id", "post_id")


def one(name: str) -> Recognised:
    found = example("gallery_dl", name)
    assert (found.source, found.records, found.quarantined) == ("gallery_dl", 1, {})
    return found


def test_a_carousel_is_told_by_several_sidecars() -> None:
    picture, video = one("instagram_1.jpg.json"), one("instagram_2.mp4.json")
    assert picture.rows["posts"] == [
        {
            "platform": "instagram",
            "post_id": "CAAAAAAAAAA",
            "profile_id": "ann",
            "posted_at": AT,
            "is_posted_at_known": True,
            "observed_at": TODAY,
            "is_observed_at_known": False,
            "kind": "carousel",
            "text": "With @bob. #Fun",
            "hashtags": ["fun"],
            "mentions": ["bob"],
            "tagged_profile_ids": ["cid"],
            "media_count": 2,
            "url": "https://www.instagram.com/p/CAAAAAAAAAA/",
            "row_number": 1,
        }
    ]
    # Only who is tagged depends on the picture; core merges the rest into one post.
    assert video.rows["posts"] == [{**picture.rows["posts"][0], "tagged_profile_ids": []}]
    assert picture.cells("post_metrics", "post_id", "likes") == [("CAAAAAAAAAA", 12)]
    assert picture.rows["post_metrics"] == video.rows["post_metrics"]
    assert picture.cells("interactions", *TIE) == [
        ("tag", "ann", "cid", "CAAAAAAAAAA"),
        ("mention", "ann", "bob", "CAAAAAAAAAA"),
        ("collab", "ann", "dee", "CAAAAAAAAAA"),
    ]


def test_a_reel_whose_likes_are_not_told() -> None:
    found = one("instagram_reel.mp4.json")
    assert found.cells("posts", "post_id", "kind") == [("CBBBBBBBBBB", "video")]
    assert "post_metrics" not in found.rows  # 0 is what gallery-dl writes for unknown


def test_an_item_of_a_story_is_a_post_of_its_own() -> None:
    found = one("instagram_story.jpg.json")
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "kind") == [
        ("CStory00001", "ann", AT, "story")
    ]
    assert found.cells("interactions", *TIE) == [("tag", "ann", "cid", "CStory00001")]


def test_x() -> None:
    found = one("twitter.jpg.json")
    at = datetime(2023, 1, 2, 18)
    assert found.cells(
        "posts", "post_id", "profile_id", "posted_at", "kind", "text", "hashtags", "mentions",
        "language", "media_count",
    ) == [
        ("1610000000000000001", "ann", at, "text", "Hi @bob #Fun", ["fun"], ["bob"], "en", 1)
    ]  # fmt: skip
    assert found.cells("post_metrics", "views", "likes", "comments", "shares", "saves") == [
        (5000, 10, 2, 3, 4)
    ]
    assert found.cells("profile_snapshots", "profile_id", "followers", "posts_count") == [
        ("ann", 900, 2500)
    ]
    assert found.cells("interactions", *TIE) == [("mention", "ann", "bob", "1610000000000000001")]


def test_x_replies_and_retweets() -> None:
    reply = one("twitter_reply.jpg.json")
    assert reply.cells("posts", "kind") == [("reply",)]
    assert reply.cells("interactions", *TIE) == [("reply", "ann", "cid", "1610000000000000002")]
    assert reply.cells("post_metrics", "views", "likes") == [(None, 10)]  # 0 views: not told
    # A retweet shows the original: its id, its author, its time; and who passed it on.
    retweet = one("twitter_retweet.jpg.json")
    assert retweet.cells("posts", "post_id", "profile_id", "posted_at", "text") == [
        ("1600000000000000009", "ann", datetime(2022, 12, 6, 5, 43, 20), "Hi\nthere")
    ]
    assert "post_metrics" not in retweet.rows
    assert retweet.cells("interactions", *TIE, "occurred_at") == [
        ("repost", "dee", "ann", "1610000000000000003", datetime(2023, 1, 2, 18))
    ]


def test_tiktok() -> None:
    found = one("tiktok.mp4.json")
    at = datetime(2023, 11, 14, 22, 13, 20)
    assert found.cells(
        "posts", "post_id", "profile_id", "posted_at", "kind", "hashtags", "mentions", "duration_s"
    ) == [("7300000000000000001", "ann", at, "video", ["fun"], ["bob"], 12)]
    assert found.cells("post_metrics", "views", "likes", "comments", "shares", "saves") == [
        (5000, 100, 4, 3, 7)
    ]
    # heartCount has overflowed; the second statement of it has not.
    assert found.cells("profile_snapshots", "profile_id", "followers", "likes_total") == [
        ("ann", 900, 8_000_000_000)
    ]
    pictures = one("tiktok_picture.jpg.json")
    assert pictures.cells("posts", "kind", "media_count", "duration_s") == [("carousel", 2, None)]


def test_reddit() -> None:
    found = one("reddit.jpg.json")
    assert found.cells(
        "posts", "post_id", "profile_id", "posted_at", "kind", "text", "category", "url"
    ) == [
        ("t3_10abcd", "ann", AT, "link", "A & B", "pics",
         "https://www.reddit.com/r/pics/comments/10abcd/a/")
    ]  # fmt: skip
    assert found.cells("post_metrics", "likes", "comments", "popularity_score") == [(12, 3, 12)]
    below_zero = one("reddit_gallery.jpg.json")
    assert below_zero.cells("post_metrics", "likes", "popularity_score") == [(-4, -4)]
    # A picture in a comment is the comment's, not the submission's.
    comment = one("reddit_comment.jpg.json")
    assert comment.cells("posts", "post_id", "profile_id", "posted_at", "kind", "text") == [
        ("t1_j2xyz", "bob", datetime(2023, 1, 3), "comment", "see")
    ]
    assert comment.cells("interactions", *TIE) == [("comment", "bob", "ann", "t1_j2xyz")]


def test_flickr() -> None:
    listed, alone = one("flickr.jpg.json"), one("flickr_image.jpg.json")
    columns = ("post_id", "profile_id", "posted_at", "kind", "text", "hashtags")
    tags = ["sea", "two words"]
    assert listed.cells("posts", *columns) == [
        ("52000000001", "12345678@N01", AT, "image", "Sea", tags)
    ]
    assert alone.cells("posts", *columns) == [
        ("52000000002", "12345678@N01", AT, "image", "At the sea", tags)
    ]
    counts = ("views", "likes", "comments")
    assert listed.cells("post_metrics", *counts) == [(77, 5, None)]
    assert alone.cells("post_metrics", *counts) == [(77, None, 2)]
    assert listed.cells("profile_snapshots", "handle", "display_name") == [("ann", "Ann A.")]


def test_tumblr() -> None:
    found = one("tumblr.jpg.json")
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "kind", "text") == [
        ("700000000000000001", "ann-blog", AT, "image", "At the sea & more")
    ]
    assert found.cells("post_metrics", "likes") == [(42,)]
    reblog = one("tumblr_reblog.jpg.json")
    assert reblog.cells("posts", "kind", "text") == [("text", "one\ntwo")]
    assert reblog.cells("interactions", *TIE) == [
        ("repost", "ann-blog", "bob-blog", "700000000000000002")
    ]


def test_bluesky() -> None:
    found = one("bluesky.jpeg.json")
    uri = "at://did:plc:ann/app.bsky.feed.post/3kabc"
    assert found.cells(
        "posts", "post_id", "profile_id", "posted_at", "kind", "hashtags", "mentions", "language"
    ) == [
        (
            uri,
            "did:plc:ann",
            AT.replace(microsecond=678_000),
            "text",
            ["fun"],
            ["did:plc:bob"],
            "en",
        )
    ]
    assert found.cells("post_metrics", "likes", "comments", "shares") == [(5, 1, 2)]
    assert found.cells("profile_snapshots", "profile_id", "handle") == [
        ("did:plc:ann", "ann.bsky.social")
    ]
    assert found.cells("interactions", *TIE) == [("mention", "did:plc:ann", "did:plc:bob", uri)]
    reply = one("bluesky_reply.jpeg.json")
    assert reply.cells("posts", "kind", "language", "mentions") == [("reply", None, None)]
    # With the option `metadata` the profile comes with its counts.
    assert reply.cells("profile_snapshots", "handle", "followers", "posts_count") == [
        ("ann.bsky.social", 10, 7)
    ]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("instagram_bad.jpg.json", "posted_at|nullability"),
        ("twitter_bad.jpg.json", "profile_id|nullability"),  # its author is gone
        ("tiktok_bad.mp4.json", "posted_at_unreadable"),
        ("reddit_bad.jpg.json", "profile_id|nullability"),  # [deleted]
        ("flickr_bad.jpg.json", "views_unreadable"),
        ("tumblr_bad.jpg.json", "likes_unreadable"),
        ("bluesky_bad.jpeg.json", "posted_at_unreadable"),
    ],
)
def test_a_bad_sidecar_is_quarantined(name: str, rule: str) -> None:
    found = example("gallery_dl", name)
    assert (found.source, found.records, found.quarantined) == ("gallery_dl", 1, {1: rule})
    assert found.rows == {}


MEDIA = [
    ("instagram_1.jpg.json", "CAAAAAAAAAA", date(2023, 1, 2), 1),
    ("instagram_2.mp4.json", "CAAAAAAAAAA", date(2023, 1, 2), 2),
    ("instagram_story.jpg.json", "CStory00001", date(2023, 1, 2), 1),
    ("twitter.jpg.json", "1610000000000000001", date(2023, 1, 2), 1),
    ("twitter_reply.jpg.json", "1610000000000000002", date(2023, 1, 2), 2),
    # A retweet shows the picture of the original, which is older.
    ("twitter_retweet.jpg.json", "1600000000000000009", date(2022, 12, 6), 1),
    ("tiktok.mp4.json", "7300000000000000001", date(2023, 11, 14), 1),  # number 0
    ("tiktok_picture.jpg.json", "7300000000000000002", date(2023, 11, 14), 2),
    ("reddit.jpg.json", "t3_10abcd", date(2023, 1, 2), 1),  # number 0
    ("reddit_gallery.jpg.json", "t3_10abce", date(2023, 1, 2), 2),
    ("reddit_comment.jpg.json", "t1_j2xyz", date(2023, 1, 3), 1),
    ("flickr.jpg.json", "52000000001", date(2023, 1, 2), 1),
    ("tumblr.jpg.json", "700000000000000001", date(2023, 1, 2), 1),
    ("bluesky.jpeg.json", "at://did:plc:ann/app.bsky.feed.post/3kabc", date(2023, 1, 2), 1),
]


@pytest.mark.parametrize(("name", "post_id", "day", "position"), MEDIA)
def test_media_beside_their_sidecars(
    tmp_path: Path, name: str, post_id: str, day: date, position: int
) -> None:
    sidecar = tmp_path / name
    sidecar.write_bytes((EXAMPLES / "gallery_dl" / name).read_bytes())
    medium = sidecar.with_suffix("")
    if medium.suffix == ".mp4":
        medium.write_bytes(b"no picture")
    else:
        Image.new("RGB", (4, 3), "red").save(medium, format="JPEG")
    found = recognised(sidecar)
    (row,) = found.rows["media"]
    digest = hashlib.sha256(medium.read_bytes()).hexdigest()
    assert (row["media_id"], row["post_id"], row["position"]) == (digest, post_id, position)
    assert row.get("width_px") == (None if medium.suffix == ".mp4" else 4)
    # The post that shows it is the one that the posts feed gives.
    assert found.cells("posts", "post_id") == [(post_id,)]
    assert found.rows["posts"][0]["posted_at"].date() == day


def test_a_sound_is_no_medium_of_the_post(tmp_path: Path) -> None:
    name = "tiktok_sound.mp3.json"
    (tmp_path / name).write_bytes((EXAMPLES / "gallery_dl" / name).read_bytes())
    (tmp_path / name).with_suffix("").write_bytes(b"la la")
    found = recognised(tmp_path / name)
    assert found.quarantined == {}
    assert "media" not in found.rows


def test_a_sidecar_without_its_id_is_quarantined_and_not_refused(tmp_path: Path) -> None:
    for name in ("instagram_reel.mp4.json", "twitter.jpg.json", "reddit.jpg.json"):
        record = json.loads((EXAMPLES / "gallery_dl" / name).read_text())
        for key in ("post_shortcode", "tweet_id", "id"):
            record.pop(key, None)
        (tmp_path / name).write_text(json.dumps(record))
        assert recognised(tmp_path / name).quarantined == {1: "post_id|nullability"}


def test_a_site_that_is_not_described_is_refused(tmp_path: Path) -> None:
    record: dict[str, Any] = json.loads((EXAMPLES / "gallery_dl" / "tumblr.jpg.json").read_text())
    path = tmp_path / "x.jpg.json"
    path.write_text(json.dumps(record | {"category": "pixiv"}))
    with pytest.raises(BadFile, match="has no known shape"):
        recognised(path)


def test_all_sidecars_in_one_file() -> None:
    found = example("gallery_dl", "all.jsonl")
    assert found.cells("posts", "post_id", "profile_id") == [("CAAAAAAAAAA", "ann")]
    assert found.quarantined == {2: "posted_at_unreadable"}
