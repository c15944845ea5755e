"""From files on disk to raw tables: finding, parsing and writing, exactly once.

Belongs here: putting `sources` (pure) and `storage.ledger` (writes) together. Small files
share a transaction, a large one has its own; memory holds one batch of records at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from influence_assets.appended import appended
from influence_assets.landing import Watch, unread
from influence_assets.reading import (
    Entry,
    Pending,
    context_of,
    media_of,
    parse_small,
    refused_pictures,
    stream,
)
from influence_assets.sources.batches import BATCH_BYTES, BadFile
from influence_assets.sources.choose import Choice, Chooser
from influence_assets.sources.feeds import Window
from influence_assets.sources.joined import joined
from influence_assets.sources.landing import Landed, landed_files
from influence_assets.sources.parsed import Parsed
from influence_assets.storage.file_versions import newest_versions, records_so_far
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
    """What an ingest reads and where it puts media; `below`: also the folders of a folder."""

    chooser: Chooser
    window: Window
    media: Path
    replace: bool = False
    watch: Watch = field(default_factory=Watch)
    below: bool = True


def ingest_path(
    warehouse: Warehouse,
    path: Path,
    job: Job,
    progress: Callable[[FileOutcome], None] = lambda _: None,
) -> list[FileOutcome]:
    """Ingest every file at or under `path` that the chooser has a mapping for.

    A file is refused whole, with the reason in its outcome, where its bytes are not what
    the mapping says or no mapping is found for it; the others go on. A changed file takes
    the place of its older version; of one that grew only the new part is read. With
    `job.replace` the rows of a known file are taken out and read anew.

    Raises:
        UserError: there is no such path, or the mapping describes none of its files.
    """
    # Absolute, so that a path means the same file in every run; a link keeps its own name.
    root = path.resolve() if path.is_dir() else path.parent.resolve() / path.name
    run = _Run(warehouse, root, job)
    outcomes: list[FileOutcome] = []
    for group in run.groups(outcomes):
        done, gone = _ingest_group(warehouse, group, job)
        run.note(done, gone)
        outcomes += done
        for outcome in done:
            progress(outcome)
    return outcomes


class _Run:
    """What one ingest knows of files: those in the ledger, and those that it has met."""

    def __init__(self, warehouse: Warehouse, root: Path, job: Job) -> None:
        self._warehouse, self._root, self._job = warehouse, root, job
        self._known = known_files(warehouse)
        self._newest = newest_versions(warehouse, str(root))
        self._met: set[str] = set()
        self._paths: dict[str, int] = {}

    def note(self, done: list[FileOutcome], gone: set[str]) -> None:
        """What a transaction changed."""
        self._known |= {o.file_id for o in done if o.status == "ingested"}
        self._known -= gone
        self._met -= gone | {o.file_id for o in done if o.status == "unread"}

    def groups(self, outcomes: list[FileOutcome]) -> Iterator[list[Pending]]:
        """Files in groups that fit a transaction; what is as it was goes to `outcomes`."""
        group: list[Pending] = []
        size = described = 0
        for found in landed_files(self._root, self._job.below):
            landed = self._named_once(found)
            if self._job.watch.leaves_out(landed):
                described += 1
                continue
            if unchanged := self._unchanged(landed):
                described += 1
                outcomes.append(unchanged)
                continue
            landed, choice = self._chosen(landed)
            if choice is None and landed.problem is None:
                continue
            described += 1
            if group and (size + landed.size > BATCH_BYTES or len(group) >= GROUP_FILES):
                # Before the file is judged: what this group supersedes is known no more.
                yield group
                group, size = [], 0
            group.append(self._pending(landed, choice))
            size += group[-1].landed.size if group[-1].entries else 0
        if group:
            yield group
        if not described:
            raise _describes_nothing(self._job.chooser, self._root)

    def _named_once(self, landed: Landed) -> Landed:
        """An archive may hold several members of one name: each is a path of its own."""
        times = self._paths[landed.path] = self._paths.get(landed.path, 0) + 1
        return landed if times == 1 else replace(landed, path=f"{landed.path}#{times}")

    def _unchanged(self, landed: Landed) -> FileOutcome | None:
        """The outcome of a file that is what its path had before: nobody has to look at it."""
        older = self._newest.get(landed.path)
        if older is None or self._job.replace or older.file_id not in self._known:
            return None
        if older.bytes != landed.size:
            return None
        try:
            if self._job.watch.file_id(landed) != older.file_id:
                return None
        except OSError:
            return None  # what is wrong with it shows again, where it is told
        self._met.add(older.file_id)
        return FileOutcome(older.file_id, older.source, landed.path, landed.size, "known")

    def _chosen(self, landed: Landed) -> tuple[Landed, Choice | None]:
        """The mapping for a file; where none fits or it cannot be read, it has a problem."""
        try:
            choice = self._job.chooser.choose(landed.name, landed.path, landed.open)
            joins = [s.joins for s in choice.specs if s.joins] if choice else []
            if joins:
                landed = joined(landed, joins[0])
                landed.sha256()  # a damaged neighbour shows here
            return landed, choice
        except (BadFile, OSError) as error:
            return replace(landed, problem=landed.problem or str(error)), None

    def _pending(self, landed: Landed, choice: Choice | None) -> Pending:
        """What there is to do with a file; nothing, where it cannot be read now."""
        source = choice.mapping.name if choice else _asked_for(self._job.chooser)
        why = choice.why if choice else None
        outcome = FileOutcome("", source, landed.path, landed.size, "ingested", message=why)
        try:
            pending = self._judged(landed, outcome, _entries(choice) if choice else [])
        except OSError as error:
            return Pending(replace(landed, problem=None), unread(outcome, error), [])
        self._met.add(pending.file_id)
        return pending

    def _judged(self, landed: Landed, outcome: FileOutcome, entries: list[Entry]) -> Pending:
        is_joined = any(e.spec.joins for e in entries)
        file_id = landed.sha256() if is_joined else self._job.watch.file_id(landed)
        outcome = replace(outcome, file_id=file_id)
        if file_id in self._met or (file_id in self._known and not self._job.replace):
            return Pending(landed, replace(outcome, status="known"), [])
        reading = [e for e in entries if e.spec.skip is None]
        if entries and not reading:
            why = "; ".join(dict.fromkeys(e.spec.skip or "" for e in entries))
            return Pending(landed, replace(outcome, status="skipped", message=why), [])
        return self._continued(Pending(landed, outcome, reading))

    def _continued(self, pending: Pending) -> Pending:
        """Only the new part, where the file is its older version with lines appended."""
        older = self._newest.get(pending.landed.path)
        if (
            older is None
            or self._job.replace
            or older.file_id not in self._known
            or older.source != pending.outcome.source
        ):
            return pending
        tail = appended(pending.landed, older, [e.spec for e in pending.entries])
        if tail is None:
            return pending
        outcome = replace(pending.outcome, continues_file_id=older.file_id)
        records = records_so_far(self._warehouse, older.file_id)
        return Pending(tail, outcome, pending.entries, records + 1)


def _entries(choice: Choice) -> list[Entry]:
    """The chosen entries with their places in the mapping: a settled one keeps its feeds."""
    place = {id(spec.feeds): n for n, spec in enumerate(choice.mapping.files, 1)}
    return [Entry(place[id(spec.feeds)], spec) for spec in choice.specs]


def _asked_for(chooser: Chooser) -> str:
    """What raw.files calls the source of a file for which no mapping was found."""
    return chooser.mapping.name if chooser.mapping else "unknown"


def _describes_nothing(chooser: Chooser, root: Path) -> BadFile:
    if chooser.mapping is None:
        return BadFile(f"There is no file to ingest at {root}.")
    return BadFile(
        f"The source {chooser.mapping.name} describes no file at {root}: it reads "
        f"{', '.join(sorted({s.match for s in chooser.mapping.files}))}. Name another --source."
    )


def _ingest_group(
    warehouse: Warehouse, group: list[Pending], job: Job
) -> tuple[list[FileOutcome], set[str]]:
    """A group in one transaction, but for files that change or vanish while they are read.

    Returns:
        The outcomes, and the files that were superseded.
    """
    try:
        return _commit_group(warehouse, group, job)
    except OSError as error:
        # A copy of such a file counts as known only if the file itself gets in.
        lost = {p.file_id for p in group if job.watch.has_changed(p.landed.path)}
        if not lost:
            raise
        rest = [p for p in group if p.file_id not in lost]
        done, gone = _ingest_group(warehouse, rest, job) if rest else ([], set())
        return [*done, *(unread(p.outcome, error) for p in group if p.file_id in lost)], gone


def _commit_group(
    warehouse: Warehouse, group: list[Pending], job: Job
) -> tuple[list[FileOutcome], set[str]]:
    """One transaction; where a large file turns out to be bad, another one that says so."""
    to_read = [p for p in group if p.entries or p.landed.problem]
    settled = [p.outcome for p in group if p not in to_read]
    paths = {p.landed.path: p.file_id for p in group if p.outcome.status != "unread"}
    media = media_of(to_read, job.media)
    context = context_of(job.window, media)
    streamed = len(group) == 1 and group[0].landed.size >= BATCH_BYTES
    try:
        parts, refused = ((), {}) if streamed else parse_small(to_read, context)
        with ledger_transaction(warehouse) as ledger:
            outcomes = {p.file_id: p.outcome for p in to_read}
            if job.replace:
                written = [*outcomes, *(o.file_id for o in settled if o.status == "skipped")]
                ledger.forget([i for i in written if i not in refused])
            for part in stream(group[0], context) if streamed else parts:
                _write(ledger, part, outcomes)
            pictures = refused_pictures(to_read, media, outcomes)
            _write(ledger, pictures.without(set(refused)), outcomes)
            outcomes |= {i: _refused(outcomes[i], error) for i, error in refused.items()}
            done = [*outcomes.values(), *settled]
            job.watch.check(p.landed.path for p in to_read)
            new = [o for o in done if o.status not in ("known", "unread")]
            gone = ledger.close_files(new, paths)
            return done, gone
    except BadFile as error:
        # A streamed file: its first batches were already written, and went with the transaction.
        job.watch.check(p.landed.path for p in to_read)
        alone = [_refused(p.outcome, error) for p in group]
        with ledger_transaction(warehouse) as ledger:
            ledger.close_files(alone)
        return alone, set()


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


def quarantine_counts(warehouse: Warehouse, file_ids: list[str]) -> pl.DataFrame:
    """Rejected records of these files by rule: columns file_id, contract, rule, rows."""
    with warehouse.connect() as connection:
        return connection.execute(
            "SELECT file_id, contract, rule, count(*) AS rows FROM raw.quarantine "
            "WHERE file_id IN (SELECT unnest($ids)) GROUP BY ALL ORDER BY ALL",
            {"ids": file_ids},
        ).pl()
