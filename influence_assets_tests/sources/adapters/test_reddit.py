"""Reddit: dumps of submissions and comments, and listings of the API."""

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

COUNTS = ("post_id", "likes", "comments", "popularity_score", "observed_at")
TIES = ("kind", "source_id", "target_id", "post_id")
MARCH = datetime(2019, 3, 1)


def test_submissions() -> None:
    found = example("reddit", "submissions.ndjson")
    assert found.source == "reddit"
    assert found.rows["posts"][0] == {
        "row_number": 1,
        "platform": "reddit",
        "post_id": "t3_abc12",
        "profile_id": "tide_watcher",
        "posted_at": datetime(2019, 1, 1),
        "is_posted_at_known": True,
        "kind": "text",
        "text": "High tide & calm",
        "category": "harbours",
        "url": "https://www.reddit.com/r/harbours/comments/abc12/high_tide/",
        "observed_at": MARCH,
        "is_observed_at_known": True,
    }
    second_reading = datetime(2019, 1, 2, 12, 2, 30)
    assert found.cells("posts", "post_id", "kind", "posted_at", "observed_at")[1] == (
        "t3_abc13",
        "repost",
        datetime(2019, 1, 1, 0, 1, 40),
        second_reading,
    )
    # Below zero a score is no count of likes: raw keeps it, core flags it.
    assert found.cells("post_metrics", *COUNTS) == [
        ("t3_abc12", 42, 5, 42.0, MARCH),
        ("t3_abc13", -3, 0, -3.0, second_reading),
    ]
    assert found.cells("interactions", *TIES) == [("repost", "crab", "tide_watcher", "t3_abc13")]
    # A deleted author is nobody.
    assert found.quarantined == {3: "profile_id|nullability"}


def test_comments() -> None:
    found = example("reddit", "comments.ndjson")
    assert found.source == "reddit"
    assert found.cells("posts", "post_id", "profile_id", "kind", "text", "posted_at") == [
        ("t1_ed1aaaa", "oldpier", "comment", "So it is > yesterday", datetime(2019, 1, 1, 0, 5)),
        ("t1_ed1aaab", "grey_gull", "reply", None, datetime(2019, 1, 1, 0, 6, 40)),
    ]
    assert found.cells("post_metrics", *COUNTS) == [
        ("t1_ed1aaaa", 7, None, 7.0, MARCH),
        ("t1_ed1aaab", -12, None, -12.0, MARCH),
    ]
    # Whom a comment answers, a dump does not say.
    assert "interactions" not in found.rows
    assert found.quarantined == {3: "posted_at_unreadable"}


def test_comments_page_shows_who_is_answered() -> None:
    found = example("reddit", "comments_page.json")
    assert found.source == "reddit"
    assert found.records == 4  # the stub for 9 more comments is none
    assert found.cells("posts", "post_id", "profile_id", "kind", "text") == [
        ("t3_abc12", "tide_watcher", "text", "High tide"),
        ("t1_ed1aaaa", "oldpier", "comment", "So it is"),
        ("t1_ed1aaab", "grey_gull", "reply", "No"),
    ]
    assert found.cells("post_metrics", *COUNTS) == [
        ("t3_abc12", 42, 3, 42.0, TODAY),
        ("t1_ed1aaaa", 7, None, 7.0, TODAY),
        ("t1_ed1aaab", -12, None, -12.0, TODAY),
    ]
    assert found.cells("interactions", *TIES) == [
        ("comment", "oldpier", "tide_watcher", "t1_ed1aaaa"),
        ("reply", "grey_gull", "oldpier", "t1_ed1aaab"),
    ]
    assert found.quarantined == {4: "profile_id|nullability"}


