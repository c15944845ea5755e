"""The JavaScript files of an X (Twitter) account archive, as records.

    window.YTD.tweets.part0 = [ { "tweet" : {…} }, … ]     data/tweets.js, since 2018
    Grailbird.data.tweets_2012_03 = [ {…}, … ]             data/js/tweets/2012_03.js, until 2019

A record is the object within, with what the file alone does not say: `/handle` of the archive's
owner and `/read_at`, when the archive was made (both from the files beside it), and `repost_of`,
whom a retweet repeats. What a file holds, its variable's name tells: each kind is a format.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import IO, Any

import orjson

from influence_assets.sources.batches import BadFile, Batch
from influence_assets.sources.formats import Format
from influence_assets.sources.json_values import json_values
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.neighbours import small_files
from influence_assets.sources.records import batches_of_records

_ASSIGNMENT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*"
    rb"(?:window\.YTD\.(\w+)\.part\d+|Grailbird\.data\.(\w+)|(?:var\s+|window\.)(\w+))\s*=\s*"
)
_PROGRAM = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:/[*/]|[!(;]*\(?(?:async )?function\b|\(\(|\((?:self|window|this)\b"
    rb"|[\"']use strict|(?:var|let|const|import|export)\s|try\s*\{|[\w$]+(?:\.[\w$]+)*\s*=)"
)
"""How scripts begin: an archive brings those of its viewer."""

_HEAD_BYTES = 4096
_KINDS = {
    "tweets": "tweets",
    "tweet": "tweets",
    "community_tweet": "tweets",
    "follower": "follower",
    "following": "following",
    "account": "account",
    "user_details": "account",
}
_BESIDE = ("account.js", "manifest.js", "user_details.js", "payload_details.js")
_REPOST = re.compile(r"^RT @(\w+):")


def _read(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of one .js file of an archive; none of one without posts, ties or profile.

    Raises:
        BadFile: the file is damaged, or nothing beside it tells whose archive it is.
    """
    yield from batches_of_records(_records(data, name), name, spec)


def _recognises(kind: str) -> Callable[[bytes], bool]:
    def holds(head: bytes) -> bool:
        found = _ASSIGNMENT.match(head)
        if found is None:
            return kind == "other" and _PROGRAM.match(head) is not None
        return _kind(found) == kind

    return holds


KINDS = ("tweets", "follower", "following", "account", "other")

FORMATS = {f"x_archive_{kind}": Format(_read, _recognises(kind)) for kind in KINDS}


def _records(data: IO[bytes], name: str) -> Iterator[Any]:
    head = data.read(_HEAD_BYTES)
    found = _ASSIGNMENT.match(head)
    if found is None:
        raise BadFile(f"{name} is no file of an X archive: it does not begin with `window.YTD…`.")
    kind = _kind(found)
    if kind == "other":
        return  # not even looked at: direct messages, log-ins and the like
    rest = head[found.end() :] + data.read()
    items = json_values(io.BytesIO(rest.rstrip().removesuffix(b";")), name)
    beside = _beside(name)
    for item in items:
        record = _unwrapped(item)
        if not isinstance(record, dict):
            yield record
            continue
        if kind == "account":
            yield record | beside
            continue
        if "/handle" not in beside and "user" not in record:
            raise BadFile(
                f"{name} does not say whose it is: account.js and manifest.js, which do, are not "
                "beside it. Ingest the archive as it was downloaded, the zip file or its folder."
            )
        yield record | beside | _repost(record)


def _kind(found: re.Match[bytes]) -> str:
    """What an assignment holds, by the name that it gives."""
    name = next(group.decode() for group in found.groups() if group)
    return "tweets" if name.startswith("tweets_") else _KINDS.get(name, "other")


def _unwrapped(item: Any) -> Any:
    """`{"tweet": {…}}` without its wrapper; the first archives had none."""
    if isinstance(item, dict) and len(item) == 1:
        (inner,) = item.values()
        return inner if isinstance(inner, dict) else item
    return item


def _repost(tweet: dict[str, Any]) -> dict[str, str]:
    """Newer archives mark a retweet by its first words alone."""
    found = _REPOST.match(str(tweet.get("full_text") or tweet.get("text") or ""))
    return {"repost_of": found[1]} if found else {}


def _beside(name: str) -> dict[str, str]:
    """What other files of the archive say of its owner and its time."""
    said: dict[str, Any] = {}
    for content in small_files(name, _BESIDE):
        found = _ASSIGNMENT.match(content)
        try:
            value = orjson.loads(
                content[found.end() :].rstrip().removesuffix(b";") if found else b""
            )
        except orjson.JSONDecodeError:
            continue  # whatever it says, the archive may say it elsewhere
        value = value[0] if isinstance(value, list) and value else value
        if found is not None and isinstance(value, dict):
            variable = next(group.decode() for group in found.groups() if group)
            said |= _said(variable, value)
    return {key: text for key, text in said.items() if isinstance(text, str) and text}


def _said(variable: str, value: dict[str, Any]) -> dict[str, Any]:
    if variable == "account":
        return {"/handle": _dig(value, "account", "username")}
    if variable == "__THAR_CONFIG":
        handle = _dig(value, "userInfo", "userName")
        read_at = _dig(value, "archiveInfo", "generationDate")
        return ({"/handle": handle} if handle else {}) | {"/read_at": read_at}
    if variable == "user_details":
        return {"/handle": value.get("screen_name")}
    return {"/read_at": value.get("created_at")} if variable == "payload_details" else {}


def _dig(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
