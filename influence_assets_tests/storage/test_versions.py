"""What is stale: followed by hand through a lineage of a few tables."""

from __future__ import annotations

import itertools

import duckdb
import pytest

from influence_assets.storage.versions import Reach, Recipe, Upstream, stale
from influence_assets.storage.warehouse import WHOLE, record_version

# Mondays, and days of their weeks: A is the week of 1 January 2024.
A, B, C, D = "2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22"
A_SUN, B_WED, C_TUE = "2024-01-07", "2024-01-10", "2024-01-16"

POSTS = Recipe("core.posts", (Upstream("raw.posts", "same"),), "p1")


def weekly(reach: Reach, code: str = "w1", *, alone: bool = True) -> Recipe:
    """A weekly table on core.posts; not alone, its weeks come from core.interactions."""
    upstream = Upstream("core.posts", reach, drives=alone)
    others = () if alone else (Upstream("core.interactions", "week"),)
    return Recipe("marts.test_weekly", (upstream, *others), code)


FILE_NUMBERS = itertools.count(1)


def land(tables: duckdb.DuckDBPyConnection, table: str, *days: str) -> None:
    """A file comes in that touches these days."""
    number = next(FILE_NUMBERS)
    file_id = f"{number:064d}"
    tables.execute(
        "INSERT INTO raw.files BY NAME SELECT $id AS file_id, $n AS ingest_number, '' AS source, "
        "'' AS path, 0 AS bytes, 0 AS rows_in, 0 AS rows_good, 0 AS rows_quarantined, "
        "'ingested' AS status, TIMESTAMP '2024-01-01' AS ingested_at",
        {"id": file_id, "n": number},
    )
    for day in days:
        tables.execute("INSERT INTO raw.touched_days VALUES (?, ?, ?)", [file_id, table, day])


def build(tables: duckdb.DuckDBPyConnection, *recipes: Recipe) -> list[str]:
    """Build what is stale, in the order of the recipes; the last one's keys."""
    keys: list[str] = []
    for recipe in recipes:
        found = stale(tables, recipe)
        keys = list(found)
        for key, version in found.items():
            record_version(tables, recipe.table, key, version, 1, "run")
    return keys


def set_days(tables: duckdb.DuckDBPyConnection, table: str, **days: str) -> None:
    """Say directly which version each day of a table has."""
    for day, version in days.items():
        record_version(tables, table, day.strip("_").replace("_", "-"), version, 1, "run")


# --- days ---


def test_days_are_those_that_a_file_touches(tables: duckdb.DuckDBPyConnection) -> None:
    land(tables, "core.posts", B_WED, A)
    # Another table's days are none of them.
    land(tables, "core.media", C_TUE)
    assert build(tables, POSTS) == [A, B_WED]
    # Nothing is stale after building.
    assert build(tables, POSTS) == []


def test_a_late_row_makes_its_day_stale_and_no_other(tables: duckdb.DuckDBPyConnection) -> None:
    land(tables, "core.posts", A, A_SUN, B_WED)
    build(tables, POSTS)
    land(tables, "core.posts", A_SUN)
    assert build(tables, POSTS) == [A_SUN]
    assert build(tables, POSTS) == []


def test_a_file_read_anew_makes_its_days_stale(tables: duckdb.DuckDBPyConnection) -> None:
    land(tables, "core.posts", A)
    land(tables, "core.posts", B_WED)
    build(tables, POSTS)
    # `--replace` gives the same file a new number; the days that it touched are known.
    tables.execute(
        "UPDATE raw.files SET ingest_number = 1000000 WHERE file_id IN "
        "(SELECT file_id FROM raw.touched_days WHERE day = CAST(? AS DATE))",
        [A],
    )
    assert build(tables, POSTS) == [A]


# --- weeks ---


def test_weeks_are_those_with_a_day(tables: duckdb.DuckDBPyConnection) -> None:
    # Sunday belongs to the Monday before; between A and C, B has no day and never appears.
    land(tables, "core.posts", A_SUN, C_TUE)
    assert build(tables, POSTS, weekly("week")) == [A, C]
    assert build(tables, POSTS, weekly("week")) == []


def test_a_late_row_makes_its_week_stale_and_no_other(tables: duckdb.DuckDBPyConnection) -> None:
    land(tables, "core.posts", A, A_SUN, B_WED, C_TUE)
    build(tables, POSTS, weekly("week"))
    land(tables, "core.posts", B)
    # Before the day itself is built again there is nothing new to read.
    assert list(stale(tables, weekly("week"))) == []
    assert build(tables, POSTS, weekly("week")) == [B]
    assert build(tables, POSTS, weekly("week")) == []


def test_a_new_day_in_a_known_week_makes_it_stale(tables: duckdb.DuckDBPyConnection) -> None:
    land(tables, "core.posts", A, B_WED)
    build(tables, POSTS, weekly("week"))
    land(tables, "core.posts", A_SUN)
    assert build(tables, POSTS, weekly("week")) == [A]


def test_so_far_goes_on_into_every_later_week(tables: duckdb.DuckDBPyConnection) -> None:
    land(tables, "core.posts", A, B_WED, C_TUE)
    recipe = weekly("so_far")
    build(tables, POSTS, recipe)
    land(tables, "core.posts", B)
    assert build(tables, POSTS, recipe) == [B, C]
    # The last week touches no other.
    land(tables, "core.posts", C)
    assert build(tables, POSTS, recipe) == [C]


