"""JSON of either kind as values: a document's list item by item, or JSON lines line by line.

For readers that take a document apart themselves. `read_json` reads what a mapping's
`records` can describe.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Any

import ijson
import orjson

from influence_assets.sources.batches import BadFile, Reject
from influence_assets.sources.read_json import DOCUMENT_BYTES

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # as PowerShell writes what a program prints


def is_json(head: bytes) -> bool:
    """Whether a file that begins so may be JSON: an object or a list."""
    return head.lstrip(_BOM + b" \t\r\n")[:1] in (b"{", b"[")


def json_values(data: IO[bytes], name: str) -> Iterator[Any]:
    """The values of JSON lines; or the items of the list at the top; or the one document.

    A line that is no JSON comes as a `Reject` in its place.

    Raises:
        BadFile: it is neither, or one document too large to be read whole.
    """
    first = data.readline(DOCUMENT_BYTES + 1)
    if first.startswith(_UTF_16):
        data = io.BytesIO((first + data.read()).decode("utf-16").encode("utf-8"))
        first = data.readline()
    first = first.removeprefix(_BOM)
    while first and not first.strip():
        first = data.readline(DOCUMENT_BYTES + 1)
    try:
        value = orjson.loads(first)
    except orjson.JSONDecodeError:
        yield from _document(first, data, name)
        return
    yield from value if isinstance(value, list) else [value]
    yield from (_line_value(line) for line in data if line.strip())


def _document(first: bytes, rest: IO[bytes], name: str) -> Iterator[Any]:
    """A document over many lines; lines, if only the first is damaged."""
    whole = first + rest.read(DOCUMENT_BYTES + 1)
    if len(whole) > DOCUMENT_BYTES:
        if whole.lstrip()[:1] != b"[":
            raise BadFile(
                f"{name} is one JSON document of more than {DOCUMENT_BYTES >> 20} MB. Write its "
                "records one a line (`jq -c '.items[]'`)."
            )
        try:
            yield from ijson.items(_Joined(whole, rest), "item", use_float=True)
        except ijson.JSONError as error:
            raise BadFile(f"{name} is no valid JSON ({error}). Get it anew.") from error
        return
    try:
        value = orjson.loads(whole)
    except orjson.JSONDecodeError as error:
        lines = [_line_value(line) for line in whole.splitlines() if line.strip()]
        # Of lines some may be damaged; of a damaged document few lines are objects.
        if not lines or 2 * sum(isinstance(line, dict) for line in lines) < len(lines):
            raise BadFile(f"{name} is no valid JSON ({error}). Get it anew.") from error
        yield from lines
        return
    yield from value if isinstance(value, list) else [value]


class _Joined:
    """What has been read of a file, and then the rest of it."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._at, self._rest = head, 0, rest

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes."""
        if self._at >= len(self._head):
            return self._rest.read(size)
        cut = len(self._head) if size < 0 else self._at + size
        chunk, self._at = self._head[self._at : cut], cut
        return chunk


def _line_value(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        text = line.decode("utf-8", "replace").strip()
        return Reject(0, "malformed_json", str(error), orjson.dumps({"line": text}).decode())


def unfit(value: Any, message: str) -> Reject:
    """A value of a shape that nobody described, to be quarantined with the reason."""
    try:
        raw = orjson.dumps(value).decode()
    except TypeError:  # nested too deeply to be written again
        raw = "null"
    return Reject(0, "fits_no_feed", message, raw)
