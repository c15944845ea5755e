"""Writing what an ingest parsed: raw rows, quarantine, the file ledger, the days touched.

A group of files is one transaction: either all its rows, its quarantine and its lines in
`raw.files` are there, or none is. The ledger goes by content, so the same bytes under
another name add nothing; and by path, so that a changed file takes the place of its older
version (`file_versions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import duckdb
import polars as pl
import pyarrow as pa

from influence_assets.errors import UserError
from influence_assets.storage.file_versions import held, newest_of, note_versions, with_continued
from influence_assets.storage.reconcile import check_files
from influence_assets.storage.touched import touch
from influence_assets.storage.warehouse import Warehouse

Status = Literal["ingested", "refused", "skipped", "known", "unread"]

_SMALL = 10_000
_MEMORY = "600MB"
"""What DuckDB may hold of a transaction; more goes to disk, which takes hardly longer."""

_RAW_TABLES = (
    "raw.posts",
    "raw.post_metrics",
    "raw.profile_snapshots",
    "raw.interactions",
    "raw.media",
)


@dataclass(frozen=True)
class FileOutcome:
    """What became of a file. `known`: its bytes had been ingested before.

    `unread`: it vanished or changed while it was read; nothing of it is in the warehouse.

    Attributes:
        continues_file_id: the shorter file of which this one is the continuation; rows
            and counts are then those of the new part alone.
        replaces_file_id: the older version of its path; set when the ledger is written.
    """

    file_id: str
    source: str
    path: str
    bytes: int
    status: Status
    rows_in: int = 0
    rows_quarantined: int = 0
    message: str | None = None
    continues_file_id: str | None = None
    replaces_file_id: str | None = None

    @property
    def rows_good(self) -> int:
        """Records that entered the raw tables."""
        return self.rows_in - self.rows_quarantined

    def counting(self, records: int, quarantined: int) -> FileOutcome:
        """The same with these records added."""
        return replace(
            self,
            rows_in=self.rows_in + records,
            rows_quarantined=self.rows_quarantined + quarantined,
        )


def known_files(warehouse: Warehouse) -> set[str]:
    """Ids of the files whose rows are in the raw tables; others may be tried again."""
    with warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT file_id FROM raw.files WHERE status = 'ingested'"
        ).fetchall()
    return {file_id for (file_id,) in rows}


class LedgerTransaction:
    """An open transaction that takes rows and, at its end, the outcomes of their files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        # Taken before anything is forgotten: a file that is read anew gets a new number, which
        # is what makes the days that it touches stale.
        last = connection.execute(
            "SELECT coalesce(max(ingest_number), 0) FROM raw.files"
        ).fetchone()
        self._next_number = (last[0] if last else 0) + 1
        self._continued_by_forgotten: set[str] = set()

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Append rows of a raw table or of raw.quarantine."""
        if rows.is_empty():
            return
        # To share the texts of a large frame saves a copy; those of a small one may lie where
        # Arrow complains of it.
        level = pl.CompatLevel.newest() if rows.height > _SMALL else pl.CompatLevel.oldest()
        _append(self._connection, table, rows.to_arrow(compat_level=level))

    def forget(self, file_ids: list[str]) -> None:
        """Take the rows of these files out, to be replaced; the days they touched stay known."""
        if not file_ids:
            return
        touch(self._connection, file_ids)
        self._continued_by_forgotten |= with_continued(self._connection, set(file_ids))
        self._delete((*_RAW_TABLES, "raw.quarantine", "raw.files"), file_ids)

    def rejected(self, file_id: str, rule: str, after: int, limit: int) -> pl.DataFrame:
        """Quarantined records of a file that were split into fields, behind row `after`."""
        return self._connection.execute(
            "SELECT * FROM raw.quarantine WHERE file_id = $id AND ($rule = '' OR rule = $rule) "
            "AND row_number > $after AND NOT (contract = 'file' AND rule <> 'fits_no_feed') "
            "ORDER BY row_number LIMIT $limit",
            {"id": file_id, "rule": rule, "after": after, "limit": limit},
        ).pl()

    def release(self, rejected: pl.DataFrame) -> None:
        """Take these rows out of quarantine; what they give now is added as of any record."""
        self._connection.register("incoming", rejected.select("file_id", "row_number").to_arrow())
        self._connection.execute(
            "DELETE FROM raw.quarantine USING incoming "
            "WHERE quarantine.file_id = incoming.file_id "
            "AND quarantine.row_number = incoming.row_number"
        )
        self._connection.unregister("incoming")

    def recount(self, file_id: str) -> None:
        """Bring a file's line in step with its quarantine, as a file that was read anew.

        Raises:
            Unreconciled: the counts do not add up.
        """
        self._connection.execute(
            "UPDATE raw.files SET rows_quarantined = q.records, rows_good = rows_in - q.records, "
            "ingest_number = $number FROM (SELECT count(*) AS records FROM raw.quarantine "
            "WHERE file_id = $id) AS q WHERE file_id = $id",
            {"id": file_id, "number": self._next_number},
        )
        self._next_number += 1
        touch(self._connection, [file_id])
        check_files(self._connection, [file_id])

    def close_files(
        self, outcomes: list[FileOutcome], paths: Mapping[str, str] | None = None
    ) -> set[str]:
        """Write the ledger lines, the versions of paths, and the days that the rows touch.

        Args:
            outcomes: of the files that were read.
            paths: file by absolute path, as found on disk, known files included. Where
                it differs from the path's last version, what only that version held is
                superseded.

        Returns:
            The superseded files: they count as unknown from now on.

        Raises:
            UserError: another process has ingested one of the files meanwhile.
            Unreconciled: the counts do not add up.
        """
        now = datetime.now(UTC).replace(tzinfo=None)
        before = newest_of(self._connection, list(paths or {}))
        changed = {p: i for p, i in (paths or {}).items() if before.get(p) != i}
        leaving = with_continued(self._connection, {before[p] for p in changed if p in before})
        new = self._write_lines(_replacing(outcomes, paths or {}, before), now)
        changed = self._with_rows(changed)
        note_versions(self._connection, changed, now)
        leaving |= self._continued_by_forgotten
        leaving -= with_continued(self._connection, {*changed.values(), *new})
        gone = leaving - held(self._connection, leaving)
        self._supersede(sorted(gone))
        if new:
            touch(self._connection, new)
        if new or gone:
            check_files(self._connection, [*new, *gone])
        return gone

    def _write_lines(self, outcomes: list[FileOutcome], now: datetime) -> list[str]:
        """The lines of these files in raw.files, in place of what was there; returns their ids."""
        # A known file that could not be read anew keeps its rows and its line.
        kept = self._of_status("ingested", [o.file_id for o in outcomes])
        if any(o.file_id in kept and o.status == "ingested" for o in outcomes):
            raise UserError(
                "Another process has ingested some of these files in the meantime. Nothing was "
                "written; run the same command again and they will be known."
            )
        outcomes = [o for o in outcomes if o.file_id not in kept]
        ids = [o.file_id for o in outcomes]
        if not ids:
            return []
        self._delete(("raw.files",), ids)
        first = self._next_number
        self._next_number += len(outcomes)
        self._connection.executemany(
            "INSERT INTO raw.files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [o.file_id, first + i, o.source, o.path, o.bytes, o.rows_in, o.rows_good,
                 o.rows_quarantined, o.status, o.message, now, o.replaces_file_id,
                 o.continues_file_id]
                for i, o in enumerate(outcomes)
            ],
        )  # fmt: skip
        continued = {o.continues_file_id for o in outcomes if o.continues_file_id}
        if continued - self._of_status("ingested", list(continued)):
            raise UserError(
                "A file that others continue was replaced by another process in the meantime. "
                "Nothing was written; run the same command again."
            )
        return ids

    def _with_rows(self, paths: dict[str, str]) -> dict[str, str]:
        """Those paths whose file was not refused: a bad version leaves the older one's rows."""
        ids = list(paths.values())
        good = self._of_status("ingested", ids) | self._of_status("skipped", ids)
        return {path: file_id for path, file_id in paths.items() if file_id in good}

    def _supersede(self, file_ids: list[str]) -> None:
        if not file_ids:
            return
        touch(self._connection, file_ids)
        self._delete((*_RAW_TABLES, "raw.quarantine"), file_ids)
        self._connection.execute(
            "UPDATE raw.files SET status = 'superseded' "
            "WHERE file_id IN (SELECT unnest($ids)) AND status IN ('ingested', 'skipped')",
            {"ids": file_ids},
        )

    def _of_status(self, status: str, file_ids: list[str]) -> set[str]:
        if not file_ids:
            return set()
        rows = self._connection.execute(
            "SELECT file_id FROM raw.files "
            "WHERE status = $status AND file_id IN (SELECT unnest($ids))",
            {"status": status, "ids": file_ids},
        ).fetchall()
        return {file_id for (file_id,) in rows}

    def _delete(self, tables: tuple[str, ...], file_ids: list[str]) -> None:
        for table in tables:
            self._connection.execute(
                f"DELETE FROM {table} WHERE file_id IN (SELECT unnest($ids))", {"ids": file_ids}
            )


def _append(connection: duckdb.DuckDBPyConnection, table: str, incoming: pa.Table) -> None:
    # DuckDB finds `incoming` by its name here. What is registered it would keep in memory until
    # the transaction ends.
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")


def _replacing(
    outcomes: list[FileOutcome], paths: Mapping[str, str], before: Mapping[str, str]
) -> list[FileOutcome]:
    """The outcomes with the version of their path that they take the place of."""
    older = {i: before[p] for p, i in paths.items() if before.get(p, i) != i}
    return [
        o
        if o.status == "refused" or o.continues_file_id
        else replace(o, replaces_file_id=older.get(o.file_id))
        for o in outcomes
    ]


@contextmanager
def ledger_transaction(warehouse: Warehouse) -> Iterator[LedgerTransaction]:
    """A transaction that is rolled back, whole, on any error."""
    with warehouse.connect() as connection:
        # DuckDB takes a table for empty to which this transaction has added its rows, and would
        # build a join's hash table on millions of them rather than on the few ids beside.
        connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        # A portion is a task for one thread. The other has parsing to do, and while DuckDB waits
        # for a second thread it keeps it busy.
        connection.execute("SET threads = 1")
        connection.execute("BEGIN")
        try:
            yield LedgerTransaction(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
