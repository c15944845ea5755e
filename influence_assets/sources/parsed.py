"""What parsing gives, and the portions in which it goes to the warehouse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

PORTION_ROWS = 122_880
"""A row group of DuckDB: rows that come in whole ones are packed once and not again at the end,
which halves the work of writing."""


@dataclass(frozen=True)
class Parsed:
    """What some records gave.

    Attributes:
        rows: typed rows by raw table name.
        quarantined: rows of raw.quarantine.
        records: number of records by file; each is good or quarantined.
    """

    rows: dict[str, pl.DataFrame]
    quarantined: pl.DataFrame
    records: Mapping[str, int]

    def without(self, file_ids: set[str]) -> Parsed:
        """The same without anything of these files."""
        if not file_ids & set(self.records):
            return self
        keep = ~pl.col("file_id").is_in(list(file_ids))
        return Parsed(
            {table: rows.filter(keep) for table, rows in self.rows.items()},
            self.quarantined.filter(keep),
            {i: n for i, n in self.records.items() if i not in file_ids},
        )


def gathered(parts: Iterator[Parsed]) -> Iterator[Parsed]:
    """The same rows and records, each table in multiples of PORTION_ROWS; the last are smaller.

    A table's rows may come later than the records that they are of.
    """
    held = _Held()
    for part in parts:
        held.add(part)
        if held.has_portion():
            yield held.portions()
    if held.has_any():
        yield held.rest()


class _Held:
    """Rows, rejects and counts that have not been handed on yet."""

    def __init__(self) -> None:
        self._rows: dict[str, list[pl.DataFrame]] = {}
        self._quarantined: list[pl.DataFrame] = []
        self._records: Counter[str] = Counter()

    def add(self, part: Parsed) -> None:
        for table, rows in part.rows.items():
            self._rows.setdefault(table, []).append(rows)
        self._quarantined.append(part.quarantined)
        self._records.update(part.records)

    def has_any(self) -> bool:
        return bool(self._quarantined)

    def has_portion(self) -> bool:
        return any(_height(f) >= PORTION_ROWS for f in (*self._rows.values(), self._quarantined))

    def portions(self) -> Parsed:
        """Of each table as many whole portions as there are, with all rejects and counts.

        In one piece for all tables: what is made ahead is one piece, and while several are
        written that came at once nothing would be parsed.
        """
        full = [t for t, frames in self._rows.items() if _height(frames) >= PORTION_ROWS]
        return self._told({table: self._cut(table) for table in full})

    def rest(self) -> Parsed:
        """What is left of every table, be it nothing."""
        return self._told({table: pl.concat(frames) for table, frames in self._rows.items()})

    def _cut(self, table: str) -> pl.DataFrame:
        rows = pl.concat(self._rows[table], rechunk=True)
        whole = rows.height - rows.height % PORTION_ROWS
        self._rows[table] = [rows.slice(whole)]
        return rows.slice(0, whole)

    def _told(self, rows: dict[str, pl.DataFrame]) -> Parsed:
        quarantined = pl.concat(self._quarantined)
        part = Parsed(rows, quarantined, dict(self._records))
        self._quarantined, self._records = [quarantined.clear()], Counter()
        return part


def _height(frames: list[pl.DataFrame]) -> int:
    return sum(frame.height for frame in frames)
