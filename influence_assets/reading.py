"""Parsing the files of a transaction: large ones batch by batch, small documents together.

Belongs here: what lies between `sources.parse`, which knows one entry of a mapping, and
`ingest`, which writes. Nothing here touches the warehouse.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from influence_assets.sources.batches import BadFile
from influence_assets.sources.beside import (
    MediaFile,
    RefusedPicture,
    beside_frame,
    media_beside,
)
from influence_assets.sources.feeds import Context, Window
from influence_assets.sources.landing import Landed
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.parse import Document, parse_documents, parse_file
from influence_assets.sources.parsed import Parsed
from influence_assets.storage.ledger import FileOutcome


@dataclass(frozen=True)
class Entry:
    """An entry of a mapping that applies to a file, and its place in the mapping, from 1."""

    number: int
    spec: FileSpec


@dataclass(frozen=True)
class Pending:
    """A file of a transaction, and what is known of it before it is read.

    Attributes:
        landed: the file, or the part of it that is new.
        outcome: as it will be if all goes well; final where there are no `entries`.
        entries: what has to be read; none of a file that is known or skipped.
        first_row: number of the first record; above 1 where it continues an older file.
    """

    landed: Landed
    outcome: FileOutcome
    entries: list[Entry]
    first_row: int = 1

    @property
    def file_id(self) -> str:
        """SHA-256 of the whole file."""
        return self.outcome.file_id


def media_of(group: list[Pending], folder: Path) -> dict[str, MediaFile | RefusedPicture]:
    """The media that lie beside files of a group, by file; they are kept in `folder`."""
    return {
        p.file_id: media
        for p in group
        if _media_entry(p) is not None and (media := kept_media(p.landed.path, folder)) is not None
    }


def context_of(window: Window, media: Mapping[str, MediaFile | RefusedPicture]) -> Context:
    """What parsing needs beside the files."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    kept = {file_id: m for file_id, m in media.items() if isinstance(m, MediaFile)}
    return Context(window, midnight, beside_frame(kept))


def refused_pictures(
    group: list[Pending],
    media: Mapping[str, MediaFile | RefusedPicture],
    outcomes: Mapping[str, FileOutcome],
) -> Parsed:
    """A row of raw.quarantine for each refused picture: a further record of its sidecar.

    The post that the sidecar tells of is a record of its own, and may well be good.

    Args:
        group: the files that were read.
        media: what lay beside them.
        outcomes: of these files, with the records of each counted.
    """
    rows = [
        (
            p.file_id,
            p.first_row + outcomes[p.file_id].rows_in,
            _media_entry(p),
            "file",
            f"picture_{picture.rule}",
            f"{picture.origin.name}: {picture.message}",
            json.dumps({"picture": str(picture.origin)}, ensure_ascii=False),
        )
        for p in group
        if isinstance(picture := media.get(p.file_id), RefusedPicture)
    ]
    columns = ("contract", "rule", "message", "raw_row")
    schema = {"file_id": pl.String, "row_number": pl.Int64, "entry": pl.Int64}
    found = pl.DataFrame(rows, schema | dict.fromkeys(columns, pl.String), orient="row")
    return Parsed({}, found, dict.fromkeys(found["file_id"], 1))


def _media_entry(pending: Pending) -> int | None:
    """The first entry of the mapping that takes media from the file."""
    return next(
        (e.number for e in pending.entries if any(f.contract == "media" for f in e.spec.feeds)),
        None,
    )


def kept_media(sidecar: str, folder: Path) -> MediaFile | RefusedPicture | None:
    """The media of a sidecar, kept under the hash of their bytes; what is there stays."""
    try:
        media = media_beside(sidecar)
        if not isinstance(media, MediaFile):
            return media
        target = folder / media.path
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_suffix(f"{target.suffix}.part")
            if media.clean is None:
                shutil.copyfile(media.origin, partial)
            else:
                partial.write_bytes(media.clean)
            partial.replace(target)
    except FileNotFoundError:
        return None  # taken away since it was found
    return replace(media, clean=None)  # a group has thousands of them


def stream(pending: Pending, context: Context) -> Iterator[Parsed]:
    """A file, entry by entry and batch by batch.

    Raises:
        BadFile: at any point; what was written before has to be undone.
    """
    if pending.landed.problem:
        raise BadFile(pending.landed.problem)
    first = pending.first_row
    for entry in pending.entries:
        with pending.landed.open() as data:
            path = pending.landed.path
            for part in parse_file(data, pending.file_id, path, entry.spec, context, first):
                first += sum(part.records.values())
                yield _of_entry(part, entry)


def parse_small(group: list[Pending], context: Context) -> tuple[list[Parsed], dict[str, BadFile]]:
    """Parse a group as a whole; of a file that any entry refuses, nothing is kept."""
    parts: list[Parsed] = []
    refused: dict[str, BadFile] = {}
    together: dict[int, tuple[Entry, list[Pending]]] = {}
    for pending in group:
        if pending.landed.problem is None and all(e.spec.format == "json" for e in pending.entries):
            for entry in pending.entries:
                together.setdefault(id(entry.spec), (entry, []))[1].append(pending)
            continue
        try:
            parts += list(stream(pending, context))
        except BadFile as error:
            refused[pending.file_id] = error
    first: dict[str, int] = {}
    for entry, members in together.values():
        found, bad = _parse_together(entry.spec, members, context, first)
        for part in found:
            for file_id, records in part.records.items():
                first[file_id] = first.get(file_id, 1) + records
        parts += [_of_entry(part, entry) for part in found]
        refused |= bad
    return [part.without(set(refused)) for part in parts], refused


def _parse_together(
    spec: FileSpec, members: list[Pending], context: Context, first: dict[str, int]
) -> tuple[list[Parsed], dict[str, BadFile]]:
    """Small documents of one kind; where they fail as a whole, one by one, to tell which."""
    documents = []
    for pending in members:
        with pending.landed.open() as data:
            documents.append(Document(pending.file_id, pending.landed.path, data.read()))
    try:
        return parse_documents(documents, spec, context, first)
    except BadFile:
        parts: list[Parsed] = []
        refused: dict[str, BadFile] = {}
        for document in documents:
            try:
                found, bad = parse_documents([document], spec, context, first)
            except BadFile as error:
                refused[document.file_id] = error
                continue
            parts += found
            refused |= bad
        return parts, refused


def _of_entry(part: Parsed, entry: Entry) -> Parsed:
    """With the entry in each quarantined row: to read the record again, one has to know."""
    number = pl.lit(entry.number, pl.Int64).alias("entry")
    return replace(part, quarantined=part.quarantined.with_columns(number))
