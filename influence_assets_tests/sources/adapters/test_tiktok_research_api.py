"""The TikTok Research API: pages and videos alone, and answers that name nobody."""

from __future__ import annotations

from datetime import datetime

import pytest

from influence_assets_tests.sources.adapters.recognised import TODAY, example

AT = datetime(2023, 3, 28, 10, 40)


@pytest.mark.parametrize("name", ["videos.json", "videos.jsonl"])
def test_videos(name: str) -> None:
    found = example("tiktok_research_api", name)
    assert (found.source, found.records) == ("tiktok_research_api", 3)
    # Ids beyond 2^53 keep every digit.
    assert found.cells(
        "posts", "post_id", "profile_id", "posted_at", "text", "hashtags", "mentions", "duration_s"
    ) == [
        ("7200000000000000001", "ann", AT, "With @bob #Fun", ["fun"], ["bob"], 15),
        ("7200000000000000002", "bob", datetime(2023, 3, 28, 10, 41, 40), None, [], None, None),
    ]
    assert found.cells(
        "post_metrics", "views", "likes", "comments", "shares", "saves", "observed_at"
    ) == [(500, 10, 2, 1, 4, TODAY), (3, 0, 0, 0, None, TODAY)]
    assert found.cells("interactions", "kind", "source_id", "target_id", "post_id") == [
        ("mention", "ann", "bob", "7200000000000000001")
    ]
    assert found.quarantined == {3: "likes_unreadable"}


def test_users_that_are_named() -> None:
    found = example("tiktok_research_api", "users.jsonl")
    assert (found.source, found.records) == ("tiktok_research_api", 2)
    assert found.cells(
        "profile_snapshots", "profile_id", "display_name", "is_verified", "followers", "following",
        "likes_total", "posts_count",
    ) == [("ann", "Ann A.", True, 900, 10, 8000, 25)]  # fmt: skip
    assert found.quarantined == {2: "followers|min"}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("user.json", "does not say whose numbers"),
        ("comments.json", "without their authors"),
        ("empty.json", "an empty page"),
    ],
)
def test_what_names_nobody_is_skipped(name: str, why: str) -> None:
    found = example("tiktok_research_api", name)
    assert found.source == "tiktok_research_api"
    assert found.skipped is not None
    assert why in found.skipped


@pytest.mark.parametrize("key", ["user_liked_videos", "reposted_videos", "pinned_videos_list"])
def test_lists_of_a_user(key: str) -> None:
    found = example("tiktok_research_api", f"{key}.json")
    assert found.source == "tiktok_research_api"
    assert found.cells("posts", "post_id", "profile_id") == [("7100000000000000001", "ann")]
    assert found.cells("post_metrics", "likes") == [(5,)]
    assert found.quarantined == {2: "posted_at_unreadable"}


def test_a_rounded_id_is_no_id() -> None:
    found = example("tiktok_research_api", "rounded.json")
    assert (found.rows, found.quarantined) == ({}, {1: "post_id_unreadable"})


def test_followers_of_nobody_known() -> None:
    assert example("tiktok_research_api", "followers.json").skipped is not None
