"""Warehouses that an older version of the contracts made."""

from __future__ import annotations

import duckdb
import pytest

from influence_assets.errors import UserError
from influence_assets.storage import ddl
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.storage.making import D1, K1, TABLE, held, metrics, versions_of


@pytest.fixture
def old(warehouse: Warehouse) -> Warehouse:
    """A day of a built table, made by a version that did not know shares or saves of posts."""
    warehouse.replace(TABLE, metrics(("a", D1, 1)), {K1: "v1"})
    return Warehouse(warehouse.path, lock_wait_s=0.2)


def run(warehouse: Warehouse, *statements: str) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_built_table_with_other_columns_is_built_anew(old: Warehouse) -> None:
    run(old, f"ALTER TABLE {TABLE} DROP COLUMN saves")
    assert held(old) == []
    assert versions_of(old) == {}
    old.replace(TABLE, metrics(("a", D1, 2)), {K1: "v1"})
    assert held(old) == [("a", D1, 2)]


def test_a_built_column_that_may_be_empty_now_is_made_so(old: Warehouse) -> None:
    run(old, f"DELETE FROM {TABLE}", f"ALTER TABLE {TABLE} ALTER COLUMN saves SET NOT NULL")
    assert versions_of(old) == {}


def test_what_is_as_it_should_be_stays(old: Warehouse) -> None:
    assert held(old) == [("a", D1, 1)]
    assert versions_of(old) == {K1: "v1"}


def test_raw_rows_stay_and_get_the_new_column(old: Warehouse) -> None:
    values = "'f', 1, 's', '/a', 9, 1, 1, 0, 'ingested', now()"
    columns = "file_id, ingest_number, source, path, bytes, rows_in, rows_good, rows_quarantined, "
    run(old, "ALTER TABLE raw.files DROP COLUMN message",
        f"INSERT INTO raw.files ({columns}status, ingested_at) VALUES ({values})")  # fmt: skip
    with old.connect() as connection:
        rows = connection.execute("SELECT file_id, message FROM raw.files").fetchall()
    assert rows == [("f", None)]


def test_a_raw_table_that_cannot_be_mended_is_told(old: Warehouse) -> None:
    run(old, "ALTER TABLE raw.posts ALTER COLUMN text TYPE BIGINT")
    with pytest.raises(UserError, match=r"raw\.posts has no place for text"), old.connect():
        pass


def test_a_fresh_warehouse_is_as_the_contracts_say(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        before = connection.execute("SELECT sql FROM duckdb_tables() ORDER BY 1").fetchall()
    with Warehouse(warehouse.path).connect() as connection:
        assert connection.execute("SELECT sql FROM duckdb_tables() ORDER BY 1").fetchall() == before
    assert len(before) == len(ddl.TABLES)
