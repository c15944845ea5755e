"""The Twitter API v1.1: statuses, what they repeat and quote, streams, users."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from influence_assets_tests.sources.adapters.recognised import TODAY, example, recognised

TIES = ("kind", "source_id", "target_id", "post_id")


def test_timeline() -> None:
    found = example("x_api_v1", "timeline.json")
    assert found.source == "x_api_v1"
    # 4 statuses, and the original within the retweet.
    assert found.records == 5
    assert found.rows["posts"][0] == {
        "row_number": 1,
        "platform": "twitter",
        "post_id": "715093704269238272",
        "profile_id": "tide_watcher",
        "posted_at": datetime(2016, 3, 30, 8, 29, 59),
        "is_posted_at_known": True,
        "kind": "text",
        "text": "Fish & chips with @Grey_Gull and @OldPier #Harbour #Lunch",
        "hashtags": ["harbour", "lunch"],
        "mentions": ["grey_gull", "oldpier"],
        "language": "en",
        "media_count": 2,
        "url": "https://x.com/i/web/status/715093704269238272",
        "observed_at": TODAY,
        "is_observed_at_known": False,
    }
    assert found.cells("posts", "post_id", "profile_id", "kind")[1:] == [
        # A trimmed user has no handle.
        ("715101260000000001", "100200300", "reply"),
        ("715116360000000002", "tide_watcher", "repost"),
        ("714904960000000003", "grey_gull", "text"),
    ]
    assert found.cells("post_metrics", "post_id", "likes", "shares", "is_observed_at_known") == [
        ("715093704269238272", 9, 4, False),
        ("715101260000000001", 1, 0, False),
        ("714904960000000003", 700, 250, False),
    ]
    assert found.cells("profile_snapshots", "handle", "followers", "following", "posts_count") == [
        ("tide_watcher", 321, 45, 6789),
        ("tide_watcher", 321, 45, 6790),
        ("grey_gull", 10400, 3, 99),
    ]
    assert sorted(found.cells("interactions", *TIES)) == [
        ("mention", "100200300", "oldpier", "715101260000000001"),
        ("mention", "grey_gull", "oldpier", "714904960000000003"),
        ("mention", "tide_watcher", "grey_gull", "715093704269238272"),
        ("mention", "tide_watcher", "oldpier", "715093704269238272"),
        ("reply", "100200300", "oldpier", "715101260000000001"),
        ("repost", "tide_watcher", "grey_gull", "715116360000000002"),
    ]
    assert found.quarantined == {4: "shares_unreadable"}


def test_search() -> None:
    found = example("x_api_v1", "search.json")
    assert found.source == "x_api_v1"
    assert found.cells("posts", "post_id", "profile_id", "text") == [
        ("715448400000000001", "grey_gull", "low tide")
    ]
    assert found.quarantined == {2: "posted_at|nullability"}


def test_stream_says_when_it_was_read() -> None:
    found = example("x_api_v1", "stream.jsonl")
    first, second = datetime(2016, 4, 1, 0, 0, 0, 123000), datetime(2016, 4, 1, 0, 0, 1, 456000)
    assert found.cells("posts", "post_id", "kind", "observed_at") == [
        ("715688640000000001", "repost", first),
        ("715688644000000003", "quote", second),
        ("715673540000000002", "text", first),
        ("715673540000000004", "text", second),
    ]
    original = found.rows["posts"][2]
    # The stream cuts a text over 140 characters; the whole one and its names stand beside it.
    assert original["text"] == "a long text that was cut by the stream, @OldPier"
    assert (original["hashtags"], original["mentions"]) == (["whole"], ["oldpier"])
    assert found.cells("post_metrics", "post_id", "likes", "comments", "shares", "observed_at") == [
        ("715688644000000003", 0, None, 0, second),
        ("715673540000000002", 6, 1, 5, first),
        ("715673540000000004", 2, None, 1, second),
    ]
    assert all(row["is_observed_at_known"] for row in found.rows["post_metrics"])
    assert sorted(found.cells("interactions", *TIES)) == [
        ("mention", "grey_gull", "oldpier", "715673540000000002"),
        ("repost", "crab", "grey_gull", "715688640000000001"),
        ("repost", "crab", "oldpier", "715688644000000003"),
    ]
    # A notice that a tweet was deleted is no tweet.
    assert list(found.quarantined) == [3]


def test_users() -> None:
    found = example("x_api_v1", "users.json")
    assert found.source == "x_api_v1"
    assert found.cells("profile_snapshots", "profile_id", "followers", "is_verified") == [
        ("grey_gull", 10403, True)
    ]
    assert found.quarantined == {2: "followers|min"}


def _ties(status: dict[str, Any]) -> int:
    """How many mention and reply ties a status gives, counted by hand."""
    names = {m["screen_name"].lower() for m in status["entities"]["user_mentions"]}
    return len(names) + (status["in_reply_to_screen_name"] is not None)


@pytest.mark.parametrize("name", ["twitter.json", "twitter.2.json", "twitter.3.json"])
def test_real_pages(shared_data: Path, name: str) -> None:
    path = shared_data / "api_fixtures_2016" / name
    statuses = json.loads(path.read_text())
    quoted = [s["quoted_status"] for s in statuses if "quoted_status" in s]
    repeated = [s["retweeted_status"] for s in statuses if "retweeted_status" in s]
    found = recognised(path)
    assert found.source == "x_api_v1"
    assert found.quarantined == {}
    assert found.records == len(statuses) + len(quoted) + len(repeated)
    posts = found.cells("posts", "post_id", "profile_id")
    assert sorted(posts) == sorted(
        (s["id_str"], s["user"]["id_str"]) for s in statuses + quoted + repeated
    )
    own = [s for s in statuses if "retweeted_status" not in s] + quoted + repeated
    assert sorted(found.cells("post_metrics", "post_id", "likes", "shares")) == sorted(
        (s["id_str"], s["favorite_count"], s["retweet_count"]) for s in own
    )
    kinds = [row["kind"] for row in found.rows["interactions"]]
    assert len(kinds) - kinds.count("repost") == sum(map(_ties, own))
    own_quotes = [s for s in statuses if "quoted_status" in s and "retweeted_status" not in s]
    assert kinds.count("repost") == len(repeated) + len(own_quotes)


def test_statuses_written_anew() -> None:
    """Without `id_str`, and with another spelling of the time, as pandas and databases have it."""
    found = example("x_api_v1", "rewritten.jsonl")
    assert (found.source, found.records) == ("x_api_v1", 4)
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "kind") == [
        ("1212092628029698048", "ann", datetime(2020, 1, 1), "text"),
        ("1212092628029698049", "cid", datetime(2020, 1, 1), "repost"),
        ("1212092628029698048", "ann", datetime(2020, 1, 1), "text"),  # within the repost
    ]
    assert set(found.cells("post_metrics", "post_id", "likes", "shares")) == {
        ("1212092628029698048", 2, 1)
    }
    assert ("repost", "cid", "ann", "1212092628029698049") in found.cells("interactions", *TIES)
    assert found.quarantined == {3: "posted_at_unreadable"}
