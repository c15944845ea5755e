"""Whether rows in = rows good + rows quarantined, counted in the tables themselves."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Fault:
    """A file whose counts contradict the tables, and how."""

    file_id: str
    path: str
    problem: str


class Unreconciled(RuntimeError):  # noqa: N818 - it says what is the case
    """An ingest would leave counts that do not add up; it was rolled back."""

    def __init__(self, faults: list[Fault]) -> None:
        told = "; ".join(f"{f.path}: {f.problem}" for f in faults[:5])
        super().__init__(f"The ledger does not add up, and nothing was written: {told}.")


def check_files(connection: duckdb.DuckDBPyConnection, file_ids: list[str]) -> None:
    """Check these files alone, inside their transaction.

    Raises:
        Unreconciled: some count does not add up.
    """
    if faults := _faults(connection, "SEMI JOIN (SELECT unnest($ids) AS file_id) USING (file_id)",
                         {"ids": file_ids}):  # fmt: skip
        raise Unreconciled(faults)


def all_faults(connection: duckdb.DuckDBPyConnection) -> list[Fault]:
    """Every file, in the whole ledger and in the raw tables, that does not add up."""
    strays = [Fault(*row) for row in connection.execute(_STRAYS).fetchall()]
    return strays + _faults(connection, "", {})


def _faults(
    connection: duckdb.DuckDBPyConnection, some: str, parameters: dict[str, list[str]]
) -> list[Fault]:
    rows = connection.execute(_FAULTS.replace("{some}", some), parameters).fetchall()
    return [Fault(*row) for row in rows]


# A good record may give no row (`each` over an empty list) and never more than one of a kind
# but for ties; so the records that have rows are at most the good ones. Files are numbered:
# to group millions of rows by their hashes would take longer than to write them.
_FAULTS = """
WITH ledger AS (
    SELECT *, row_number() OVER () AS file FROM raw.files {some}
),
kinds AS (
    SELECT file, row_number, 1 AS kind FROM raw.posts JOIN ledger USING (file_id)
    UNION ALL
    SELECT file, row_number, 2 FROM raw.post_metrics JOIN ledger USING (file_id)
    UNION ALL
    SELECT file, row_number, 3 FROM raw.profile_snapshots JOIN ledger USING (file_id)
    UNION ALL
    SELECT file, row_number, 4 FROM raw.media JOIN ledger USING (file_id)
    UNION ALL
    SELECT file, row_number, 5 FROM raw.interactions JOIN ledger USING (file_id)
),
records AS (
    SELECT
        file,
        row_number,
        greatest(
            count(*) FILTER (kind = 1), count(*) FILTER (kind = 2),
            count(*) FILTER (kind = 3), count(*) FILTER (kind = 4)
        ) > 1 AS is_double
    FROM kinds GROUP BY file, row_number
),
rejects AS (
    SELECT file, row_number, count(*) > 1 AS is_double
    FROM raw.quarantine JOIN ledger USING (file_id) GROUP BY file, row_number
),
good AS (
    SELECT file, count(*) AS with_rows, count(*) FILTER (is_double) AS doubles
    FROM records GROUP BY file
),
bad AS (
    SELECT file, count(*) AS rejected, count(*) FILTER (is_double) AS doubles
    FROM rejects GROUP BY file
),
overlap AS (
    SELECT file, count(*) AS in_both
    FROM records SEMI JOIN rejects USING (file, row_number) GROUP BY file
),
told AS (
    SELECT
        f.file_id, f.path, f.status, f.rows_in, f.rows_good, f.rows_quarantined,
        coalesce(with_rows, 0) AS with_rows,
        coalesce(rejected, 0) AS rejected,
        coalesce(in_both, 0) AS in_both,
        coalesce(good.doubles, 0) + coalesce(bad.doubles, 0) AS doubles
    FROM ledger AS f
    LEFT JOIN good USING (file)
    LEFT JOIN bad USING (file)
    LEFT JOIN overlap USING (file)
),
judged AS (
    SELECT file_id, path, CASE
        WHEN rows_in <> rows_good + rows_quarantined THEN
            format('{} records in, {} good, {} quarantined', rows_in, rows_good, rows_quarantined)
        WHEN status <> 'ingested' AND with_rows + rejected > 0 THEN
            format('it is {} and has rows of {} records', status, with_rows + rejected)
        WHEN status = 'ingested' AND rows_quarantined <> rejected THEN
            format('{} records counted as quarantined, {} found', rows_quarantined, rejected)
        WHEN status = 'ingested' AND with_rows > rows_good THEN
            format('{} records counted as good, rows of {} found', rows_good, with_rows)
        WHEN in_both > 0 THEN format('{} records are good and quarantined', in_both)
        WHEN doubles > 0 THEN format('{} records are there twice', doubles)
        END AS problem
    FROM told
)
FROM judged WHERE problem IS NOT NULL ORDER BY path, file_id
"""

_STRAYS = """
SELECT DISTINCT file_id, 'a file that the ledger does not know', 'it has rows in ' || place
FROM (
    SELECT DISTINCT file_id, 'raw.posts' AS place FROM raw.posts
    UNION ALL SELECT DISTINCT file_id, 'raw.post_metrics' FROM raw.post_metrics
    UNION ALL SELECT DISTINCT file_id, 'raw.profile_snapshots' FROM raw.profile_snapshots
    UNION ALL SELECT DISTINCT file_id, 'raw.interactions' FROM raw.interactions
    UNION ALL SELECT DISTINCT file_id, 'raw.media' FROM raw.media
    UNION ALL SELECT DISTINCT file_id, 'raw.quarantine' FROM raw.quarantine
)
ANTI JOIN raw.files USING (file_id)
ORDER BY ALL
"""
