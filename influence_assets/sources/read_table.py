"""CSV, TSV and Parquet: formats that come as columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from influence_assets.sources.batches import (
    BATCH_BYTES,
    ROW,
    BadFile,
    Batch,
    Reject,
    require_fields,
)
from influence_assets.sources.mapping import FileSpec

PARQUET_ROWS = 65_536


def read_csv(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of a delimited text file with a header.

    A row with too many or too few fields becomes a reject with its own text.

    Raises:
        BadFile: no header, an open quotation mark, or a named field is missing.
        UnicodeError: the bytes are not in the stated encoding.
    """
    delimiter = "\t" if spec.format == "tsv" else spec.delimiter
    encoding = "utf-8-sig" if spec.encoding.lower() in ("utf-8", "utf8") else spec.encoding
    text = io.TextIOWrapper(data, encoding=encoding, newline="")
    header = _header(text, name, delimiter)
    lacking = require_fields(name, spec.fields(), header, spec.optional_fields())
    rows = _Numbering(header)
    source = _Utf8(text)
    frame = pl.DataFrame()
    try:
        for block in _csv_stream(source, header, delimiter, rows):
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([block])))
            numbered = rows.number(frame)
            absent = [pl.lit(None, pl.String).alias(name) for name in sorted(lacking)]
            yield Batch(numbered.with_columns(absent), rows.take_rejects())
    except pa.ArrowInvalid as error:
        raise BadFile(
            f"{name} cannot be read as {spec.format} ({error}). Often a quotation mark is left "
            'open, or the delimiter is another one (`delimiter: ";"`).'
        ) from error
    finally:
        text.detach()
    _refuse_open_quote(source, frame, name)
    if rejects := rows.take_rejects():
        yield Batch(
            pl.DataFrame(schema=dict.fromkeys([*header, *lacking], pl.String) | {ROW: pl.Int64}),
            rejects,
        )


def _header(text: io.TextIOWrapper, name: str, delimiter: str) -> list[str]:
    """The column names; a repeated one gets `.2`, `.3` … so that none hides another."""
    names = next(csv.reader(text, delimiter=delimiter), None)
    if not names:
        raise BadFile(f"{name} is empty: there is no header to read the columns from.")
    unique: list[str] = []
    for column in names:
        name_of_it, times = column, 1
        while name_of_it in unique or (times > 1 and name_of_it in names):
            times += 1
            name_of_it = f"{column}.{times}"
        unique.append(name_of_it)
    return unique


def _refuse_open_quote(source: _Utf8, last_block: pl.DataFrame, name: str) -> None:
    """Refuse a file whose last record runs over lines because a quotation mark was never closed.

    The parser takes all that follows such a mark for one field. An odd number of marks alone
    proves nothing: a bare one may stand in a plain field, as in `5" screen`.
    """
    texts = last_block.tail(1).select(pl.col(pl.String)).row(0) if last_block.height else ()
    if source.quotes % 2 and any("\n" in (text or "") for text in texts):
        raise BadFile(
            f"{name} has a quotation mark that is never closed: the rest of the file would be one "
            "field of the last record. Close it, or get the file anew."
        )


