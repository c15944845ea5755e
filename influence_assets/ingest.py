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
        if not specs:
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
    try:
        with ledger_transaction(warehouse) as ledger:
            if job.replace:
                ledger.forget([p.outcome.file_id for p in group])
            outcomes = _parse_into(ledger, group, context)
            ledger.close_files(outcomes)
    except BadFile as error:
        # Only a group of one gets here: its first batches are already written and go with it.
        outcomes = [_refused(p.outcome, error) for p in group]
        with ledger_transaction(warehouse) as ledger:
            ledger.close_files(outcomes)
    return outcomes


def _parse_into(
    ledger: LedgerTransaction, group: list[_Pending], context: Context
) -> list[FileOutcome]:
    outcomes = {p.outcome.file_id: p.outcome for p in group}
    documents: dict[int, tuple[FileSpec, list[Document]]] = {}
    for pending in group:
        for spec in pending.specs:
            if spec.format == "json" and pending.landed.size < BATCH_BYTES:
                with pending.landed.open() as data:
                    document = Document(pending.outcome.file_id, pending.landed.path, data.read())
                documents.setdefault(id(spec), (spec, []))[1].append(document)
                continue
            _stream(ledger, pending, spec, context, outcomes, alone=len(group) == 1)
    for spec, together in documents.values():
        first = {d.file_id: outcomes[d.file_id].rows_in + 1 for d in together}
        parsed, refused = parse_documents(together, spec, context, first)
        for part in parsed:
            _write(ledger, part, outcomes)
        outcomes |= {i: _refused(outcomes[i], error) for i, error in refused.items()}
    return list(outcomes.values())


def _stream(
    ledger: LedgerTransaction,
    pending: _Pending,
    spec: FileSpec,
    context: Context,
    outcomes: dict[str, FileOutcome],
    *,
    alone: bool,
) -> None:
    """Write a file batch by batch if it is alone, else once it has proved good as a whole."""
    file_id = pending.outcome.file_id
    with pending.landed.open() as data:
        parts = parse_file(
            data, file_id, pending.landed.path, spec, context, outcomes[file_id].rows_in + 1
        )
        try:
            for part in parts if alone else list(parts):
                _write(ledger, part, outcomes)
        except BadFile as error:
            if alone:
                raise
            outcomes[file_id] = _refused(pending.outcome, error)


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
