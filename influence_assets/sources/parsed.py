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
    """The same rows and records in portions of PORTION_ROWS of a table; the last ones are smaller.

    A table's rows may come later than the records that they are of.
    """
    held = _Held()
    for part in parts:
        held.add(part)
        yield from held.whole_portions()
    yield from held.rest()


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

    def whole_portions(self) -> Iterator[Parsed]:
        """As many full portions as there are; rejects are told with the first of them."""
        for table, frames in self._rows.items():
            height = _height(frames)
            if height < PORTION_ROWS:
                continue
            rows = pl.concat(frames, rechunk=True)
            whole = height - height % PORTION_ROWS
            for start in range(0, whole, PORTION_ROWS):
                yield self._told({table: rows.slice(start, PORTION_ROWS)})
            self._rows[table] = [rows.slice(whole)]
        if _height(self._quarantined) >= PORTION_ROWS:
            yield self._told({})

    def rest(self) -> Iterator[Parsed]:
        if self._quarantined:
            yield self._told({t: pl.concat(frames) for t, frames in self._rows.items()})

    def _told(self, rows: dict[str, pl.DataFrame]) -> Parsed:
        quarantined = pl.concat(self._quarantined)
        part = Parsed(rows, quarantined, dict(self._records))
        self._quarantined, self._records = [quarantined.clear()], Counter()
        return part


def _height(frames: list[pl.DataFrame]) -> int:
    return sum(frame.height for frame in frames)
