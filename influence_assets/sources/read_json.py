"""JSON documents and JSON lines: from bytes to lines of JSON, each a record."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO, Any

import ijson

from influence_assets.sources.batches import BATCH_BYTES, BadFile, Batch, Reject
from influence_assets.sources.json_fields import is_added
from influence_assets.sources.json_text import loads
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.record_paths import (
    EACH,
    NoListError,
    Place,
    record_places,
    with_added,
)
from influence_assets.sources.records import BatchMaker, batches_of_lines, line_of
from influence_assets.sources.text import utf8

DOCUMENT_BYTES = 256 << 20
"""A single document or line is read whole up to this size; a list at the top streams at any."""


STREAMED_BYTES = 32 << 20
"""From this size on a list is read item by item: as a whole it takes ten times its size."""

_LIST = re.compile(rb"\s*\[")


def read_json_lines(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of a file with one JSON object a line.

    A line that is no such object becomes a reject.

    Raises:
        BadFile: a field that the mapping names is in none of the first records.
        UnicodeError: the bytes are not in the stated encoding.
    """
    blocks = _blocks(utf8(data, spec.encoding), name)
    if spec.records or _added(spec):
        lines = (line for block in blocks for line in block.split(b"\n") if line.strip())
        yield from batches_of_lines(_records_in_lines(lines, spec), name, spec)
    else:
        maker = BatchMaker(name, spec)
        yield from (maker.from_block(block) for block in blocks)


def _blocks(data: IO[bytes], name: str) -> Iterator[bytes]:
    """The file in blocks of whole lines, none of them blank."""
    held: list[bytes] = []
    old_macintosh: bool | None = None  # lines that end with a carriage return alone
    while piece := data.read(BATCH_BYTES):
        if old_macintosh is None:
            old_macintosh = b"\r" in piece and b"\n" not in piece
        if old_macintosh:
            piece = piece.replace(b"\r", b"\n")
        cut = piece.rfind(b"\n") + 1
        held.append(piece[:cut] if cut else piece)
        if cut:
            whole, held = b"".join(held), [piece[cut:]]
            if not whole.isspace():
                yield whole
        elif sum(map(len, held)) > DOCUMENT_BYTES:
            raise BadFile(f"{name} has a line of more than {DOCUMENT_BYTES >> 20} MB.")
    whole = b"".join(held)
    if whole and not whole.isspace():
        yield whole


def _records_in_lines(lines: Iterator[bytes], spec: FileSpec) -> Iterator[bytes | Reject]:
    """The records at `records` of each line; a line that has them not is a reject itself."""
    added = _added(spec)
    for line in lines:
        try:
            yield from list(_records(loads(line), spec.records, added))
        except UnicodeDecodeError:
            raise
        except ValueError as error:
            yield Reject(0, "malformed_json", str(error), line.decode().strip())


def read_json_document(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of a JSON document: its list at the top, the records at `records`, or itself.

    Raises:
        BadFile: it is no JSON, it is one document too large to be read whole, or a
            field that the mapping names is in none of the first records.
    """
    yield from batches_of_lines(document_lines(data, name, spec), name, spec)


def document_lines(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[bytes | Reject]:
    """The records of a JSON document, each as one line of JSON.

    Raises:
        BadFile: it is no JSON, or one document too large to be read whole.
        UnicodeError: the bytes are not in the stated encoding.
    """
    added = _added(spec)
    for document in _documents(utf8(data, spec.encoding), name, spec):
        try:
            yield from _records(document, spec.records, added)
        except NoListError as error:
            raise BadFile(
                f"{name}: what stands at `records: {spec.records}` {error}. Correct the mapping."
            ) from error


def _records(document: Any, path: str | None, added: list[str]) -> Iterator[bytes | Reject]:
    """The records of a document, each with the fields from around it that it needs."""
    places = record_places(document, path) if path else iter([Place(document)])
    for place in places:
        yield line_of(with_added(place, document, added))


def _added(spec: FileSpec) -> list[str]:
    return sorted(f for f in spec.fields() if is_added(f))


def _documents(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Any]:
    """The items of the list at the top, or the one document.

    A path that begins with `*` is about the list itself.
    """
    from_the_list = (spec.records or "").split(".")[0] == EACH
    whole = data.read(DOCUMENT_BYTES + 1)
    is_too_large = len(whole) > DOCUMENT_BYTES
    is_list = _LIST.match(whole) is not None
    if is_too_large and not is_list:
        raise BadFile(
            f"{name} is one JSON document of more than {DOCUMENT_BYTES >> 20} MB. Write its "
            "records one a line (`jq -c '.items[]'`) and read it as `format: jsonl`."
        )
    if is_list and (is_too_large or (len(whole) > STREAMED_BYTES and _is_strict(whole))):
        yield from ([item] if from_the_list else item for item in _streamed(whole, data, name))
        return
    try:
        document = loads(whole)
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        raise BadFile(f"{name} is no valid JSON ({error}). Get it anew.") from error
    yield from document if isinstance(document, list) and not from_the_list else [document]


def _is_strict(text: bytes) -> bool:
    """Whether the text is free of words that Python writes into JSON, and only Python reads."""
    return b"NaN" not in text and b"Infinity" not in text


def _streamed(head: bytes, rest: IO[bytes], name: str) -> Iterator[Any]:
    """The items of a list of any length."""
    try:
        yield from ijson.items(_Joined(head, rest), "item", use_float=True)
    except (ijson.JSONError, RecursionError) as error:
        raise BadFile(f"{name} is no valid JSON ({error}). Get it anew.") from error


class _Joined:
    """What has been read of a file, and then the rest of it."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = io.BytesIO(head), rest

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes."""
        return self._head.read(size) or self._rest.read(size)
