"""Mastodon: the API and the account archive name the same profiles and posts alike."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets.sources.batches import BadFile
from influence_assets_tests.sources.adapters.recognised import (
    EXAMPLES,
    TODAY,
    example,
    recognised,
)

OWN = "tide_watcher@harbour.example"
STATUS = "https://harbour.example/users/Tide_Watcher/statuses/10930000000000000"
GREY = "https://gulls.example/users/Grey/statuses/"
TIES = ("kind", "source_id", "target_id", "post_id")
COUNTS = ("post_id", "likes", "comments", "shares")


def test_statuses() -> None:
    found = example("mastodon_api", "statuses.json")
    assert found.source == "mastodon_api"
    # 4 statuses, and the one that is boosted.
    assert found.records == 5
    assert found.rows["posts"][0] == {
        "row_number": 1,
        "platform": "mastodon",
        "post_id": f"{STATUS}1",
        "profile_id": OWN,
        "posted_at": datetime(2022, 11, 7, 8, 0, 0, 123000),
        "is_posted_at_known": True,
        "kind": "text",
        "text": "High tide & calm\nwith @OldPier <3",
        "hashtags": ["harbour"],
        "mentions": ["oldpier@harbour.example"],
        "language": "en",
        "media_count": 1,
        "duration_s": 12.5,
        "url": "https://harbour.example/@Tide_Watcher/109300000000000001",
        "observed_at": TODAY,
        "is_observed_at_known": False,
    }
    assert found.cells("posts", "post_id", "profile_id", "kind")[1:] == [
        (f"{GREY}6", "grey@gulls.example", "reply"),
        (f"{STATUS}3/activity", OWN, "repost"),
        (f"{GREY}7", "grey@gulls.example", "text"),
    ]
    assert found.cells("post_metrics", *COUNTS) == [
        (f"{STATUS}1", 4, 2, 3),
        (f"{GREY}6", 1, 0, 0),
        (f"{GREY}7", 30, 1, 20),
    ]
    assert set(found.cells("profile_snapshots", "profile_id", "followers", "posts_count")) == {
        (OWN, 321, 67),
        ("grey@gulls.example", 10, 6),
    }
    assert sorted(found.cells("interactions", *TIES)) == [
        ("mention", "grey@gulls.example", "crab@rocks.example", f"{GREY}6"),
        ("mention", OWN, "oldpier@harbour.example", f"{STATUS}1"),
        ("reply", "grey@gulls.example", "crab@rocks.example", f"{GREY}6"),
        ("repost", OWN, "grey@gulls.example", f"{STATUS}3/activity"),
    ]
    assert found.quarantined == {4: "likes_unreadable"}


def test_statuses_one_a_line_and_in_a_search(tmp_path: Path) -> None:
    statuses = json.loads((EXAMPLES / "mastodon_api" / "statuses.json").read_text())
    whole = example("mastodon_api", "statuses.json")
    lines = tmp_path / "lines.jsonl"
    lines.write_text("".join(json.dumps(s) + "\n" for s in statuses))
    assert recognised(lines).rows == whole.rows
    search = tmp_path / "search.json"
    search.write_text(json.dumps({"accounts": [], "statuses": statuses, "hashtags": []}))
    found = recognised(search)
    assert found.source == "mastodon_api"
    assert found.cells("posts", "post_id", "kind") == whole.cells("posts", "post_id", "kind")


def test_direct_messages_give_no_row(tmp_path: Path) -> None:
    statuses = json.loads((EXAMPLES / "mastodon_api" / "statuses.json").read_text())
    path = tmp_path / "direct.json"
    path.write_text(json.dumps([statuses[0] | {"visibility": "direct"}, statuses[1]]))
    found = recognised(path)
    assert (found.records, found.quarantined) == (2, {})
    assert {row["row_number"] for rows in found.rows.values() for row in rows} == {2}


def test_quote(tmp_path: Path) -> None:
    statuses = json.loads((EXAMPLES / "mastodon_api" / "statuses.json").read_text())
    quote = statuses[0] | {"quote": {"state": "accepted", "quoted_status": statuses[1]}}
    path = tmp_path / "quote.json"
    path.write_text(json.dumps([quote]))
    found = recognised(path)
    assert found.cells("posts", "kind") == [("quote",)]
    assert ("repost", OWN, "grey@gulls.example", f"{STATUS}1") in found.cells("interactions", *TIES)


def test_accounts() -> None:
    found = example("mastodon_api", "accounts.json")
    assert found.source == "mastodon_api"
    assert found.cells("profile_snapshots", "profile_id", "display_name", "followers") == [
        ("grey@gulls.example", "Grey Gull", 10),
        (OWN, "Tide Watcher", 321),
    ]
    assert found.quarantined == {3: "profile_id|nullability"}


def test_outbox() -> None:
    found = example("mastodon_archive", "outbox.json")
    assert found.source == "mastodon_archive"
    assert found.records == 5
    assert found.rows["posts"][0] == {
        "row_number": 1,
        "platform": "mastodon",
        "post_id": f"{STATUS}1",
        "profile_id": OWN,
        "posted_at": datetime(2022, 11, 7, 8),
        "is_posted_at_known": True,
        "kind": "text",
        "text": "High tide & calm, @OldPier\n#harbour",
        "hashtags": ["harbour"],
        "mentions": ["oldpier@harbour.example", "grey@gulls.example"],
        "language": "en",
        "media_count": 1,
        "url": "https://harbour.example/@Tide_Watcher/109300000000000001",
        "observed_at": TODAY,
        "is_observed_at_known": False,
    }
    assert found.cells("posts", "post_id", "kind", "posted_at", "text", "language")[1:] == [
        (f"{STATUS}2", "reply", datetime(2022, 11, 7, 8), "no\nnever", "de"),
        (f"{STATUS}3/activity", "repost", datetime(2022, 11, 7, 10), None, None),
    ]
    assert found.cells("post_metrics", *COUNTS) == [(f"{STATUS}1", 4, None, 1)]
    assert found.cells("interactions", *TIES) == [
        ("mention", OWN, "oldpier@harbour.example", f"{STATUS}1"),
        ("mention", OWN, "grey@gulls.example", f"{STATUS}1"),
        ("reply", OWN, "grey@gulls.example", f"{STATUS}2"),
        ("repost", OWN, "grey@gulls.example", f"{STATUS}3/activity"),
    ]
    # The direct message, number 4, is neither a row nor a fault.
    assert found.quarantined == {5: "posted_at_unreadable"}


def test_outbox_of_a_server_that_numbers_its_actors(tmp_path: Path) -> None:
    outbox = json.loads((EXAMPLES / "mastodon_archive" / "outbox.json").read_text())
    for item in outbox["orderedItems"]:
        item["actor"] = "https://harbour.example/ap/users/115000000000000000"
    path = tmp_path / "outbox.json"
    path.write_text(json.dumps(outbox))
    assert {row["profile_id"] for row in recognised(path).rows["posts"]} == {OWN}


def test_actor_and_lists_of_links() -> None:
    found = example("mastodon_archive", "actor.json")
    assert found.source == "mastodon_archive"
    assert found.cells("profile_snapshots", "profile_id", "display_name", "observed_at") == [
        (OWN, "Tide Watcher", TODAY)
    ]
    likes = example("mastodon_archive", "likes.json")
    assert likes.source == "mastodon_archive"
    assert likes.skipped is not None


def test_empty_lists_are_recognised(tmp_path: Path) -> None:
    for name in ("outbox", "likes", "bookmarks"):
        empty = {"id": f"{name}.json", "type": "OrderedCollection", "orderedItems": []}
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(empty))
        found = recognised(path)
        assert (found.source, found.records) == ("mastodon_archive", 0)


def test_lists_of_follows_with_the_profile_beside_them(tmp_path: Path) -> None:
    found = example("mastodon_archive", "following_accounts.csv")
    assert found.source == "mastodon_archive"
    assert found.cells("interactions", "kind", "source_id", "target_id") == [
        ("follow", OWN, "bob@other.example")
    ]
    assert found.quarantined == {2: "target_id|nullability"}
    followers = example("mastodon_archive", "followers.csv")
    assert followers.cells("interactions", "source_id", "target_id") == [("cid@other.example", OWN)]
    alone = tmp_path / "followers.csv"
    alone.write_text((EXAMPLES / "mastodon_archive" / "followers.csv").read_text())
    with pytest.raises(BadFile, match=r"actor\.json"):
        recognised(alone)


def test_search_results_and_notifications(tmp_path: Path) -> None:
    (status, *_) = json.loads((EXAMPLES / "mastodon_api" / "statuses.json").read_text())
    account = status["account"]
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"accounts": [account], "statuses": [status], "hashtags": []}))
    found = recognised(path)
    assert (found.source, found.records, found.quarantined) == ("mastodon_api", 2, {})
    assert len(found.rows["posts"]) == 1
    told = [
        {"id": "1", "type": "mention", "created_at": "2024", "account": account, "status": status},
        {"id": "2", "type": "follow", "created_at": "2024", "account": account},
    ]
    path.write_text(json.dumps(told))
    found = recognised(path)
    assert (found.records, found.quarantined) == (2, {})
    assert len(found.rows["posts"]) == 1
