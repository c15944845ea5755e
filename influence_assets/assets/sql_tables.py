"""Tables that SQL builds inside DuckDB: core and weekly marts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import dagster as dg

from influence_assets.assets.shell import Build, Compute, table_asset
from influence_assets.storage import sql
from influence_assets.storage.versions import Recipe, Upstream

DAYS_AT_ONCE = 366
"""Days that one SELECT computes; each is committed by itself."""

WEEKS_AT_ONCE = 13
"""Weeks that one SELECT computes."""

HALF_LIFE_WEEKS = 4.0
"""A mention counts half after four weeks: about how long it shapes who talks to whom."""

MEMORY_WEEKS = 13
"""It is forgotten after a quarter of a year: then it would count a tenth."""

FADING = {"half_life_weeks": HALF_LIFE_WEEKS, "memory_weeks": MEMORY_WEEKS}
"""How acts and posts fade, as parameters of SQL."""


def sql_recipe(table: str, *upstream: Upstream, settings: str = "") -> Recipe:
    """The recipe of a table that the SELECT of its name builds."""
    return Recipe(table, upstream, sql.code_version(table) + settings)


RECIPES = (
    sql_recipe("core.posts", Upstream("raw.posts", "same")),
    sql_recipe("core.metric_flags", Upstream("raw.post_metrics", "same")),
    sql_recipe(
        "core.post_metrics",
        Upstream("raw.post_metrics", "same"),
        Upstream("core.metric_flags", "same", drives=False),
        Upstream("core.posts", "touched"),
    ),
    sql_recipe("core.profile_snapshots", Upstream("raw.profile_snapshots", "same")),
    sql_recipe("core.interactions", Upstream("raw.interactions", "same")),
    sql_recipe("core.media", Upstream("raw.media", "same")),
    sql_recipe(
        "marts.profile_metrics_weekly",
        Upstream("core.profile_snapshots", "week"),
        Upstream("core.profile_snapshots", "week_before", drives=False),
        Upstream("core.posts", "week"),
        Upstream("core.post_metrics", "touched"),
    ),
)


def sql_compute(recipe: Recipe, parameters: Mapping[str, Any] = MappingProxyType({})) -> Compute:
    """Run the SELECT over the partitions of a build, many at once."""

    def compute(build: Build) -> None:
        at_once = DAYS_AT_ONCE if recipe.table.startswith("core.") else WEEKS_AT_ONCE
        for chunk in build.chunks(at_once):
            keys = list(chunk)
            bounds = {"first_day": keys[0], "last_day": keys[-1]}
            build.write(sql.select(recipe.table), chunk, {**bounds, **parameters})
            build.log(f"{recipe.table}: {keys[0]} to {keys[-1]} written")

    return compute


def sql_assets(start: date) -> list[dg.AssetsDefinition]:
    """One asset for each file under `sql/` that builds a table."""
    return [
        table_asset(recipe, sql_compute(recipe), start=start, kinds={"sql", "duckdb", "table"})
        for recipe in RECIPES
    ]
