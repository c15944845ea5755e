"""The same records in any order, split and in any number of files: the same core, to the byte."""

from __future__ import annotations

import json
import random
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from influence_assets.ingest import Job, ingest_path
from influence_assets.sources.choose import Chooser
from influence_assets.storage import sql
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.test_ingest import WINDOW, mapping

CORE = (
    "core.posts",
    "core.metric_flags",
    "core.post_metrics",
    "core.profile_snapshots",
    "core.interactions",
)
ALWAYS = {"first_day": date(2010, 1, 1), "last_day": date(2035, 1, 1)}

DESCRIBED = mapping(
    {"match": "*.jsonl", "format": "jsonl", "feeds": [
        {"contract": "posts", "columns": {
            "post_id": "id", "profile_id": "who", "text": "text",
            "posted_at": "at", "media_count": "n", "observed_at": "read"}},
        {"contract": "post_metrics", "columns": {
            "post_id": "id", "observed_at": "read", "likes": "likes", "views": "views"}},
        {"contract": "profile_snapshots", "columns": {
            "profile_id": "who", "observed_at": "read", "followers": "fans",
            "display_name": "text"}},
        {"contract": "interactions", "columns": {
            "kind": {"constant": "follow"}, "source_id": "who", "target_id": "id",
            "occurred_at": "read", "weight": "w", "delay_s": "after"}},
    ]},
)  # fmt: skip

Record = dict[str, Any]

records = st.lists(
    st.fixed_dictionaries(
        {
            # Few ids and few values: most records repeat or contradict another one.
            "id": st.sampled_from(["p", "q"]),
            "who": st.sampled_from(["ann", "bob"]),
            "at": st.sampled_from(["2024-01-01", "2024-01-02"]),
            "read": st.sampled_from([None, None, "2024-01-03", "2024-01-04T12:00:00"]),
            "text": st.sampled_from([None, "a", "b"]),
            "n": st.sampled_from([None, 1, 2]),
            "likes": st.sampled_from([-5, 0, 1, 9, 10]),
            "views": st.sampled_from([None, 0, 3]),
            "fans": st.sampled_from([5, 6]),
            "w": st.sampled_from([1, 2]),
            "after": st.sampled_from([None, 3, 7]),
        }
    ),
    min_size=1,
    max_size=12,
)


def core(warehouse: Warehouse) -> str:
    """Every core table as text, built in order."""
    told = []
    for table in CORE:
        rows = warehouse.query(table, ALWAYS)
        told.append(f"{table}\n{rows.sort(rows.columns).write_json()}")
        if table in ("core.posts", "core.metric_flags"):
            with warehouse.connect() as connection:
                connection.execute(f"DELETE FROM {table}")
                connection.execute(f"INSERT INTO {table} BY NAME {sql.select(table)}", ALWAYS)
    return "\n".join(told)


