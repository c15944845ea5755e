"""SQL text made from contracts: table definitions and rule checks.

Identifiers come from contracts, which are constants in code; values never
enter SQL text except the bounds that contracts state.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

import dataframely as dy
import polars as pl

from influence_assets.contracts import TABLES, Table

_TYPES: dict[type[pl.DataType], str] = {
    pl.String: "VARCHAR",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Float32: "FLOAT",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP",
}


def duckdb_type(dtype: pl.DataType) -> str:
    """The DuckDB type of a polars type; times are naive TIMESTAMPs that mean UTC."""
    if isinstance(dtype, pl.List):
        inner = dtype.inner
        return duckdb_type(inner if isinstance(inner, pl.DataType) else inner()) + "[]"
    return _TYPES[type(dtype)]


def create_statements() -> list[str]:
    """Statements that make every schema and table that is not there yet."""
    layers = dict.fromkeys(t.layer for t in TABLES.values())
    statements = [f"CREATE SCHEMA IF NOT EXISTS {layer}" for layer in layers]
    return statements + [create_statement(table) for table in TABLES.values()]


def create_statement(table: Table, types: Mapping[str, str] = MappingProxyType({})) -> str:
    """The statement that makes a table unless it is there.

    Args:
        table: the table.
        types: by column, a narrower type than its contract states.
    """
    columns = ", ".join(
        f"{name} {types.get(name, duckdb_type(c.dtype))}{'' if c.nullable else ' NOT NULL'}"
        for name, c in table.columns.items()
    )
    return f"CREATE TABLE IF NOT EXISTS {table.name} ({columns})"


def rule_predicates(table: Table) -> dict[str, str]:
    """For each column rule of the contract, SQL that is true of a row that breaks it.

    Rules written as polars expressions are left to `sources`, which applies the
    whole contract to what comes in; these guard each write, whoever makes it.
    """
    rules: dict[str, str] = {}
    for name, column in table.columns.items():
        if not column.nullable:
            rules[f"{name}|nullability"] = f"{name} IS NULL"
        for rule, operator in (("min", "<"), ("max", ">"), ("min_exclusive", "<=")):
            bound = getattr(column, rule, None)
            if bound is not None:
                rules[f"{name}|{rule}"] = f"{name} {operator} {_literal(bound)}"
        if isinstance(column, dy.String) and column.min_length is not None:
            rules[f"{name}|min_length"] = f"strlen({name}) < {column.min_length}"
        if isinstance(column, dy.Float64):
            rules[f"{name}|finite"] = f"NOT isfinite({name})"
    return rules


def count_failures(table: Table, relation: str) -> str:
    """One SELECT that counts, in `relation`, the rows that break each rule and the key."""
    counts = [
        f'count(*) FILTER ({predicate}) AS "{rule}"'
        for rule, predicate in rule_predicates(table).items()
    ]
    key = ", ".join(table.key)
    duplicates = f'(SELECT count(*) - count(DISTINCT ({key})) FROM {relation}) AS "key|unique"'
    return f"SELECT {', '.join([*counts, duplicates])} FROM {relation}"


_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
          "UINTEGER", "UBIGINT"}  # fmt: skip


def lossy_types(table: Table, found: dict[str, str]) -> list[str]:
    """Columns whose found DuckDB type would be changed, not merely widened, by the insert."""
    wrong = []
    for name, column in table.columns.items():
        wanted, has = duckdb_type(column.dtype), found[name]
        number = has in _WHOLE or has in ("FLOAT", "DOUBLE") or has.startswith("DECIMAL")
        fits = (
            has in (wanted, '"NULL"')
            or (wanted == "BIGINT" and has in _WHOLE)
            or (wanted in ("DOUBLE", "FLOAT") and number)
        )
        if not fits:
            wrong.append(name)
    return wrong


def _literal(bound: float | date | datetime) -> str:
    if isinstance(bound, datetime):
        return f"TIMESTAMP '{bound.isoformat(sep=' ')}'"
    if isinstance(bound, date):
        return f"DATE '{bound.isoformat()}'"
    return repr(bound)
