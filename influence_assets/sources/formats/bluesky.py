"""JSON of the AT protocol as Bluesky uses it, in one shape for posts, ties and profiles.

Read are what the API returns (feeds, posts, threads, profiles, follow lists), records of a
repository with their address (`{uri, cid, value}`, `{did, collection, rkey, record}`), and the
events of Jetstream. A record has
a `/kind`: post, follow, repost, profile or other (likes, deletions, log-ins: no row). Profiles
are DIDs, which every shape names and which stay when a handle changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from influence_assets.sources.batches import Batch
from influence_assets.sources.formats import Format
from influence_assets.sources.json_values import is_json, json_values, unfit
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.records import batches_of_records

Tree = dict[str, Any]

_POST, _FOLLOW, _REPOST = "app.bsky.feed.post", "app.bsky.graph.follow", "app.bsky.feed.repost"
_LISTS = ("feed", "posts", "records", "profiles", "actors", "repostedBy", "notifications")


def _read(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    records = (r for value in json_values(data, name) for r in _records(value))
    yield from batches_of_records(records, name, spec)


def _recognises(head: bytes) -> bool:
    return is_json(head) and (b'"did:' in head or b'"at://did:' in head)


FORMATS = {"bluesky": Format(_read, _recognises)}


def _records(value: Any) -> Iterator[Any]:
    if not isinstance(value, dict):
        yield value
    elif "did" in value and value.get("kind") in ("commit", "identity", "account"):
        yield _event(value)
    elif isinstance(value.get("thread"), dict):
        yield from _thread(value["thread"])
    elif isinstance(value.get("thread"), list):  # getPostThreadV2: already flat
        yield from (_item(node.get("value")) for node in _dicts(value["thread"]))
    elif isinstance(value.get("subject"), dict) and ("follows" in value or "followers" in value):
        yield from _follow_list(value)
    elif lists := [value[key] for key in _LISTS if isinstance(value.get(key), list)]:
        yield from (_item(item) for items in lists for item in items)
    else:
        yield _item(value)


def _item(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("post"), dict):
        return _view(value["post"]) | {"reason": value.get("reason")}
    record = value.get("record")
    if isinstance(value.get("author"), dict) and isinstance(record, dict):
        is_post = record.get("$type", _POST) == _POST
        return _view(value) if is_post else _record(str(value.get("uri")), record)
    if isinstance(record, dict) and (address := _address(value)):
        return _record(address, record)
    if isinstance(value.get("uri"), str) and isinstance(value.get("text"), str):
        return _flat(value)
    if isinstance(value.get("value"), dict) and isinstance(value.get("uri"), str):
        return _record(value["uri"], value["value"])
    if "did" in value and "handle" in value:
        return value | {"/kind": "profile"}
    if "likes" in value or str(value.get("$type")).endswith(("#blockedPost", "#notFoundPost")):
        return {"/kind": "other"}
    return unfit(value, "no post, tie or profile that names its owner")


def _address(value: Tree) -> str | None:
    """Of a record that stands beside its address, whole or in parts."""
    if isinstance(value.get("uri"), str):
        return str(value["uri"])
    owner = value.get("did") or value.get("repo")
    parts = [owner, value.get("collection"), value.get("rkey")]
    return "at://" + "/".join(map(str, parts)) if all(parts) else None


def _flat(post: Tree) -> Tree:
    """A post as data sets have it: `uri`, `text`, `created_at`, and whom it answers."""
    parent = post.get("reply_to")
    reply = {"reply": {"parent": {"uri": parent}}} if isinstance(parent, str) else {}
    created = post.get("createdAt") or post.get("created_at")
    return _record(post["uri"], {"text": post["text"], "createdAt": created} | reply)


def _event(event: Tree) -> Tree:
    """An event of Jetstream; a deletion names what is gone by its key alone."""
    commit = event.get("commit")
    if not isinstance(commit, dict) or not isinstance(commit.get("record"), dict):
        return {"/kind": "other", "did": event["did"]}
    place = "/".join(str(commit.get(key)) for key in ("collection", "rkey"))
    return _record(f"at://{event['did']}/{place}", commit["record"]) | {
        "seen_at_us": event.get("time_us")
    }


def _record(uri: str, record: Tree) -> Tree:
    """A record of a repository, by its address `at://did/collection/key`."""
    collection = record.get("$type") or "/".join(uri.split("/")[3:4])
    base = {"uri": uri, "did": _did(uri), "record": record}
    subject = record.get("subject")
    if collection == _POST:
        return base | {"/kind": "post"} | _named(record)
    if collection == _FOLLOW:
        return base | {"/kind": "follow", "target": subject}
    if collection == _REPOST and isinstance(subject, dict):
        return base | {"/kind": "repost", "target": _did(subject.get("uri"))}
    return {"/kind": "other", "uri": uri}


def _view(view: Tree) -> Tree:
    """A post as the API shows it, with its author and counts."""
    record, author = view.get("record"), view.get("author")
    author = author if isinstance(author, dict) else {}
    named = _named(record) if isinstance(record, dict) else {}
    return view | {"/kind": "post", "did": author.get("did") or _did(view.get("uri"))} | named


def _named(post: Tree) -> Tree:
    """The profiles and hashtags that a post names, and how many pictures it has."""
    features = [f for facet in _dicts(post.get("facets")) for f in _dicts(facet.get("features"))]
    parent = _dig(post, "reply", "parent", "uri")
    embed = post.get("embed") if isinstance(post.get("embed"), dict) else {}
    quoted = _dig(embed, "record", "uri") or _dig(embed, "record", "record", "uri")
    # A card may also stand for a feed or a list.
    is_post = isinstance(quoted, str) and f"/{_POST}/" in quoted
    tags = post.get("tags")
    return {
        "mentions": [f.get("did") for f in features if "did" in f],
        "hashtags": [f.get("tag") for f in features if "tag" in f]
        + (tags if isinstance(tags, list) else []),
        "reply_to": _did(parent),
        "quote_of": _did(quoted) if is_post else None,
        "images": _dig(embed, "images") or _dig(embed, "media", "images"),
    }


def _thread(thread: Tree) -> Iterator[Any]:
    waiting = [thread]
    while waiting:
        node = waiting.pop()
        if isinstance(node.get("post"), dict):  # not deleted, not blocked
            yield _view(node["post"])
        parent = node.get("parent")
        waiting += _dicts(node.get("replies")) + ([parent] if isinstance(parent, dict) else [])


def _follow_list(page: Tree) -> Iterator[Any]:
    """getFollows: whom the subject follows; getFollowers: who follows it."""
    own = page["subject"].get("did")
    for other in _dicts(page.get("follows")):
        yield {"/kind": "follow", "did": own, "target": other.get("did"), "shown": other}
    for other in _dicts(page.get("followers")):
        yield {"/kind": "follow", "did": other.get("did"), "target": own, "shown": other}


def _did(uri: Any) -> str | None:
    if not isinstance(uri, str) or not uri.startswith("at://"):
        return None
    return uri.removeprefix("at://").split("/")[0] or None


def _dicts(value: Any) -> list[Tree]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _dig(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
