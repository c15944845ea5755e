"""Rows for the SELECTs to work on, and what they give."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import duckdb
import polars as pl

from influence_assets.contracts import TABLES
from influence_assets.storage import sql

Tables = duckdb.DuckDBPyConnection

# 1 January 2024 is a Monday.
MON, TUE, WED, SUN = date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 7)
NEXT = date(2024, 1, 8)
ALWAYS = {"first_day": date(2020, 1, 1), "last_day": date(2030, 1, 1)}
FILE = {n: str(n) * 64 for n in range(1, 10)}


def noon(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour))


def put(tables: Tables, name: str, *rows: dict[str, Any]) -> None:
    """Insert rows by name; columns that a row does not give are NULL, and times are known."""
    schema = TABLES[name].schema.create_empty().schema
    known = dict.fromkeys((c for c in schema if c.endswith("_known")), True)
    frame = pl.DataFrame([known | row for row in rows], schema=schema)
    tables.register("incoming", frame.to_arrow())
    tables.execute(f"INSERT INTO {name} BY NAME SELECT * FROM incoming")
    tables.unregister("incoming")


def run(tables: Tables, name: str, **parameters: Any) -> pl.DataFrame:
    """The SELECT's rows, after checking that they have the contract's columns."""
    found = tables.execute(sql.select(name), {**ALWAYS, **parameters}).pl()
    assert set(found.columns) == set(TABLES[name].columns)
    key = found.select(TABLES[name].key)
    assert key.is_unique().all()
    return found


def raw_count(file: int, row: int = 1, at: datetime = noon(TUE), **more: Any) -> dict[str, Any]:  # noqa: B008
    return {
        "file_id": FILE[file], "row_number": row, "platform": "x", "post_id": "p",
        "observed_at": at, "observed_date": at.date(),
    } | more  # fmt: skip


def count(post_id: str, at: datetime, **more: Any) -> dict[str, Any]:
    row = {"platform": "x", "post_id": post_id, "observed_at": at, "observed_date": at.date()}
    return row | more


def post(day: date, post_id: str = "p", profile: str = "ann") -> dict[str, Any]:
    return {
        "platform": "x", "post_id": post_id, "profile_id": profile,
        "posted_at": noon(day), "posted_date": day,
    }  # fmt: skip


def weeks(
    tables: Tables, first: date = MON, last: date = date(2024, 1, 29)
) -> list[dict[str, Any]]:
    found = run(tables, "marts.profile_metrics_weekly", first_day=first, last_day=last)
    return found.sort("profile_id", "week_start").rows(named=True)


def tie(day: date, kind: str = "mention", **more: Any) -> dict[str, Any]:
    return {
        "platform": "x", "kind": kind, "source_id": "a", "target_id": "b",
        "occurred_at": noon(day), "occurred_date": day, "post_id": "p", "weight": 1.0,
    } | more  # fmt: skip