class _Numbering:
    """Gives each record its place in the file, though bad rows are reported aside."""

    def __init__(self, header: list[str]) -> None:
        self._header = header
        self._bad: set[int] = set()
        self._rejects: list[Reject] = []
        self._next = 1

    def handle(self, row: pa.csv.InvalidRow) -> str:
        """Called by the CSV parser for a row with a wrong number of fields."""
        self._bad.add(row.number)
        self._rejects.append(
            Reject(
                row.number,
                "wrong_number_of_fields",
                f"{row.actual_columns} fields where the header has {row.expected_columns}",
                pl.Series([row.text])
                .to_frame("line")
                .select(pl.struct("line").struct.json_encode())
                .item(),
            )
        )
        return "skip"

    def number(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The block with ROW: consecutive numbers, less those of bad rows."""
        most = frame.height + len(self._bad)
        candidates = pl.int_range(self._next, self._next + most, eager=True)
        free = candidates.filter(~candidates.is_in(list(self._bad))).head(frame.height)
        if frame.height:
            self._next = int(free[-1]) + 1
        return frame.with_columns(free.alias(ROW))

    def take_rejects(self) -> list[Reject]:
        taken, self._rejects = self._rejects, []
        return taken


def _csv_stream(
    source: _Utf8, header: list[str], delimiter: str, rows: _Numbering
) -> Iterator[pa.RecordBatch]:
    """The parser of Arrow, fed with what follows the header, as UTF-8."""
    if not source.peek():
        return
    with pacsv.open_csv(
        pa.PythonFile(source, mode="r"),
        read_options=pacsv.ReadOptions(
            column_names=header,
            use_threads=False,  # only then does a bad row know its number
            block_size=BATCH_BYTES,
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=rows.handle
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
    ) as stream:  # closed also when a batch is refused: its read-ahead thread ends with it
        yield from stream


class _Utf8(io.RawIOBase):
    """Text of any encoding as a stream of UTF-8 bytes."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._rest = b""
        self.quotes = 0

    def _more(self) -> bytes:
        text = self._text.read(1 << 20)
        self.quotes += text.count('"')
        return text.encode("utf-8")

    def peek(self) -> bytes:
        """Some of what comes next; empty only at the end."""
        if not self._rest:
            self._rest = self._more()
        return self._rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while (size < 0 or len(self._rest) < size) and (more := self._more()):
            self._rest += more
        cut = len(self._rest) if size < 0 else size
        chunk, self._rest = self._rest[:cut], self._rest[cut:]
        return chunk


def read_parquet(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of a Parquet file; scalars become text, lists stay lists.

    Raises:
        BadFile: it is no Parquet file, or a named field is missing.
    """
    try:
        file = pq.ParquetFile(data)
    except (pa.ArrowException, OSError) as error:
        raise BadFile(f"{name} is no readable Parquet file ({error}). Get it anew.") from error
    lacking = require_fields(name, spec.fields(), file.schema_arrow.names, spec.optional_fields())
    first, blocks = 1, file.iter_batches(PARQUET_ROWS)
    while True:
        try:
            block = next(blocks, None)
        except (pa.ArrowException, OSError) as error:
            raise BadFile(f"{name} has a damaged part ({error}). Get it anew.") from error
        if block is None:
            return
        frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([block])))
        numbers = pl.int_range(first, first + frame.height, eager=True).alias(ROW)
        absent = [pl.lit(None, pl.String).alias(column) for column in sorted(lacking)]
        yield Batch(frame.select(_as_text(c) for c in frame).with_columns(numbers, *absent))
        first += frame.height


def _as_text(column: pl.Series) -> pl.Expr:
    """The column as text that `convert` reads back without loss; lists of text as they are."""
    expr, dtype = pl.col(column.name), column.dtype
    if isinstance(dtype, pl.Datetime):
        utc = expr.dt.convert_time_zone("UTC") if dtype.time_zone else expr
        return utc.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    if dtype == pl.Binary:
        return expr.bin.encode("base64")
    if dtype == pl.Duration:
        return expr.dt.total_microseconds().cast(pl.String)
    if isinstance(dtype, pl.List) and not dtype.inner.is_nested() and dtype.inner != pl.Binary:
        return expr.cast(pl.List(pl.String))
    if dtype.is_nested():
        return _opaque(column)
    return expr.cast(pl.String)


def _opaque(column: pl.Series) -> pl.Expr:
    """A nested column as it is if it holds plain records, else as Python writes it."""
    inner = column.dtype.inner if isinstance(column.dtype, pl.List) else None
    if isinstance(inner, pl.Struct) and not any(f.dtype == pl.Binary for f in inner.fields):
        return pl.col(column.name)
    return pl.lit(pl.Series(column.name, [str(v) for v in column.to_list()]))
