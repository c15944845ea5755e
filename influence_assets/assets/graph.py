"""Weekly centralities and communities, computed from the weekly edges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import dagster as dg
import polars as pl

from influence_assets.assets.shell import Build, Compute, code_of, table_asset
from influence_assets.domain import graph
from influence_assets.storage.versions import Recipe, Upstream

SEED = 20_250_101
WEEKS_AT_ONCE = 8

Measure = Callable[[pl.DataFrame, int], pl.DataFrame]

RECIPES = tuple(
    Recipe(table, (Upstream("graph.edges_weekly", "same"),), f"{code_of(graph)}-{SEED}")
    for table in ("graph.profile_centrality_weekly", "graph.communities_weekly")
)

_MEASURES: dict[str, Measure] = {
    "graph.profile_centrality_weekly": graph.centrality,
    "graph.communities_weekly": graph.communities,
}


def graph_assets(start: date) -> list[dg.AssetsDefinition]:
    """The assets that igraph computes."""
    return [
        table_asset(
            recipe, _weekly(_MEASURES[recipe.table]), start=start, kinds={"igraph", "table"}
        )
        for recipe in RECIPES
    ]


def _weekly(measure: Measure) -> Compute:
    """Apply a measure to each platform's ties of each week."""

    def compute(build: Build) -> None:
        for chunk in build.chunks(WEEKS_AT_ONCE):
            weeks = list(chunk)
            edges = build.warehouse.read(
                "graph.edges_weekly",
                ["week_start", "platform", "source_id", "target_id", "weight"],
                since=date.fromisoformat(weeks[0]),
                until=date.fromisoformat(weeks[-1]),
            )
            build.write(measured(edges, measure, weeks), chunk)
            build.log(f"{build.recipe.table}: {weeks[0]} to {weeks[-1]} written")

    return compute


def measured(edges: pl.DataFrame, measure: Measure, weeks: list[str]) -> pl.DataFrame:
    """The measure's rows for each of the weeks and each platform, with those two columns."""
    wanted = edges.filter(pl.col("week_start").cast(pl.String).is_in(weeks))
    frames = []
    for (week, platform), ties in wanted.group_by("week_start", "platform", maintain_order=True):
        rows = measure(ties.select("source_id", "target_id", "weight"), SEED)
        frames.append(
            rows.with_columns(
                pl.lit(week).cast(pl.Date).alias("week_start"), pl.lit(platform).alias("platform")
            )
        )
    return pl.concat(frames)
