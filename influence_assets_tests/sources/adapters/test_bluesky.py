"""Bluesky: the API, repositories and Jetstream name profiles by DID."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from influence_assets_tests.sources.adapters.recognised import (
    EXAMPLES,
    TODAY,
    example,
    recognised,
)

TIDE, GULL, CRAB = "did:plc:tidewatcher", "did:plc:greygull", "did:plc:crab"
POST = f"at://{TIDE}/app.bsky.feed.post/3kaaaaaaaaa2a"
REPLY = f"at://{GULL}/app.bsky.feed.post/3kbbbbbbbbb2b"
TIES = ("kind", "source_id", "target_id", "post_id", "occurred_at")


def test_feed() -> None:
    found = example("bluesky", "feed.json")
    assert found.source == "bluesky"
    assert found.rows["posts"][0] == {
        "row_number": 1,
        "platform": "bluesky",
        "post_id": POST,
        "profile_id": TIDE,
        "posted_at": datetime(2024, 2, 18, 12, 33, 11, 123000),
        "is_posted_at_known": True,
        "kind": "text",
        "text": "High tide & calm @pier.example #Harbour",
        "hashtags": ["harbour"],
        "mentions": ["did:plc:oldpier"],
        "language": "en",
        "media_count": 2,
        "url": f"https://bsky.app/profile/{TIDE}/post/3kaaaaaaaaa2a",
        "observed_at": TODAY,
        "is_observed_at_known": False,
    }
    assert found.cells("posts", "post_id", "kind")[1] == (REPLY, "reply")
    assert found.cells("post_metrics", "post_id", "likes", "comments", "shares") == [
        (POST, 12, 1, 2),
        (REPLY, 0, 0, 1),
    ]
    assert found.cells("profile_snapshots", "profile_id", "handle", "display_name") == [
        (TIDE, "tide.example.org", "Tide Watcher"),
        (GULL, "gull.example", None),
    ]
    assert found.cells("interactions", *TIES) == [
        ("mention", TIDE, "did:plc:oldpier", POST, datetime(2024, 2, 18, 12, 33, 11, 123000)),
        ("reply", GULL, TIDE, REPLY, datetime(2024, 2, 18, 13)),
        # Why it is in the feed: somebody passed it on.
        ("repost", CRAB, GULL, REPLY, datetime(2024, 2, 18, 14)),
    ]
    # The author's own word on the time cannot be trusted.
    assert found.quarantined == {3: "day_in_the_future"}


def test_the_same_posts_in_other_envelopes(tmp_path: Path) -> None:
    feed = json.loads((EXAMPLES / "bluesky" / "feed.json").read_text())["feed"]
    views = [item["post"] for item in feed[:2]]
    expected = example("bluesky", "feed.json").cells("posts", "post_id", "kind", "text")
    gone = {"uri": "at://did:plc:x/app.bsky.feed.post/1", "notFound": True}
    thread = {"thread": {"post": views[0], "replies": [{"post": views[1]}, gone]}}
    path = tmp_path / "found.json"
    for document in ({"posts": views}, thread, views):
        path.write_text(json.dumps(document))
        found = recognised(path)
        assert found.source == "bluesky"
        assert found.cells("posts", "post_id", "kind", "text") == expected
        assert found.quarantined == {}


def test_jetstream() -> None:
    found = example("bluesky", "jetstream.jsonl")
    assert found.source == "bluesky"
    assert found.records == 8
    assert found.cells("posts", "post_id", "profile_id", "kind", "hashtags", "observed_at") == [
        (POST, TIDE, "quote", ["harbour"], datetime(2024, 2, 18, 12, 33, 11, 200000))
    ]
    assert found.cells("interactions", *TIES) == [
        ("repost", TIDE, "did:plc:oldpier", POST, datetime(2024, 2, 18, 12, 33, 11, 123000)),
        ("follow", CRAB, TIDE, None, datetime(2024, 2, 18, 12, 33, 12)),
        ("repost", CRAB, TIDE, POST, datetime(2024, 2, 18, 12, 33, 13)),
    ]
    # A like, a deletion and an identity (4 to 6) give no row; a post without a time is a fault.
    assert found.quarantined == {7: "posted_at|nullability", 8: "fits_no_feed"}


def test_records_of_a_repository() -> None:
    found = example("bluesky", "records.json")
    assert found.cells("posts", "post_id", "profile_id") == [(POST, TIDE)]
    assert found.cells("interactions", *TIES) == [
        ("follow", TIDE, "did:plc:oldpier", None, datetime(2024, 2, 18, 12))
    ]
    assert found.quarantined == {3: "fits_no_feed"}


def test_profiles_and_followers() -> None:
    found = example("bluesky", "profiles.json")
    assert found.cells("profile_snapshots", "profile_id", "handle", "followers", "posts_count") == [
        (TIDE, "tide.example.org", 321, 67)
    ]
    assert found.quarantined == {2: "followers|min"}
    followers = example("bluesky", "followers.json")
    assert followers.cells("interactions", *TIES, "is_occurred_at_known") == [
        ("follow", CRAB, TIDE, None, TODAY, False)
    ]
    assert followers.cells("profile_snapshots", "profile_id", "handle") == [(CRAB, "crab.example")]
    assert followers.quarantined == {2: "profile_id|nullability"}


A, B = "did:plc:" + "a" * 24, "did:plc:" + "b" * 24
THEN = datetime(2024, 1, 2, 3, 4, 5)


def test_records_by_the_parts_of_their_address() -> None:
    found = example("bluesky", "repository.jsonl")
    assert found.source == "bluesky"
    assert found.cells("posts", "post_id", "profile_id", "posted_at") == [
        (f"at://{A}/app.bsky.feed.post/3k1", A, THEN),
        (f"at://{A}/app.bsky.feed.post/3k2", A, THEN),
    ]
    assert found.cells("interactions", "kind", "source_id", "target_id") == [("follow", A, B)]
    assert found.quarantined == {4: "posted_at_unreadable"}


def test_newer_threads_and_notifications() -> None:
    thread = example("bluesky", "thread_v2.json")
    assert thread.cells("post_metrics", "post_id", "likes") == [
        (f"at://{B}/app.bsky.feed.post/3k9", 3)
    ]
    told = example("bluesky", "notifications.json")
    assert told.cells("posts", "profile_id", "text") == [(B, "hi")]
    assert told.cells("interactions", "kind", "source_id", "target_id") == [("follow", B, A)]


def test_a_data_set_of_posts() -> None:
    found = example("bluesky", "data_set.jsonl")
    assert found.cells("posts", "profile_id", "posted_at", "kind", "text") == [
        (A, THEN, "reply", "hi")
    ]
    assert found.cells("interactions", "kind", "source_id", "target_id") == [("reply", A, B)]
    assert found.quarantined == {2: "posted_at|nullability"}


def test_json_as_powershell_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    path.write_text((EXAMPLES / "bluesky" / "feed.json").read_text(), encoding="utf-16")
    assert recognised(path).rows == example("bluesky", "feed.json").rows
