"""Files that grew: an export to which lines were appended is read from there on.

Only for plain text whose records are lines, since there the old bytes mean the same as
before. Anything else that changed is a new version, read whole.
"""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import replace
from typing import IO

from influence_assets.sources.landing import Landed
from influence_assets.sources.mapping import FileSpec
from influence_assets.storage.file_versions import Version

_LINES = ("csv", "tsv", "jsonl", "table", "tree")
_HEADER_BYTES = 1 << 20
_COMPRESSED = (b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"BZh")
_CHUNK = 1 << 20


def appended(landed: Landed, older: Version, specs: list[FileSpec]) -> Landed | None:
    """The new part of a file that begins with its older version, or None if it does not.

    What is returned opens as a file of its own: with the header of the whole, if it has one.
    """
    if not 0 < older.bytes < landed.size or not specs or not all(_by_line(s) for s in specs):
        return None
    with landed.open() as data:
        if not _begins_with(data, older):
            return None
        has_header = {s.header and s.format in ("csv", "tsv", "table") for s in specs}
        data.seek(0)
        head = _header(data) if has_header == {True} else b""
    if len(has_header) > 1 or head is None or len(head) > older.bytes:
        return None
    size = len(head) + landed.size - older.bytes
    return replace(landed, size=size, open=lambda: _opened(landed, head, older.bytes))


def _by_line(spec: FileSpec) -> bool:
    if spec.format not in _LINES:
        return False
    try:
        return "\n".encode(spec.encoding) == b"\n"  # not so in UTF-16
    except LookupError:
        return False


def _begins_with(data: IO[bytes], older: Version) -> bool:
    """Whether the first bytes are those of the older version, which ends with a line."""
    digest, left, last = hashlib.sha256(), older.bytes, b""
    while left and (chunk := data.read(min(left, _CHUNK))):
        if left == older.bytes and chunk.startswith(_COMPRESSED):
            return False
        digest.update(chunk)
        left -= len(chunk)
        last = chunk[-1:]
    return last == b"\n" and left == 0 and digest.hexdigest() == older.file_id


def _header(data: IO[bytes]) -> bytes | None:
    """The first record of a table, which may run over lines within quotation marks."""
    head = b""
    while line := data.readline(_HEADER_BYTES):
        head += line
        if len(head) >= _HEADER_BYTES:
            return None
        if head.count(b'"') % 2 == 0:
            return head
    return None


def _opened(landed: Landed, head: bytes, start: int) -> IO[bytes]:
    return io.BufferedReader(_HeadAndTail(landed.open(), head, start))


class _HeadAndTail(io.RawIOBase):
    """Some bytes, and behind them a file from `start` on; can be read from any place."""

    def __init__(self, data: IO[bytes], head: bytes, start: int) -> None:
        self._data, self._head, self._start = data, head, start
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        if base is None:
            base = self._data.seek(0, os.SEEK_END) - self._start + len(self._head)
        self._at = base + offset
        return self._at

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        if self._at < len(self._head):
            chunk = self._head[self._at : self._at + len(buffer)]
        else:
            self._data.seek(self._start + self._at - len(self._head))
            chunk = self._data.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)

    def close(self) -> None:
        self._data.close()
        super().close()
