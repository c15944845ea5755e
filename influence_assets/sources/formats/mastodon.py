"""Mastodon's JSON, with the names of profiles made complete.

A server writes a profile of its own as `ann` and one of another server as `ann@other.example`.
Here each is `ann@server`, so that files of several servers agree. Records are statuses and
accounts (the API), activities and the actor (an account archive: outbox.json, actor.json). Added
to a status are `reply_to` and `quote_of`, the profiles, where the file shows them; an activity is
flattened (`_activity`). In `mastodon_boosted` the records are the statuses that are boosted, in
`mastodon_statuses` and `mastodon_accounts` those of a search are kept apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import urlsplit

from influence_assets.sources.batches import Batch
from influence_assets.sources.formats import Format
from influence_assets.sources.json_values import is_json, json_values
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.records import batches_of_records

Tree = dict[str, Any]

REBLOG = "reblog"
_PUBLIC = ("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public")
_PROFILE_IN_ADDRESS = re.compile(r"^https?://([^/?#]+)/(?:users/|@)([^/@?#]+)")


def _read(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    yield from batches_of_records(_records(json_values(data, name)), name, spec)


def _read_boosted(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    records = _records(json_values(data, name))
    boosted = (r[REBLOG] for r in records if isinstance(r, dict) and r.get(REBLOG))
    yield from batches_of_records(boosted, name, spec)


def _recognises(head: bytes) -> bool:
    words = (b'"acct"', b'"orderedItems"', b'"preferredUsername"')
    return is_json(head) and any(word in head for word in words)


def _read_statuses(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    records = _records(json_values(data, name))
    statuses = (r for r in records if not isinstance(r, dict) or "account" in r)
    yield from batches_of_records(statuses, name, spec)


def _read_accounts(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    records = _records(json_values(data, name))
    accounts = (r for r in records if not isinstance(r, dict) or "account" not in r)
    yield from batches_of_records(accounts, name, spec)


FORMATS = {
    "mastodon": Format(_read, _recognises),
    "mastodon_statuses": Format(_read_statuses, _recognises),
    "mastodon_accounts": Format(_read_accounts, _recognises),
    "mastodon_boosted": Format(_read_boosted, _recognises),
}


def _records(values: Iterator[Any]) -> Iterator[Any]:
    for value in values:
        if not isinstance(value, dict):
            yield value
        elif isinstance(value.get("orderedItems"), list):
            yield from _activities(value["orderedItems"])
        elif "preferredUsername" in value:
            yield value | {"acct": acct_of(value["preferredUsername"], value)}
        elif lists := [value[key] for key in _LISTS if isinstance(value.get(key), list)]:
            yield from (_entity(item) for items in lists for item in items)
        else:
            yield _entity(value)


_LISTS = ("statuses", "accounts", "ancestors", "descendants")
"""Where search results and the context of a status hold entities."""


def _entity(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("account"), dict):
        if "uri" in value or not isinstance(value.get("type"), str):
            return _status(value)
        # A notification: somebody's status, or somebody alone.
        return _entity(value.get("status") or value["account"])
    return _account(value) if "acct" in value else value


def _status(status: Tree) -> Tree:
    author = _account(status["account"])
    mentions = [_account(m) for m in _dicts(status.get("mentions"))]
    whole = status | {"account": author, "mentions": mentions}
    if isinstance(boosted := status.get(REBLOG), dict) and isinstance(boosted.get("account"), dict):
        whole[REBLOG] = _status(boosted)
    # The profile that is answered is named by its number on this server.
    answered = status.get("in_reply_to_account_id")
    known = {str(p.get("id")): p.get("acct") for p in (*mentions, author)}
    if answered is not None:
        whole["reply_to"] = known.get(str(answered))
    quote = status.get("quote")
    quoted = quote.get("quoted_status") if isinstance(quote, dict) else None
    if isinstance(quoted, dict) and isinstance(quoted.get("account"), dict):
        whole["quote_of"] = _account(quoted["account"]).get("acct")
    return whole


def _account(account: Tree) -> Tree:
    return account | {"acct": acct_of(account.get("acct"), account)}


def acct_of(name: Any, profile: Tree) -> Any:
    """`ann` with the server of the profile's address; `ann@other.example` as it is."""
    if not isinstance(name, str) or not name or "@" in name:
        return name
    server = _server(profile.get("url")) or _server(profile.get("uri") or profile.get("id"))
    return f"{name}@{server}" if server else name


def _server(address: Any) -> str | None:
    if not isinstance(address, str):
        return None
    try:
        return urlsplit(address).netloc.lower() or None
    except ValueError:
        return None


def _dicts(value: Any) -> list[Tree]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _activities(items: list[Any]) -> Iterator[Any]:
    owner = _owner(items)
    yield from (_activity(i, owner) if isinstance(i, dict) else i for i in items)


def _owner(items: list[Any]) -> str | None:
    """Whose outbox it is: newer servers number the actor, and only a post's address names it."""
    for item in _dicts(items):
        post = item.get("object")
        addresses = (item.get("actor"), post.get("url") if isinstance(post, dict) else None)
        if found := next((p for p in map(_profile_in, addresses) if p), None):
            return found
    return None


def _profile_in(address: Any) -> str | None:
    found = _PROFILE_IN_ADDRESS.match(address) if isinstance(address, str) else None
    return f"{found[2]}@{found[1]}" if found else None


def _activity(activity: Tree, owner: str | None) -> Tree:
    """A Create or Announce with `acct`, `visibility`, `reply_to`, `mentions`, `repost_of`, …"""
    added: Tree = {"acct": owner, "visibility": _visibility(activity)}
    post = activity.get("object")
    if isinstance(post, str):
        return activity | added | {"object": {}, "repost_of": _profile_in(post), "reposted": post}
    if not isinstance(post, dict):
        return activity | added | {"object": {}}
    tags = _dicts(post.get("tag"))
    languages = post.get("contentMap")
    return (
        activity
        | added
        | {
            "reply_to": _profile_in(post.get("inReplyTo")),
            "language": next(iter(languages), None) if isinstance(languages, dict) else None,
            "mentions": [_mentioned(t) for t in tags if t.get("type") == "Mention"],
            "hashtags": [t.get("name") for t in tags if t.get("type") == "Hashtag"],
        }
    )


def _mentioned(tag: Tree) -> Any:
    name = tag.get("name")
    return (
        acct_of(name.removeprefix("@"), {"url": tag.get("href")}) if isinstance(name, str) else None
    )


def _visibility(activity: Tree) -> str:
    """As the API calls it: who is addressed tells it."""
    to, copied = (_texts(activity.get(key)) for key in ("to", "cc"))
    if any(address in _PUBLIC for address in to):
        return "public"
    if any(address in _PUBLIC for address in copied):
        return "unlisted"
    followers = any(address.endswith("/followers") for address in (*to, *copied))
    return "private" if followers else "direct"


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [v for v in values if isinstance(v, str)]
