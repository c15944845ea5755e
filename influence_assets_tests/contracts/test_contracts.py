"""Contracts: what they say of themselves, and the tables and checks made from them."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

import dataframely as dy
import duckdb
import polars as pl
import pytest

from influence_assets.contracts import TABLES, Table
from influence_assets.contracts.base import table
from influence_assets.storage import ddl

EVERY_TABLE = pytest.mark.parametrize("name", sorted(TABLES))

# Said once more by hand, so that a slip in `ddl` shows.
SQL_TYPES: dict[type[dy.Column], str] = {
    dy.String: "VARCHAR",
    dy.Int64: "BIGINT",
    dy.Float64: "DOUBLE",
    dy.Float32: "FLOAT",
    dy.Bool: "BOOLEAN",
    dy.Date: "DATE",
    dy.Datetime: "TIMESTAMP",
}


def sql_type(column: dy.Column) -> str:
    if isinstance(column, dy.List):
        return f"{sql_type(column.inner)}[]"
    return SQL_TYPES[type(column)]


@EVERY_TABLE
def test_table_says_what_a_row_is(name: str) -> None:
    described = TABLES[name].description
    # The schema's own docstring comes first; a missing one would leave the key alone.
    assert not described.startswith("\n\nKey:")
    assert "row" in described.split("\n\nKey:")[0]


@EVERY_TABLE
def test_every_column_is_described(name: str) -> None:
    columns = TABLES[name].columns
    assert [c for c, column in columns.items() if not (column.description or "").strip()] == []


@EVERY_TABLE
def test_key_and_partition_are_columns(name: str) -> None:
    stated = TABLES[name]
    assert stated.key
    assert set(stated.key) <= set(stated.columns)
    # A partition has a length, and its column holds dates that are always there.
    assert (stated.partition_column is None) == (stated.grain is None)
    if stated.partition_column:
        column = stated.columns[stated.partition_column]
        assert isinstance(column, dy.Date)
        assert not column.nullable


@EVERY_TABLE
def test_duckdb_table_has_exactly_the_contracts_columns(
    name: str, tables: duckdb.DuckDBPyConnection
) -> None:
    described = tables.execute(f"DESCRIBE {name}").fetchall()
    found = {column: (kind, null == "YES") for column, kind, null, *_ in described}
    assert found == {c: (sql_type(d), d.nullable) for c, d in TABLES[name].columns.items()}


class _Undocumented(dy.Schema):
    number = dy.Int64(description="A number.")


_Undocumented.__doc__ = None


class _Undescribed(dy.Schema):
    """A row is an example."""

    number = dy.Int64()


class _Fine(dy.Schema):
    """A row is an example."""

    number = dy.Int64(description="A number.")


@pytest.mark.parametrize(
    ("schema", "key", "partition", "said"),
    [
        # A key that is no column.
        (_Fine, ("id",), None, "no such column: id"),
        # A partition that is no column.
        (_Fine, ("number",), "day", "no such column: day"),
        # No docstring.
        (_Undocumented, ("number",), None, "what a row is"),
        # A column without a description.
        (_Undescribed, ("number",), None, "describe number"),
    ],
)
def test_incomplete_contract_is_refused(
    schema: type[dy.Schema], key: tuple[str, ...], partition: str | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        table("test.refused", key, partition)(schema)
    assert "test.refused" not in TABLES


# --- the rules in SQL against dataframely, which knows nothing of SQL ---


class _Ruled(dy.Schema):
    """A row is an example."""

    id = dy.Int64(description="Which row.")
    count = dy.Int64(nullable=True, min=0, max=7, description="Bounds that may be reached.")
    share = dy.Float64(min=0, max=1, description="Finite and within bounds.")
    weight = dy.Float64(nullable=True, min_exclusive=0, description="A bound not to be reached.")
    name = dy.String(min_length=1, description="Not empty.")
    code = dy.String(nullable=True, min_length=3, description="Length of a text with accents.")
    day = dy.Date(nullable=True, min=date(2020, 1, 1), description="A bound that is a date.")
    time = dy.Datetime(
        nullable=True, min=datetime(2020, 1, 1, 12), description="A bound that is a time."
    )


RULED = Table("test.ruled", _Ruled, ("id",))
GOOD: dict[str, Any] = {
    "count": 1, "share": 0.5, "weight": 1.0, "name": "a", "code": "abc",
    "day": date(2021, 1, 1), "time": datetime(2021, 1, 1),
}  # fmt: skip
CASES: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    # Bounds themselves are allowed …
    ({"count": 0}, None),
    ({"count": 7}, None),
    ({"share": 1.0}, None),
    ({"day": date(2020, 1, 1)}, None),
    ({"time": datetime(2020, 1, 1, 12)}, None),
    # … and a missing value breaks no bound.
    ({"count": None, "weight": None, "code": None, "day": None, "time": None}, None),
    # Just beyond each bound.
    ({"count": -1}, "count"),
    ({"count": 8}, "count"),
    ({"share": -0.001}, "share"),
    ({"share": 1.001}, "share"),
    ({"day": date(2019, 12, 31)}, "day"),
    ({"time": datetime(2020, 1, 1, 11, 59)}, "time"),
    # An exclusive bound itself.
    ({"weight": 0.0}, "weight"),
    # What is no number at all.
    ({"share": math.nan}, "share"),
    ({"share": math.inf}, "share"),
    ({"weight": math.nan}, "weight"),
    ({"weight": math.inf}, "weight"),
    ({"weight": -math.inf}, "weight"),
    # Missing where it must not be.
    ({"share": None}, "share"),
    ({"name": None}, "name"),
    # Too short; both count bytes, of which an accented letter has two.
    ({"name": ""}, "name"),
    ({"code": "ab"}, "code"),
    ({"code": "é"}, "code"),
    ({"code": "éé"}, None),
]


def _columns_broken_in_sql(row: pl.DataFrame) -> set[str]:
    with duckdb.connect() as connection:
        connection.register("rows", row.to_arrow())
        counted = connection.execute(ddl.count_failures(RULED, "rows")).pl()
    return {name.split("|")[0] for name, n in counted.row(0, named=True).items() if n}


def _columns_broken_in_dataframely(row: pl.DataFrame) -> set[str]:
    _, failed = _Ruled.filter(row)
    return {rule.split("|")[0] for rule in failed.counts()}


@pytest.mark.parametrize(("change", "broken"), CASES)
def test_rules_in_sql_agree_with_dataframely(change: dict[str, Any], broken: str | None) -> None:
    row = pl.DataFrame([{"id": 1} | GOOD | change], schema=_Ruled.create_empty().schema)
    expected = {broken} if broken else set()
    assert _columns_broken_in_dataframely(row) == expected
    assert _columns_broken_in_sql(row) == expected


def test_failures_are_counted_rule_by_rule() -> None:
    rows = pl.DataFrame(
        [{"id": i} | GOOD | change for i, (change, _) in enumerate(CASES)],
        schema=_Ruled.create_empty().schema,
    )
    with duckdb.connect() as connection:
        connection.register("rows", rows.to_arrow())
        counted = connection.execute(ddl.count_failures(RULED, "rows")).pl().row(0, named=True)
    _, failed = _Ruled.filter(rows)
    stated = {rule: n for rule, n in failed.counts().items() if rule in counted}
    # NaN and infinities also fall under bounds in one of the two; the other rules are equal.
    exact = {r: n for r, n in stated.items() if not r.startswith(("share|m", "weight|m"))}
    assert exact == {r: counted[r] for r in exact}
    assert len(exact) >= 8


def test_key_counts_each_surplus_row() -> None:
    # Three rows of one key are two too many; a NULL in a key of several columns is a value.
    two = Table("test.two", _Ruled, ("id", "code"))
    rows = pl.DataFrame(
        [{"id": i} | GOOD | {"code": c} for i, c in [(1, None), (1, None), (1, None), (2, "abc")]],
        schema=_Ruled.create_empty().schema,
    )
    with duckdb.connect() as connection:
        connection.register("rows", rows.to_arrow())
        counted = connection.execute(ddl.count_failures(two, "rows")).pl().row(0, named=True)
    assert counted["key|unique"] == 2
