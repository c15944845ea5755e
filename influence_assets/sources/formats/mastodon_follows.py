"""The lists of follows that Mastodon hands out as CSV, with whose they are.

    Account address,Show boosts,Notify on new posts,Languages     following_accounts.csv
    Account address                                               followers.csv

A record is `{source, target}`. The file does not name its owner: actor.json of the archive of the
same account, which does, has to lie beside it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import IO, Any

import orjson

from influence_assets.sources.batches import BadFile, Batch
from influence_assets.sources.formats import Format
from influence_assets.sources.formats.mastodon import acct_of
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.neighbours import small_files
from influence_assets.sources.records import batches_of_records
from influence_assets.sources.text import utf8

_FOLLOWING = b"Account address,Show boosts"
_FOLLOWERS = b"Account address"


def _read(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of the ties of one list.

    Raises:
        BadFile: nothing beside it tells whose it is.
    """
    yield from batches_of_records(_ties(data, name), name, spec)


def _recognises(kind: bytes) -> Callable[[bytes], bool]:
    def holds(head: bytes) -> bool:
        line = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].strip()
        return line == kind if kind == _FOLLOWERS else line.startswith(kind)

    return holds


FORMATS = {
    "mastodon_following": Format(_read, _recognises(_FOLLOWING)),
    "mastodon_followers": Format(_read, _recognises(_FOLLOWERS)),
}


def _ties(data: IO[bytes], name: str) -> Iterator[dict[str, Any]]:
    owner = _owner(name)
    if owner is None:
        raise BadFile(
            f"{name} does not say whose follows these are. Put actor.json of the archive of the "
            "same account beside it (Preferences, Import and export, Request your archive)."
        )
    text = utf8(data, "utf-8").read().decode("utf-8")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    is_following = len(header) > 1
    for row in rows:
        other = row[0].strip().lower() if row else None
        if other is not None:
            pair = (owner, other) if is_following else (other, owner)
            yield dict(zip(("source", "target"), pair, strict=True))


def _owner(name: str) -> str | None:
    for content in small_files(name, ("actor.json",)):
        try:
            actor = orjson.loads(content) if content else None
        except orjson.JSONDecodeError:
            continue
        if isinstance(actor, dict) and isinstance(actor.get("preferredUsername"), str):
            return str(acct_of(actor["preferredUsername"], actor)).lower()
    return None
