"""The weekly network: ties, centralities, communities and what these live through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import dagster as dg
import polars as pl

from influence_assets.assets.proximity import counted_ties
from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.assets.sql_tables import FADING, MEMORY_WEEKS, sql_compute, sql_recipe
from influence_assets.contracts import TABLES
from influence_assets.domain.graph import (
    centrality,
    communities,
    layout,
    leiden,
    lives,
    passivity,
    proximity,
    ties,
    tracking,
)
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.versions import Recipe, Upstream

SEED = 20_250_101
NETWORKS_AT_ONCE = 8
"""Weeks whose ties are held in memory together."""

Measure = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
"""A week's edges and faded posts of one platform to the rows of a table."""

_KEY = ["week_start", "platform"]
_TIES = ["source_id", "target_id", "weight"]

_LIKENESS = Upstream("graph.proximity_weekly", "so_far", drives=False)

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
    Upstream("graph.edges_weekly", "same"),
    Upstream("graph.profile_centrality_weekly", "same"),
    Upstream("graph.community_ties_weekly", "same"),
    Upstream("graph.community_words_weekly", "same"),
    Upstream("core.posts", "so_far", drives=False),
    Upstream("core.profile_snapshots", "so_far", drives=False),
    Upstream("core.post_metrics", "so_far", drives=False),
    settings=f"-{MEMORY_WEEKS}",
)


def edges_recipe(settings: Settings) -> Recipe:
    """What the weekly ties are built from.

    Where likeness counts, a week with posts has a network, though there be no new tie in it.
    """
    how = f"-{FADING}-{sorted(settings.edge_weights.items())}"
    posted = [Upstream("core.posts", "exists")] if settings.counts_likeness else []
    acts = Upstream("core.interactions", "so_far")
    return sql_recipe("graph.edges_weekly", acts, *posted, settings=how)


def communities_recipe(settings: Settings) -> Recipe:
    """What the weekly communities are built from."""
    return Recipe(
        "graph.communities_weekly",
        (Upstream("graph.edges_weekly", "so_far"), *_likeness_upstream(settings)),
        f"{code_of(ties, leiden, communities, tracking)}"
        f"-{sql.code_version('graph.communities_before')}-{SEED}-{leiden_of(settings)}"
        f"{_likeness_version(settings)}",
    )


def layout_recipe(settings: Settings) -> Recipe:
    """What the weekly map is built from."""
    return Recipe(
        "graph.layout_weekly",
        (
            Upstream("graph.edges_weekly", "so_far"),
            Upstream("graph.communities_weekly", "so_far"),
            *_likeness_upstream(settings),
        ),
        f"{code_of(ties, layout)}-{sql.code_version('graph.places_before')}-{SEED}"
        f"{_likeness_version(settings)}",
    )


def _likeness_upstream(settings: Settings) -> tuple[Upstream, ...]:
    return (_LIKENESS,) if settings.counts_likeness else ()


def _likeness_version(settings: Settings) -> str:
    weights = sorted(settings.likeness_weights.items())
    return f"-{code_of(proximity)}-{weights}" if settings.counts_likeness else ""


def tie_recipes(settings: Settings) -> list[Recipe]:
    """What ties and the places in them are built from, in an order in which they can be built."""
    return [edges_recipe(settings), CENTRALITY, STANDING]


def community_recipes(settings: Settings) -> list[Recipe]:
    """What communities and the map are built from, in such an order."""
    described = [EVENTS, COMMUNITY_TIES, COMMUNITY_WORDS, COMMUNITY_PROFILES]
    return [communities_recipe(settings), *described, layout_recipe(settings)]


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
    return {f"{kind}_weight": share for kind, share in settings.edge_weights.items() if share}


