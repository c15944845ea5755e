"""Mappings and files of a few lines, and what parsing them gives."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from influence_assets.sources.batches import ROW, Batch
from influence_assets.sources.feeds import Context, Window
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.parse import parse_file
from influence_assets.sources.readers import read_batches

FILE_ID = "f" * 64
WINDOW = Window(date(2010, 1, 1), date(2030, 12, 31))
TODAY = datetime(2026, 11, 20)

POST = {"post_id": "id", "profile_id": "who", "posted_at": "at", "text": "text"}
HEADER = "id,who,at,text\n"


def spec(form: str = "csv", /, columns: dict[str, Any] | None = None, **more: Any) -> FileSpec:
    """A file that feeds posts; by default from the fields id, who, at and text."""
    feeds = [{"contract": "posts", "columns": columns or POST}]
    return FileSpec.model_validate({"format": form, "feeds": feeds, "platform": "x"} | more)


def batches(data: bytes | str, how: FileSpec, name: str = "a file") -> list[Batch]:
    """Every batch that the reader gives."""
    raw = data.encode() if isinstance(data, str) else data
    return list(read_batches(io.BytesIO(raw), name, how))


@dataclass(frozen=True)
class Read:
    """All records of a file: fields by name, numbers, and rejects as (number, rule)."""

    frame: pl.DataFrame
    numbers: list[int]
    rejects: list[tuple[int, str]]


def read(data: bytes | str, how: FileSpec) -> Read:
    """Read a small file whole."""
    found = batches(data, how)
    frames = [b.frame for b in found if b.frame.height]
    frame = pl.concat(frames) if frames else pl.DataFrame(schema={ROW: pl.Int64})
    rejects = [(r.row_number, r.rule) for b in found for r in b.rejects]
    return Read(frame, frame[ROW].to_list(), sorted(rejects))


@dataclass(frozen=True)
class Outcome:
    """What became of the records of a file."""

    rows: dict[str, pl.DataFrame]
    quarantined: pl.DataFrame
    records: int

    @property
    def posts(self) -> pl.DataFrame:
        return self.rows["raw.posts"]

    @property
    def rules(self) -> dict[int, str]:
        """Rule of each quarantined record, by its number."""
        return dict(self.quarantined.select("row_number", "rule").rows())


def parse(data: bytes | str, how: FileSpec, window: Window = WINDOW) -> Outcome:
    """Parse a small file whole."""
    raw = data.encode() if isinstance(data, str) else data
    context = Context(window, TODAY)
    rows: dict[str, list[pl.DataFrame]] = {}
    quarantined, records = [], 0
    for part in parse_file(io.BytesIO(raw), FILE_ID, "a file", how, context):
        for table, frame in part.rows.items():
            rows.setdefault(table, []).append(frame)
        quarantined.append(part.quarantined)
        records += sum(part.records.values())
    schema = dict.fromkeys(("file_id", "contract", "rule", "message", "raw_row"), pl.String)
    none = pl.DataFrame(schema=schema | {"row_number": pl.Int64})
    return Outcome(
        {table: pl.concat(frames) for table, frames in rows.items()},
        pl.concat(quarantined) if quarantined else none,
        records,
    )


def lines(*records: Any) -> str:
    """JSON lines."""
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)


def post(number: int = 1, **more: Any) -> dict[str, Any]:
    """A post as a JSON record."""
    return {"id": str(number), "who": "ann", "at": "2024-01-01T00:00:00Z", "text": "t"} | more


def gzipped(text: str) -> bytes:
    """The text compressed."""
    return gzip.compress(text.encode(), mtime=0)


def parquet(**columns: Any) -> bytes:
    """A Parquet file with these columns."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()
