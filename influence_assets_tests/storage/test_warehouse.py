"""The warehouse: whole partitions or none, one process at a time, and reading little."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from influence_assets.errors import ContractError, UserError
from influence_assets.storage import ddl
from influence_assets.storage.warehouse import WHOLE, Warehouse, Written
from influence_assets_tests.storage.making import (
    D1,
    D2,
    D3,
    K1,
    K2,
    K3,
    TABLE,
    held,
    metrics,
    python,
    versions_of,
)

OLD = [("a", D1, 1), ("a", D2, 2), ("a", D3, 3)]
NEW = [("a", D1, 10), ("a", D2, 20), ("a", D3, 30)]
V1 = {K1: "v1", K2: "v1", K3: "v1"}
V2 = {K1: "v2", K2: "v2", K3: "v2"}


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    """Three days with one row each, at version v1."""
    warehouse.replace(TABLE, metrics(*OLD), V1)
    return warehouse


# --- replacing ---


def test_rerun_gives_the_same_rows(filled: Warehouse) -> None:
    written = filled.replace(TABLE, metrics(*OLD), V1)
    assert held(filled) == OLD
    # Each of the three is told with what it had before.
    assert written == [Written(K1, 1, 1), Written(K2, 1, 1), Written(K3, 1, 1)]


def test_columns_go_by_name(warehouse: Warehouse) -> None:
    # By position, views and likes would change places without any error.
    frame = metrics(("a", D1, 7))
    warehouse.replace(TABLE, frame.select(reversed(frame.columns)), {K1: "v1"})
    assert warehouse.read(TABLE, ["views", "likes"]).rows() == [(7, 70)]


def test_other_partitions_are_left_alone(filled: Warehouse) -> None:
    filled.replace(TABLE, metrics(("b", D2, 9)), {K2: "v2"})
    assert held(filled) == [("a", D1, 1), ("b", D2, 9), ("a", D3, 3)]
    assert versions_of(filled) == {K1: "v1", K2: "v2", K3: "v1"}


def test_partition_without_new_rows_is_emptied(filled: Warehouse) -> None:
    written = filled.replace(TABLE, metrics(), {K2: "v2"})
    assert written == [Written(K2, 0, 1)]
    assert held(filled) == [("a", D1, 1), ("a", D3, 3)]
    # It is known to be empty, which is not the same as never built.
    assert versions_of(filled)[K2] == "v2"


def test_table_without_partitions_is_replaced_whole(warehouse: Warehouse) -> None:
    vectors = pl.DataFrame(
        {"content_hash": ["0" * 64, "1" * 64], "encoder_id": "e", "vector": [[1.0], [2.0]]},
        schema_overrides={"vector": pl.List(pl.Float32)},
    )
    warehouse.replace("content.text_embeddings", vectors, {WHOLE: "v1"})
    assert warehouse.replace("content.text_embeddings", vectors.head(1), {WHOLE: "v2"}) == [
        Written(WHOLE, 1, 2)
    ]
    assert warehouse.count("content.text_embeddings") == 1


# --- what is refused ---


def test_contract_error_leaves_the_old_rows(filled: Warehouse) -> None:
    # The rows of the first two days are fine: still none of the three is written.
    with pytest.raises(ContractError) as raised:
        filled.replace(TABLE, metrics(*NEW[:2], ("a", D3, -1)), V2)
    assert raised.value.table == TABLE
    assert raised.value.failures == {"views|min": 1, "likes|min": 1}
    assert held(filled) == OLD
    assert versions_of(filled) == V1


def test_missing_and_surplus_columns_break_the_contract(filled: Warehouse) -> None:
    frame = metrics(*NEW).drop("shares").with_columns(rating=1)
    with pytest.raises(ContractError) as raised:
        filled.replace(TABLE, frame, V2)
    assert set(raised.value.failures) == {"shares|missing", "rating|not in the contract"}
    assert held(filled) == OLD


def test_duplicates_in_the_key_are_refused(filled: Warehouse) -> None:
    with pytest.raises(ContractError) as raised:
        filled.replace(TABLE, metrics(("a", D1, 8), ("a", D1, 9)), {K1: "v2"})
    assert raised.value.failures == {"key|unique": 1}
    assert held(filled) == OLD


def test_rows_of_other_partitions_are_refused_in_a_frame(filled: Warehouse) -> None:
    with pytest.raises(ValueError, match=K2):
        filled.replace(TABLE, metrics(("a", D1, 8), ("a", D2, 9)), {K1: "v2"})
    assert held(filled) == OLD


def test_rows_of_other_partitions_are_left_out_of_a_select(filled: Warehouse) -> None:
    # A SELECT speaks of a range; the day in its middle is up to date and stays as it is.
    select = f"SELECT * REPLACE (views * 10 AS views) FROM {TABLE} WHERE observed_date >= $since"
    written = filled.replace(TABLE, select, {K1: "v2", K3: "v2"}, parameters={"since": D1})
    assert [w.key for w in written] == [K1, K3]
    assert held(filled) == [("a", D1, 10), ("a", D2, 2), ("a", D3, 30)]


def test_fractions_are_not_rounded_into_counts(filled: Warehouse) -> None:
    # The type is part of the contract: 1.6 views must not become 2 on the way in.
    frame = metrics(("a", D1, 1)).with_columns(views=pl.lit(1.6))
    with pytest.raises(ContractError):
        filled.replace(TABLE, frame, {K1: "v2"})
    assert held(filled) == OLD


# --- errors and crashes in the middle ---


def test_error_in_the_middle_keeps_what_was_committed(filled: Warehouse) -> None:
    def stop_at_second(written: Written) -> None:
        if written.key == K2:
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        filled.replace(TABLE, metrics(*NEW), V2, on_written=stop_at_second)
    assert held(filled) == [NEW[0], NEW[1], OLD[2]]
    assert versions_of(filled) == {K1: "v2", K2: "v2", K3: "v1"}


def test_failed_insert_takes_its_delete_back(filled: Warehouse) -> None:
    # The contract's rules hold, yet the second day's time is none: its INSERT fails after
    # its DELETE. The day must keep its old row, and the first day its new one.
    select = f"""
        SELECT * REPLACE (
            views * 10 AS views,
            CASE WHEN observed_date = DATE '{K2}' THEN 'never' ELSE CAST(observed_at AS VARCHAR) END
                AS observed_at)
        FROM {TABLE}
    """
    with pytest.raises((duckdb.Error, ContractError)):
        filled.replace(TABLE, select, V2)
    kept = held(filled)
    assert kept[1:] == OLD[1:]
    assert kept[0] in (OLD[0], NEW[0])
    assert versions_of(filled, [K2, K3]) == {K2: "v1", K3: "v1"}


KILLED = """
import os, sys
from pathlib import Path
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.storage.making import K1, K2, K3, TABLE, D1, D2, D3, metrics

