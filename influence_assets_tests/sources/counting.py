"""The number of records of a file, counted without the readers: by Python's own parsers.

None stands where there is no simple second way to count: several files in one, encodings in
which a line end is no byte, formats of their own, a key that a parser may take either way.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
from typing import Any
from xml.etree import ElementTree

import zstandard

from influence_assets.sources.mapping import FileSpec


class Unclear(Exception):  # noqa: N818 - it says how matters stand
    """The count cannot be told in a simple way."""


def counted(data: bytes, spec: FileSpec) -> int | None:
    """The records of a file that an entry of a mapping has read."""
    if spec.joins:
        return None
    data = _unpacked(data)
    if data[:4] == b"\0\0\xfe\xff" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None  # UTF-16, where a line end is no byte
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        if spec.format in ("gexf", "graphml"):
            return _elements(data)
        if spec.format == "jsonl":
            lines = data.split(b"\n") if b"\n" in data else data.split(b"\r")
            return sum(_in_line(line, spec.records) for line in lines if line.strip())
        if spec.format == "json":
            return _in_document(_loads(data), spec.records)
        return _rows(data) - spec.header if spec.format in ("csv", "tsv") else None
    except (Unclear, ValueError, RecursionError, ElementTree.ParseError):
        return None


def _unpacked(data: bytes) -> bytes:
    for unpack in (gzip.decompress, lzma.decompress, bz2.decompress, _unzstd):
        try:
            return unpack(data)
        except (OSError, EOFError, ValueError, lzma.LZMAError, zstandard.ZstdError):
            continue
    return data


def _unzstd(data: bytes) -> bytes:
    if not data.startswith(b"\x28\xb5\x2f\xfd"):
        raise ValueError
    # Frames may follow one another, as members do in gzip.
    frames = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True)
    return frames.read()


def _elements(data: bytes) -> int:
    names = (element.tag.rpartition("}")[2] for element in ElementTree.fromstring(data).iter())
    return sum(name.rpartition(":")[2] in ("node", "edge") for name in names)


def _rows(data: bytes) -> int:
    if b'"' in data:  # a quoted field may hold line breaks
        raise Unclear
    return sum(bool(line) for line in re.split(rb"\r\n|\n|\r", data))


def _loads(text: bytes) -> Any:
    return json.loads(
        text.decode("utf-8"), object_pairs_hook=_each_key_once, parse_constant=_constant
    )


def _constant(name: str) -> str | None:
    return None if name == "NaN" else name


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unclear  # parsers differ in which of two values of a key they take
    return found


def _in_line(line: bytes, records: str | None) -> int:
    """A line is a record; or what it holds at `records`, and one where it has them not."""
    if records is None:
        return 1
    try:
        return _at(_loads(line), records.split("."))
    except (ValueError, RecursionError):
        return 1


def _in_document(document: Any, records: str | None) -> int:
    is_list = isinstance(document, list)
    if records is None:
        return len(document) if is_list else 1
    steps = records.split(".")
    if is_list and steps[0] != "*":
        return sum(_at(item, steps) for item in document)
    return _at(document, steps)


def _at(value: Any, steps: list[str]) -> int:
    if value is None:
        return 0
    if not steps:
        return len(value) if isinstance(value, list) else 1
    if steps[0] == "*":
        items = list(value.values()) if isinstance(value, dict) else value
        if not isinstance(items, list):
            raise ValueError("no list and no object")
        return len(items) if len(steps) == 1 else sum(_at(item, steps[1:]) for item in items)
    if isinstance(value, dict):
        return _at(value.get(steps[0]), steps[1:])
    if isinstance(value, list) and steps[0].isdecimal() and int(steps[0]) < len(value):
        return _at(value[int(steps[0])], steps[1:])
    return 0