def test_so_far_over_a_week_without_days(tables: duckdb.DuckDBPyConnection) -> None:
    # Ties give the weeks B and D; of posts they see what there was until then.
    recipe = weekly("so_far", alone=False)
    land(tables, "core.posts", A, C_TUE)
    set_days(tables, "core.interactions", _2024_01_08="i", _2024_01_22="i")
    assert build(tables, POSTS, recipe) == [B, D]
    # A late row of week C is seen from D on, though D has no posts of its own.
    land(tables, "core.posts", C)
    assert build(tables, POSTS, recipe) == [D]
    # One of week A is seen by both.
    land(tables, "core.posts", A)
    assert build(tables, POSTS, recipe) == [B, D]


def test_week_before_looks_back_one_week_only(tables: duckdb.DuckDBPyConnection) -> None:
    recipe = weekly("week_before", alone=False)
    land(tables, "core.posts", A, B_WED, C_TUE)
    set_days(tables, "core.interactions", _2024_01_01="i", _2024_01_08="i", _2024_01_15="i")
    # The days of posts make no week here: `drives` is off.
    assert build(tables, POSTS, recipe) == [A, B, C]
    land(tables, "core.posts", A_SUN)
    assert build(tables, POSTS, recipe) == [B]


def test_its_week_makes_each_of_its_days_stale_and_no_other(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    daily = Recipe(
        "content.test",
        (Upstream("core.posts", "same"), Upstream("marts.weeks", "its_week", drives=False)),
        "d1",
    )
    set_days(tables, "core.posts", **dict.fromkeys((A, A_SUN, B_WED, C_TUE), "v1"))
    set_days(tables, "marts.weeks", **dict.fromkeys((A, B), "v1"))
    assert build(tables, daily) == [A, A_SUN, B_WED, C_TUE]
    set_days(tables, "marts.weeks", **{A: "v2"})
    assert build(tables, daily) == [A, A_SUN]
    # A week that comes in later.
    set_days(tables, "marts.weeks", **{C: "v1"})
    assert build(tables, daily) == [C_TUE]


def test_a_table_that_does_not_drive_makes_no_partition(tables: duckdb.DuckDBPyConnection) -> None:
    land(tables, "core.posts", A, B_WED)
    set_days(tables, "core.interactions", _2024_01_08="i")
    assert build(tables, POSTS, weekly("week", alone=False)) == [B]


def test_all_is_one_partition(tables: duckdb.DuckDBPyConnection) -> None:
    recipe = Recipe("content.text_embeddings", (Upstream("core.posts", "all"),), "e1")
    # Nothing to build from, nothing to build.
    assert build(tables, POSTS, recipe) == []
    land(tables, "core.posts", A, B_WED)
    assert build(tables, POSTS, recipe) == [WHOLE]
    assert build(tables, POSTS, recipe) == []
    # Any day is reason enough.
    land(tables, "core.posts", C_TUE)
    assert build(tables, POSTS, recipe) == [WHOLE]


def test_touched_rows_are_only_looked_up(tables: duckdb.DuckDBPyConnection) -> None:
    # Ages of counts need posts, but ingesting already names the days that this changes.
    recipe = Recipe(
        "core.post_metrics",
        (Upstream("raw.post_metrics", "same"), Upstream("core.posts", "touched")),
        "m1",
    )
    land(tables, "core.posts", A, B_WED)
    land(tables, "core.post_metrics", A)
    assert build(tables, POSTS, recipe) == [A]
    land(tables, "core.posts", A, B_WED)
    assert build(tables, POSTS, recipe) == []


# --- code ---


@pytest.mark.parametrize("reach", ["week", "so_far"])
def test_changed_code_makes_all_stale(tables: duckdb.DuckDBPyConnection, reach: Reach) -> None:
    land(tables, "core.posts", A, B_WED)
    build(tables, POSTS, weekly(reach, "w1"))
    assert build(tables, POSTS, weekly(reach, "w2")) == [A, B]
    # And back again: what counts is what the rows were built with.
    assert build(tables, POSTS, weekly(reach, "w1")) == [A, B]


def test_changed_code_of_the_days_reaches_the_weeks(tables: duckdb.DuckDBPyConnection) -> None:
    land(tables, "core.posts", A, B_WED)
    build(tables, POSTS, weekly("week"))
    assert build(tables, Recipe(POSTS.table, POSTS.upstream, "p2"), weekly("week")) == [A, B]


def test_force_gives_everything(tables: duckdb.DuckDBPyConnection) -> None:
    land(tables, "core.posts", A, B_WED)
    build(tables, POSTS)
    forced = stale(tables, POSTS, force=True)
    assert list(forced) == [A, B_WED]


def test_an_unfinished_build_leaves_the_rest_stale(tables: duckdb.DuckDBPyConnection) -> None:
    land(tables, "core.posts", A, A_SUN, B_WED)
    found = stale(tables, POSTS)
    record_version(tables, POSTS.table, A, found[A], 1, "run")
    assert list(stale(tables, POSTS)) == [A_SUN, B_WED]


def test_the_order_of_rows_in_the_book_does_not_matter(tables: duckdb.DuckDBPyConnection) -> None:
    # Writing a version anew puts its row at the end: the same versions, no reason to build.
    land(tables, "core.posts", A, A_SUN, B_WED)
    build(tables, POSTS, weekly("so_far"))
    versions = dict(
        tables.execute(
            "SELECT partition_key, input_version FROM meta.partitions WHERE table_name = ?",
            [POSTS.table],
        ).fetchall()
    )
    record_version(tables, POSTS.table, A, versions[A], 1, "again")
    assert build(tables, POSTS, weekly("so_far")) == []
