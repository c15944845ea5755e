"""Commas, points and slashes: what a file's values tell, and what is left unread."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest

from influence_assets.sources.column_spec import Column
from influence_assets.sources.convert import convert
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.marks import is_day_first, told_apart, without_rounded


def spec(delimiter: str = ",") -> FileSpec:
    """A table with a count, an amount and a day, whose marks have to be told."""
    feed = {
        "contract": "profile_snapshots",
        "columns": {
            "profile_id": "id",
            "followers": {"field": "count", "thousands": "any"},
            "engagement": {"field": "amount", "thousands": "any"},
            "observed_at": {"field": "day", "time": "slashed"},
        },
    }
    return FileSpec.model_validate(
        {"format": "table", "platform": "x", "delimiter": delimiter, "feeds": [feed]}
    )


def numbers(counts: list[str], amounts: list[str], delimiter: str) -> list[list[Any]]:
    width = max(len(counts), len(amounts))
    columns = {"count": counts, "amount": amounts, "day": []}
    frame = pl.DataFrame(
        {n: v + [None] * (width - len(v)) for n, v in columns.items()},  # type: ignore[operator]
        schema=dict.fromkeys(columns, pl.String),
    )
    made = told_apart(frame, spec(delimiter))
    how = Column.model_validate({"field": "f", "thousands": "any"})
    return [
        convert(made["count"], how, pl.Int64()).drop_nulls().to_list(),
        convert(made["amount"], how, pl.Float64()).drop_nulls().to_list(),
    ]


@pytest.mark.parametrize(
    ("counts", "amounts", "delimiter", "expected"),
    [
        (["1,234", "1,234,567"], ["1,234.5"], ",", [[1234, 1_234_567], [1234.5]]),
        # A comma with one digit after it is a decimal mark, and then points stand for thousands.
        (["12.500", "980"], ["421,5", "1.421,5"], ";", [[12_500, 980], [421.5, 1421.5]]),
        (["1.234.567", "1.234"], [], ",", [[1_234_567, 1_234], []]),
        # 1.234 alone: a count among semicolons has no fraction; elsewhere it may have lost a unit.
        (["1.234"], [], ";", [[1_234], []]),
        (["1.234"], [], ",", [[], []]),
        # 12,500 alone: a count; of another number nobody knows, but where commas separate fields.
        (["12,500"], ["12,500"], ";", [[12_500], []]),
        (["12,500"], ["12,500"], ",", [[12_500], [12_500.0]]),
        # Blanks and apostrophes.
        (["1 234 567", "1\u202f234", "1'234"], [], ",", [[1_234_567, 1_234, 1_234], []]),
        # Both ways in one file prove nothing: only what is plain is read.
        ([], ["1,5", "1.5"], ";", [[], [1.5]]),
        (["12,5"], [], ",", [[], []]),
    ],
)
def test_numbers(
    counts: list[str], amounts: list[str], delimiter: str, expected: list[list[float]]
) -> None:
    assert numbers(counts, amounts, delimiter) == expected


@pytest.mark.parametrize(
    ("text", "number"), [("1,234", 1_234), ("1,23,456", 123_456), ("12,5", None), ("1,2345", None)]
)
def test_thousands_stand_in_groups(text: str, number: int | None) -> None:
    how = Column.model_validate({"field": "f", "thousands": ","})
    assert convert(pl.Series([text]), how, pl.Int64()).to_list() == [number]


@pytest.mark.parametrize(
    ("texts", "day_first"),
    [
        (["13/01/2024", "03/04/2024"], True),
        (["1/13/2024 5:04 PM", "3/4/24"], False),
        (["03/04/2024"], None),
        (["13/01/2024", "01/13/2024"], None),
        (["2024-01-13"], None),
        ([], None),
    ],
)
def test_the_day_and_the_month(texts: list[str], day_first: bool | None) -> None:
    assert is_day_first(pl.Series(texts, dtype=pl.String)) is day_first


@pytest.mark.parametrize(
    ("texts", "times"),
    [
        (["31/01/2024", "03/04/24 10:05"], [datetime(2024, 1, 31), datetime(2024, 4, 3, 10, 5)]),
        (
            ["1/31/2024, 5:04 pm", "03-04-2024"],
            [datetime(2024, 1, 31, 17, 4), datetime(2024, 3, 4)],
        ),
        (["03/04/2024", "2024-05-06"], [None, datetime(2024, 5, 6)]),
        (["31/01/2024", "31/02/2024"], [datetime(2024, 1, 31), None]),
    ],
)
def test_dates(texts: list[str], times: list[datetime | None]) -> None:
    frame = pl.DataFrame({"count": texts, "amount": texts, "day": texts})
    made = told_apart(frame, spec())["day"]
    how = Column.model_validate({"field": "f", "time": "slashed"})
    assert convert(made, how, pl.Datetime("us")).to_list() == times


def test_ids_that_lost_their_digits() -> None:
    ids = ["1.21209E+18", "1.2e18", "7E+17", "1,2E+18", "44.0", "1234567890123456789.0"]
    assert without_rounded(pl.Series(ids)).to_list() == [None, None, None, None, "44", None]
    whole = pl.Series(["1e10", "a.b", "7e18", "3.0.1", "12", None])
    assert without_rounded(whole).equals(whole)


def test_fields_of_the_items_of_a_list_are_left_alone() -> None:
    feed = {
        "contract": "interactions",
        "each": "who",
        "columns": {"target_id": ".id", "occurred_at": {"field": ".day", "time": "slashed"}},
    }
    own = FileSpec.model_validate({"format": "json", "platform": "x", "feeds": [feed]})
    frame = pl.DataFrame({"id": ["1"]})
    assert told_apart(frame, own).equals(frame)
