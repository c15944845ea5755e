"""JSON of either kind as values: what a line, an item or a document is."""

from __future__ import annotations

import io
from typing import Any

import pytest

from influence_assets.sources.batches import BadFile, Reject
from influence_assets.sources.json_values import json_values, unfit


def values(text: str) -> list[Any]:
    return list(json_values(io.BytesIO(text.encode()), "a file"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        # Blank lines and other line ends.
        ('\n{"a": 1}\r\n\r\n{"a": 2}', [{"a": 1}, {"a": 2}]),
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('[\n  {"a": 1},\n  {"a": 2}\n]\n', [{"a": 1}, {"a": 2}]),
        ('{\n  "a": [\n    {"b": 1}\n  ]\n}', [{"a": [{"b": 1}]}]),
        ("\ufeff[1]", [1]),
        ("[]", []),
    ],
)
def test_shapes(text: str, found: list[Any]) -> None:
    assert values(text) == found


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_damaged_line_is_a_reject_in_its_place(place: int) -> None:
    lines = ['{"a": 0}', '{"a": 1}', '{"a": 2}']
    lines[place] = '{"a": '
    found = values("\n".join(lines))
    assert [type(v) for v in found] == [Reject if n == place else dict for n in range(3)]
    assert found[place].rule == "malformed_json"


@pytest.mark.parametrize("text", ['[\n{"a": 1},\n{"a"', '{"a": [\n{"b": 1}\n,\n', "", "no json"])
def test_a_damaged_document_is_refused(text: str) -> None:
    with pytest.raises(BadFile, match="no valid JSON"):
        values(text)


def test_what_fits_nothing_keeps_its_text() -> None:
    assert unfit({"a": 1}, "why") == Reject(0, "fits_no_feed", "why", '{"a":1}')
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    assert unfit(deep, "why").rule == "fits_no_feed"
