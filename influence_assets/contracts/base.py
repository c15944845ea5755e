"""What a table is: its schema, key, partition and place in the lineage.

Belongs here: the `Table` record and the decorator that registers a contract.
Does not: the columns of a table (see the sibling modules, one per layer) and
anything that talks to DuckDB or Dagster (see `storage.ddl`, `assets.shell`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import dataframely as dy

Grain = Literal["day", "week"]

TABLES: dict[str, Table] = {}
"""Every contract by its table name, `layer.table`."""


@dataclass(frozen=True)
class Table:
    """One warehouse table, stated once.

    Attributes:
        name: `layer.table`, as in SQL.
        schema: column names, types, ranges and descriptions.
        key: the columns that identify a row; no two rows share them.
        partition_column: the DATE column whose values are the partition keys,
            or None for a table that is replaced whole.
        grain: length of a partition; weeks start on Monday.
    """

    name: str
    schema: type[dy.Schema]
    key: tuple[str, ...]
    partition_column: str | None = None
    grain: Grain | None = None

    @property
    def layer(self) -> str:
        return self.name.split(".")[0]

    @property
    def asset_path(self) -> list[str]:
        return self.name.split(".")

    @property
    def columns(self) -> dict[str, dy.Column]:
        return self.schema.columns()

    @property
    def description(self) -> str:
        """What a row is, with the key and the partition."""
        text = inspect.cleandoc(self.schema.__doc__ or "")
        partition = f" Partitioned by {self.partition_column}." if self.partition_column else ""
        return f"{text}\n\nKey: {', '.join(self.key)}.{partition}"


def table(
    name: str,
    key: tuple[str, ...],
    partition: str | None = None,
    grain: Grain | None = None,
) -> Callable[[type[dy.Schema]], type[dy.Schema]]:
    """Register a dataframely schema as the contract of table `name`.

    Raises:
        ValueError: the key or the partition names no column, or the docstring
            that says what a row is is missing.
    """

    def register(schema: type[dy.Schema]) -> type[dy.Schema]:
        known = schema.columns()
        missing = [c for c in (*key, *([partition] if partition else [])) if c not in known]
        if missing:
            raise ValueError(f"{name}: no such column: {', '.join(missing)}")
        if not schema.__doc__:
            raise ValueError(f"{name}: say in the docstring what a row is")
        if undescribed := [c for c, column in known.items() if not column.description]:
            raise ValueError(f"{name}: describe {', '.join(undescribed)}")
        TABLES[name] = Table(name, schema, key, partition, grain)
        return schema

    return register
