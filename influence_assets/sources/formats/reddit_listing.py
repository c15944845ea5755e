"""Listings of the Reddit API: posts and comments with their replies, as flat records.

A listing holds things, `{"kind": "t1", "data": {…}}`, and a comment holds the listing of its
replies. A record is the data of a submission (t3) or a comment (t1) with its `kind`, and with
`parent_author` where the file shows whom a comment answers. Stubs for comments that the page
left out (`more`) are no records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from influence_assets.sources.batches import Batch
from influence_assets.sources.formats import Format
from influence_assets.sources.json_values import is_json, json_values, unfit
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.records import batches_of_records

Tree = dict[str, Any]


_LISTING = re.compile(rb'"kind"\s*:\s*"Listing"')


def _read(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    yield from batches_of_records(_things(json_values(data, name)), name, spec)


def _recognises(head: bytes) -> bool:
    return is_json(head) and _LISTING.search(head) is not None


FORMATS = {"reddit_listing": Format(_read, _recognises)}


def _things(values: Iterator[Any]) -> Iterator[Any]:
    authors: dict[str, str] = {}
    for value in values:
        waiting = [value]
        while waiting:
            thing = waiting.pop()
            kind = thing.get("kind") if isinstance(thing, dict) else None
            inner = thing.get("data") if isinstance(thing, dict) else None
            if not isinstance(inner, dict):
                yield thing
            elif kind == "Listing":
                waiting += reversed(_list(inner.get("children")))
            elif kind in ("t1", "t3"):
                yield _flat(kind, inner, authors)
                replies = inner.get("replies")
                if isinstance(replies, dict):  # "" where there are none
                    waiting.append(replies)
            elif kind != "more":
                yield unfit(thing, f"a thing of kind {kind}: neither submission nor comment")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _flat(kind: str, data: Tree, authors: dict[str, str]) -> Tree:
    record = {key: value for key, value in data.items() if key != "replies"} | {"kind": kind}
    name, author, parent = (data.get(key) for key in ("name", "author", "parent_id"))
    if isinstance(name, str) and isinstance(author, str):
        authors[name] = author
    if isinstance(parent, str):
        # A page of one user's comments names the author of the submission, in `link_author`.
        above = data.get("link_author") if parent.startswith("t3_") else None
        record["parent_author"] = authors.get(parent, above)
    return record
