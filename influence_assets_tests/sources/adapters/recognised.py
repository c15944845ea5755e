"""What an export gives when nobody says what it is: found by its content and parsed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import polars as pl

from influence_assets.sources.beside import MediaFile, beside_frame, media_beside
from influence_assets.sources.choose import Chooser
from influence_assets.sources.feeds import Context, Window
from influence_assets.sources.joined import joined
from influence_assets.sources.landing import Landed
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.parse import parse_file

EXAMPLES = Path(__file__).parent.parent / "examples"
WINDOW = Window(date(2010, 1, 1), date(2030, 12, 31))
TODAY = datetime(2030, 6, 15)
"""The day of ingest: after everything that the examples tell."""

FILE_ID = "f" * 64
ROW = "row_number"
_HIDDEN = ("file_id", "posted_date", "observed_date", "occurred_date")


@dataclass(frozen=True)
class Recognised:
    """What a file gave.

    Attributes:
        source: the adapter that was found.
        rows: by table (without `raw.`), in the order of the file, each without what is NULL.
        quarantined: by record number, the rule that it broke.
        records: how many records there were.
        skipped: why the file has nothing to ingest.
    """

    source: str
    rows: dict[str, list[dict[str, Any]]]
    quarantined: dict[int, str]
    records: int
    skipped: str | None = None

    @property
    def good(self) -> int:
        """How many records entered some table."""
        return len({row[ROW] for rows in self.rows.values() for row in rows})

    def cells(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of a table's rows, None where NULL."""
        return [tuple(row.get(c) for c in columns) for row in self.rows.get(table, [])]


def recognised(
    path: Path,
    *,
    platform: str | None = None,
    read_at: datetime | None = None,
    window: Window = WINDOW,
) -> Recognised:
    """Find the adapter of a file by its content, and parse it.

    Raises:
        BadFile: it is refused.
    """
    choice = Chooser(None, platform, read_at).choose(path.name, str(path), lambda: path.open("rb"))
    assert choice is not None
    rows: dict[str, list[dict[str, Any]]] = {}
    quarantined: dict[int, str] = {}
    records = 0
    skipped = next((s.skip for s in choice.specs if s.skip), None)
    medium = media_beside(str(path))
    found = {FILE_ID: medium} if isinstance(medium, MediaFile) else {}
    context = Context(window, TODAY, beside_frame(found))
    for spec in choice.specs:
        if spec.skip:
            continue
        for data in _opened(path, spec):
            for part in parse_file(data, FILE_ID, str(path), spec, context, records + 1):
                for table, frame in part.rows.items():
                    rows.setdefault(table.removeprefix("raw."), []).extend(_plain(frame))
                quarantined |= dict(part.quarantined.select("row_number", "rule").rows())
                records += sum(part.records.values())
    rows = {table: found for table, found in rows.items() if found}
    return Recognised(choice.mapping.name, rows, quarantined, records, skipped)


def example(adapter: str, name: str, **how: Any) -> Recognised:
    """The same of one of the examples."""
    return recognised(EXAMPLES / adapter / name, **how)


def _plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    ordered = frame.sort(ROW, maintain_order=True)
    return [
        {k: v for k, v in row.items() if v is not None and k not in _HIDDEN}
        for row in ordered.iter_rows(named=True)
    ]


def _opened(path: Path, spec: FileSpec) -> Iterator[IO[bytes]]:
    """The file at its start, together with the files beside it if the mapping joins them."""
    alone = Landed(path.name, str(path), path.stat().st_size, lambda: path.open("rb"))
    with (joined(alone, spec.joins) if spec.joins else alone).open() as data:
        yield data
