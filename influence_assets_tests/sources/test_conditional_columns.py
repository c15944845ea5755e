"""What the presence of a field decides: a column's value, and whether a feed takes a record."""

from __future__ import annotations

from typing import Any

import pytest

from influence_assets_tests.sources.making import lines, parse, post, spec

COLUMNS = {"post_id": "id", "profile_id": "who", "posted_at": "at"}


def kinds(kind: dict[str, Any], *records: dict[str, Any]) -> list[str | None]:
    how = spec("jsonl", columns=COLUMNS | {"kind": kind})
    found = parse(lines(*records), how)
    assert found.quarantined.is_empty()
    return found.posts["kind"].to_list()


def test_the_first_field_that_is_there_tells() -> None:
    kind = {"present": {"shared.id": "repost", "answers": "reply"}, "absent": "text"}
    records = [
        post(1, shared={"id": 5}, answers=6),
        post(2, shared={"id": None}, answers=6),
        post(3, shared=None, answers=None),
    ]
    assert kinds(kind, *records) == ["repost", "reply", "text"]
    # Without `absent` nothing is known.
    assert kinds({"present": {"answers": "reply"}}, *records) == ["reply", "reply", None]


def test_where_none_is_there_the_rest_of_the_column_tells() -> None:
    kind = {"present": {"shared": "repost"}, "field": "self", "map": {"true": "text"}}
    how = spec("jsonl", columns=COLUMNS | {"kind": kind})
    records = [post(1, self=True), post(2, shared=1, self=True), post(3, self="odd"), post(4)]
    found = parse(lines(*records), how)
    assert found.posts["kind"].to_list() == ["text", "repost", None]
    # A value that the table does not have cannot be read, as ever.
    assert found.rules == {3: "kind_unreadable"}


def test_a_field_that_no_record_has_is_just_not_there() -> None:
    # Not even in a table, where a column that is named has to be.
    how = spec(columns=COLUMNS | {"kind": {"present": {"gone": "repost"}, "absent": "text"}})
    found = parse("id,who,at\n1,ann,2024-01-01\n", how)
    assert found.posts["kind"].to_list() == ["text"]


@pytest.mark.parametrize("shared", ["5", 0, False])
def test_without_leaves_records_that_have_the_field(shared: Any) -> None:
    feeds = [
        {"contract": "posts", "columns": COLUMNS},
        {
            "contract": "post_metrics",
            "without": ["shared"],
            "columns": {"post_id": "id", "likes": "likes"},
        },
    ]
    how = spec("jsonl", feeds=feeds)
    found = parse(lines(post(1, likes=3), post(2, likes=4, shared=shared)), how)
    assert found.posts["post_id"].to_list() == ["1", "2"]
    assert found.rows["raw.post_metrics"]["post_id"].to_list() == ["1"]


def test_records_that_every_feed_leaves_are_told() -> None:
    how = spec("jsonl", feeds=[{"contract": "posts", "without": ["shared"], "columns": COLUMNS}])
    assert parse(lines(post(1), post(2, shared=1)), how).rules == {2: "fits_no_feed"}
