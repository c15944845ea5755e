"""Topics that are found in what is posted: as of each week, of each post, rising, by community."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from influence_assets.assets.shell import Build, Compute, code_of, table_asset
from influence_assets.assets.sql_tables import (
    MEMORY_WEEKS,
    WEEKS_AT_ONCE,
    sql_compute,
    sql_recipe,
)
from influence_assets.assets.texts import texts_recipe
from influence_assets.contracts import TABLES
from influence_assets.domain import false_discovery, topics
from influence_assets.domain.graph import communities, leiden, tracking
from influence_assets.domain.spread import hashtags
from influence_assets.domain.topics import weekly
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.versions import Recipe, Upstream

SEED = 20_250_101

_MEMORY = {"memory_weeks": MEMORY_WEEKS}
_BY = ["week_start", "topic_id"]


def _sql_version(*names: str) -> str:
    return "-".join(sql.code_version(name) for name in names)


def topics_recipe(settings: Settings) -> Recipe:
    """What the topics of a week are built from: ids carry on, so all the weeks before it."""
    selects = ("topic_posts", "topic_texts", "topics_before", "topics_ended")
    return Recipe(
        "content.topics_weekly",
        (
            Upstream("core.posts", "so_far"),
            # A vector is given by the text: those of new texts make no old week stale.
            Upstream("content.text_embeddings", "touched"),
        ),
        f"{code_of(topics, communities, leiden, tracking)}"
        f"-{_sql_version(*(f'content.{name}' for name in selects))}"
        f"-{MEMORY_WEEKS}-{SEED}-{settings.text_encoder}",
    )


POST_TOPICS = sql_recipe(
    "content.post_topics_weekly",
    Upstream("core.posts", "week"),
    Upstream("content.topics_weekly", "same", drives=False),
)
RISING = Recipe(
    "marts.topics_rising_weekly",
    (
        Upstream("content.topics_weekly", "same"),
        Upstream("content.post_topics_weekly", "same"),
        Upstream("core.posts", "so_far", drives=False),
        Upstream("core.post_metrics", "touched"),
        Upstream("graph.communities_weekly", "so_far", drives=False),
    ),
    f"{code_of(hashtags, false_discovery)}-{MEMORY_WEEKS}"
    f"-{_sql_version('marts.topic_weeks', 'marts.topic_engagement', 'marts.topic_communities')}",
)


def community_content_recipe(settings: Settings) -> Recipe:
    """Stale with a week's posts, their topics and communities, and with another way to read
    sentiment: of a text it is given, so that new texts make no old week stale."""
    return sql_recipe(
        "marts.community_content_weekly",
        Upstream("core.posts", "week"),
        Upstream("content.topics_weekly", "same", drives=False),
        Upstream("content.post_topics_weekly", "same", drives=False),
        Upstream("graph.communities_weekly", "so_far", drives=False),
        Upstream("content.texts", "touched"),
        settings=f"-{texts_recipe(settings).code_version}",
    )


def topic_recipes(settings: Settings) -> list[Recipe]:
    """In an order in which they can be built."""
    return [topics_recipe(settings), POST_TOPICS, RISING, community_content_recipe(settings)]


def topic_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets of discovered topics."""
    of_sql = {"sql", "duckdb", "table"}
    told = community_content_recipe(settings)
    content = with_picture(sql_compute(told), community_picture)
    return [
        table_asset(
            topics_recipe(settings),
            with_picture(compute_topics, topics_picture),
            start=start,
            kinds={"igraph", "table"},
        ),
        table_asset(POST_TOPICS, sql_compute(POST_TOPICS), start=start, kinds=of_sql),
        table_asset(RISING, compute_rising, start=start, kinds={"polars", "table"}),
        table_asset(told, content, start=start, kinds=of_sql),
    ]