def ingest(warehouse: Warehouse, path: Path, rows: list[Record]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ingest_path(warehouse, path, Job(Chooser(DESCRIBED), WINDOW, path.parent / "media"))


@settings(max_examples=6, deadline=None)
@given(records, st.integers(0, 2**32))
def test_shuffled_split_and_repeated_give_the_same_core(rows: list[Record], seed: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        one, other = (Warehouse(Path(scratch) / f"{n}.duckdb") for n in ("one", "other"))
        ingest(one, Path(scratch) / "one" / "a.jsonl", rows)
        expected = core(one)
        # In another warehouse, in two files, the second first, each in any order.
        mixed = rng.sample(rows, len(rows))
        cut = rng.randint(0, len(rows))
        ingest(other, Path(scratch) / "other" / "b.jsonl", mixed[cut:])
        ingest(other, Path(scratch) / "other" / "a.jsonl", mixed[:cut])
        assert core(other) == expected
        # And in the same one, on top of all that is there.
        again = [*rng.sample(rows, len(rows)), *rng.sample(rows, cut)]
        ingest(one, Path(scratch) / "one" / "again.jsonl", again)
        assert core(one) == expected


def test_ten_times_and_shuffled(tmp_path: Path) -> None:
    rng = random.Random(7)
    rows = [
        {
            "id": str(rng.randrange(40)), "who": f"w{rng.randrange(9)}",
            "at": f"2024-01-{rng.randint(1, 28):02}",
            "read": rng.choice([None, f"2024-02-{rng.randint(1, 28):02}T10:00:00"]),
            "text": rng.choice([None, "x", "y", "z"]), "n": rng.choice([None, 1, 2, 3]),
            "likes": rng.randint(-3, 50), "views": rng.choice([None, 0, 7]),
            "fans": rng.randint(1, 9),
            "w": rng.randint(1, 3), "after": rng.choice([None, 5, 6]),
        }
        for _ in range(500)
    ]  # fmt: skip
    warehouse = Warehouse(tmp_path / "w.duckdb")
    ingest(warehouse, tmp_path / "in" / "first.jsonl", rows)
    expected = core(warehouse)
    assert warehouse.count("core.metric_flags") > 100
    for n in range(10):
        ingest(warehouse, tmp_path / "in" / f"{n}.jsonl", rng.sample(rows, len(rows)))
    assert warehouse.count("raw.posts") == 11 * len(rows)
    assert core(warehouse) == expected


@pytest.mark.parametrize("table", ["posts", "post_metrics", "profile_snapshots", "interactions"])
def test_what_is_told_again_on_a_later_day_is_no_news(tmp_path: Path, table: str) -> None:
    # The reading time is not stated: it is the day of ingest. The same rows come in again, in
    # another file, a month later, and a month earlier in another warehouse.
    rows: list[Record] = [
        {"id": "p", "who": "ann", "at": "2024-01-01", "read": None, "text": t, "n": 1,
         "likes": likes, "views": None, "fans": likes, "w": 1, "after": likes}
        for t, likes in (("a", 5), ("b", 3))
    ]  # fmt: skip
    warehouse = Warehouse(tmp_path / "w.duckdb")
    ingest(warehouse, tmp_path / "in" / "a.jsonl", rows)
    before = core(warehouse)
    time = "occurred" if table == "interactions" else "observed"
    column = "" if table == "posts" else f", {time}_date = {time}_date + 30"
    ingest(warehouse, tmp_path / "in" / "b.jsonl", rows[::-1])
    with warehouse.connect() as connection:
        connection.execute(
            f"UPDATE raw.{table} SET {time}_at = {time}_at + INTERVAL 30 DAY{column} "
            "WHERE file_id = (SELECT arg_max(file_id, ingest_number) FROM raw.files)"
        )
    assert core(warehouse) == before


def days(warehouse: Warehouse, table: str) -> dict[str, list[tuple[Any, ...]]]:
    """The table's rows day by day, each built alone."""
    with warehouse.connect() as connection:
        found = connection.execute(
            "SELECT DISTINCT day FROM raw.touched_days WHERE table_name = 'core.post_metrics'"
        ).fetchall()
    return {
        str(day): warehouse.query(table, {"first_day": day, "last_day": day}).sort(pl.all()).rows()
        for (day,) in sorted(found)
    }


@settings(max_examples=8, deadline=None)
@given(records, records)
def test_every_day_that_changes_is_touched(first: list[Record], second: list[Record]) -> None:
    """What a later file changes in the metric tables lies on days that it touches."""
    with tempfile.TemporaryDirectory() as scratch:
        warehouse = Warehouse(Path(scratch) / "w.duckdb")
        ingest(warehouse, Path(scratch) / "in" / "a.jsonl", first)
        before = {t: days(warehouse, t) for t in ("core.metric_flags", "core.profile_snapshots")}
        ingest(warehouse, Path(scratch) / "in" / "b.jsonl", second)
        with warehouse.connect() as connection:
            touched = connection.execute(
                "SELECT table_name, CAST(day AS VARCHAR) FROM raw.touched_days WHERE file_id = "
                "(SELECT arg_max(file_id, ingest_number) FROM raw.files)"
            ).fetchall()
        for table, old in before.items():
            name = "core.post_metrics" if table == "core.metric_flags" else table
            for day, rows in days(warehouse, table).items():
                if rows != old.get(day, []):
                    assert (name, day) in touched
