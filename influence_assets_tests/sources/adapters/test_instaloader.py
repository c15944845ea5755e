"""What instaloader leaves: posts and profiles, plain or packed with xz."""

from __future__ import annotations

from datetime import datetime

import pytest

from influence_assets_tests.sources.adapters.recognised import TODAY, example

AT = datetime(2020, 9, 13, 12, 26, 40)


def test_a_post() -> None:
    found = example("instaloader", "2020-09-13_12-26-40_UTC.json")
    assert (found.source, found.records, found.quarantined) == ("instaloader", 1, {})
    assert found.rows["posts"] == [
        {
            "platform": "instagram",
            "post_id": "CAAAAAAAAAA",
            "profile_id": "ann",
            "posted_at": AT,
            "is_posted_at_known": True,
            "observed_at": TODAY,
            "is_observed_at_known": False,
            "kind": "carousel",
            "text": "With @bob #Fun",
            "hashtags": ["fun"],
            "mentions": ["bob"],
            "tagged_profile_ids": ["cid"],
            "media_count": 2,
            "url": "https://www.instagram.com/p/CAAAAAAAAAA/",
            "row_number": 1,
        }
    ]
    # edge_media_to_comment goes before the parent comments, as in instaloader itself.
    assert found.cells("post_metrics", "post_id", "likes", "comments", "views") == [
        ("CAAAAAAAAAA", 85, 3, None)
    ]
    assert found.cells("profile_snapshots", "profile_id", "followers", "following") == [
        ("ann", 900, 10)
    ]
    assert found.cells("interactions", "kind", "source_id", "target_id", "occurred_at") == [
        ("tag", "ann", "cid", AT), ("mention", "ann", "bob", AT),
    ]  # fmt: skip


def test_a_packed_post_of_the_newer_answers() -> None:
    found = example("instaloader", "2020-09-13_12-28-20_UTC.json.xz")
    assert (found.source, found.quarantined) == ("instaloader", {})
    assert found.cells(
        "posts", "post_id", "profile_id", "posted_at", "kind", "text", "duration_s"
    ) == [("CBBBBBBBBBB", "ann", datetime(2020, 9, 13, 12, 28, 20), "video", "Plain @bob", 12.5)]
    assert found.cells("post_metrics", "views", "likes", "comments") == [(500, 7, 5)]


def test_a_profile() -> None:
    found = example("instaloader", "ann_9.json")
    assert found.source == "instaloader"
    assert found.cells(
        "profile_snapshots", "profile_id", "display_name", "category", "is_verified", "followers",
        "following", "posts_count", "is_observed_at_known",
    ) == [("ann", "Ann A.", "Musician", False, 900, 10, 25, False)]  # fmt: skip


def test_a_story() -> None:
    found = example("instaloader", "2020-09-13_story_UTC.json")
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "kind") == [
        ("2400000000000000001", "ann", AT, "story")
    ]


def test_comments_and_their_answers() -> None:
    found = example("instaloader", "2020-09-13_12-26-40_UTC_comments.json")
    assert (found.source, found.records) == ("instaloader", 3)
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "kind", "mentions") == [
        ("17900000000000001", "bob", datetime(2020, 9, 13, 12, 30), "comment", ["ann"]),
        ("17900000000000002", "ann", datetime(2020, 9, 13, 12, 31, 40), "comment", []),
    ]
    assert found.cells("interactions", "kind", "source_id", "target_id", "post_id") == [
        ("reply", "ann", "bob", "17900000000000002")
    ]
    assert found.quarantined == {2: "posted_at|nullability"}


def test_a_post_whose_owner_is_a_number_alone() -> None:
    assert example("instaloader", "no_owner_UTC.json").quarantined == {1: "profile_id|nullability"}


@pytest.mark.parametrize("name", ["iterator.json"])
def test_what_is_no_post_is_skipped(name: str) -> None:
    found = example("instaloader", name)
    assert found.source == "instaloader"
    assert found.skipped is not None
