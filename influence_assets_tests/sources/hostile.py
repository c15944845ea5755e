"""Changing a file at random: of bytes, lines, cells, JSON values, XML values, compression.

Most changes are gentle: one value, cell or line of a file that stays what it was. Others go
for the bytes, several at once. The same number always makes the same change.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import re
from collections.abc import Callable
from typing import Any

import zstandard

SNIPPETS = [
    b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\n", b"\r\n", b"\n\n",
    b'"', b'""', b"'", b"\\", b"\\ud83d", b"\\ude00", b"\\ud83d\\ude00", b"\\u0000", b"{", b"}",
    b"[", b"]", b"[]", b"{}", b",", b";", b"\t", b":", b"null", b"NaN", b"-Infinity", b"true",
    b"1e400", b"-0", b"99999999999999999999999", b"1.5", b"\xe2\x80\xa8", b"\x0c", b"\x0b", b" ",
    b"<", b">", b"</", b"&amp;", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"[" * 1200, b'{"a":' * 1200,
    b"x" * 5000, b"9" * 5000, b'{},{}', b"2024-13-45", b"0000-00-00T00:00:00Z", b"7.1e+18", b"E18,",
]  # fmt: skip

VALUES: list[Any] = [
    None, True, -1, 0, 1.5, 2**31, -(2**31) - 1, 2**63, 10**30, 1e308, float("nan"), float("inf"),
    "", " ", "x", "\0", "\ud83d", "NaN", "1e999", "-5", "1,234", "1.234,5", "12.7k", "2024-01-01",
    "é\u2028", "\u0661\u0662", "0x1F", "+7", "1_000", "9" * 25, "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "2024-02-30", 1e15, -1e15, 253402300800, "=1+1", "\r", "a\nb",
    json.loads("[" * 300 + "]" * 300), json.loads('{"a":' * 300 + "1" + "}" * 300),
    [], [None], [[]], [1, "a", {}], ["x", "x"], {}, {"": {}}, {"data": []}, {"data": {"a": []}},
]  # fmt: skip

PACKERS: list[Callable[[bytes], bytes]] = [
    lambda data: gzip.compress(data, 1),
    lambda data: lzma.compress(data, preset=0),
    bz2.compress,
    zstandard.ZstdCompressor(level=1).compress,
    lambda data: data.decode("utf-8", "replace").encode("utf-16"),
]

Step = tuple[int, int, int, int]
"""Which change, and three numbers that say where and what."""


def steps_of(rng: random.Random, data: bytes) -> list[Step]:
    """Changes for a file: mostly a gentle one or two, else up to four of any kind."""
    if rng.random() < 0.7:
        kinds, most = _gentle(data), 2
    else:
        kinds, most = list(range(len(STEPS))), 4
    return [
        (rng.choice(kinds), rng.randrange(1 << 20), rng.randrange(1 << 20), rng.randrange(256))
        for _ in range(rng.randint(1, most))
    ]


def changed(data: bytes, steps: list[Step]) -> bytes:
    """The bytes after these changes."""
    for kind, one, two, three in steps:
        data = STEPS[kind](data, one, two, three)
    return data


def _gentle(data: bytes) -> list[int]:
    """The changes after which a file is mostly still one of its kind."""
    if _TREE.match(data):
        return [_LINE, _VALUE, _VALUE, _VALUE]
    return [_LINE, _TAG, _TAG, _TAG] if data.lstrip()[:1] == b"<" else [_LINE, _CELL, _CELL]


_TREE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[\w.\s]+=\s*)?[\[{]")


def _slice(data: bytes, one: int, two: int) -> tuple[int, int]:
    start = one % (len(data) + 1)
    return start, min(len(data), start + two % 64)


def _flip(data: bytes, one: int, two: int, three: int) -> bytes:
    at = one % max(1, len(data))
    return data[:at] + bytes([three]) + data[at + 1 :]


def _insert(data: bytes, one: int, two: int, three: int) -> bytes:
    at = one % (len(data) + 1)
    return data[:at] + SNIPPETS[three % len(SNIPPETS)] + data[at:]


def _delete(data: bytes, one: int, two: int, three: int) -> bytes:
    start, end = _slice(data, one, two)
    return data[:start] + data[end:]


def _repeat(data: bytes, one: int, two: int, three: int) -> bytes:
    start, end = _slice(data, one, two)
    return data[:end] + data[start:end] + data[end:]


def _truncate(data: bytes, one: int, two: int, three: int) -> bytes:
    return data[: one % (len(data) + 1)]


def _line(data: bytes, one: int, two: int, three: int) -> bytes:
    """Two lines in each other's place, a line more, or a line less."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    at, to = one % len(lines), two % len(lines)
    if three % 3 == 0:
        lines[at], lines[to] = lines[to], lines[at]
    elif three % 3 == 1:
        lines.insert(to, lines[at])
    else:
        del lines[at]
    return b"".join(lines)