def compute_topics(build: Build) -> dict[str, Any]:
    """The topics of each week, from week to week, so that the ids stay.

    Tells how many texts of the windows had no vector. A week with such texts stays stale: it is
    built again until each of them has one.
    """
    lacking: dict[str, int] = {}

    def rows_of(key: str) -> pl.DataFrame:
        rows, lacking[key] = _topics_of(build, key)
        return rows

    def lacks(key: str) -> str:
        return f" without {lacking[key]} texts" if lacking[key] else ""

    build.one_by_one(rows_of, lacks)
    return {"texts_without_vector": sum(lacking.values())}


def _topics_of(build: Build, key: str) -> tuple[pl.DataFrame, int]:
    """The rows of a week, and how many texts of its window have no vector."""
    window = {"week_start": key, **_MEMORY}
    none = TABLES[build.recipe.table].schema.create_empty()
    posts = build.warehouse.query("content.topic_posts", window)
    if posts.is_empty():
        return none, 0
    texts = build.warehouse.query("content.topic_texts", window)
    known = texts.drop_nulls("vector")
    if known.is_empty():
        return none, texts.height
    past = weekly.Past(
        build.warehouse.query("content.topics_before", {"week_start": key}),
        build.warehouse.query("content.topics_ended", window),
    )
    rows = weekly.topics(known, posts, past, key, SEED)
    when = pl.lit(date.fromisoformat(key)).alias("week_start")
    return rows.with_columns(when), texts.height - known.height


def compute_rising(build: Build) -> None:
    """Every topic's week: how unusual it is, how its posts do, and whose they are."""
    for chunk in build.chunks(WEEKS_AT_ONCE):
        weeks = list(chunk)
        bounds = {"first_day": weeks[0], "last_day": weeks[-1]}
        counts = build.warehouse.query(
            "marts.topic_weeks", {**bounds, "weeks_before": hashtags.WEEKS_BEFORE}
        )
        found = hashtags.bursts(counts.rename({"topic_id": "topic"}), "topic", ("week_start",))
        rows = (
            found.rename({"topic": "topic_id", "is_taking_off": "is_rising"})
            .filter(pl.col("posts") > 0)
            .join(counts.select(*_BY, "label"), on=_BY)
            .join(
                build.warehouse.query("marts.topic_engagement", {**bounds, **_MEMORY}),
                on=_BY,
                how="left",
            )
            .join(build.warehouse.query("marts.topic_communities", bounds), on=_BY, how="left")
            .with_columns(
                pl.col("posts_measured").fill_null(0), pl.col("^community_.*$").fill_null([])
            )
        )
        wanted = pl.col("week_start").cast(pl.String).is_in(weeks)
        build.write(rows.filter(wanted), chunk)
        build.log(f"{build.recipe.table}: {weeks[0]} to {weeks[-1]} written")


def with_picture(compute: Compute, draw: Callable[[Build], dict[str, Any]]) -> Compute:
    """The same, with a picture among its metadata."""

    def computed(build: Build) -> dict[str, Any]:
        return {**(compute(build) or {}), **draw(build)}

    return computed


def topics_picture(build: Build) -> dict[str, Any]:
    """The share of the largest topics in each of the last weeks."""
    from influence_assets.reporting import pictures, topic_pictures  # loads matplotlib

    rows = build.warehouse.query("report.topic_weeks")
    png = topic_pictures.shares_by_week(rows, "What is posted about")
    return {"topics": dg.MetadataValue.md(pictures.as_markdown(png, "Topics by week"))}


def community_picture(build: Build) -> dict[str, Any]:
    """What the largest communities of the last weeks talk about."""
    from influence_assets.reporting import pictures, topic_pictures  # loads matplotlib

    names = build.warehouse.query("report.community_names")
    rows = build.warehouse.query("report.community_topics").join(
        names, on=["platform", "community_id"], how="left", maintain_order="left"
    ).with_columns(name=pl.coalesce("label", "community_id"))  # fmt: skip
    png = topic_pictures.topics_of_communities(rows, "Topics of communities")
    return {"communities": dg.MetadataValue.md(pictures.as_markdown(png, "Topics of communities"))}
