"""Edge lists without a header: SNAP text and its like, two ids a line.

`# comment` and `% comment` lines and blank lines are no records. Ids are separated by a tab,
blanks, commas or semicolons, the same way throughout. Further columns are told by their
values at the start of the file: seconds since 1970 or dates are `time`, other numbers
`weight`, RT, MT and RE (retweet, mention, reply) `kind`. NetworkX writes what it knows of an
edge as a Python dict, `1 2 {'weight': 0.5}`; then the ids may be any words. Records have the
fields source, target and, if there, weight, time and kind.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO

import polars as pl

from influence_assets.sources.batches import (
    BATCH_BYTES,
    ROW,
    BadFile,
    Batch,
    Reject,
    require_fields,
)
from influence_assets.sources.formats import Format
from influence_assets.sources.mapping import FileSpec

COMMENTS = ("#", "%")
JUDGED_LINES = 200
"""How many lines at the start tell the separator and what further columns hold."""

LONGEST_LINE = 1 << 16
"""A longer line is no edge: the file is something else."""

_ID = re.compile(r"\d+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
_KIND = re.compile("RT|MT|RE")
_NETWORKX = re.compile(r"([^\s,;{=]+)([\s,;]+)([^\s,;{=]+)[\s,;]+(\{(?:'[^']*': .*)?\})")
_WEIGHT = re.compile(r"""['"]weight['"]: ?([^,}]+)""")
_TIME = re.compile(r"""['"](?:time|timestamp|date)['"]: ?['"]?([^,}'"]+)""")
_EPOCH = re.compile(r"(\d{9,10}|\d{12,13})(\.\d+)?")
_EARLIEST = 788_918_400  # 1995, before which no social platform was


def looks_like_edges(head: bytes) -> bool:
    """Whether the lines (but comments) have two whole numbers and perhaps numbers or dates.

    The first line has to, which a header does not, and two in three of the others: a bad line
    is for the quarantine.
    """
    if head.startswith(b"%%MatrixMarket") or b"\0" in head:
        return False
    lines = head.decode("utf-8", "replace").splitlines(keepends=True)
    if len(lines) > 1 and not lines[-1].endswith(("\n", "\r")):
        lines = lines[:-1]  # cut by the sample's end
    records = [line for line in lines if _is_record(line)][:JUDGED_LINES]
    networkx = [bool(_NETWORKX.fullmatch(_bare(line))) for line in records]
    if networkx and networkx[0]:
        return sum(networkx) * 3 >= len(records) * 2
    rows = _rows(records)
    width = len(rows[0]) if rows else 0
    fitting = [len(row) == width and _is_edge(row) for row in rows]
    return 2 <= width <= 4 and fitting[0] and sum(fitting) * 3 >= len(rows) * 2


def _is_edge(row: list[str]) -> bool:
    return all(_ID.fullmatch(text) for text in row[:2]) and all(
        text == "" or any(kind.fullmatch(text) for kind in (_NUMBER, _DATE, _KIND))
        for text in row[2:]
    )


def read_edges(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of edges.

    A line with another number of fields than the first one becomes a reject.

    Raises:
        BadFile: a line is far too long, or the mapping wants what the file lacks.
        UnicodeError: the bytes are not in the stated encoding.
    """
    text = io.TextIOWrapper(data, encoding=spec.encoding, newline=None)
    first, separator = 1, ""
    columns: list[str] = []
    try:
        while lines := list(_lines(text, name)):
            records = [_flat(line) for line in lines if _is_record(line)]
            if records and not columns:
                columns, separator = _columns(records[:JUDGED_LINES])
                require_fields(name, spec, columns)
            if records:
                yield _batch(records, first, columns, separator, spec)
            first += len(records)
    finally:
        text.detach()  # the file is the caller's to close


FORMATS = {"edges": Format(read_edges, looks_like_edges)}


def _lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    """About BATCH_BYTES of lines."""
    size = 0
    while size < BATCH_BYTES:
        line = text.readline(LONGEST_LINE)
        if not line:
            return
        if len(line) == LONGEST_LINE:
            raise BadFile(
                f"{name} has a line of more than {LONGEST_LINE} characters: no edge list."
            )
        size += len(line)
        yield line


def _is_record(line: str) -> bool:
    start = line.lstrip("\ufeff \t")[:1]
    return start not in ("", "\n", "\r", *COMMENTS)


def _bare(line: str) -> str:
    return line.strip("\ufeff \t\r\n")


def _flat(line: str) -> str:
    """A line of NetworkX with weight and time as columns; any other as it is."""
    found = _NETWORKX.fullmatch(_bare(line)) if "{" in line else None
    if found is None:
        return line
    weight, time = (pattern.search(found[4]) for pattern in (_WEIGHT, _TIME))
    return ",".join((found[1], found[3], weight[1] if weight else "", time[1] if time else ""))


def _separator(line: str) -> str:
    return next((mark for mark in ",;\t" if mark in line), " ")


def _rows(lines: list[str]) -> list[list[str]]:
    if not lines:
        return []
    separator = _separator(_bare(lines[0]))
    return [_split(_bare(line), separator) for line in lines]


def _split(line: str, separator: str) -> list[str]:
    return line.split() if separator == " " else [part.strip() for part in line.split(separator)]


def _columns(lines: list[str]) -> tuple[list[str], str]:
    rows = _rows(lines)
    width = len(rows[0])
    names = ["source", "target"][:width]
    for place in range(2, width):
        kind = _kind_of([row[place] for row in rows if len(row) == width and row[place]])
        names.append(kind if kind and kind not in names else f"column_{place + 1}")
    return names, _separator(_bare(lines[0]))


def _kind_of(values: list[str]) -> str | None:
    """What a further column holds, by its values."""
    if values and all(_is_time(v) for v in values):
        return "time"
    if values and all(_KIND.fullmatch(v) for v in values):
        return "kind"
    return "weight" if values and all(_NUMBER.fullmatch(v) for v in values) else None


def _is_time(text: str) -> bool:
    if _DATE.fullmatch(text):
        return True
    return bool(_EPOCH.fullmatch(text)) and float(text) >= _EARLIEST


def _batch(
    lines: list[str], first: int, columns: list[str], separator: str, spec: FileSpec
) -> Batch:
    numbers = pl.int_range(first, first + len(lines), eager=True).alias(ROW)
    raw = pl.Series("raw", lines).str.strip_chars("\ufeff \t\r\n")
    plain = raw.str.replace_all(r"\s+", " ") if separator == " " else raw
    parts = pl.DataFrame({ROW: numbers, "raw": raw, "parts": plain.str.split(separator)})
    fits = pl.col("parts").list.len() == len(columns)
    wrong = parts.filter(~fits)
    rejects = [
        Reject(number, "wrong_number_of_fields", f"{found} fields, not {len(columns)}", text)
        for number, text, found in wrong.select(ROW, "raw", pl.col("parts").list.len()).iter_rows()
    ]
    values = [
        pl.col("parts").list.get(place).str.strip_chars().alias(column)
        for place, column in enumerate(columns)
    ]
    absent = [pl.lit(None, pl.String).alias(f) for f in sorted(spec.fields() - set(columns))]
    return Batch(parts.filter(fits).select(ROW, *values, *absent), rejects)
