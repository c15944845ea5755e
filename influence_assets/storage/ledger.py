"""Writing what an ingest parsed: raw rows, quarantine, the file ledger, the days touched.

A group of files is one transaction: either all its rows, its quarantine and its lines in
`raw.files` are there, or none is. The ledger goes by content, so the same bytes under
another name add nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import duckdb
import polars as pl

from influence_assets.storage.warehouse import Warehouse

Status = Literal["ingested", "refused", "known"]

_RAW_TABLES = (
    "raw.posts",
    "raw.post_metrics",
    "raw.profile_snapshots",
    "raw.interactions",
    "raw.media",
)


@dataclass(frozen=True)
class FileOutcome:
    """What became of a file. `known`: its bytes had been ingested before."""

    file_id: str
    source: str
    path: str
    bytes: int
    status: Status
    rows_in: int = 0
    rows_quarantined: int = 0
    message: str | None = None

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
    """Ids of the files whose bytes have been ingested; refused ones may be tried again."""
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

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Append rows of a raw table or of raw.quarantine."""
        if rows.is_empty():
            return
        self._connection.register("incoming", rows.to_arrow())
        self._connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
        self._connection.unregister("incoming")

    def forget(self, file_ids: list[str]) -> None:
        """Take the rows of these files out, to be replaced; the days they touched stay known."""
        for table in (*_RAW_TABLES, "raw.quarantine", "raw.files"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE file_id IN (SELECT unnest($ids))", {"ids": file_ids}
            )

    def close_files(self, outcomes: list[FileOutcome]) -> None:
        """Write the ledger lines and the days that the files' rows touch."""
        if not outcomes:
            return
        # A known file that could not be read anew keeps its rows and its line.
        kept = self._connection.execute(
            "SELECT file_id FROM raw.files WHERE status = 'ingested' "
            "AND file_id IN (SELECT unnest($ids))",
            {"ids": [o.file_id for o in outcomes]},
        ).fetchall()
        outcomes = [o for o in outcomes if (o.file_id,) not in kept]
        ids = [o.file_id for o in outcomes]
        if not ids:
            return
        self._connection.execute(
            "DELETE FROM raw.files WHERE status = 'refused' AND file_id IN (SELECT unnest($ids))",
            {"ids": ids},
        )
        first = self._next_number
        self._next_number += len(outcomes)
        now = datetime.now(UTC).replace(tzinfo=None)
        self._connection.executemany(
            "INSERT INTO raw.files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [o.file_id, first + i, o.source, o.path, o.bytes, o.rows_in, o.rows_good,
                 o.rows_quarantined, o.status, o.message, now]
                for i, o in enumerate(outcomes)
            ],
        )  # fmt: skip
        self._connection.execute(_TOUCHED, {"ids": ids})


@contextmanager
def ledger_transaction(warehouse: Warehouse) -> Iterator[LedgerTransaction]:
    """A transaction that is rolled back, whole, on any error."""
    with warehouse.connect() as connection:
        connection.execute("BEGIN")
        try:
            yield LedgerTransaction(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


_TOUCHED = """
INSERT INTO raw.touched_days
WITH new_files AS (SELECT unnest($ids) AS file_id),
new_posts AS (
    SELECT file_id, platform, post_id, posted_date
    FROM raw.posts SEMI JOIN new_files USING (file_id)
),
new_metrics AS (
    SELECT file_id, platform, post_id, observed_date
    FROM raw.post_metrics SEMI JOIN new_files USING (file_id)
),
new_media AS (
    SELECT file_id, platform, post_id, posted_date
    FROM raw.media SEMI JOIN new_files USING (file_id)
),
touched AS (
    SELECT file_id, 'core.posts' AS table_name, posted_date AS day FROM new_posts
    -- The day where an older file had put the same post, which may now move or change.
    UNION SELECT n.file_id, 'core.posts', o.posted_date
          FROM new_posts n JOIN raw.posts o USING (platform, post_id)
    -- A new count of a post changes what is known of the day on which it was published.
    UNION SELECT n.file_id, 'core.posts', o.posted_date
          FROM new_metrics n JOIN raw.posts o USING (platform, post_id)
    UNION SELECT file_id, 'core.post_metrics', observed_date FROM new_metrics
    -- A post that comes after its counts gives them an age.
    UNION SELECT n.file_id, 'core.post_metrics', o.observed_date
          FROM new_posts n JOIN raw.post_metrics o USING (platform, post_id)
    UNION SELECT file_id, 'core.profile_snapshots', observed_date
          FROM raw.profile_snapshots SEMI JOIN new_files USING (file_id)
    UNION SELECT file_id, 'core.interactions', occurred_date
          FROM raw.interactions SEMI JOIN new_files USING (file_id)
    UNION SELECT file_id, 'core.media', posted_date FROM new_media
    UNION SELECT n.file_id, 'core.media', o.posted_date
          FROM new_media n JOIN raw.media o USING (platform, post_id)
)
SELECT file_id, table_name, day FROM touched
ANTI JOIN raw.touched_days USING (file_id, table_name, day)
"""
