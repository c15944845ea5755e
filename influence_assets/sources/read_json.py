"""JSON documents and JSON lines: records that come as trees.

A record is decoded by polars with the very fields that the mapping names, each as
text, so that a number in one record and a text in the next do not clash.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Any

import ijson
import orjson
import polars as pl

from influence_assets.sources.batches import (
    BATCH_BYTES,
    RAW,
    ROW,
    BadFile,
    Batch,
    Reject,
    require_fields,
)
from influence_assets.sources.json_decode import decode
from influence_assets.sources.json_fields import ROOT, JsonFields
from influence_assets.sources.mapping import FileSpec

DOCUMENT_BYTES = 256 << 20
"""A single document is read whole up to this size; a list at the top streams at any size."""


def read_json_lines(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of a file with one JSON object a line.

    A line that is no such object becomes a reject.

    Raises:
        BadFile: a field that the mapping names is in none of the first records.
        UnicodeError: the bytes are not in the stated encoding.
    """
    lines = io.TextIOWrapper(data, encoding=_bom_free(spec.encoding), newline="\n")
    if spec.records:
        documents = (_parsed_line(line, name) for line in lines if line.strip())
        yield from batches_of_lines(_nested(documents, spec, name), name, spec)
    else:
        yield from batches_of_lines(
            (line.rstrip("\r\n") for line in lines if line.strip()), name, spec
        )


def read_json_document(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of a JSON document: its list at the top, the list at `records`, or itself.

    Raises:
        BadFile: it is no JSON, it is one document too large to be read whole, or a
            field that the mapping names is in none of the first records.
    """
    yield from batches_of_lines(document_lines(data, name, spec), name, spec)


def document_lines(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[str]:
    """The records of a JSON document, each as one line of JSON.

    Raises:
        BadFile: it is no JSON, or one document too large to be read whole.
    """
    if spec.encoding.lower() not in ("utf-8", "utf8"):
        text = io.TextIOWrapper(data, encoding=spec.encoding).read()
        data = io.BytesIO(text.encode("utf-8"))
    documents = _documents(data, name)
    if spec.records:
        yield from _nested(documents, spec, name)
    else:
        yield from (orjson.dumps(d).decode() for d in documents)


def _bom_free(encoding: str) -> str:
    return "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding


def _parsed_line(line: str, name: str) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadFile(f"{name} has a line that is no JSON ({error}): {line[:80]!r}") from error


def _documents(data: IO[bytes], name: str) -> Iterator[Any]:
    whole = data.read(DOCUMENT_BYTES + 1).removeprefix(b"\xef\xbb\xbf")
    if len(whole) > DOCUMENT_BYTES and whole.lstrip()[:1] == b"[":
        try:
            yield from ijson.items(_Joined(whole, data), "item", use_float=True)
        except ijson.JSONError as error:
            raise BadFile(f"{name} is no valid JSON ({error}). Get it anew.") from error
        return
    if len(whole) > DOCUMENT_BYTES:
        raise BadFile(
            f"{name} is one JSON document of more than {DOCUMENT_BYTES >> 20} MB. Write its "
            "records one a line (`jq -c '.items[]'`) and read it as `format: jsonl`."
        )
    try:
        document = orjson.loads(whole)
    except orjson.JSONDecodeError as error:
        raise BadFile(f"{name} is no valid JSON ({error}). Get it anew.") from error
    yield from document if isinstance(document, list) else [document]


class _Joined:
    """What has been read of a file, and then the rest of it."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = io.BytesIO(head), rest

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes."""
        return self._head.read(size) or self._rest.read(size)


def _nested(documents: Iterator[Any], spec: FileSpec, name: str) -> Iterator[str]:
    """The records at `spec.records` of each document, each with the root fields it needs."""
    above = sorted(f for f in spec.fields() if f.startswith(ROOT))
    for document in documents:
        records = _dig(document, spec.records or "")
        if records is None:
            continue
        if not isinstance(records, list):
            raise BadFile(f"{name}: `records: {spec.records}` is no list. Correct the mapping.")
        root = {f: _dig(document, f.removeprefix(ROOT)) for f in above}
        for record in records:
            yield orjson.dumps({**record, **root} if isinstance(record, dict) else record).decode()


def _dig(document: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def batches_of_lines(lines: Iterator[str], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Lines of JSON, one a record, as batches whose columns are the mapping's fields."""
    fields = JsonFields(spec)
    first, size, held, checked = 1, 0, [], False
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= BATCH_BYTES:
            yield _batch(held, first, fields, name, spec, check=not checked)
            first, size, held, checked = first + len(held), 0, [], True
    if held:
        yield _batch(held, first, fields, name, spec, check=not checked)


def _batch(
    lines: list[str], first: int, fields: JsonFields, name: str, spec: FileSpec, *, check: bool
) -> Batch:
    frame = pl.DataFrame({ROW: pl.int_range(first, first + len(lines), eager=True), RAW: lines})
    trees, problems = decode(frame[RAW], fields.dtype)
    problems |= {
        int(i): "null is no record" for i in trees.is_null().arg_true() if int(i) not in problems
    }
    rejects = [
        Reject(first + i, "malformed_json", problem, lines[i])
        for i, problem in sorted(problems.items())
    ]
    good = frame.with_columns(trees.alias("tree")).filter(pl.col("tree").is_not_null())
    if check and good.height:
        _require_json_fields(good[RAW], name, spec)
    return Batch(good.select(ROW, RAW, *fields.expressions()), rejects)


def _require_json_fields(lines: pl.Series, name: str, spec: FileSpec) -> None:
    """Refuse a mapping that names a field which none of the first 1,000 records has."""
    seen: set[str] = set()
    for line in lines.head(1000):
        seen |= _paths(orjson.loads(line), "")
    wanted = {f.replace("[]", "") for f in spec.fields()}
    optional = {f.replace("[]", "") for f in spec.optional_fields()}
    require_fields(name, wanted, sorted(seen), optional)


def _paths(value: Any, prefix: str) -> set[str]:
    if isinstance(value, list):
        return set().union(*(_paths(item, prefix) for item in value[:50]))
    if not isinstance(value, dict):
        return set()
    found = set()
    for key, inner in value.items():
        path = f"{prefix}.{key}" if prefix else key
        found |= {path} | _paths(inner, path)
    return found
