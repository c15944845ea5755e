"""Tables that carry on from their own earlier partitions."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import polars as pl
import pytest

from influence_assets.assets.shell import Build
from influence_assets.settings import Settings
from influence_assets.storage import versions
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import Warehouse, record_version

TABLE, ABOVE = "graph.layout_weekly", "graph.edges_weekly"
RECIPE = Recipe(TABLE, (Upstream(ABOVE, "so_far"),), "code")
WEEKS = ("2024-01-01", "2024-01-08", "2024-01-15")


def place(week: str, x: float) -> pl.DataFrame:
    at = {"week_start": date.fromisoformat(week), "platform": "x", "profile_id": "a"}
    return pl.DataFrame([at | {"x": x, "y": 0.0}])


def built(warehouse: Warehouse, keys: tuple[str, ...]) -> None:
    """Each week stands one to the right of the one before, as the table has it by then."""
    with warehouse.connect() as connection:
        stale = versions.stale(connection, RECIPE)
    chosen = {key: stale[key] for key in keys}
    left = frozenset(stale) - frozenset(chosen)
    settings = Settings.from_env({"INFLUENCE_HOME": str(warehouse.path.parent)})
    build = Build(RECIPE, warehouse, settings, chosen, chosen, "run", lambda _: None, left)

    def rows_of(key: str) -> pl.DataFrame:
        earlier = warehouse.read(TABLE, ["week_start", "x"]).filter(
            pl.col("week_start") < date.fromisoformat(key)
        )
        return place(key, earlier.sort("week_start")["x"].to_list()[-1] + 1 if len(earlier) else 0)

    build.one_by_one(rows_of)


def stale(warehouse: Warehouse) -> list[str]:
    with warehouse.connect() as connection:
        return list(versions.stale(connection, RECIPE))


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    with warehouse.connect() as connection:
        for week in WEEKS:
            record_version(connection, ABOVE, week, "v", 0, "run")
    return warehouse


def test_each_sees_the_one_before_though_it_was_written_in_the_same_run(
    filled: Warehouse,
) -> None:
    built(filled, WEEKS)
    assert filled.read(TABLE, ["x"])["x"].sort().to_list() == [0.0, 1.0, 2.0]
    assert stale(filled) == []


def test_what_went_on_from_an_unfinished_week_is_built_again(filled: Warehouse) -> None:
    built(filled, WEEKS[1:])
    # The first is still to come; the others will have to follow it.
    assert stale(filled) == list(WEEKS)
    built(filled, WEEKS)
    assert stale(filled) == []
    assert filled.read(TABLE, ["x"])["x"].sort().to_list() == [0.0, 1.0, 2.0]


def test_a_warehouse_kept_open_is_one_connection_and_closed_at_the_end(
    warehouse: Warehouse,
) -> None:
    with warehouse.kept_open():
        with warehouse.connect() as one:
            one.execute("CREATE TEMP TABLE mine AS SELECT 1 AS n")
        with warehouse.connect() as other:
            assert other.execute("SELECT n FROM mine").fetchall() == [(1,)]
    with pytest.raises(RuntimeError, match="stop"), warehouse.kept_open():
        raise RuntimeError("stop")
    opened = f"import duckdb; duckdb.connect({str(warehouse.path)!r}).close()"
    # Another process can have it: it is locked while somebody holds it.
    assert subprocess.run([sys.executable, "-c", opened], check=False).returncode == 0
