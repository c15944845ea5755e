"""Which partitions exist, and which are stale: a small `make` over the warehouse.

A partition's version is a fingerprint of the code that builds it and of the versions
of everything that it is built from. It is stored with the rows, in one transaction.
What is stale follows from comparing, not from a clock: a late file, a crash half-way
and a changed SELECT are all the same case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import duckdb

from influence_assets.storage.warehouse import WHOLE

Reach = Literal["same", "its_week", "week", "week_before", "so_far", "all", "touched", "exists"]
"""What of an upstream table a partition is built from: the partition of the same key; of a day
the week that it lies in; the days of its week, or of the week before; everything up to its end;
everything;
rows that only need looking up, because ingesting marks every day that they touch; or
nothing but that its week is there, whatever it holds."""


@dataclass(frozen=True)
class Upstream:
    """A table that another is built from, and how far the building looks.

    `drives`: a partition exists where a driving upstream has one; a week in which none
    has a day is not built.
    """

    table: str
    reach: Reach
    drives: bool = True


@dataclass(frozen=True)
class Recipe:
    """How a table is built: its lineage and the version of its code.

    `code_version` changes when the code, or a setting that it obeys, changes.
    """

    table: str
    upstream: tuple[Upstream, ...]
    code_version: str


def expected_versions(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> dict[str, str]:
    """The version that each partition should have, by key, in key order."""
    inputs = [
        (upstream, _upstream_versions(connection, upstream))
        for upstream in recipe.upstream
        if upstream.reach != "touched"
    ]
    keys = sorted({key for upstream, found in inputs if upstream.drives for key in found})
    return {
        key: _fingerprint(recipe.code_version, *(_at(u, versions, key) for u, versions in inputs))
        for key in keys
    }


def built_versions(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """The version that each partition of the table was last built with, by key."""
    rows = connection.execute(
        "SELECT partition_key, input_version FROM meta.partitions WHERE table_name = ?", [table]
    ).fetchall()
    return dict(rows)


def stale(
    connection: duckdb.DuckDBPyConnection, recipe: Recipe, *, force: bool = False
) -> dict[str, str]:
    """The partitions to build, with the versions that they will have, in key order."""
    expected = expected_versions(connection, recipe)
    built = {} if force else built_versions(connection, recipe.table)
    return {key: version for key, version in expected.items() if built.get(key) != version}


def _upstream_versions(connection: duckdb.DuckDBPyConnection, upstream: Upstream) -> dict[str, str]:
    versions = _partition_versions(connection, upstream.table)
    if upstream.reach in ("same", "its_week") or not versions:
        return versions
    if upstream.reach == "all":
        return {WHOLE: _fingerprint(*(f"{k}={v}" for k, v in sorted(versions.items())))}
    if upstream.reach == "exists":
        return {_monday(key): "" for key in versions}
    weekly: dict[str, list[str]] = {}
    for key, version in sorted(versions.items()):
        weekly.setdefault(_monday(key), []).append(f"{key}={version}")
    if upstream.reach in ("week", "week_before"):
        return {week: _fingerprint(*days) for week, days in weekly.items()}
    chained: dict[str, str] = {}
    last = ""
    for week, days in weekly.items():
        last = chained[week] = _fingerprint(last, *days)
    return chained


def _partition_versions(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Versions of a table's partitions; those of a raw table are the files that touch a day."""
    if not table.startswith("raw."):
        return built_versions(connection, table)
    rows = connection.execute(
        """
        SELECT CAST(day AS VARCHAR),
               md5(string_agg(concat_ws(':', file_id, ingest_number, status), ','
                              ORDER BY ingest_number))
        FROM raw.touched_days JOIN raw.files USING (file_id)
        WHERE table_name = ?
        GROUP BY day
        """,
        [table.replace("raw.", "core.")],
    ).fetchall()
    return dict(rows)


def _at(upstream: Upstream, versions: Mapping[str, str], key: str) -> str:
    """The version of what `key` is built from, or an empty text where there is nothing."""
    if upstream.reach == "all":
        return versions.get(WHOLE, "")
    if upstream.reach == "its_week":
        return versions.get(_monday(key), "")
    if upstream.reach == "week_before":
        return versions.get((date.fromisoformat(key) - timedelta(days=7)).isoformat(), "")
    if upstream.reach == "so_far" and key not in versions:
        before = [k for k in versions if k < key]
        return versions[max(before)] if before else ""
    return versions.get(key, "")


def _monday(day: str) -> str:
    parsed = date.fromisoformat(day)
    return (parsed - timedelta(days=parsed.weekday())).isoformat()


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]
