"""The weekly network: ties, centralities, communities and what these live through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import dagster as dg
import polars as pl

from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.assets.sql_tables import FADING, MEMORY_WEEKS, sql_compute, sql_recipe
from influence_assets.domain.graph import (
    centrality,
    communities,
    layout,
    leiden,
    lives,
    passivity,
    ties,
    tracking,
)
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
# Ids, events and places carry on from week to week: each hangs on all the weeks before it.
EVENTS = Recipe(
    "graph.community_events",
    (Upstream("graph.communities_weekly", "so_far"),),
    f"{code_of(tracking, lives)}-{sql.code_version('graph.community_steps')}"
    f"-{sql.code_version('graph.communities_told')}",
)

COMMUNITY_TIES = sql_recipe(
    "graph.community_ties_weekly",
    Upstream("graph.edges_weekly", "same"),
    Upstream("graph.communities_weekly", "same"),
)
COMMUNITY_WORDS = sql_recipe(
    "graph.community_words_weekly",
    Upstream("graph.communities_weekly", "same"),
    Upstream("core.posts", "so_far", drives=False),
    settings=f"-{MEMORY_WEEKS}",
)
COMMUNITY_PROFILES = sql_recipe(
    "graph.community_profiles_weekly",
    Upstream("graph.communities_weekly", "same"),
    Upstream("graph.profile_centrality_weekly", "same"),
    Upstream("graph.community_ties_weekly", "same"),
    Upstream("graph.community_words_weekly", "same"),
    Upstream("core.posts", "so_far", drives=False),
    Upstream("core.profile_snapshots", "so_far", drives=False),
    Upstream("marts.profile_metrics_weekly", "same", drives=False),
    settings=f"-{MEMORY_WEEKS}",
)
LAYOUT = Recipe(
    "graph.layout_weekly",
    (Upstream("graph.edges_weekly", "so_far"), Upstream("graph.communities_weekly", "so_far")),
    f"{code_of(ties, layout)}-{sql.code_version('graph.places_before')}-{SEED}",
)


def edges_recipe(settings: Settings) -> Recipe:
    """What the weekly ties are built from."""
    how = f"-{FADING}-{sorted(settings.tie_weights.items())}"
    return sql_recipe("graph.edges_weekly", Upstream("core.interactions", "so_far"), settings=how)


def communities_recipe(settings: Settings) -> Recipe:
    """What the weekly communities are built from."""
    return Recipe(
        "graph.communities_weekly",
        (Upstream("graph.edges_weekly", "so_far"),),
        f"{code_of(ties, leiden, communities, tracking)}"
        f"-{sql.code_version('graph.communities_before')}-{SEED}-{leiden_of(settings)}",
    )


def graph_recipes(settings: Settings) -> list[Recipe]:
    """What the weekly network is built from, in an order in which it can be built."""
    found = communities_recipe(settings)
    of_communities = [found, EVENTS, COMMUNITY_TIES, COMMUNITY_WORDS, COMMUNITY_PROFILES]
    return [edges_recipe(settings), CENTRALITY, STANDING, *of_communities, LAYOUT]


def leiden_of(settings: Settings) -> leiden.Leiden:
    """How communities are looked for, as the user chose."""
    quality: leiden.Quality = settings.community_quality
    return leiden.Leiden(
        quality,
        settings.community_resolution,
        layers=layers_of(settings) if quality == "multiplex" else {},
    )


def layers_of(settings: Settings) -> dict[str, float]:
    """The column of each kind of tie that counts, and how much."""
    return {f"{kind}_weight": share for kind, share in settings.tie_weights.items() if share}


def graph_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets of the weekly network."""
    edges = edges_recipe(settings)
    weights = {**FADING, **settings.tie_weights}
    memory = {"memory_weeks": MEMORY_WEEKS}
    of_sql, of_igraph = {"sql", "duckdb", "table"}, {"igraph", "table"}
    return [
        table_asset(edges, sql_compute(edges, weights), start=start, kinds=of_sql),
        table_asset(CENTRALITY, compute_centrality, start=start, kinds=of_igraph),
        table_asset(STANDING, sql_compute(STANDING), start=start, kinds=of_sql),
        table_asset(
            communities_recipe(settings), compute_communities, start=start, kinds=of_igraph
        ),
        table_asset(EVENTS, compute_events, start=start, kinds={"polars", "table"}),
        *(
            table_asset(recipe, sql_compute(recipe, parameters), start=start, kinds=of_sql)
            for recipe, parameters in (
                (COMMUNITY_TIES, {}),
                (COMMUNITY_WORDS, memory),
                (COMMUNITY_PROFILES, memory),
            )
        ),
        table_asset(LAYOUT, compute_layout, start=start, kinds={"igraph", "table"}),
    ]