def die_at_second(written):
    if written.key == K2:
        os._exit(9)

rows = metrics(("a", D1, 10), ("a", D2, 20), ("a", D3, 30))
Warehouse(Path(sys.argv[1])).replace(
    TABLE, rows, {K1: "v2", K2: "v2", K3: "v2"}, on_written=die_at_second)
"""


def test_killed_process_leaves_whole_partitions(filled: Warehouse) -> None:
    done = python(KILLED, filled.path)
    assert done.returncode == 9, done.stderr
    assert held(filled) == [NEW[0], NEW[1], OLD[2]]
    # The book agrees with the rows, so the third is built again and the others are not.
    assert versions_of(filled) == {K1: "v2", K2: "v2", K3: "v1"}


KILLED_INSIDE = """
import os, sys
from pathlib import Path
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.storage.making import TABLE

with Warehouse(Path(sys.argv[1])).connect() as connection:
    connection.execute("BEGIN")
    connection.execute(f"DELETE FROM {TABLE}")
    os._exit(9)
"""


def test_killed_transaction_is_as_if_it_had_not_begun(filled: Warehouse) -> None:
    done = python(KILLED_INSIDE, filled.path)
    assert done.returncode == 9, done.stderr
    assert held(filled) == OLD


COUNT = """
import sys, duckdb
with duckdb.connect(sys.argv[1]) as connection:
    print(connection.execute(f"SELECT count(*) FROM {sys.argv[2]}").fetchone()[0])
