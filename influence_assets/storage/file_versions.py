"""Versions of a path: which files' rows stand in the raw tables, and which have to go.

The newest version of each path holds its file, and a file that continues a shorter one
holds that too. Rows that no path holds any more, because a newer version took the last
one's place, are superseded. What has merely vanished from disk stays: nothing replaced it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from influence_assets.storage.warehouse import Warehouse


@dataclass(frozen=True)
class Version:
    """The newest version of a path: its file, the mapping that read it, and its size."""

    file_id: str
    source: str
    bytes: int


def newest_versions(warehouse: Warehouse, root: str) -> dict[str, Version]:
    """The newest version of every path at or under `root` (members of archives too), by path."""
    with warehouse.connect() as connection:
        rows = connection.execute(
            """
            WITH newest AS (
                SELECT path, arg_max(file_id, version) AS file_id
                FROM raw.file_versions WHERE starts_with(path, $root) GROUP BY path
            )
            SELECT newest.path, file_id, source, bytes
            FROM newest JOIN raw.files USING (file_id)
            WHERE status IN ('ingested', 'skipped')
            """,
            {"root": root},
        ).fetchall()
    return {path: Version(file_id, source, size) for path, file_id, source, size in rows}


def records_so_far(warehouse: Warehouse, file_id: str) -> int:
    """Records that were read of a file, with those of the files that it continues."""
    with warehouse.connect() as connection:
        ids = sorted(with_continued(connection, {file_id}))
        row = connection.execute(
            "SELECT sum(rows_in) FROM raw.files WHERE file_id IN (SELECT unnest($ids))",
            {"ids": ids},
        ).fetchone()
    return int(row[0] or 0) if row else 0


def newest_of(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> dict[str, str]:
    """The file that each of these paths has now, by path."""
    if not paths:
        return {}
    rows = connection.execute(
        "SELECT path, arg_max(file_id, version) FROM raw.file_versions "
        "WHERE path IN (SELECT unnest($paths)) GROUP BY path",
        {"paths": paths},
    ).fetchall()
    return dict(rows)


def with_continued(connection: duckdb.DuckDBPyConnection, file_ids: set[str]) -> set[str]:
    """These files and all that they continue."""
    if not file_ids:
        return set()
    rows = connection.execute(
        f"WITH RECURSIVE {_chain('SELECT unnest($ids) AS file_id')} SELECT file_id FROM chain",
        {"ids": sorted(file_ids)},
    ).fetchall()
    return {file_id for (file_id,) in rows}


def held(connection: duckdb.DuckDBPyConnection, file_ids: set[str]) -> set[str]:
    """Those of these files that the newest version of some path holds."""
    if not file_ids:
        return set()
    rows = connection.execute(
        f"""
        WITH RECURSIVE newest AS (
            SELECT DISTINCT arg_max(file_id, version) AS file_id
            FROM raw.file_versions GROUP BY path
        ),
        {_chain("SELECT file_id FROM newest")}
        SELECT DISTINCT file_id FROM chain WHERE file_id IN (SELECT unnest($ids))
        """,
        {"ids": sorted(file_ids)},
    ).fetchall()
    return {file_id for (file_id,) in rows}


def note_versions(
    connection: duckdb.DuckDBPyConnection, found: dict[str, str], now: datetime
) -> None:
    """Give each path (key) the next version, with this file."""
    if not found:
        return
    connection.execute(
        """
        INSERT INTO raw.file_versions
        SELECT f.path, coalesce(max(v.version), 0) + 1, f.file_id, $now
        FROM (SELECT unnest($paths) AS path, unnest($ids) AS file_id) AS f
        LEFT JOIN raw.file_versions AS v USING (path)
        GROUP BY f.path, f.file_id
        """,
        {"paths": list(found), "ids": list(found.values()), "now": now},
    )


def _chain(heads: str) -> str:
    """The CTE `chain`: each head, and behind it every file that it continues."""
    return f"""
    chain AS (
        SELECT file_id AS head, file_id FROM ({heads})
        UNION
        SELECT chain.head, f.continues_file_id
        FROM chain JOIN raw.files AS f ON f.file_id = chain.file_id
        WHERE f.continues_file_id IS NOT NULL
    )"""