def graph_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets of the weekly network."""
    edges = edges_recipe(settings)
    weights = {**FADING, **settings.edge_weights}
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
        table_asset(layout_recipe(settings), compute_layout, start=start, kinds=of_igraph),
    ]


def compute_centrality(build: Build) -> None:
    """Every profile's place, week by week and platform by platform."""

    def measure(edges: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
        return centrality.places(edges, posted, SEED)

    columns = [*_KEY, *_TIES, "repost_weight", "reply_weight"]
    for chunk in build.chunks(NETWORKS_AT_ONCE):
        weeks = list(chunk)
        first, last = date.fromisoformat(weeks[0]), date.fromisoformat(weeks[-1])
        edges = build.warehouse.read("graph.edges_weekly", columns, since=first, until=last)
        bounds = {"first_day": weeks[0], "last_day": weeks[-1]}
        posted = build.warehouse.query("graph.faded_posts", {**bounds, **FADING})
        build.write(measured(build, edges, posted, weeks, measure), chunk)
        build.log(f"{build.recipe.table}: {weeks[0]} to {weeks[-1]} written")


def compute_communities(build: Build) -> None:
    """Every profile's community, from week to week, so that the ids stay."""
    build.one_by_one(lambda key: _communities_of(build, key))


def _communities_of(build: Build, key: str) -> pl.DataFrame:
    week, how = date.fromisoformat(key), leiden_of(build.settings)
    network = counted_ties(build.warehouse, build.settings, week, list(how.layers))
    memory = {"week_start": key, "memory_weeks": MEMORY_WEEKS}
    members = build.warehouse.query("graph.communities_before", memory)

    def tracked(own: pl.DataFrame, platform: str) -> pl.DataFrame:
        earlier = members.filter(pl.col("platform") == platform)
        before = earlier.filter(~pl.col("is_ended"))
        found = communities.communities(own, SEED, how, before)
        ids = tracking.lasting_ids(found, before, earlier.filter("is_ended"), key)
        lasting = dict(ids.iter_rows())
        return found.with_columns(pl.col("community_id", "group_id").replace_strict(lasting))

    return by_platform(build, network, week, tracked)


def compute_events(build: Build) -> None:
    """What communities live through, from week to week."""
    build.one_by_one(lambda key: _events_of(build, key))


def _events_of(build: Build, key: str) -> pl.DataFrame:
    steps = build.warehouse.query("graph.community_steps", {"week_start": key})
    parameters = {"week_start": key, "settling_weeks": lives.SETTLING_WEEKS}
    told = build.warehouse.query("graph.communities_told", parameters)

    def events(own: pl.DataFrame, platform: str) -> pl.DataFrame:
        now, before = own.filter("is_now"), own.filter(~pl.col("is_now"))
        return lives.life_events(before, now, told.filter(pl.col("platform") == platform))

    return by_platform(build, steps, date.fromisoformat(key), events)


def compute_layout(build: Build) -> None:
    """Where everybody stands on the map, from week to week, so that it stays put."""
    build.one_by_one(lambda key: _layout_of(build, key))


def _layout_of(build: Build, key: str) -> pl.DataFrame:
    week = date.fromisoformat(key)
    network = counted_ties(build.warehouse, build.settings, week)
    columns = ["platform", "profile_id", "community_id"]
    found = build.warehouse.read("graph.communities_weekly", columns, since=week, until=week)
    before = build.warehouse.query("graph.places_before", {"week_start": key})

    def placed(own: pl.DataFrame, platform: str) -> pl.DataFrame:
        here = pl.col("platform") == platform
        return layout.places(own, found.filter(here), before.filter(here), SEED)

    return by_platform(build, network, week, placed)


def by_platform(
    build: Build,
    rows: pl.DataFrame,
    week: date,
    measure: Callable[[pl.DataFrame, str], pl.DataFrame],
) -> pl.DataFrame:
    """What a measure makes of each platform's rows, with the week and the platform."""
    if rows.is_empty():
        return TABLES[build.recipe.table].schema.create_empty()
    return pl.concat(
        measure(own, platform).with_columns(
            pl.lit(week).alias("week_start"), pl.lit(platform).alias("platform")
        )
        for (platform,), own in rows.group_by(["platform"], maintain_order=True)
    )


def measured(
    build: Build,
    edges: pl.DataFrame,
    posted: pl.DataFrame,
    weeks: list[str],
    measure: Measure,
) -> pl.DataFrame:
    """The measure's rows for each of the weeks and each platform, with those two columns."""
    wanted = edges.filter(pl.col("week_start").cast(pl.String).is_in(weeks))
    posts = posted.partition_by(_KEY, as_dict=True, include_key=False)
    none = posted.drop(_KEY).clear()
    if wanted.is_empty():
        return TABLES[build.recipe.table].schema.create_empty()
    return pl.concat(
        measure(own.drop(_KEY), posts.get(key, none)).with_columns(
            pl.lit(key[0]).cast(pl.Date).alias("week_start"), pl.lit(key[1]).alias("platform")
        )
        for key, own in wanted.group_by(_KEY, maintain_order=True)
    )
