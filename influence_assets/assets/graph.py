"""The weekly network: centralities and communities, computed from the weekly edges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import dagster as dg
import polars as pl

from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.assets.sql_tables import HALF_LIFE_WEEKS, sql_compute, sql_recipe
from influence_assets.domain.graph import centrality, communities, passivity, ties
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.versions import Recipe, Upstream

SEED = 20_250_101
WEEKS_AT_ONCE = 8

Measure = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
"""A week's edges and faded posts of one platform to the rows of a table."""

_KEY = ["week_start", "platform"]
_TIES = ["source_id", "target_id", "weight"]

CENTRALITY = Recipe(
    "graph.profile_centrality_weekly",
    (Upstream("graph.edges_weekly", "same"), Upstream("core.posts", "so_far", drives=False)),
    f"{code_of(ties, centrality, passivity)}-{sql.code_version('graph.faded_posts')}-{SEED}",
)
STANDING = sql_recipe(
    "graph.centrality_standing_weekly",
    Upstream("graph.profile_centrality_weekly", "same"),
    Upstream("graph.profile_centrality_weekly", "week_before", drives=False),
)


def graph_recipes(settings: Settings) -> list[Recipe]:
    """What the weekly network behind its edges is built from."""
    how = leiden_of(settings)
    version = f"{code_of(ties, communities)}-{SEED}-{how}"
    found = Recipe("graph.communities_weekly", (Upstream("graph.edges_weekly", "same"),), version)
    return [CENTRALITY, STANDING, found]


def leiden_of(settings: Settings) -> communities.Leiden:
    """How communities are looked for, as the user chose."""
    quality: communities.Quality = "cpm" if settings.community_quality == "cpm" else "modularity"
    return communities.Leiden(quality, settings.community_resolution)


def graph_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets of the weekly network behind its edges."""
    _, _, found = graph_recipes(settings)
    return [
        table_asset(CENTRALITY, compute_centrality, start=start, kinds={"igraph", "table"}),
        table_asset(STANDING, sql_compute(STANDING), start=start, kinds={"sql", "duckdb", "table"}),
        table_asset(found, compute_communities, start=start, kinds={"igraph", "table"}),
    ]


def compute_centrality(build: Build) -> None:
    """Every profile's place, week by week and platform by platform."""

    def measure(edges: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
        return centrality.places(edges, posted, SEED)

    _by_week(build, [*_TIES, "repost_weight", "reply_weight"], measure, has_posts=True)


def compute_communities(build: Build) -> None:
    """Every profile's community, week by week and platform by platform."""
    how = leiden_of(build.settings)
    _by_week(build, _TIES, lambda edges, _: communities.communities(edges, SEED, how))


def _by_week(
    build: Build,
    columns: list[str],
    measure: Measure,
    has_posts: bool = False,
) -> None:
    """Write what a measure makes of each week's edges and faded posts of each platform."""
    for chunk in build.chunks(WEEKS_AT_ONCE):
        weeks = list(chunk)
        first, last = date.fromisoformat(weeks[0]), date.fromisoformat(weeks[-1])
        edges = build.warehouse.read(
            "graph.edges_weekly", [*_KEY, *columns], since=first, until=last
        )
        posted = _NO_POSTS
        if has_posts:
            bounds = {"first_day": weeks[0], "last_day": weeks[-1]}
            faded = {**bounds, "half_life_weeks": HALF_LIFE_WEEKS}
            posted = build.warehouse.query("graph.faded_posts", faded)
        build.write(measured(edges, posted, weeks, measure), chunk)
        build.log(f"{build.recipe.table}: {weeks[0]} to {weeks[-1]} written")


_NO_POSTS = pl.DataFrame(
    schema={
        "week_start": pl.Date,
        "platform": pl.String,
        "profile_id": pl.String,
        "posts": pl.Float64,
    }
)


def measured(
    edges: pl.DataFrame,
    posted: pl.DataFrame,
    weeks: list[str],
    measure: Measure,
) -> pl.DataFrame:
    """The measure's rows for each of the weeks and each platform, with those two columns."""
    wanted = edges.filter(pl.col("week_start").cast(pl.String).is_in(weeks))
    posts = posted.partition_by(_KEY, as_dict=True, include_key=False)
    none = posted.drop(_KEY).clear()
    return pl.concat(
        measure(own.drop(_KEY), posts.get(key, none)).with_columns(
            pl.lit(key[0]).cast(pl.Date).alias("week_start"), pl.lit(key[1]).alias("platform")
        )
        for key, own in wanted.group_by(_KEY, maintain_order=True)
    )
