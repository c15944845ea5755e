"""Decoding many JSON texts at once, with the bad ones singled out."""

from __future__ import annotations

import polars as pl


def decode(texts: pl.Series, dtype: pl.DataType) -> tuple[pl.Series, dict[int, str]]:
    """Decode each text into `dtype`.

    polars decodes a column as a whole or not at all, so a column that fails is halved
    until the bad texts stand alone: k bad ones in n cost about k log n.

    Args:
        texts: JSON texts without NULLs.

    Returns:
        The values, NULL for a bad text, and for each bad one its index and the problem.
    """
    try:
        values = texts.str.json_decode(dtype)
        if len(values) == len(texts):  # `{},{}` in one text would shift all that follow
            return values, {}
        problem = "more than one JSON value"
    except pl.exceptions.ComputeError as error:
        problem = str(error).splitlines()[0].removeprefix("error deserializing JSON: ")
    if len(texts) == 1:
        return pl.Series(texts.name, [None], dtype=dtype), {0: problem}
    half = len(texts) // 2
    left, bad_left = decode(texts.head(half), dtype)
    right, bad_right = decode(texts.tail(len(texts) - half), dtype)
    return left.append(right), bad_left | {half + i: p for i, p in bad_right.items()}
