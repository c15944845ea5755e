"""Decoding many JSON texts at once into polars columns, with the bad ones singled out.

polars decodes a block of lines as a whole or not at all. A block that fails is halved until
small pieces hold the bad lines, and those are read line by line. What a good line gives does
not depend on the lines beside it.
"""

from __future__ import annotations

from typing import Any

import orjson
import polars as pl

from influence_assets.sources.json_text import careful_loads, dumps, has_lone_surrogate, has_rounded

_PIECE = 256
"""Lines in a piece that is not halved any more: it costs less to read each of them alone."""


def decode_block(block: bytes, dtype: pl.Struct) -> pl.DataFrame | None:
    """Lines of JSON objects as rows, or None unless every line that is not blank is one.

    A field that is text in `dtype` takes any value: a number or an object as its JSON.
    """
    return None if has_lone_surrogate(block) or has_rounded(block) else _rows(block, dtype)


def _rows(block: bytes, dtype: pl.Struct) -> pl.DataFrame | None:
    try:
        return pl.read_ndjson(block, schema=dict(dtype))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def decode_lines(lines: list[bytes], dtype: pl.Struct) -> tuple[pl.DataFrame, dict[int, str]]:
    """Decode lines of JSON, none of them blank.

    Returns:
        A row for each good line, in order, and by index what is wrong with the others.

    Raises:
        UnicodeDecodeError: a bad line is not UTF-8.
    """
    frames: list[pl.DataFrame] = []
    problems: dict[int, str] = {}
    _halve(lines, 0, dtype, frames, problems)
    return pl.concat(frames) if frames else pl.DataFrame(schema=dict(dtype)), problems


def _halve(
    lines: list[bytes],
    first: int,
    dtype: pl.Struct,
    frames: list[pl.DataFrame],
    problems: dict[int, str],
) -> None:
    frame = decode_block(b"\n".join(lines), dtype)
    if frame is not None and frame.height == len(lines):
        frames.append(frame)
    elif len(lines) > _PIECE:
        half = len(lines) // 2
        _halve(lines[:half], first, dtype, frames, problems)
        _halve(lines[half:], first + half, dtype, frames, problems)
    else:
        frames.append(_piece(lines, first, dtype, problems))


def _piece(
    lines: list[bytes], first: int, dtype: pl.Struct, problems: dict[int, str]
) -> pl.DataFrame:
    """The rows of the good lines, each read alone and written again so that polars takes it."""
    fitted: list[tuple[int, bytes]] = []
    for i, line in enumerate(lines, first):
        try:
            value = careful_loads(line, exact=True)
            if isinstance(value, dict):
                fitted.append((i, dumps(_fitting(value, dtype))))
            else:
                problems[i] = f"{_KINDS.get(type(value), 'a number')} is no record"
        except UnicodeDecodeError:
            raise
        except ValueError as error:
            alone = decode_block(line, dtype)  # polars goes deeper into nested values
            if alone is not None and alone.height == 1:
                fitted.append((i, line))
            else:
                problems[i] = f"no JSON that can be read: {error}"
    frame = _rows(b"\n".join(line for _, line in fitted), dtype) if fitted else None
    if frame is not None and frame.height == len(fitted):
        return frame
    kept = [pl.DataFrame(schema=dict(dtype))]
    for i, line in fitted:
        row = _rows(line, dtype)
        if row is not None and row.height == 1:
            kept.append(row)
        else:
            problems[i] = "no JSON that can be read"
    return pl.concat(kept)


_KINDS = {str: "a text", list: "a list", bool: "true or false", type(None): "null"}


def _fitting(value: Any, dtype: pl.DataType) -> Any:
    """A value without the parts that have not the type's shape; a leaf takes anything."""
    if isinstance(dtype, pl.Struct):
        if not isinstance(value, dict):
            return None
        return {f.name: _fitting(value.get(f.name), _instance(f.dtype)) for f in dtype.fields}
    if isinstance(dtype, pl.List) and value is not None:
        items = value if isinstance(value, list) else [value]
        return [_fitting(item, _instance(dtype.inner)) for item in items]
    return value


def _instance(dtype: pl.datatypes.DataTypeClass | pl.DataType) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()


def decode(texts: pl.Series, dtype: pl.DataType) -> tuple[pl.Series, dict[int, str]]:
    """Lists of text from JSON texts without NULLs.

    Returns:
        The lists, NULL for a bad text, and for each bad one its index and the problem.
    """
    found: list[list[str | None] | None] = []
    problems: dict[int, str] = {}
    for i, text in enumerate(texts):
        try:
            value = careful_loads(text.encode()) if "\\ud" in text.lower() else orjson.loads(text)
        except ValueError as error:
            value, problems[i] = None, str(error)
        if not isinstance(value, list):
            problems.setdefault(i, "no list")
            found.append(None)
        else:
            found.append([_text(item) for item in value])
    return pl.Series(texts.name, found, dtype=dtype), problems


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return dumps(value).decode()