def _text(value: Any) -> bytes:
    return str(value).encode("utf-8", "surrogatepass")


def _cell(data: bytes, one: int, two: int, three: int) -> bytes:
    """Another value between two separators of a table, in quotation marks or not."""
    marks = [m.start() for m in re.finditer(rb"[,;\t\n]", data)]
    if len(marks) < 2:
        return data
    at = one % (len(marks) - 1)
    value = _text(VALUES[three % len(VALUES)])
    if two % 4 == 0:
        value = b'"' + value.replace(b'"', b'""') + b'"'
    return data[: marks[at] + 1] + value + data[marks[at + 1] :]


def _tag(data: bytes, one: int, two: int, three: int) -> bytes:
    """Another value in an attribute or between two tags."""
    places = [m.span(1) for m in re.finditer(rb"[\">]([^\"<>]*)[\"<]", data)]
    if not places:
        return data
    start, end = places[one % len(places)]
    return data[:start] + _text(VALUES[three % len(VALUES)]) + data[end:]


def _value(data: bytes, one: int, two: int, three: int) -> bytes:
    """Another value, one more or one less, somewhere in a JSON document or line."""
    head, lines = b"", [data]
    if (begin := re.match(rb"\s*[\w.\s]+=\s*(?=[\[{])", data)) is not None:  # tweets.js
        head, lines = begin[0], [data[begin.end() :]]
    for place in ([0], [one % max(1, len(data.splitlines()))]):
        try:
            document = json.loads(lines[place[0]])
        except (ValueError, RecursionError, IndexError):
            lines = data.splitlines()
            continue
        changed_one = _edited(document, one, two, three)
        lines[place[0]] = json.dumps(changed_one, ensure_ascii=bool(three % 2)).encode(
            "utf-8", "surrogatepass"
        )
        return head + b"\n".join(lines)
    return data


def _edited(document: Any, one: int, two: int, three: int) -> Any:
    places: list[tuple[Any, Any]] = []
    waiting = [document] if isinstance(document, dict | list) else []
    while waiting and len(places) < 2000:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node))
        for key in keys:
            places.append((node, key))
            if isinstance(node[key], dict | list):
                waiting.append(node[key])
    if not places or three % 64 == 63:
        return [document] if two % 2 else VALUES[two % len(VALUES)]
    node, key = places[one % len(places)]
    if three % 4 == 0:
        del node[key]
    elif three % 4 == 1:
        node[key] = [node[key]] if two % 2 else {"x": node[key]}
    else:
        node[key] = VALUES[two % len(VALUES)]
    return document


def _pack(data: bytes, one: int, two: int, three: int) -> bytes:
    return PACKERS[three % len(PACKERS)](data)


STEPS = [
    _flip, _insert, _insert, _delete, _repeat, _truncate, _pack, _line, _cell, _tag, _value,
]  # fmt: skip
_LINE, _CELL, _TAG, _VALUE = 7, 8, 9, 10
