"""Records that come as trees: JSON texts or Python values, as batches of the mapping's fields.

Each field is decoded as text, so that a number in one record and a text in the next do not
clash.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from influence_assets.sources.batches import (
    BATCH_BYTES,
    ROW,
    Batch,
    Lines,
    Reject,
    require_fields,
)
from influence_assets.sources.json_decode import decode_block, decode_lines
from influence_assets.sources.json_fields import JsonFields, plain_path
from influence_assets.sources.json_text import dumps, loads
from influence_assets.sources.mapping import FileSpec

CHECKED = 1000
"""How many records of a file are looked at for the fields that the mapping names."""


def batches_of_records(
    records: Iterator[dict[str, Any] | Reject], name: str, spec: FileSpec
) -> Iterator[Batch]:
    """Records of a special reader as batches whose columns are the mapping's fields.

    A record is a tree of what JSON knows. A `Reject` stands where a record could not be
    read; its place counts, and its own `row_number` is set from it.
    """
    yield from batches_of_lines((line_of(record) for record in records), name, spec)


def line_of(record: Any) -> bytes | Reject:
    """A record as a line of JSON, or a reject if it is nested too deeply to be written."""
    if isinstance(record, Reject):
        return record
    try:
        return dumps(record)
    except ValueError as error:
        return Reject(0, "malformed_json", str(error), "null")


def batches_of_lines(lines: Iterator[bytes | Reject], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Lines of JSON, one a record and none of them blank, as batches of the mapping's fields."""
    maker = BatchMaker(name, spec)
    size = 0
    held: list[bytes | Reject] = []
    for line in lines:
        held.append(line)
        size += len(line if isinstance(line, bytes) else line.raw_row)
        if size >= BATCH_BYTES:
            yield maker.from_lines(held)
            size, held = 0, []
    if held:
        yield maker.from_lines(held)


class BatchMaker:
    """Makes the batches of one file, one after the other."""

    def __init__(self, name: str, spec: FileSpec) -> None:
        self._name, self._spec = name, spec
        self._fields = JsonFields(spec)
        self._first = 1
        self._checked = False

    def from_block(self, block: bytes) -> Batch:
        """A batch from lines as they stand in a file.

        Raises:
            BadFile: a field that the mapping names is in none of the first records.
            UnicodeDecodeError: they are not UTF-8.
        """
        frame = decode_block(block, self._fields.dtype)
        count = _line_ends(block) + (not block.endswith(b"\n"))
        if frame is None or frame.height != count:  # a bad line, or a blank one
            lines = Lines(self._first, block).split()
            if frame is None or frame.height != len(lines):
                return self.from_lines(lines)
        return self._batch(frame, pl.int_range(frame.height, eager=True), block, frame.height, [])

    def from_lines(self, held: list[Any]) -> Batch:
        """A batch from single lines of bytes, and rejects in the place of others."""
        lines = [line for line in held if isinstance(line, bytes)]
        places = [i for i, line in enumerate(held) if isinstance(line, bytes)]
        rejects = [
            replace(r, row_number=self._first + i)
            for i, r in enumerate(held)
            if isinstance(r, Reject)
        ]
        frame, problems = decode_lines(lines, self._fields.dtype)
        rejects += [
            Reject(self._first + places[i], "malformed_json", problem, lines[i].decode().strip())
            for i, problem in problems.items()
        ]
        good = pl.Series([p for i, p in enumerate(places) if i not in problems], dtype=pl.Int64)
        whole = b"\n".join(r if isinstance(r, bytes) else b"null" for r in held)
        return self._batch(frame, good, whole, len(held), rejects)

    def _batch(
        self,
        frame: pl.DataFrame,
        places: pl.Series,
        block: bytes,
        count: int,
        rejects: list[Reject],
    ) -> Batch:
        lines = Lines(self._first, block)
        if frame.height and not self._checked:
            self._checked = True
            _require_json_fields(lines, places, self._name, self._spec)
        self._first += count
        fields = frame.select((places + lines.first).alias(ROW), *self._fields.expressions())
        return Batch(fields, rejects, lines)


def _line_ends(block: bytes) -> int:
    """Number of line ends: numpy counts four times as fast as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n")))


def _require_json_fields(lines: Lines, places: pl.Series, name: str, spec: FileSpec) -> None:
    """Refuse a mapping that names a field which none of the first records has.

    Where a signature says what a file of this shape has, anything else may be missing.
    """
    if spec.signature is not None:
        return
    seen: set[str] = set()
    every = lines.split()
    for place in places.head(CHECKED):
        seen |= _paths(loads(every[place]))
    present = seen | {f for f in spec.fields() if plain_path(f) in seen}
    require_fields(name, spec, sorted(present))


def _paths(record: Any) -> set[str]:
    """The dotted paths in a record; items of lists have that of their list."""
    found: set[str] = set()
    waiting = [("", record)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(path, item) for item in value[:50]]
        elif isinstance(value, dict):
            inner = [(f"{path}.{key}" if path else key, below) for key, below in value.items()]
            found.update(name for name, _ in inner)
            waiting += inner
    return found
