"""The Instagram Graph API: posts named by their code, profiles by their handle."""

from __future__ import annotations

from datetime import datetime

import pytest

from influence_assets_tests.sources.adapters.recognised import example

FIRST = datetime(2023, 1, 2, 3, 4, 5)
SECOND = datetime(2023, 1, 3)
COUNTS = ("post_id", "views", "likes", "comments")


@pytest.mark.parametrize("name", ["media.json", "media.jsonl"])
def test_media(name: str) -> None:
    found = example("instagram_graph", name)
    assert found.source == "instagram_graph"
    assert found.cells(
        "posts", "post_id", "profile_id", "posted_at", "kind", "hashtags", "mentions", "media_count"
    )[:3] == [
        ("CAAAAAAAAAA", "ann", FIRST, "carousel", ["fun"], ["bob.b"], 2),
        ("CBBBBBBBBBB", "ann", SECOND, "video", None, None, None),
        # Asked for without permalink: the number of the API is all there is.
        ("17900000000000003", "ann", datetime(2023, 1, 4), "image", None, None, None),
    ]
    # Hidden likes are left out; the third has no counts, which is no fault.
    assert found.cells("post_metrics", *COUNTS)[:2] == [
        ("CAAAAAAAAAA", None, 10, 3), ("CBBBBBBBBBB", 500, None, 0),
    ]  # fmt: skip
    assert found.cells("interactions", "kind", "source_id", "target_id", "post_id")[0] == (
        "mention", "ann", "bob.b", "CAAAAAAAAAA",
    )  # fmt: skip
    # A hashtag search does not tell the author.
    assert found.quarantined[4] == "profile_id|nullability"


def test_comments_within_media() -> None:
    found = example("instagram_graph", "media.json")
    assert found.records == 6
    assert found.cells("posts", "post_id", "profile_id", "kind", "mentions")[3:] == [
        ("18000000000000001", "bob.b", "comment", ["ann"])
    ]
    assert found.cells("interactions", "kind", "source_id", "target_id")[1:] == [
        ("comment", "bob.b", "ann")
    ]
    assert found.quarantined[6] == "profile_id|nullability"


@pytest.mark.parametrize(
    ("name", "who", "numbers", "bad"),
    [
        ("account.json", "ann", ("Ann A.", 900, 10, 25), "posted_at_unreadable"),
        ("business_discovery.json", "bob.b", ("Bob", 267_788, 5, 1205), "posted_at|nullability"),
    ],
)
def test_accounts_with_their_media(
    name: str, who: str, numbers: tuple[str, int, int, int], bad: str
) -> None:
    found = example("instagram_graph", name)
    assert (found.source, found.records) == ("instagram_graph", 4)
    columns = ("display_name", "followers", "following", "posts_count")
    assert found.cells("profile_snapshots", "profile_id", *columns) == [(who, *numbers)]
    assert found.cells("posts", "post_id", "profile_id", "posted_at") == [
        ("CAAAAAAAAAA", who, FIRST), ("CBBBBBBBBBB", who, SECOND),
    ]  # fmt: skip
    assert found.cells("post_metrics", *COUNTS) == [
        ("CAAAAAAAAAA", None, 10, 3), ("CBBBBBBBBBB", 500, None, 0),
    ]  # fmt: skip
    assert found.quarantined == {3: bad}


def test_accounts_without_a_handle_keep_their_number() -> None:
    found = example("instagram_graph", "accounts.jsonl")
    assert found.cells("profile_snapshots", "profile_id", "handle", "followers") == [
        ("17841400000000001", None, 900)
    ]
    assert found.quarantined == {2: "followers_unreadable"}


def test_an_account_of_which_only_the_followers_were_asked_for() -> None:
    found = example("instagram_graph", "account_followers.json")
    assert found.source == "instagram_graph"
    assert found.cells("profile_snapshots", "profile_id", "followers", "posts_count") == [
        ("dee", 77, None)
    ]


def test_comments_of_a_post_with_their_replies() -> None:
    found = example("instagram_graph", "comments.json")
    assert (found.source, found.records) == ("instagram_graph", 3)
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "kind") == [
        ("18000000000000001", "bob.b", datetime(2023, 1, 2, 4), "comment"),
        ("18000000000000005", "ann", datetime(2023, 1, 2, 6), "comment"),
    ]
    assert found.cells("interactions", "kind", "source_id", "target_id") == [
        ("reply", "ann", "bob.b")
    ]
    assert found.quarantined == {2: "posted_at|nullability"}


def test_insights_are_skipped() -> None:
    found = example("instagram_graph", "insights.json")
    assert found.source == "instagram_graph"
    assert (found.skipped or "").startswith("insights are named totals")


def test_insights_of_media() -> None:
    found = example("instagram_graph", "media_insights.json")
    assert found.source == "instagram_graph"
    assert found.cells("posts", "post_id", "profile_id", "posted_at") == [
        ("CAAAAAAAAAA", "ann", FIRST)
    ]
    # Found by their names, in whatever order; the reach is no count of views.
    assert found.cells("post_metrics", *COUNTS, "shares", "saves") == [
        ("CAAAAAAAAAA", 900, None, None, 3, 7)
    ]
    assert found.quarantined == {2: "profile_id|nullability"}
