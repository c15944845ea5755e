"""From files on disk to raw tables: finding, parsing and writing, exactly once.

Belongs here: putting `sources` (pure) and `storage.ledger` (writes) together. Small files
share a transaction, a large one has its own; memory holds one batch of records at a time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from influence_assets.sources.batches import BATCH_BYTES, BadFile
from influence_assets.sources.beside import MediaFile, beside_frame, media_beside
from influence_assets.sources.landing import Landed, landed_files
from influence_assets.sources.mapping import FileSpec, Mapping
from influence_assets.sources.parse import (
    Context,
    Document,
    Parsed,
    Window,
    parse_documents,
    parse_file,
)
from influence_assets.storage.ledger import (
    FileOutcome,
    LedgerTransaction,
    known_files,
    ledger_transaction,
)
from influence_assets.storage.warehouse import Warehouse

GROUP_FILES = 2_000
"""Files in a transaction at most: bounds what a crash undoes and what memory holds."""


@dataclass(frozen=True)
class Job:
    """What an ingest reads and where it puts media."""

    mapping: Mapping
    window: Window
    media: Path
    replace: bool = False


@dataclass
class _Pending:
    landed: Landed
    outcome: FileOutcome
    specs: list[FileSpec]


def ingest_path(
    warehouse: Warehouse,
    path: Path,
    job: Job,
    progress: Callable[[FileOutcome], None] = lambda _: None,
) -> list[FileOutcome]:
    """Ingest every file at or under `path` that the mapping describes.

    A file is refused whole, with the reason in its outcome, where its bytes are not what
    the mapping says; the others go on. With `job.replace` the rows of a known file are
    taken out and read anew.

    Raises:
        UserError: there is no such path, or the mapping describes none of its files.
    """
    known = known_files(warehouse)
    outcomes: list[FileOutcome] = []
    for group in _groups(path, job, known, outcomes):
        outcomes += _ingest_group(warehouse, group, job)
        for outcome in outcomes[-len(group) :]:
            progress(outcome)
    return outcomes


def _groups(
    path: Path, job: Job, known: set[str], outcomes: list[FileOutcome]
) -> Iterator[list[_Pending]]:
    """Files to read, in groups that fit a transaction; known ones go straight to `outcomes`."""
    group: list[_Pending] = []
    size = described = 0
    seen: set[str] = set()
    for landed in landed_files(path):
        specs = job.mapping.specs_for(landed.name)
        if not specs and landed.problem is None:
            continue
        described += 1
        file_id = landed.sha256()
        outcome = FileOutcome(file_id, job.mapping.name, landed.path, landed.size, "ingested")
        if file_id in seen or (file_id in known and not job.replace):
            outcomes.append(
                FileOutcome(file_id, job.mapping.name, landed.path, landed.size, "known")
            )
            continue
        seen.add(file_id)
        if group and (size + landed.size > BATCH_BYTES or len(group) >= GROUP_FILES):
            yield group
            group, size = [], 0
        group.append(_Pending(landed, outcome, specs))
        size += landed.size
    if group:
        yield group
    if not described:
        raise BadFile(
            f"The source {job.mapping.name} describes no file at {path}: it reads "
            f"{', '.join(sorted({s.match for s in job.mapping.files}))}. Name another --source."
        )


def _ingest_group(warehouse: Warehouse, group: list[_Pending], job: Job) -> list[FileOutcome]:
    """One transaction; where a large file turns out to be bad, another one that says so."""
    found = {
        p.outcome.file_id: media
        for p in group
        if any(f.contract == "media" for s in p.specs for f in s.feeds)
        and (media := media_beside(p.landed.path)) is not None
    }
    _keep_media(found, job.media)
    context = Context(job.mapping.platform, job.window, beside_frame(found))
    streamed = len(group) == 1 and group[0].landed.size >= BATCH_BYTES
    try:
        parts, refused = ((), {}) if streamed else _parse_small(group, context)
        with ledger_transaction(warehouse) as ledger:
            outcomes = {p.outcome.file_id: p.outcome for p in group}
            if job.replace:
                ledger.forget([i for i in outcomes if i not in refused])
            for part in _stream(group[0], context) if streamed else parts:
                _write(ledger, part, outcomes)
            outcomes |= {i: _refused(outcomes[i], error) for i, error in refused.items()}
            ledger.close_files(list(outcomes.values()))
            return list(outcomes.values())
    except BadFile as error:
        # A streamed file: its first batches were already written, and went with the transaction.
        alone = [_refused(p.outcome, error) for p in group]
        with ledger_transaction(warehouse) as ledger:
            ledger.close_files(alone)
        return alone


def _stream(pending: _Pending, context: Context) -> Iterator[Parsed]:
    """A large file, entry by entry and batch by batch.

    Raises:
        BadFile: at any point; what was written before has to be undone.
    """
    if pending.landed.problem:
        raise BadFile(pending.landed.problem)
    first = 1
    for spec in pending.specs:
        with pending.landed.open() as data:
            file_id, path = pending.outcome.file_id, pending.landed.path
            for part in parse_file(data, file_id, path, spec, context, first):
                first += sum(part.records.values())
                yield part


def _parse_small(
    group: list[_Pending], context: Context
) -> tuple[list[Parsed], dict[str, BadFile]]:
    """Parse a group as a whole; of a file that any entry refuses, nothing is kept."""
    parts: list[Parsed] = []
    refused: dict[str, BadFile] = {}
    together: dict[int, tuple[FileSpec, list[_Pending]]] = {}
    for pending in group:
        if pending.landed.problem is None and all(s.format == "json" for s in pending.specs):
            for spec in pending.specs:
                together.setdefault(id(spec), (spec, []))[1].append(pending)
            continue
        try:
            parts += list(_stream(pending, context))
        except BadFile as error:
            refused[pending.outcome.file_id] = error
    first: dict[str, int] = {}
    for spec, members in together.values():
        found, bad = _parse_together(spec, members, context, first)
        for part in found:
            for file_id, records in part.records.items():
                first[file_id] = first.get(file_id, 1) + records
        parts += found
        refused |= bad
    return [part.without(set(refused)) for part in parts], refused


def _parse_together(
    spec: FileSpec, members: list[_Pending], context: Context, first: dict[str, int]
) -> tuple[list[Parsed], dict[str, BadFile]]:
    """Small documents of one kind; where they fail as a whole, one by one, to tell which."""
    documents = []
    for pending in members:
        with pending.landed.open() as data:
            documents.append(Document(pending.outcome.file_id, pending.landed.path, data.read()))
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


def _write(ledger: LedgerTransaction, part: Parsed, outcomes: dict[str, FileOutcome]) -> None:
    for table, rows in part.rows.items():
        ledger.add(table, rows)
    ledger.add("raw.quarantine", part.quarantined)
    bad = dict(part.quarantined.group_by("file_id").len().rows())
    for file_id, records in part.records.items():
        outcomes[file_id] = outcomes[file_id].counting(records, bad.get(file_id, 0))


def _refused(outcome: FileOutcome, error: BadFile) -> FileOutcome:
    return FileOutcome(
        outcome.file_id, outcome.source, outcome.path, outcome.bytes, "refused", message=str(error)
    )


def _keep_media(found: dict[str, MediaFile], folder: Path) -> None:
    """Copy media into the home, under the hash of their bytes; what is there stays."""
    for media in found.values():
        target = folder / media.path
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_suffix(f"{target.suffix}.part")
            shutil.copyfile(media.origin, partial)
            partial.replace(target)


def quarantine_counts(warehouse: Warehouse, file_ids: list[str]) -> pl.DataFrame:
    """Rejected records of these files by rule: columns file_id, contract, rule, rows."""
    with warehouse.connect() as connection:
        return connection.execute(
            "SELECT file_id, contract, rule, count(*) AS rows FROM raw.quarantine "
            "WHERE file_id IN (SELECT unnest($ids)) GROUP BY ALL ORDER BY ALL",
            {"ids": file_ids},
        ).pl()
