"""What lies in quarantine: by file and rule, and record by record. Only reads."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from influence_assets.errors import UserError
from influence_assets.storage.warehouse import Warehouse


@dataclass(frozen=True)
class Filter:
    """Which quarantined records are meant.

    Attributes:
        rule: name of the rule that comes first for the record; empty: all.
        file: path, the end of a path, or the beginning of a file_id; empty: all.
        source: name of the mapping that read the file; empty: all.
    """

    rule: str = ""
    file: str = ""
    source: str = ""


@dataclass(frozen=True)
class QuarantinedFile:
    """A file with records in quarantine."""

    file_id: str
    path: str
    source: str
    ingested_on: str


_NAMED = """(
    f.path = $file OR ends_with(f.path, '/' || $file) OR ends_with(f.path, '!' || $file)
    OR (length($file) >= 6 AND starts_with(f.file_id, $file))
)"""

_WHERE = f"""
WHERE ($rule = '' OR q.rule = $rule) AND ($source = '' OR f.source = $source)
  AND ($file = '' OR {_NAMED})
"""


def overview(warehouse: Warehouse, wanted: Filter) -> pl.DataFrame:
    """A row for each file and rule, the worst first: path, source, contract, rule, records …"""
    return _read(
        warehouse,
        "FROM (SELECT f.path, f.source, f.file_id, q.contract, q.rule, count(*) AS records, "
        "arg_min(q.message, q.row_number) AS example "
        f"FROM raw.quarantine AS q JOIN raw.files AS f USING (file_id) {_WHERE} GROUP BY ALL) "
        "ORDER BY sum(records) OVER (PARTITION BY path) DESC, path, records DESC, contract, rule",
        wanted,
    )


def records(warehouse: Warehouse, wanted: Filter, limit: int) -> pl.DataFrame:
    """The first records, file by file: path, row_number, contract, rule, message, raw_row."""
    return _read(
        warehouse,
        "SELECT f.path, q.row_number, q.contract, q.rule, q.message, q.raw_row "
        f"FROM raw.quarantine AS q JOIN raw.files AS f USING (file_id) {_WHERE} "
        "ORDER BY f.ingest_number, q.row_number LIMIT $limit",
        wanted,
        limit=limit,
    )


def files(warehouse: Warehouse, wanted: Filter) -> list[QuarantinedFile]:
    """Files that have such records, in the order in which they came in."""
    found = _read(
        warehouse,
        "SELECT f.file_id, f.path, f.source, strftime(f.ingested_at, '%Y-%m-%d') AS ingested_on "
        f"FROM raw.quarantine AS q JOIN raw.files AS f USING (file_id) {_WHERE} "
        "GROUP BY ALL ORDER BY any_value(f.ingest_number)",
        wanted,
    )
    return [QuarantinedFile(*row) for row in found.rows()]


def _read(warehouse: Warehouse, query: str, wanted: Filter, **more: int) -> pl.DataFrame:
    parameters = {"rule": wanted.rule, "file": wanted.file, "source": wanted.source, **more}
    with warehouse.connect() as connection:
        found = connection.execute(query, parameters).pl()
        row = connection.execute(
            f"SELECT count(*) FROM raw.files AS f WHERE {_NAMED}", {"file": wanted.file}
        ).fetchone()
    if wanted.file and not (row and row[0]):
        raise UserError(
            f"No file that was ingested is called '{wanted.file}'. Give --file a path, its end "
            "or the first letters of a file_id; `influence quarantine list` shows them."
        )
    return found
