"""The X API v2: pages, whose parts refer to each other by id, and twarc2's flat lines."""

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

TIES = ("kind", "source_id", "target_id", "post_id")
COUNTS = ("post_id", "views", "likes", "comments", "shares", "saves")


def test_page() -> None:
    found = example("x_api_v2", "page.json")
    assert found.source == "x_api_v2"
    # 4 tweets, the one that is repeated, and 3 users.
    assert found.records == 8
    assert found.rows["posts"][0] == {
        "row_number": 1,
        "platform": "twitter",
        "post_id": "1626922779105759235",
        "profile_id": "tide_watcher",
        "posted_at": datetime(2023, 2, 18, 12, 33, 11),
        "is_posted_at_known": True,
        "kind": "text",
        "text": "High tide & calm #Harbour with @OldPier",
        "hashtags": ["harbour"],
        "mentions": ["oldpier"],
        "language": "en",
        "media_count": 2,
        "url": "https://x.com/i/web/status/1626922779105759235",
        "observed_at": TODAY,
        "is_observed_at_known": False,
    }
    assert found.cells("posts", "post_id", "profile_id", "kind")[1:] == [
        ("1626923000000000002", "tide_watcher", "repost"),
        ("1626923000000000003", "tide_watcher", "reply"),
        ("1626900000000000001", "grey_gull", "text"),
    ]
    assert found.cells("post_metrics", *COUNTS) == [
        ("1626922779105759235", 900, 12, 1, 3, 2),
        ("1626923000000000003", None, 1, 0, 0, None),
        ("1626900000000000001", None, 700, 20, 250, None),
    ]
    assert {c[:2] for c in found.cells("profile_snapshots", "handle", "followers")} == {
        ("tide_watcher", 321),
        ("grey_gull", 10400),
        ("oldpier", 12),
    }
    assert sorted(found.cells("interactions", *TIES)) == [
        ("mention", "tide_watcher", "oldpier", "1626922779105759235"),
        ("mention", "tide_watcher", "oldpier", "1626923000000000003"),
        ("reply", "tide_watcher", "oldpier", "1626923000000000003"),
        ("repost", "tide_watcher", "grey_gull", "1626923000000000002"),
    ]
    assert found.quarantined == {4: "likes_unreadable"}


def test_flat_lines_say_when_they_were_read() -> None:
    found = example("x_api_v2", "flat.jsonl")
    read_at = datetime(2023, 2, 20, 6)
    assert found.source == "x_api_v2"
    assert found.cells("posts", "post_id", "profile_id", "kind", "observed_at") == [
        ("1626922779105759235", "tide_watcher", "text", read_at),
        ("1626930000000000005", "crab", "quote", read_at),
        ("1626922779105759235", "tide_watcher", "text", read_at),
    ]
    assert found.cells("post_metrics", "post_id", "likes", "is_observed_at_known") == [
        ("1626922779105759235", 12, True),
        ("1626930000000000005", 2, True),
        ("1626922779105759235", 12, True),
    ]
    assert found.cells("interactions", *TIES) == [
        ("repost", "crab", "tide_watcher", "1626930000000000005")
    ]
    # The last line is cut.
    assert found.quarantined == {3: "malformed_json"}


def test_page_without_created_at(tmp_path: Path) -> None:
    """Asked for nothing more, a page has ids and texts alone: the id tells the time."""
    path = tmp_path / "page.json"
    path.write_text(
        json.dumps({"data": [{"id": "1626922779105759235", "text": "x", "author_id": "7"}]})
    )
    (post,) = recognised(path).rows["posts"]
    millis = (1626922779105759235 >> 22) + 1288834974657
    assert post["posted_at"] == datetime(1970, 1, 1) + (
        datetime.fromtimestamp(millis / 1000) - datetime.fromtimestamp(0)
    )
    assert post["profile_id"] == "7"


def test_pages_one_a_line_and_streamed_tweets(tmp_path: Path) -> None:
    page = json.loads((EXAMPLES / "x_api_v2" / "page.json").read_text())
    whole = example("x_api_v2", "page.json")
    pages = tmp_path / "pages.jsonl"
    empty = {"meta": {"result_count": 0}}
    pages.write_text("".join(json.dumps(p) + "\n" for p in (page, empty)))
    assert recognised(pages).rows == whole.rows
    streamed = tmp_path / "stream.jsonl"
    with streamed.open("w") as out:
        for tweet in page["data"]:
            out.write(json.dumps(page | {"data": tweet}) + "\n")
    found = recognised(streamed)
    assert found.cells("posts", "post_id", "kind") == whole.cells("posts", "post_id", "kind")
    assert found.cells("interactions", *TIES) == whole.cells("interactions", *TIES)


def test_users() -> None:
    found = example("x_api_v2", "users.json")
    assert found.source == "x_api_v2"
    assert found.cells("profile_snapshots", "profile_id", "followers", "posts_count") == [
        ("grey_gull", 10400, 99)
    ]
    assert found.quarantined == {2: "profile_id|nullability"}


def test_users_kept_apart_in_a_file_of_their_own() -> None:
    found = example("x_api_v2", "users_1.json")
    assert found.source == "x_api_v2"
    assert found.cells("profile_snapshots", "profile_id", "followers") == [("ann", 11)]
    assert found.quarantined == {2: "followers_unreadable"}
