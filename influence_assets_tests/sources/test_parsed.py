"""Portions for the warehouse: every row, reject and count once, in order, in whole row groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import polars as pl
import pytest

from influence_assets.sources import parsed
from influence_assets.sources.parsed import Parsed, gathered


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed, "PORTION_ROWS", 10)


def rows(first: int, count: int) -> pl.DataFrame:
    numbers = range(first, first + count)
    return pl.DataFrame({"file_id": ["f"] * count, "row_number": numbers}, strict=False).cast(
        {"file_id": pl.String, "row_number": pl.Int64}
    )


def part(table: str, first: int, good: int, bad: int = 0) -> Parsed:
    return Parsed({table: rows(first, good)}, rows(first + good, bad), {"f": good + bad})


def numbers(parts: list[Parsed], table: str) -> list[int]:
    return [n for p in parts if table in p.rows for n in p.rows[table]["row_number"]]


def test_each_table_comes_in_whole_portions_and_what_is_left_at_the_end() -> None:
    def parts() -> Iterator[Parsed]:
        yield part("a", 1, 7, bad=2)
        yield part("b", 10, 4)
        yield part("a", 14, 25, bad=1)
        yield part("b", 40, 4)

    found = list(gathered(parts()))
    heights = {t: [p.rows[t].height for p in found if t in p.rows] for t in ("a", "b")}
    assert heights == {"a": [30, 2], "b": [8]}
    assert numbers(found, "a") == [*range(1, 8), *range(14, 39)]
    assert numbers(found, "b") == [*range(10, 14), *range(40, 44)]
    assert [n for p in found for n in p.quarantined["row_number"]] == [8, 9, 39]
    told: Counter[str] = Counter()
    for portion in found:
        told.update(portion.records)
    assert told == {"f": 43}


def test_what_is_full_at_once_comes_at_once() -> None:
    # Else the second table would be written before anything more is parsed.
    both = Parsed({"a": rows(1, 10), "b": rows(1, 10)}, rows(11, 0), {"f": 10})
    first, rest = gathered(iter([both]))
    assert {table: frame.height for table, frame in first.rows.items()} == {"a": 10, "b": 10}
    assert ([f.height for f in rest.rows.values()], rest.records) == ([0, 0], {})


def test_a_whole_portion_does_not_wait_for_the_end() -> None:
    asked = []

    def parts() -> Iterator[Parsed]:
        for first in (1, 11, 21):
            asked.append(first)
            yield part("a", first, 10)

    first_one = next(gathered(parts()))
    assert (first_one.rows["a"].height, asked) == (10, [1])


def test_rejects_alone_do_not_pile_up() -> None:
    portions = gathered(part("a", first, 0, bad=6) for first in (1, 7, 13))
    assert next(portions).quarantined.height == 12
    assert [p.quarantined.height for p in portions] == [6]


def test_nothing_gives_nothing_and_an_empty_file_is_told() -> None:
    assert list(gathered(iter([]))) == []
    (empty,) = gathered(iter([part("a", 1, 0)]))
    assert (empty.rows["a"].height, empty.quarantined.height, empty.records) == (0, 0, {"f": 0})