def test_comments_of_one_user_name_the_author_of_the_submission(tmp_path: Path) -> None:
    comment = {
        "id": "x1", "name": "t1_x1", "author": "Crab", "body": "hm", "subreddit": "harbours",
        "link_id": "t3_abc12", "parent_id": "t3_abc12", "created_utc": 1546301100.0,
        "score": 1, "replies": "", "link_author": "Tide_Watcher",
    }  # fmt: skip
    other = comment | {"id": "x2", "name": "t1_x2", "parent_id": "t1_unseen"}
    gone = comment | {"id": "x3", "name": "t1_x3", "link_author": "[deleted]"}
    children = [{"kind": "t1", "data": data} for data in (comment, other, gone)]
    path = tmp_path / "crab.json"
    path.write_text(json.dumps({"kind": "Listing", "data": {"children": children}}))
    found = recognised(path)
    assert len(found.rows["posts"]) == 3
    assert found.cells("interactions", *TIES) == [("comment", "crab", "tide_watcher", "t1_x1")]


def test_threads_of_any_depth(tmp_path: Path) -> None:
    data = {"id": "c0", "name": "t1_c0", "author": "a0", "body": "b", "subreddit": "s",
            "parent_id": "t3_p", "created_utc": 1546301100, "score": 1}  # fmt: skip
    depth = 60
    thing: dict[str, object] = {}
    for n in reversed(range(depth)):
        below = {"kind": "Listing", "data": {"children": [thing]}} if thing else ""
        parent = f"t1_c{n - 1}" if n else "t3_p"
        own = {"id": f"c{n}", "name": f"t1_c{n}", "author": f"a{n}", "parent_id": parent}
        thing = {"kind": "t1", "data": data | own | {"replies": below}}
    path = tmp_path / "deep.json"
    path.write_text(json.dumps({"kind": "Listing", "data": {"children": [thing]}}))
    found = recognised(path)
    assert found.cells("interactions", "source_id", "target_id") == [
        (f"a{n}", f"a{n - 1}") for n in range(1, depth)
    ]


def test_things_of_other_kinds_are_told(tmp_path: Path) -> None:
    things = [{"kind": "t5", "data": {"id": "s1"}}, {"data": {"id": "x"}}, 5]
    path = tmp_path / "found.json"
    path.write_text(json.dumps({"kind": "Listing", "data": {"children": things}}))
    found = recognised(path)
    assert found.quarantined == {1: "fits_no_feed", 2: "fits_no_feed", 3: "malformed_json"}


def test_dump_compressed_with_zstd(tmp_path: Path) -> None:
    import zstandard

    path = tmp_path / "RS_2019-01.zst"
    plain = (EXAMPLES / "reddit" / "submissions.ndjson").read_bytes()
    path.write_bytes(zstandard.ZstdCompressor().compress(plain))
    assert recognised(path).rows == example("reddit", "submissions.ndjson").rows


def test_submissions_and_comments_in_one_file() -> None:
    found = example("reddit", "mixed.ndjson")
    assert (found.source, found.records) == ("reddit", 4)
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "kind") == [
        ("t3_abc12", "ann", datetime(2021, 1, 1), "text"),
        ("t1_c1", "bob", datetime(2021, 1, 1, 0, 1, 40), "comment"),
    ]
    assert found.cells("post_metrics", "post_id", "likes", "comments") == [
        ("t3_abc12", 5, 3),
        ("t1_c1", 1, None),
    ]
    assert found.quarantined == {3: "profile_id|nullability", 4: "fits_no_feed"}


def test_answers_of_pushshift() -> None:
    submissions = example("reddit", "pushshift_submissions.json")
    assert submissions.cells("posts", "post_id") == [("t3_abc12",)]
    assert submissions.quarantined == {2: "posted_at_unreadable"}
    comments = example("reddit", "pushshift_comments.json")
    assert comments.cells("posts", "post_id") == [("t1_c1",)]
    assert comments.quarantined == {2: "profile_id|nullability"}


def test_tables() -> None:
    found = example("reddit", "submissions.csv")
    assert found.source == "reddit"
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "kind") == [
        ("t3_abc12", "ann", datetime(2021, 1, 1), "text"),
        ("t3_abc14", "bob", datetime(2021, 1, 1), None),
    ]
    assert found.quarantined == {2: "profile_id|nullability"}
    comments = example("reddit", "comments.csv")
    assert comments.cells("posts", "post_id", "kind") == [("t1_c1", "reply")]
    assert comments.cells("post_metrics", "likes", "popularity_score") == [(-2, -2.0)]
    assert comments.quarantined == {2: "posted_at_unreadable"}
