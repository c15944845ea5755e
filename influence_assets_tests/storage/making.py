"""Small frames of core.post_metrics, and what a second process does to a warehouse."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import polars as pl

from influence_assets.contracts import TABLES
from influence_assets.storage.warehouse import Warehouse

TABLE = "core.post_metrics"
D1, D2, D3 = date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)
K1, K2, K3 = "2024-01-01", "2024-01-02", "2024-01-03"

Row = tuple[str, date, int]


def metrics(*rows: Row) -> pl.DataFrame:
    """Rows of core.post_metrics: post, day, views."""
    made = [
        {
            "platform": "x",
            "post_id": post,
            "observed_at": datetime.combine(day, time(12)),
            "is_observed_at_known": True,
            "observed_date": day,
            "views": views,
            "likes": views * 10,
        }
        for post, day, views in rows
    ]
    return pl.DataFrame(made, schema=TABLES[TABLE].schema.create_empty().schema)


def held(warehouse: Warehouse) -> list[Row]:
    """What the warehouse holds, in order."""
    rows = warehouse.read(TABLE, ["post_id", "observed_date", "views"])
    return sorted(rows.rows(), key=lambda r: (r[1], r[0]))


def python(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def versions_of(warehouse: Warehouse, keys: Sequence[str] | None = None) -> dict[str, str]:
    """Version recorded for each partition of the table."""
    with warehouse.connect() as connection:
        found = connection.execute(
            "SELECT partition_key, input_version FROM meta.partitions WHERE table_name = ?", [TABLE]
        ).fetchall()
    return {k: v for k, v in found if keys is None or k in keys}
