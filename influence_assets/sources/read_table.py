"""CSV, TSV and Parquet: formats that come as columns."""

from __future__ import annotations

import codecs
import csv
import io
import shutil
import tempfile
from collections.abc import Iterator
from typing import IO, cast

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
from influence_assets.sources.headers import column_names, is_hint, known_names
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.text import utf8

PARQUET_ROWS = 65_536

HEADER_CHARACTERS = 1 << 20
"""How far to look for the end of the header."""


def read_csv(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of a delimited text file.

    A row with too many or too few fields becomes a reject with its own text.

    Raises:
        BadFile: no header, an open quotation mark, or a named field is missing.
        UnicodeError: the bytes are not in the stated encoding.
    """
    delimiter = "\t" if spec.format == "tsv" else spec.delimiter
    source = _Source(utf8(data, spec.encoding))
    first, rest = _first_row(source.peek(), name, delimiter)
    header = column_names(first if spec.header else [""] * len(first))
    header = known_names(header, spec.names) if spec.names else header
    if spec.header:
        source.skip_to(rest)
    lacking = require_fields(name, spec, header)
    absent = [pl.lit(None, pl.String).alias(column) for column in sorted(lacking)]
    rows = _Numbering(header)
    frame = pl.DataFrame()
    try:
        for block in _csv_stream(source, header, delimiter, rows):
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([block])))
            yield Batch(rows.number(frame).with_columns(absent), rows.take_rejects())
    except pa.ArrowInvalid as error:
        raise BadFile(
            f"{name} cannot be read as {spec.format} ({error}). Often a quotation mark is left "
            'open, or the delimiter is another one (`delimiter: ";"`).'
        ) from error
    _refuse_open_quote(source, frame, name)
    if rejects := rows.take_rejects():
        yield Batch(
            pl.DataFrame(schema=dict.fromkeys([*header, *lacking], pl.String) | {ROW: pl.Int64}),
            rejects,
        )


def _first_row(head: bytes, name: str, delimiter: str) -> tuple[list[str], bytes]:
    """The fields of the first row that is not blank, and what follows it in the head."""
    text = head.decode("utf-8", "surrogateescape")  # it may end within a character
    lines = io.StringIO(text, newline="")
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for line in lines:
            taken += len(line)
            yield line

    try:
        rows = (row for row in csv.reader(counted(), delimiter=delimiter) if row)
        row = next((row for row in rows if not is_hint(row)), None)
    except csv.Error as error:
        raise BadFile(f"{name} has no header that can be read ({error}).") from error
    if not row:
        raise BadFile(f"{name} is empty: there is no header to read the columns from.")
    if taken == len(text) >= HEADER_CHARACTERS:
        raise BadFile(
            f"{name} has a first line of more than {HEADER_CHARACTERS >> 20} MB: often a quotation "
            "mark is left open, or it is no table."
        )
    "".join(row).encode("utf-8")  # a header that is no UTF-8 is a file in another encoding
    return row, text[taken:].encode("utf-8", "surrogateescape")


def _refuse_open_quote(source: _Source, last_block: pl.DataFrame, name: str) -> None:
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
    source: _Source, header: list[str], delimiter: str, rows: _Numbering
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


class _Source(io.RawIOBase):
    """UTF-8 bytes for the parser, with the quotation marks counted."""

    def __init__(self, data: IO[bytes]) -> None:
        self._data = data
        self._rest = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.quotes = 0

    def _more(self) -> bytes:
        piece = self._data.read(HEADER_CHARACTERS)
        self._decoder.decode(piece, final=not piece)  # tells the place of a fault
        self.quotes += piece.count(b'"')
        return piece

    def peek(self) -> bytes:
        """Some of what comes next; empty only at the end."""
        if not self._rest:
            self._rest = self._more()
        return self._rest

    def skip_to(self, rest: bytes) -> None:
        """Go on with what is left of that which `peek` has shown."""
        self._rest = rest

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
    if not data.seekable():  # Parquet begins at its end
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(data, spool, 1 << 20)
            spool.seek(0)
            yield from read_parquet(cast(IO[bytes], spool), name, spec)
        return
    try:
        file = pq.ParquetFile(data)
        header = file.schema_arrow.names
        header = known_names(header, spec.names) if spec.names else header
        lacking = require_fields(name, spec, header)
        first = 1
        for block in file.iter_batches(PARQUET_ROWS):
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([block])))
            frame.columns = header
            numbers = pl.int_range(first, first + frame.height, eager=True).alias(ROW)
            absent = [pl.lit(None, pl.String).alias(column) for column in sorted(lacking)]
            yield Batch(frame.select(_as_text(c) for c in frame).with_columns(numbers, *absent))
            first += frame.height
    except (pa.ArrowException, OSError, pl.exceptions.PolarsError) as error:
        raise BadFile(f"{name} is no Parquet file that can be read ({error}).") from error


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
