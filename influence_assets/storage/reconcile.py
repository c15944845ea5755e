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
# but for ties; so the records that have rows are at most the good ones. Files are numbered, and
# 64 records share a group, each of them a bit: to group millions of rows by file and record
# would take a fifth of the time of writing them.
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
    UNION ALL
    SELECT file, row_number, 6 FROM raw.quarantine JOIN ledger USING (file_id)
),
sets AS (
    SELECT
        file, row_number // 64 AS place, kind,
        bit_or(1::UBIGINT << (row_number % 64)) AS records,
        CASE kind WHEN 5 THEN 0 ELSE count(*) - bit_count(records) END AS doubles
    FROM kinds GROUP BY file, place, kind
),
places AS (
    SELECT
        file,
        coalesce(bit_or(records) FILTER (kind < 6), 0) AS good,
        coalesce(bit_or(records) FILTER (kind = 6), 0) AS bad,
        sum(doubles) AS doubles
    FROM sets GROUP BY file, place
),
found AS (
    SELECT
        file,
        sum(bit_count(good)) AS with_rows,
        sum(bit_count(bad)) AS rejected,
        sum(bit_count(good & bad)) AS in_both,
        sum(doubles) AS doubles
    FROM places GROUP BY file
),
told AS (
    SELECT
        f.file_id, f.path, f.status, f.rows_in, f.rows_good, f.rows_quarantined,
        coalesce(with_rows, 0) AS with_rows,
        coalesce(rejected, 0) AS rejected,
        coalesce(in_both, 0) AS in_both,
        coalesce(doubles, 0) AS doubles
    FROM ledger AS f LEFT JOIN found USING (file)
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
        WHEN doubles > 0 THEN format('{} rows are there twice', doubles)
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