"""


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        # Refused by the contract.
        (metrics(("a", D1, -1)), ContractError),
        # Refused for its partition.
        (metrics(("a", D2, 1)), ValueError),
    ],
)
def test_connection_is_closed_after_an_error(
    filled: Warehouse, frame: pl.DataFrame, error: type[Exception]
) -> None:
    with pytest.raises(error):
        filled.replace(TABLE, frame, {K1: "v2"})
    # Another process can open the file to write at once.
    done = python(COUNT, filled.path, TABLE)
    assert done.stdout.strip() == "3", done.stderr


# --- adding ---


def test_append_adds_and_tells_how_many(filled: Warehouse) -> None:
    assert filled.append(TABLE, metrics(("b", D1, 4), ("b", D2, 5))) == 2
    assert held(filled) == [OLD[0], ("b", D1, 4), OLD[1], ("b", D2, 5), OLD[2]]


def test_append_refuses_bad_rows_whole(filled: Warehouse) -> None:
    with pytest.raises(ContractError):
        filled.append(TABLE, metrics(("b", D1, 4), ("b", D2, -5)))
    assert held(filled) == OLD


def test_append_refuses_a_key_that_the_table_has(filled: Warehouse) -> None:
    # No two rows share the key, also when they came at different times.
    with pytest.raises(ContractError):
        filled.append(TABLE, metrics(OLD[0]))
    assert held(filled) == OLD


# --- taking turns ---

HOLDER = """
import sys, duckdb
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held_by_another(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the file open, until a line is written to it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "held"
            yield process
        finally:
            process.kill()


def test_lock_of_another_process_is_told_to_the_user(filled: Warehouse) -> None:
    waits: list[float] = []
    patient = Warehouse(filled.path, lock_wait_s=1.0, sleep=waits.append)
    with held_by_another(filled.path), pytest.raises(UserError, match="INFLUENCE_LOCK_WAIT_S"):
        patient.count(TABLE)
    # It tried again before it gave up, and never waited longer than two seconds at a time.
    assert waits
    assert max(waits) <= 2.0


def test_lock_that_is_released_is_waited_for(filled: Warehouse) -> None:
    with held_by_another(filled.path) as other:
        waits: list[float] = []

        def release(wait: float) -> None:
            waits.append(wait)
            other.communicate("go\n")

        assert Warehouse(filled.path, lock_wait_s=30, sleep=release).count(TABLE) == 3
    assert len(waits) == 1


def test_file_that_is_no_warehouse_is_told_to_the_user(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_text("this is no database" * 500)
    with pytest.raises(UserError, match="cannot be opened"):
        Warehouse(path, lock_wait_s=0).count(TABLE)


# --- reading ---


def test_a_file_of_an_older_duckdb_is_read_and_written(warehouse: Warehouse) -> None:
    older = {"storage_compatibility_version": "v1.0.0"}
    with duckdb.connect(str(warehouse.path), config=older) as connection:
        for statement in ddl.create_statements():
            connection.execute(statement)
    warehouse.replace(TABLE, metrics(*OLD), V1)
    warehouse.replace(TABLE, metrics(*NEW), V2)
    assert (held(warehouse), versions_of(warehouse)) == (NEW, V2)


def test_read_gives_the_asked_columns_and_days(filled: Warehouse) -> None:
    # Both ends belong to the range.
    found = filled.read(TABLE, ["views", "post_id"], since=D2, until=D3)
    assert found.columns == ["views", "post_id"]
    assert sorted(found.rows()) == [(2, "a"), (3, "a")]


@pytest.mark.parametrize(
    ("since", "until", "views"),
    [(D2, None, [2, 3]), (None, D2, [1, 2]), (D2, D2, [2]), (None, None, [1, 2, 3])],
)
def test_either_end_may_be_open(
    filled: Warehouse, since: date | None, until: date | None, views: list[int]
) -> None:
    found = filled.read(TABLE, ["views"], since=since, until=until)
    assert sorted(found["views"]) == views


def test_read_refuses_columns_that_the_table_lacks(filled: Warehouse) -> None:
    # Nothing but names of columns can reach the statement.
    with pytest.raises(ValueError, match=r"has no column 1; DROP"):
        filled.read(TABLE, ["views", "1; DROP TABLE core.posts"])


def test_read_refuses_days_of_a_table_without_partitions(filled: Warehouse) -> None:
    with pytest.raises(ValueError, match="no partitions"):
        filled.read("raw.files", ["path"], since=D1)


def test_read_only_asks_for_a_warehouse(warehouse: Warehouse) -> None:
    with pytest.raises(UserError, match="influence ingest"), warehouse.connect(read_only=True):
        pass
    # Looking must not make one.
    assert not warehouse.path.exists()


def test_read_only_cannot_write(filled: Warehouse) -> None:
    with (
        filled.connect(read_only=True) as connection,
        pytest.raises(duckdb.InvalidInputException),
    ):
        connection.execute(f"DELETE FROM {TABLE}")
    assert held(filled) == OLD
