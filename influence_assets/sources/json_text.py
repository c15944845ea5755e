"""JSON text to values and back, for what fast parsers refuse or round.

Whole numbers of any size stay exact, a lone half of a surrogate pair becomes U+FFFD, `NaN`
(Python's way to write a missing number) is null, `Infinity` and numbers beyond a float stay text.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import orjson

_HUGE_NUMBER = re.compile(rb"[0-9]{20}|-[0-9]{19}")
_LONE_ESCAPE = re.compile(
    rb"\\u[dD](?:[89aAbB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD])[c-fC-F])"
)
_ROUNDED = re.compile(rb"[0-9.][eE]\+?(?:1[5-9]|2[0-9])\s*[,}\]]")
_ROUNDED_NUMBER = re.compile(r"-?[0-9.]+[eE]\+?(?:1[5-9]|2[0-9])")
_SHORT = 1 << 12
_LONE = re.compile("[\ud800-\udfff]")


def has_lone_surrogate(text: bytes) -> bool:
    """Whether JSON text escapes half of a pair, which simd-json silently turns into NUL."""
    if b"\\" not in text:  # the quickest look: most blocks end here
        return False
    return (b"\\ud" in text or b"\\uD" in text) and _LONE_ESCAPE.search(text) is not None


def has_rounded(text: bytes) -> bool:
    """Whether a number such as 7.123456789012346e+18 stands in JSON text: mostly it was an id.

    Fast parsers write it out as 7123456789012346000, and nobody can tell any more.
    """
    if len(text) < _SHORT:
        return _ROUNDED.search(text) is not None
    return any(_ROUNDED.match(text, at) for at in _before_exponents(text))


def _before_exponents(text: bytes) -> list[int]:
    """Where a character from `!` to `9` stands on both sides of an `e`, as in a number.

    Eight megabytes take a regular expression as long as to decode them.
    """
    codes = np.frombuffer(text, np.uint8)
    is_between = ((codes[1:-1] | 0x20) == ord("e")) & (codes[:-2] <= ord("9"))
    return np.flatnonzero(is_between & (codes[2:] <= ord("9"))).tolist()


def loads(text: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is no JSON, or nested too deeply.
        UnicodeDecodeError: it is not UTF-8.
    """
    if _HUGE_NUMBER.search(text) is None:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass  # what follows either reads it or tells what is wrong
    return careful_loads(text)


def careful_loads(text: bytes, exact: bool = False) -> Any:
    """The same by the slower parser alone. Of a repeated key the first value counts.

    With `exact`, whole numbers that were rounded to a float stay text.
    """
    try:
        return (_EXACT_DECODER if exact else _DECODER).decode(text.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def dumps(value: Any) -> bytes:
    """A value as JSON on one line.

    Raises:
        ValueError: it is nested too deeply.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        pass  # a number beyond 64 bits, half of a surrogate pair, or deep nesting
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return _LONE.sub("\ufffd", text).encode("utf-8")


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _exact(text: str) -> float | str:
    return text if _ROUNDED_NUMBER.fullmatch(text) else _float(text)


def _constant(text: str) -> str | None:
    return None if text == "NaN" else text


_DECODER = json.JSONDecoder(
    object_pairs_hook=_first_wins, parse_float=_float, parse_constant=_constant
)
_EXACT_DECODER = json.JSONDecoder(
    object_pairs_hook=_first_wins, parse_float=_exact, parse_constant=_constant
)
