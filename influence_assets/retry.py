"""Quarantined records once more: what a mended mapping can read moves to the raw tables.

The records are read from the text that quarantine keeps, so that the file need not be there
any more. A file is one transaction: a record is always in exactly one of the two places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from influence_assets.errors import UserError
from influence_assets.reading import kept_media
from influence_assets.settings import Settings
from influence_assets.sources.again import parse_again
from influence_assets.sources.batches import BadFile
from influence_assets.sources.beside import MediaFile, beside_frame
from influence_assets.sources.catalog import built_in_names, find_mapping
from influence_assets.sources.choose import Chooser
from influence_assets.sources.feeds import Context, Window
from influence_assets.sources.mapping import FileSpec, Mapping
from influence_assets.storage.ledger import LedgerTransaction, ledger_transaction
from influence_assets.storage.quarantine import Filter, QuarantinedFile, files
from influence_assets.storage.warehouse import Warehouse
from influence_assets.targets import Request, moment, own_mapping

RECORDS = 20_000
"""Records that are read at a time."""


@dataclass(frozen=True)
class Retry:
    """Which records are tried again, and how.

    Attributes:
        wanted: which records.
        mapping_of: the mapping for a file; raises UserError where there is none.
        chooser: settles what a mapping leaves open, such as the platform.
        window: days that have partitions.
        media: folder of stored media.
    """

    wanted: Filter
    mapping_of: Callable[[QuarantinedFile], Mapping]
    chooser: Chooser
    window: Window
    media: Path


@dataclass(frozen=True)
class Retried:
    """What became of a file's records: how many were tried, and how many moved."""

    file_id: str
    path: str
    tried: int = 0
    moved: int = 0
    message: str | None = None


def retry_job(settings: Settings, request: Request, rule: str, file: str) -> Retry:
    """What the user asks for, as a job.

    With a source, the files that were read by the mapping of that name, or those named; else
    each file by the mapping beside it, or the built-in one that read it.

    Raises:
        UserError: no such mapping, or a time that cannot be read.
    """
    asked = find_mapping(request.source) if request.source else None
    source = asked.name if asked is not None and not file else ""
    window = Window(settings.start_date, datetime.now(UTC).date() + timedelta(days=1))
    chooser = Chooser(asked, request.platform or None, moment(request.read_at))

    def mapping_of(quarantined: QuarantinedFile) -> Mapping:
        return asked or own_mapping(Path(quarantined.path)) or _built_in(quarantined)

    return Retry(Filter(rule, file, source), mapping_of, chooser, window, settings.media)


def _built_in(file: QuarantinedFile) -> Mapping:
    if file.source in built_in_names():
        return find_mapping(file.source)
    raise UserError(
        f"{file.path} was read by the mapping {file.source}, which is not built in and lies no "
        "more beside it. Name it: `influence quarantine retry --source SPEC.yaml`."
    )


def retry(warehouse: Warehouse, job: Retry) -> list[Retried]:
    """Read the wanted records again, file by file, and move those that are good now.

    A file that the mapping cannot read keeps all its records, and its outcome says why.
    Doing it twice changes nothing the second time.
    """
    return [_retry_file(warehouse, file, job) for file in files(warehouse, job.wanted)]


def _retry_file(warehouse: Warehouse, file: QuarantinedFile, job: Retry) -> Retried:
    try:
        mapping = job.mapping_of(file)
        with ledger_transaction(warehouse) as ledger:
            tried = moved = after = 0
            while (batch := ledger.rejected(file.file_id, job.wanted.rule, after, RECORDS)).height:
                for (entry,), records in batch.group_by("entry", maintain_order=True):
                    moved += _move(ledger, records, _spec(mapping, int(str(entry)), file, job),
                                   file, job)  # fmt: skip
                tried += batch.height
                after = int(batch["row_number"][-1])
            if moved:
                ledger.recount(file.file_id)
        return Retried(file.file_id, file.path, tried, moved)
    except UserError as error:
        return Retried(file.file_id, file.path, message=str(error))


def _spec(mapping: Mapping, entry: int, file: QuarantinedFile, job: Retry) -> FileSpec:
    if entry > len(mapping.files) or not mapping.files[entry - 1].feeds:
        raise BadFile(
            f"{file.path}: its records were read by entry {entry} of its mapping, and "
            f"{mapping.name} has no such entry. Keep the order of `files`, or read the file "
            "anew: `influence ingest FILE --replace`."
        )
    return job.chooser.settled(mapping, mapping.files[entry - 1], Path(file.path).name, file.path)


def _move(
    ledger: LedgerTransaction,
    records: pl.DataFrame,
    spec: FileSpec,
    file: QuarantinedFile,
    job: Retry,
) -> int:
    """Write what the records give now; returns how many are good."""
    rejected: list[pl.DataFrame] = []
    good: dict[str, list[pl.DataFrame]] = {}
    for part in parse_again(records, file.file_id, file.path, spec, _context(file, job)):
        rejected.append(part.quarantined)
        for table, rows in part.rows.items():
            good.setdefault(table, []).append(rows)
    still = pl.concat(rejected).join(records.select("row_number", "entry"), on="row_number")
    told = ["row_number", "contract", "rule", "message"]
    renamed = still.join(records.select(told), on=told, how="anti")
    moved = records.join(still, on="row_number", how="anti")
    ledger.release(pl.concat([renamed.select(told[0], "file_id"),
                              moved.select(told[0], "file_id")]))  # fmt: skip
    ledger.add("raw.quarantine", renamed)
    for table, parts in good.items():
        for rows in parts:
            ledger.add(table, rows)
    return moved.height


def _context(file: QuarantinedFile, job: Retry) -> Context:
    """As it was when the file came in: a time of reading that nobody states is that day."""
    media = kept_media(file.path, job.media)
    found = {file.file_id: media} if isinstance(media, MediaFile) else {}
    today = datetime.combine(date.fromisoformat(file.ingested_on), datetime.min.time())
    return Context(job.window, today, beside_frame(found))
