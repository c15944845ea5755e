"""Facebook's Graph API, old and new: posts, comments in them, pages; and no token anywhere."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from influence_assets.sources.choose import Chooser
from influence_assets.sources.feeds import Context, Window
from influence_assets.sources.parse import parse_file
from influence_assets_tests.sources.adapters.recognised import (
    EXAMPLES,
    TODAY,
    example,
    recognised,
)

COUNTS = ("post_id", "likes", "comments", "shares")


def test_posts_of_version_2_1() -> None:
    found = example("facebook_graph", "posts_v2.1.json")
    assert (found.source, found.records) == ("facebook_graph", 5)
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "kind", "text", "url") == [
        ("100_1", "100", datetime(2015, 7, 9, 16, 18, 38), "text", "Hello #World",
         "https://www.facebook.com/100/posts/1"),
        # What Facebook wrote itself (`story`) is not the author's text.
        ("100_2", "100", datetime(2015, 7, 8, 8), "image", None,
         "https://www.facebook.com/100/posts/2"),
        ("2_11", "7", datetime(2015, 7, 8, 9), "comment", "Nice", None),
    ]  # fmt: skip
    assert found.cells("posts", "hashtags")[0] == (["world"],)
    assert found.cells("post_metrics", *COUNTS) == [
        ("100_1", None, None, 3),
        ("2_11", 2, None, None),
    ]
    assert found.cells("interactions", "kind", "source_id", "target_id", "post_id") == [
        ("comment", "7", "100", "2_11")
    ]
    # The zero date; and a comment of somebody who is not told.
    assert found.quarantined == {3: "posted_at_unreadable", 5: "profile_id|nullability"}


@pytest.mark.parametrize("name", ["posts.json", "posts.jsonl"])
def test_posts_of_today(name: str) -> None:
    found = example("facebook_graph", name)
    assert (found.source, found.records) == ("facebook_graph", 3)
    assert found.cells(
        "posts", "post_id", "profile_id", "posted_at", "kind", "mentions", "media_count", "url"
    ) == [
        ("100_4", "100", datetime(2023, 1, 2, 3, 4, 5), "carousel", ["200"], 2,
         "https://www.facebook.com/100/posts/4"),
        # Nobody said from whom: the number of a post begins with its page.
        ("100_5", "100", datetime(2023, 1, 3), None, None, None, None),
    ]  # fmt: skip
    assert found.cells("post_metrics", *COUNTS) == [("100_4", 10, 4, 2), ("100_5", 0, None, None)]
    assert found.cells("interactions", "kind", "source_id", "target_id") == [
        ("mention", "100", "200")
    ]
    assert found.quarantined == {3: "shares_unreadable"}


def test_a_page_with_its_posts_and_their_comments() -> None:
    found = example("facebook_graph", "page_with_posts.json")
    assert (found.source, found.records, found.quarantined) == ("facebook_graph", 4, {})
    assert found.cells("profile_snapshots", "profile_id", "handle", "category", "followers") == [
        ("100", "annsings", "Musician", 1010)
    ]
    assert found.cells("posts", "post_id", "profile_id", "kind") == [
        ("100_4", "100", "carousel"), ("100_5", "100", None), ("5_1", "7", "comment"),
    ]  # fmt: skip
    assert found.cells("interactions", "kind", "source_id", "target_id") == [
        ("mention", "100", "200"), ("comment", "7", "100"),
    ]  # fmt: skip


def test_other_pages() -> None:
    old = example("facebook_graph", "page_v2.1.json")
    assert old.cells("profile_snapshots", "profile_id", "followers") == [("100", 900)]
    assert example("facebook_graph", "page_followers.json").quarantined == {1: "followers|min"}


def test_comments_of_a_post() -> None:
    found = example("facebook_graph", "comments.json")
    assert (found.source, found.records) == ("facebook_graph", 2)
    assert found.cells("posts", "post_id", "profile_id", "kind", "text") == [
        ("5_1", "7", "comment", "Hi")
    ]
    assert found.cells("post_metrics", *COUNTS) == [("5_1", 1, 0, None)]
    assert found.quarantined == {2: "profile_id|nullability"}


def test_an_empty_page_is_known_for_what_it_is() -> None:
    found = example("facebook_graph", "empty.json")
    assert (found.source, found.records) == ("facebook_graph", 0)
    assert found.skipped == "an empty page, the last of a listing"


@pytest.mark.parametrize(
    "name", ["posts_v2.1.json", "page_with_posts.json", "page_followers.json", "comments.json"]
)
def test_no_token_reaches_a_table(name: str) -> None:
    path = EXAMPLES / "facebook_graph" / name
    content = path.read_bytes()
    assert b"EAAsecret" in content
    choice = Chooser().choose(name, name, lambda: io.BytesIO(content))
    assert choice is not None
    context = Context(Window(date(2010, 1, 1), date(2030, 12, 31)), TODAY)
    tables: list[pl.DataFrame] = []
    for spec in choice.specs:
        for part in parse_file(io.BytesIO(content), "f" * 64, name, spec, context):
            tables += [*part.rows.values(), part.quarantined]
    assert sum(table.height for table in tables) > 0
    assert "EAAsecret" not in "".join(str(table.rows()) for table in tables)


@pytest.mark.parametrize("name", ["facebook.json", "facebook.2.json"])
def test_real_pages_of_2016(shared_data: Path, name: str) -> None:
    path = shared_data / "api_fixtures_2016" / name
    records = json.loads(path.read_text())["data"]
    found = recognised(path)
    assert (found.source, found.records, found.quarantined) == ("facebook_graph", len(records), {})
    assert found.cells("posts", "post_id", "profile_id", "text") == [
        (r["id"], r["from"]["id"], r.get("message")) for r in records
    ]
    times = [datetime.strptime(r["created_time"], "%Y-%m-%dT%H:%M:%S+0000") for r in records]
    assert found.cells("posts", "posted_at") == [(time,) for time in times]
    assert found.cells("post_metrics", "post_id", "shares") == [
        (r["id"], r["shares"]["count"]) for r in records if "shares" in r
    ]
    words = {"photo": "image", "status": "text"}
    assert found.cells("posts", "kind") == [(words.get(r["type"], r["type"]),) for r in records]


def test_real_last_page(shared_data: Path) -> None:
    found = recognised(shared_data / "api_fixtures_2016" / "facebook.3.json")
    assert (found.source, found.records) == ("facebook_graph", 0)
    assert found.skipped is not None


def test_posts_and_comments_that_say_little() -> None:
    plain = example("facebook_graph", "feed_default.json")
    assert plain.cells("posts", "post_id", "profile_id", "kind") == [("100_1", "100", None)]
    assert plain.quarantined == {2: "posted_at_unreadable"}
    # The same fields and an author: that is what is given of a comment unasked.
    comments = example("facebook_graph", "comments_default.json")
    assert comments.cells("posts", "post_id", "profile_id", "kind") == [("1_9", "200", "comment")]
    assert comments.quarantined == {2: "profile_id|nullability"}
    both = example("facebook_graph", "feed_comments.json")
    assert both.cells("posts", "post_id", "kind") == [("100_1", None), ("1_9", "comment")]
    assert both.cells("interactions", "kind", "source_id", "target_id") == [
        ("comment", "200", "100")
    ]


@pytest.mark.parametrize(
    ("name", "posts"),
    [("page_with_feed.json", 1), ("page_with_published.json", 1), ("pages.json", 2)],
)
def test_insights_of_posts_wherever_they_stand(name: str, posts: int) -> None:
    found = example("facebook_graph", name)
    assert found.source == "facebook_graph"
    # Of two insights that of the impressions, not of the people who were reached.
    assert found.cells("post_metrics", "views", "shares") == [(900, 2)] * posts
    assert found.quarantined == {}
