"""The embedded warehouse: one DuckDB file, opened briefly, written atomically.

Belongs here: connecting, waiting for the lock, replacing partitions, reading.
Does not: what a table's rows are made of (`sql/`, `domain`), or which
partitions are stale (`storage.versions`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from influence_assets.contracts import TABLES, Table
from influence_assets.errors import ContractError, UserError
from influence_assets.storage import ddl, sql
from influence_assets.storage.upgrade import upgrade

WHOLE = ""
"""Partition key of a table that is replaced whole."""

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # Extensions ship as wheels or not at all: DuckDB must never try to fetch one.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # For its encoding of texts, which takes a fifth off the time of writing.
    "storage_compatibility_version": "v1.3.0",
}


@dataclass(frozen=True)
class Written:
    """A partition that was committed."""

    key: str
    rows: int
    previous_rows: int = 0


class Warehouse:
    """A DuckDB file with every table of the contracts.

    Connections are short: each method opens one, and closes it whatever happens,
    so that several processes can take turns.

    Args:
        path: the database file; made when first written.
        lock_wait_s: how long to retry while another process holds the file.
        sleep, rng: for tests; the waits are drawn from `rng`.
    """

    def __init__(
        self,
        path: Path,
        lock_wait_s: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self.path = path
        self.lock_wait_s = lock_wait_s
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._prepared = False
        self._kept: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Until the end all methods share one connection: to open one takes longer than many a
        small read. Nobody else has the file meanwhile, so keep it short."""
        with self.connect() as connection:
            self._kept = connection
            try:
                yield
            finally:
                self._kept = None

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """An open connection, closed at the end.

        Raises:
            UserError: another process holds the file for longer than `lock_wait_s`, or
                `read_only` is asked of a warehouse that does not exist yet.
        """
        if read_only and not self.path.exists():
            raise UserError(
                f"There is no warehouse at {self.path} yet. Fill one with `influence ingest PATH` "
                "or `influence demo`, or point INFLUENCE_HOME at the folder that has it."
            )
        if self._kept is not None:
            yield self._kept
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._open(read_only)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            if not read_only and not self._prepared:
                for statement in ddl.create_statements():
                    connection.execute(statement)
                upgrade(connection)
                self._prepared = True
            yield connection
        finally:
            connection.close()

    def _open(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        deadline = time.monotonic() + self.lock_wait_s
        wait = 0.05
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only, config=_CONFIG)
            except duckdb.IOException as error:
                if "lock" not in str(error).lower():
                    raise UserError(
                        f"{self.path} cannot be opened as a DuckDB warehouse: {error}. Restore it "
                        "from a backup, or move it away and build anew from the landing files."
                    ) from error
                if time.monotonic() >= deadline:
                    raise UserError(
                        f"Another process has held {self.path} for {self.lock_wait_s:.0f} s. Wait "
                        "for its run to end or stop it, then try again; INFLUENCE_LOCK_WAIT_S "
                        f"sets the patience. DuckDB says: {error}"
                    ) from error
            # Full jitter: several waiting processes do not come back in step.
            self._sleep(self._rng.uniform(0, wait))
            wait = min(wait * 2, 2.0)

    def replace(
        self,
        name: str,
        rows: str | pl.DataFrame,
        versions: Mapping[str, str],
        *,
        run_id: str = "",
        parameters: Mapping[str, Any] | None = None,
        on_written: Callable[[Written], None] = lambda _: None,
    ) -> list[Written]:
        """Replace partitions, each in a transaction of its own, after checking the contract.

        A crash or an error in the middle keeps the partitions already committed and
        leaves the others as they were.

        Args:
            name: the table.
            rows: a SELECT, or a frame with the table's columns in any order.
            versions: input version by partition key: exactly the partitions to replace,
                in order; `{WHOLE: …}` for a table without partitions.
            parameters: the SELECT's parameters.
            on_written: called after each commit.

        Raises:
            ContractError: some row breaks a rule of the contract; nothing was written.
            ValueError: some row belongs to a partition that is not in `versions`.
        """
        table = TABLES[name]
        with self.connect() as connection:
            _stage(connection, table, rows, parameters or {}, list(versions))
            _check(connection, table, versions)
            written = []
            for key, version in versions.items():
                done = _commit_partition(connection, table, key, version, run_id)
                written.append(done)
                on_written(done)
            return written

    def append(self, name: str, rows: pl.DataFrame, *, in_place: bool = False) -> int:
        """Add rows in one transaction and return their number.

        Args:
            name: the table.
            rows: with the table's columns in any order.
            in_place: rows with the same keys make room for them.

        Raises:
            ContractError: some row breaks a rule of the contract; nothing was written.
        """
        table = TABLES[name]
        with self.connect() as connection:
            _stage(connection, table, rows, {}, [])
            _check(connection, table, None)
            if not in_place:
                _check_new_keys(connection, table)
            _insert(connection, table)
        return rows.height

    def mark_built(self, name: str, version: str, run_id: str, rows: int = 0) -> None:
        """Note that a table kept whole, or a file, is up to date with this version."""
        with self.connect() as connection:
            record_version(connection, name, WHOLE, version, rows, run_id)

    def count(self, name: str) -> int:
        """Rows of a table."""
        with self.connect() as connection:
            found = connection.execute(f"SELECT count(*) FROM {TABLES[name].name}").fetchone()
        return int(found[0]) if found else 0

    def read(
        self,
        name: str,
        columns: Sequence[str],
        *,
        since: date | None = None,
        until: date | None = None,
    ) -> pl.DataFrame:
        """Some columns of some partitions of a table; `since` and `until` are inclusive.

        Raises:
            ValueError: the table has no such column, or no partitions to choose from.
        """
        table = TABLES[name]
        if unknown := [c for c in columns if c not in table.columns]:
            raise ValueError(f"{name} has no column {', '.join(unknown)}")
        if (since or until) and table.partition_column is None:
            raise ValueError(f"{name} has no partitions")
        where = (
            f" WHERE {table.partition_column} BETWEEN $since AND $until" if since or until else ""
        )
        bounds = {"since": since or date.min, "until": until or date.max} if where else {}
        with self.connect() as connection:
            return connection.execute(
                f"SELECT {', '.join(columns)} FROM {name}{where}", bounds
            ).pl()

    def query(self, name: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """The result of the SELECT in `sql/` under this name."""
        with self.connect() as connection:
            return connection.execute(sql.select(name), dict(parameters or {})).pl()


def _stage(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    rows: str | pl.DataFrame,
    parameters: Mapping[str, Any],
    keys: Sequence[str],
) -> None:
    """Put the new rows in the temporary table `staged`, in partition order.

    The order lets DuckDB skip to a partition's rows when they are copied one by one. A
    SELECT speaks of a range of days; those of it that are not to be replaced are left out.
    """
    order = f" ORDER BY {table.partition_column}" if table.partition_column else ""
    connection.execute("DROP TABLE IF EXISTS temp.staged")
    bound = dict(parameters)
    if isinstance(rows, str):
        source = f"({rows})"
        if table.partition_column:
            source += f" WHERE CAST({table.partition_column} AS VARCHAR) IN (SELECT unnest($keys))"
            bound["keys"] = list(keys)
    else:
        connection.register("incoming", rows.to_arrow())
        source = "incoming"
    connection.execute(f"CREATE TEMP TABLE staged AS SELECT * FROM {source}{order}", bound)
    if not isinstance(rows, str):
        connection.unregister("incoming")


def _check(
    connection: duckdb.DuckDBPyConnection, table: Table, versions: Mapping[str, str] | None
) -> None:
    """Raise where `staged` breaks the contract or strays outside the asked partitions."""
    found_types = {row[0]: row[1] for row in connection.execute("DESCRIBE staged").fetchall()}
    if set(found_types) != set(table.columns):
        missing = set(table.columns) - set(found_types)
        extra = set(found_types) - set(table.columns)
        raise ContractError(
            table.name,
            {f"{c}|missing": 0 for c in missing} | {f"{c}|not in the contract": 0 for c in extra},
        )
    if wrong := ddl.lossy_types(table, found_types):
        raise ContractError(table.name, {f"{c}|dtype": 0 for c in wrong})
    result = connection.execute(ddl.count_failures(table, "staged"))
    rules = [column[0] for column in result.description or []]
    counts = result.fetchone() or ()
    if failures := {r: n for r, n in zip(rules, counts, strict=True) if n}:
        raise ContractError(table.name, failures)
    if versions is not None and table.partition_column:
        found = connection.execute(
            f"SELECT DISTINCT CAST({table.partition_column} AS VARCHAR) FROM staged"
        ).fetchall()
        if stray := sorted({key for (key,) in found} - set(versions)):
            raise ValueError(f"{table.name}: rows outside the asked partitions: {stray[:5]}")


def _check_new_keys(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Raise where `staged` repeats a key that the table already has."""
    key = ", ".join(table.key)
    repeated = connection.execute(
        f"SELECT count(*) FROM staged SEMI JOIN {table.name} USING ({key})"
    ).fetchone()
    if repeated and repeated[0]:
        raise ContractError(table.name, {"key|unique": int(repeated[0])})


def _insert(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Add `staged`, in place of the rows with its keys."""
    same = " AND ".join(f"{table.name}.{column} = staged.{column}" for column in table.key)
    connection.execute("BEGIN")
    try:
        connection.execute(f"DELETE FROM {table.name} USING staged WHERE {same}")
        connection.execute(f"INSERT INTO {table.name} BY NAME SELECT * FROM staged")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _commit_partition(
    connection: duckdb.DuckDBPyConnection, table: Table, key: str, version: str, run_id: str
) -> Written:
    where = f" WHERE {table.partition_column} = CAST($key AS DATE)" if key != WHOLE else ""
    bound = {"key": key} if where else {}
    connection.execute("BEGIN")
    try:
        deleted = connection.execute(f"DELETE FROM {table.name}{where}", bound).fetchone()
        connection.execute(f"INSERT INTO {table.name} BY NAME SELECT * FROM staged{where}", bound)
        counted = connection.execute(f"SELECT count(*) FROM staged{where}", bound).fetchone()
        rows = int(counted[0]) if counted else 0
        record_version(connection, table.name, key, version, rows, run_id)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return Written(key, rows, int(deleted[0]) if deleted else 0)


def record_version(
    connection: duckdb.DuckDBPyConnection,
    table_name: str,
    key: str,
    version: str,
    rows: int,
    run_id: str,
) -> None:
    """Note what a partition was built from, inside the transaction that wrote it."""
    connection.execute(
        "DELETE FROM meta.partitions WHERE table_name = ? AND partition_key = ?", [table_name, key]
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute(
        "INSERT INTO meta.partitions VALUES (?, ?, ?, ?, ?, ?)",
        [table_name, key, version, rows, run_id, now],
    )