def compute_centrality(build: Build) -> None:
    """Every profile's place, week by week and platform by platform."""

    def measure(edges: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
        return centrality.places(edges, posted, SEED)

    _by_week(build, [*_TIES, "repost_weight", "reply_weight"], measure, has_posts=True)


def compute_communities(build: Build) -> None:
    """Every profile's community, from week to week, so that the ids stay."""
    for key, version in build.one_by_one():
        build.write(_communities_of(build, key), version)
        build.log(f"{build.recipe.table}: {key} written")


def _communities_of(build: Build, key: str) -> pl.DataFrame:
    week, how = date.fromisoformat(key), leiden_of(build.settings)
    columns = [*_KEY, *_TIES, *how.layers]
    edges = build.warehouse.read("graph.edges_weekly", columns, since=week, until=week)
    memory = {"week_start": key, "memory_weeks": MEMORY_WEEKS}
    members = build.warehouse.query("graph.communities_before", memory)

    def tracked(own: pl.DataFrame, platform: str) -> pl.DataFrame:
        earlier = members.filter(pl.col("platform") == platform)
        before = earlier.filter(~pl.col("is_ended"))
        found = communities.communities(own, SEED, how, before)
        ids = tracking.lasting_ids(found, before, earlier.filter("is_ended"), key)
        lasting = dict(ids.iter_rows())
        return found.with_columns(pl.col("community_id", "group_id").replace_strict(lasting))

    return by_platform(edges, week, tracked)


def compute_events(build: Build) -> None:
    """What communities live through, from week to week."""
    for key, version in build.one_by_one():
        build.write(_events_of(build, key), version)
        build.log(f"{build.recipe.table}: {key} written")


def _events_of(build: Build, key: str) -> pl.DataFrame:
    steps = build.warehouse.query("graph.community_steps", {"week_start": key})
    parameters = {"week_start": key, "settling_weeks": lives.SETTLING_WEEKS}
    told = build.warehouse.query("graph.communities_told", parameters)

    def events(own: pl.DataFrame, platform: str) -> pl.DataFrame:
        now, before = own.filter("is_now"), own.filter(~pl.col("is_now"))
        return lives.life_events(before, now, told.filter(pl.col("platform") == platform))

    return by_platform(steps, date.fromisoformat(key), events)


def compute_layout(build: Build) -> None:
    """Where everybody stands on the map, from week to week, so that it stays put."""
    for key, version in build.one_by_one():
        build.write(_layout_of(build, key), version)
        build.log(f"{build.recipe.table}: {key} written")


def _layout_of(build: Build, key: str) -> pl.DataFrame:
    week = date.fromisoformat(key)
    edges = build.warehouse.read("graph.edges_weekly", [*_KEY, *_TIES], since=week, until=week)
    columns = ["platform", "profile_id", "community_id"]
    found = build.warehouse.read("graph.communities_weekly", columns, since=week, until=week)
    before = build.warehouse.query("graph.places_before", {"week_start": key})

    def placed(own: pl.DataFrame, platform: str) -> pl.DataFrame:
        here = pl.col("platform") == platform
        return layout.places(own, found.filter(here), before.filter(here), SEED)

    return by_platform(edges, week, placed)


def by_platform(
    rows: pl.DataFrame, week: date, measure: Callable[[pl.DataFrame, str], pl.DataFrame]
) -> pl.DataFrame:
    """What a measure makes of each platform's rows, with the week and the platform."""
    return pl.concat(
        measure(own, platform).with_columns(
            pl.lit(week).alias("week_start"), pl.lit(platform).alias("platform")
        )
        for (platform,), own in rows.group_by(["platform"], maintain_order=True)
    )


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
            faded = {**bounds, **FADING}
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
