"""Information cascades, a line each: who passed on what, from whom, and after how long.

DeepHawkes (and CasFlow, DeepCas): `id <tab> root <tab> published <tab> size <tab> paths`, with
paths such as `u0:0 u0/u1:350 u0/u1/u2:900`: u2 passed on from u1, 900 seconds after publishing.

Plain: `root user time,user time,…`, or `user time,user time,…` where the first user is the
root. Nothing says from whom a user had it.

A record is one user's part in a cascade, the root's own included: cascade, user, root, parent
(from whom; in plain cascades the root), is_root, published, time, delay. Times that are no
seconds since 1970 are relative; without the time of publishing they tell no moment, and `time`
is null. `delay` counts the seconds from the root's own part on, or from where the file's
relative times count if that has no time; whoever stands before the root has none.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO, Any

from influence_assets.sources.batches import BadFile, Batch, Reject
from influence_assets.sources.formats import Format
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.records import batches_of_records

Records = Iterator[dict[str, Any] | Reject]

LONGEST_LINE = 64 << 20
"""A cascade with millions of users has a line of this size; a longer one is refused."""

_EARLIEST, _LATEST = 788_918_400, 4_102_444_800  # 1995 and 2100
_PATHS = re.compile(r"[^\t]+\t[^\t]+\t[^\t]*\t\d+\t\S+:[^\s:]+(?: .*)?")
_PLAIN = re.compile(r"\S+(?: \S+)? \d+(?:\.\d+)?(?:,\S+ \d+(?:\.\d+)?)*,?")
_ITEM = re.compile(r"(\S+) (\d+(?:\.\d+)?)")
_FIRST = re.compile(r"(\S+) (\S+) (\d+(?:\.\d+)?)")
_STEP = re.compile(r"(\S+):(\d+(?:\.\d+)?)")


def looks_like_paths(head: bytes) -> bool:
    """Whether the first lines are cascades of DeepHawkes."""
    return _are_like(head, _PATHS)


def looks_like_plain(head: bytes) -> bool:
    """Whether the first lines are plain cascades."""
    return b"," in head and _are_like(head, _PLAIN)


def read_paths(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of the parts of DeepHawkes cascades.

    Raises:
        BadFile: a line is far too long.
        UnicodeError: the bytes are not in the stated encoding.
    """
    records = (r for line in _lines(data, name, spec.encoding) for r in _path_records(line))
    yield from batches_of_records(records, name, spec)


def read_plain(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of the parts of plain cascades.

    Raises:
        BadFile: a line is far too long.
        UnicodeError: the bytes are not in the stated encoding.
    """
    lines = enumerate(_lines(data, name, spec.encoding), 1)
    records = (r for number, line in lines for r in _plain_records(line, f"cascade-{number}"))
    yield from batches_of_records(records, name, spec)


FORMATS = {
    "cascade_paths": Format(read_paths, looks_like_paths),
    "cascades": Format(read_plain, looks_like_plain),
}


def _are_like(head: bytes, pattern: re.Pattern[str]) -> bool:
    """Whether the first line has the pattern, and two in three of the others."""
    lines = head.decode("utf-8", "replace").lstrip("\ufeff").split("\n")
    if len(lines) > 1:
        lines = [line for line in lines[:-1] if line.strip()]
    else:  # one line, perhaps cut by the sample's end: without its last item
        mark = " " if "\t" in lines[0] else ","
        lines = [lines[0].rpartition(mark)[0] or lines[0]]
    fitting = [bool(pattern.fullmatch(line.rstrip("\r \t"))) for line in lines]
    return bool(fitting) and fitting[0] and sum(fitting) * 3 >= len(fitting) * 2


def _lines(data: IO[bytes], name: str, encoding: str) -> Iterator[str]:
    text = io.TextIOWrapper(data, encoding=encoding, newline=None)
    try:
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise BadFile(f"{name} has a line of more than {LONGEST_LINE >> 20} MB.")
            if line.strip("\ufeff \t\r\n"):
                yield line.strip("\ufeff \r\n")
    finally:
        text.detach()  # the file is the caller's to close


def _path_records(line: str) -> Records:
    fields = line.split("\t")
    if len(fields) != 5 or not (fields[0].strip() and fields[1].strip()):
        yield _reject("wrong_number_of_fields", "no cascade: id, root, time, size, paths", line)
        return
    cascade, root, published = (f.strip() for f in fields[:3])
    origin = _seconds(published)
    for item in fields[4].split():
        step = _STEP.fullmatch(item)
        users = step.group(1).split("/") if step else []
        if step is None or not all(users):
            yield _reject("malformed_item", f"no path:time in cascade {cascade}", item)
            continue
        delay = float(step.group(2))
        yield {
            "cascade": cascade,
            "root": root,
            "user": users[-1],
            "parent": users[-2] if len(users) > 1 else root,
            "is_root": len(users) == 1 and users[0] == root,
            "published": origin,
            "is_dated": origin is not None,
            "time": None if origin is None else origin + delay,
            "delay": delay,
        }


def _plain_records(line: str, cascade: str) -> Records:
    items = [item.strip() for item in line.split(",")]
    items = items[:-1] if items[-1] == "" else items
    root: str | None = None
    start: float | None = None
    for place, item in enumerate(items):
        three = _FIRST.fullmatch(item) if place == 0 else None
        two = _ITEM.fullmatch(item)
        if three is not None:
            root, user, value = three.group(1), three.group(2), float(three.group(3))
            # Relative times count from the root's part; real ones do not tell when that was.
            start = 0.0 if _moment(value) is None else None
            start = value if user == root else start
            yield _part(cascade, root, root, None, None, is_root=True)
            yield _part(cascade, root, user, value, start, is_root=user == root)
        elif two is not None:
            value = float(two.group(2))
            root, start = (two.group(1), value) if place == 0 else (root, start)
            yield _part(cascade, root, two.group(1), value, start, is_root=place == 0)
        else:
            yield _reject("malformed_item", f"no user and time in {cascade}", item)


def _part(
    cascade: str,
    root: str | None,
    user: str,
    value: float | None,
    start: float | None,
    *,
    is_root: bool,
) -> dict[str, Any]:
    """A part at a time as the file gives it, in a cascade whose root's part was at `start`."""
    time = None if value is None else _moment(value)
    is_later = value is not None and start is not None and value >= start
    return {
        "cascade": cascade,
        "root": root,
        "user": user,
        "parent": root,
        "is_root": is_root,
        "published": time if is_root else None,
        "is_dated": time is not None,
        "time": time,
        "delay": value - start if is_later else None,  # type: ignore[operator]
    }


def _seconds(text: str) -> float | None:
    """Seconds since 1970, or None for what plainly are none."""
    try:
        return _moment(float(text))
    except ValueError:
        return None


def _moment(value: float) -> float | None:
    """The number itself where it can be seconds since 1970."""
    return value if _EARLIEST <= value < _LATEST else None


def _reject(rule: str, message: str, raw: str) -> Reject:
    return Reject(1, rule, message, raw)
