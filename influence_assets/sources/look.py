"""A look at the beginning of a file: its format, its fields and its first records.

What it sees decides which mapping applies (`choose`), and goes into a drafted one (`draft`).
It reads a megabyte at most and never fails: a file that cannot be read has a `problem`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import IO, Any

import ijson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from influence_assets.sources.batches import BadFile
from influence_assets.sources.decompress import decompressed
from influence_assets.sources.formats import FORMATS
from influence_assets.sources.headers import column_names, is_hint, known_names, letters
from influence_assets.sources.record_paths import EACH, NoListError, Place, record_places
from influence_assets.sources.text import encoding_of

HEAD_BYTES = 1 << 20
RECOGNISED_BYTES = 64 << 10
SAMPLE = 200
DEEPEST = 11
"""Lists and objects within each other in which fields are looked for."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Look:
    """What the beginning of a file shows.

    Attributes:
        name: the file's name without folders.
        format: csv, tsv, parquet, json, jsonl, or empty.
        special: names of the special formats that know it.
        delimiter: of a table.
        header: names of a table's columns.
        rows: first records of a table, text by column.
        top: the first line of a table as it stands.
        documents: what JSON holds: one document, perhaps cut short, or the first lines.
        problem: why nothing can be seen.
        encoding: of a table's text.
        own_names: letters of the names in the file, where the header has those of a mapping.
    """

    name: str
    format: str = ""
    special: frozenset[str] = frozenset()
    delimiter: str = ","
    header: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    documents: tuple[Any, ...] = ()
    problem: str | None = None
    top: tuple[str, ...] = ()
    own_names: frozenset[str] = frozenset()
    encoding: str = "utf-8"
    _records: dict[str, list[dict[str, Any]]] = field(default_factory=dict, compare=False)

    def records(self, path: str | None) -> list[dict[str, Any]]:
        """The first records at a path, each an object, as the reader would give them."""
        if self.format in ("csv", "tsv", "parquet"):
            return list(self.rows)
        key = path or ""
        if key not in self._records:
            found: list[dict[str, Any]] = []
            for document in self.documents:
                found += islice(_objects(document, path), SAMPLE - len(found))
            self._records[key] = found
        return self._records[key]

    @cached_property
    def headless(self) -> Look:
        """The same table, if its first line is a record too."""
        names = tuple(column_names("" for _ in self.top))
        lines = (self.top, *(tuple(row.values()) for row in self.rows))
        rows = tuple(dict(zip(names, line, strict=False)) for line in lines)
        return replace(self, header=names, rows=rows, _records={})

    def named(self, names: Mapping[str, Sequence[str]]) -> Look:
        """The same table with its columns under the names of a mapping."""
        header = tuple(known_names(self.header, names))
        rows = tuple(dict(zip(header, row.values(), strict=False)) for row in self.rows)
        own = frozenset(map(letters, self.header))
        return replace(self, header=header, rows=rows, own_names=own, _records={})

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Every field that was seen, lists and objects opened up."""
        if self.header:
            return self.header
        seen: dict[str, None] = {}
        for record in self.records(None)[:50]:
            seen |= dict.fromkeys(_paths(record, "", 0))
        return tuple(seen)


def look_at(data: IO[bytes], name: str) -> Look:
    """Look at a file that is opened at its start."""
    try:
        magic = data.read(4)
        data.seek(0)
        if magic == b"PAR1":
            return _parquet(data, name)
        head = decompressed(data, name).read(HEAD_BYTES)
    except BadFile as error:
        return Look(name, problem=str(error))
    if head[:2] in _UTF_16:
        head = head.decode("utf-16", "ignore").encode("utf-8", "ignore")
    special = frozenset(
        known for known, one in FORMATS.items() if one.recognises(head[:RECOGNISED_BYTES])
    )
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _json(head.removeprefix(b"\xef\xbb\xbf"), name, special)
    return _table(head, name, special)


def _objects(document: Any, path: str | None) -> Iterator[dict[str, Any]]:
    """The records of a document that are objects."""
    whole = path is not None and path.split(".")[0] == EACH  # the list at the top itself
    for item in document if isinstance(document, list) and not whole else [document]:
        try:
            places = record_places(item, path) if path else iter([Place(item)])
            yield from (place.value for place in places if isinstance(place.value, dict))
        except NoListError:
            continue  # not this shape


def _parquet(data: IO[bytes], name: str) -> Look:
    try:
        file = pq.ParquetFile(data)
        block = next(file.iter_batches(SAMPLE), None)
    except (pa.ArrowException, OSError) as error:
        return Look(name, problem=f"{name} is no readable Parquet file ({error})")
    rows = pl.DataFrame(block) if block is not None else pl.DataFrame()
    header = tuple(file.schema_arrow.names)
    return Look(name, "parquet", header=header, rows=tuple(rows.to_dicts()))


def _json(head: bytes, name: str, special: frozenset[str]) -> Look:
    if lines := _json_lines(head):
        return Look(name, "jsonl", special, documents=tuple(lines))
    document = _document(head)
    if document is None:
        return Look(name, special=special, problem=f"{name} begins like JSON and is none")
    return Look(name, "json", special, documents=(document,))


def _json_lines(head: bytes) -> list[dict[str, Any]]:
    """The objects of the first whole lines; none if the file is a document.

    A document spread over lines may hold a line that is an object of its own, but most of its
    lines are not; of JSON lines some may be damaged, even the first.
    """
    lines = [x for x in head.removeprefix(b"\xef\xbb\xbf").split(b"\n")[: SAMPLE + 1] if x.strip()]
    if len(head) == HEAD_BYTES and len(lines) > 1:
        lines = lines[:-1]  # cut short, perhaps
    found = [value for line in lines if isinstance(value := _value(line), dict)]
    is_document = len(lines) < 2 or lines[0].lstrip()[:1] == b"["
    return [] if is_document or len(found) * 2 < len(lines) else found


def _value(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _document(head: bytes) -> Any:
    """The document, as far as the head holds it."""
    builder = ijson.ObjectBuilder()
    try:
        for event, value in ijson.basic_parse(io.BytesIO(head), use_float=True):
            builder.event(event, value)
    except (ijson.JSONError, UnicodeError, RecursionError):
        pass  # cut short by the look itself, or damaged: the reader will tell
    return getattr(builder, "value", None)


def _table(head: bytes, name: str, special: frozenset[str]) -> Look:
    encoding = encoding_of(head)
    text = head.removeprefix(b"\xef\xbb\xbf").decode(encoding, "replace")
    if "\x00" in text:
        return Look(name, special=special, problem=f"{name} is no text, JSON or Parquet")
    whole = text if len(head) < HEAD_BYTES else text[: text.rfind("\n") + 1]
    best: list[list[str]] = []
    delimiter = ","
    for candidate in _DELIMITERS:
        lines = _split(whole, candidate)
        lines = lines[1:] if lines and is_hint(lines[0]) else lines
        if len(lines) > 0 and len(lines[0]) > (len(best[0]) if best else 0):
            best, delimiter = lines, candidate
    if not best or len(best[0]) < 2:
        return Look(name, special=special, problem=f"{name} has no columns that can be seen")
    header = tuple(column_names(best[0]))
    rows = tuple(dict(zip(header, line, strict=False)) for line in best[1:])
    form = "tsv" if delimiter == "\t" else "csv"
    top = tuple(best[0])
    return Look(name, form, special, delimiter, header, rows, top=top, encoding=encoding)


def _split(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines: list[list[str]] = []
    try:
        for line in reader:
            lines.append(line)
            if len(lines) > SAMPLE:
                break
    except csv.Error:
        pass  # a field longer than the module allows, or an open quotation mark
    return lines


def _paths(value: Any, prefix: str, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for item in value[:3]:
            yield from _paths(item, prefix, depth + 1)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        yield path
        yield from _paths(inner, path, depth + 1)
