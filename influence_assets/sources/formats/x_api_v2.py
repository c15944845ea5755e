"""Pages of the X API v2, with what they keep apart put together.

A page lists tweets under `data` and what they refer to under `includes`; a tweet names its
author, and the tweets that it repeats, quotes or answers, by id alone. A record is a tweet with
these in it, in the form in which twarc2 `flatten` writes them one a line (which is read too):
`author`, `in_reply_to_user` and `referenced_tweets` in full. Added are `repost_of`, `quote_of`
and `reply_to`, the referenced tweet of each type, and `read_at` where twarc notes it.
In `x_api_v2_referenced` the records are the referenced tweets that are there in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from influence_assets.sources.batches import Batch, Reject
from influence_assets.sources.formats import Format
from influence_assets.sources.json_values import is_json, json_values
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.records import batches_of_records

Tree = dict[str, Any]

REFERENCED = "referenced_tweets"
_TYPES = {"retweeted": "repost_of", "quoted": "quote_of", "replied_to": "reply_to"}


def _read(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    yield from batches_of_records(_tweets(json_values(data, name)), name, spec)


def _read_referenced(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    tweets = _tweets(json_values(data, name))
    yield from batches_of_records((i for t in tweets for i in _referenced(t)), name, spec)


def _recognises(head: bytes) -> bool:
    known = b'"author_id"' in head or b'"edit_history_tweet_ids"' in head
    return is_json(head) and b'"text"' in head and known


FORMATS = {
    "x_api_v2": Format(_read, _recognises),
    "x_api_v2_referenced": Format(_read_referenced, _recognises),
}


def _tweets(values: Iterator[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("data"), list | dict):
            yield from _page(value)
        elif isinstance(value, dict) and _is_empty_page(value):
            continue
        else:
            yield _with_references(value) if isinstance(value, dict) else value


def _is_empty_page(value: Tree) -> bool:
    """The last page of a search has no data: `{"meta": {"result_count": 0}}`."""
    return "data" not in value and isinstance(value.get("meta"), dict) and "id" not in value


def _page(page: Tree) -> Iterator[Any]:
    includes = page.get("includes")
    includes = includes if isinstance(includes, dict) else {}
    users = _by_id(includes.get("users"))
    others = _by_id(includes.get("tweets"))
    data = page["data"]
    for tweet in data if isinstance(data, list) else [data]:
        if not isinstance(tweet, dict):
            yield tweet
            continue
        whole = _with_users(tweet, users)
        whole[REFERENCED] = [
            _with_users(others.get(str(reference.get("id")), {}), users) | reference
            for reference in _list(tweet.get(REFERENCED))
            if isinstance(reference, dict)
        ]
        if "__twarc" in page:
            whole["__twarc"] = page["__twarc"]
        yield _with_references(whole)


def _by_id(items: Any) -> dict[str, Tree]:
    return {str(i["id"]): i for i in _list(items) if isinstance(i, dict) and "id" in i}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _with_users(tweet: Tree, users: dict[str, Tree]) -> Tree:
    whole = dict(tweet)
    for key, id_key in (("author", "author_id"), ("in_reply_to_user", "in_reply_to_user_id")):
        user = users.get(str(tweet.get(id_key)))
        if user is not None:
            whole[key] = user
    return whole


def _with_references(tweet: Tree) -> Tree:
    added: Tree = {}
    for reference in _list(tweet.get(REFERENCED)):
        # As text, since what stands there may be no key at all.
        if isinstance(reference, dict) and (kind := _TYPES.get(str(reference.get("type")))):
            added[kind] = reference
    twarc = tweet.get("__twarc")
    if isinstance(twarc, dict) and twarc.get("retrieved_at"):
        added["read_at"] = twarc["retrieved_at"]
    return tweet | added


def _referenced(tweet: Any) -> Iterator[Tree]:
    if not isinstance(tweet, dict) or isinstance(tweet, Reject):
        return
    for reference in _list(tweet.get(REFERENCED)):
        if isinstance(reference, dict) and "text" in reference:
            read_at = {"read_at": tweet["read_at"]} if "read_at" in tweet else {}
            yield _with_references(reference) | read_at
