"""A warehouse that an older version of the contracts made, brought to the present ones.

What is built from other tables is dropped and built anew. What came from files keeps its rows
and gets the new columns, empty.
"""

from __future__ import annotations

import re

import duckdb

from influence_assets.contracts import TABLES, Table
from influence_assets.errors import UserError
from influence_assets.storage.ddl import create_statement, duckdb_type

_KEPT = ("raw", "meta", "models")
"""Layers whose rows nothing could make again, or only at length; vectors lie in files too."""


def upgrade(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every table as its contract says.

    Raises:
        UserError: a column of a table that keeps its rows has another type now.
    """
    found = _stored(connection)
    for table in TABLES.values():
        stored = found.get(table.name)
        if stored is None:
            continue
        if table.layer in _KEPT:
            _add_columns(connection, table, {name: dtype for name, (dtype, _) in stored.items()})
        elif stored != {
            name: (duckdb_type(column.dtype), column.nullable)
            for name, column in table.columns.items()
        }:
            _drop(connection, table)
            connection.execute(create_statement(table))


def _stored(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, tuple[str, bool]]]:
    """Type, and whether it may be NULL, by column by table, as they are in the warehouse."""
    rows = connection.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type, is_nullable "
        "FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    ).fetchall()
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for table, column, dtype, is_nullable in rows:
        # A vector's length is that of its encoder, and no matter of versions.
        found.setdefault(table, {})[column] = (re.sub(r"\[\d+\]", "[]", dtype), is_nullable)
    return found


def _add_columns(
    connection: duckdb.DuckDBPyConnection, table: Table, stored: dict[str, str]
) -> None:
    wanted = {name: duckdb_type(column.dtype) for name, column in table.columns.items()}
    others = [n for n, dtype in wanted.items() if stored.get(n, dtype) != dtype]
    missing = [n for n in wanted if n not in stored]
    if others or any(not table.columns[n].nullable for n in missing):
        raise UserError(
            f"The warehouse was made by another version, and {table.name} has no place for "
            f"{', '.join(others + missing)}. Move it away and ingest your files anew."
        )
    for name in missing:
        connection.execute(f"ALTER TABLE {table.name} ADD COLUMN {name} {wanted[name]}")


def _drop(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Without its versions every partition is stale, and the next build makes it."""
    connection.execute(f"DROP TABLE {table.name}")
    connection.execute("DELETE FROM meta.partitions WHERE table_name = ?", [table.name])
