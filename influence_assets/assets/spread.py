"""How things spread: cascades, hashtags that take off, posts that break out."""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg
import polars as pl

from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.assets.sql_tables import WEEKS_AT_ONCE
from influence_assets.contracts import TABLES
from influence_assets.domain import false_discovery
from influence_assets.domain.duplicates import parts, texts
from influence_assets.domain.spread import (
    cascades,
    early,
    episodes,
    growth,
    hashtags,
    outliers,
    rows,
)
from influence_assets.storage import sql
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import Warehouse

QUIET = timedelta(days=7)
"""A hashtag or a text that nobody used for longer starts a new cascade when it comes back."""

REPLY_WINDOW_DAYS = 3
"""A reply to a profile that wrote nothing for longer answers no post that is known."""


def _sql_version(*names: str) -> str:
    return "-".join(sql.code_version(f"spread.{name}") for name in names)


_CASCADE_SQL = (
    "platforms", "reposts", "replies", "hashtag_uses", "text_uses", "texts", "ties",
    "community_weeks", "communities",
)  # fmt: skip

CASCADES = Recipe(
    "marts.cascades",
    (
        Upstream("core.posts", "all"),
        Upstream("core.interactions", "all"),
        Upstream("graph.communities_weekly", "all"),
    ),
    f"{code_of(cascades, early, episodes, parts, rows, texts)}-{_sql_version(*_CASCADE_SQL)}"
    f"-{QUIET.days}-{REPLY_WINDOW_DAYS}",
)

HASHTAGS = Recipe(
    "marts.hashtags_weekly",
    (
        Upstream("core.posts", "so_far"),
        Upstream("graph.communities_weekly", "so_far", drives=False),
    ),
    f"{code_of(hashtags, early, false_discovery)}-{_sql_version('hashtag_weeks', 'hashtag_users')}",
)
VIRAL_POSTS = Recipe(
    "marts.viral_posts",
    (
        Upstream("core.posts", "all"),
        Upstream("core.post_metrics", "all"),
        Upstream("marts.cascades", "all"),
    ),
    f"{code_of(growth, outliers)}-{_sql_version('platforms', 'readings', 'post_cascades')}",
)

RECIPES = (HASHTAGS, CASCADES, VIRAL_POSTS)


def spread_assets(start: date) -> list[dg.AssetsDefinition]:
    """The assets of how things spread."""
    kinds = {"polars", "table"}
    return [
        table_asset(HASHTAGS, compute_hashtags, start=start, kinds=kinds),
        table_asset(CASCADES, compute_cascades, start=start, kinds=kinds),
        table_asset(VIRAL_POSTS, compute_viral_posts, start=start, kinds=kinds),
    ]


def compute_hashtags(build: Build) -> None:
    """Every hashtag's week, with how unusual it is and whose it is."""
    by = ["platform", "week_start", "hashtag"]
    for chunk in build.chunks(WEEKS_AT_ONCE):
        weeks = list(chunk)
        bounds = {"first_day": weeks[0], "last_day": weeks[-1]}
        counts = build.warehouse.query(
            "spread.hashtag_weeks", {**bounds, "weeks_before": hashtags.WEEKS_BEFORE}
        )
        users = build.warehouse.query("spread.hashtag_users", bounds)
        spread = early.concentration(users, by).rename(
            {"placed": "profiles_placed", "entropy_bits": "community_entropy_bits",
             "dominance": "community_dominance"}
        )  # fmt: skip
        found = hashtags.bursts(counts).join(spread, on=by, how="left", maintain_order="left")
        wanted = pl.col("week_start").cast(pl.String).is_in(weeks)
        build.write(
            found.with_columns(pl.col("profiles_placed").fill_null(0)).filter(wanted), chunk
        )
        build.log(f"{build.recipe.table}: {weeks[0]} to {weeks[-1]} written")


def compute_viral_posts(build: Build) -> None:
    """The posts of every platform that broke out."""
    found: list[pl.DataFrame] = [TABLES[build.recipe.table].schema.create_empty()]
    for platform in build.warehouse.query("spread.platforms")["platform"]:
        here = {"platform": platform}
        scores = outliers.outlier_scores(build.warehouse.query("spread.readings", here))
        reposted = build.warehouse.query("spread.post_cascades", here)
        own = outliers.viral(scores, reposted)
        found.append(own.with_columns(pl.lit(platform).alias("platform")))
        build.log(f"{build.recipe.table}: {platform}, {own.height} of {scores.height} posts")
    build.write(pl.concat(found, how="diagonal"))


def compute_cascades(build: Build) -> None:
    """Every cascade of every platform."""
    found: list[pl.DataFrame] = [TABLES[build.recipe.table].schema.create_empty()]
    for platform in build.warehouse.query("spread.platforms")["platform"]:
        own = platform_cascades(build.warehouse, platform)
        found.append(own.with_columns(pl.lit(platform).alias("platform")))
        build.log(f"{build.recipe.table}: {platform}, {own.height} cascades")
    build.write(pl.concat(found, how="diagonal"))


def platform_cascades(warehouse: Warehouse, platform: str) -> pl.DataFrame:
    """The cascades of one platform, without its name."""
    here = {"platform": platform}
    copies = texts.groups(warehouse.query("spread.texts", here))
    uses = warehouse.query("spread.text_uses", here).join(copies, on="content_hash")
    adoptions = rows.numbered(
        {
            "repost": warehouse.query("spread.reposts", here),
            "reply": warehouse.query("spread.replies", {**here, "window_days": REPLY_WINDOW_DAYS}),
            "hashtag": episodes.episodes(warehouse.query("spread.hashtag_uses", here), QUIET),
            "text": episodes.episodes(
                uses.select("profile_id", "adopted_at", item_id="group_id"), QUIET
            ),
        }
    )
    trees = cascades.diffusion_trees(adoptions, warehouse.query("spread.ties", here))
    weeks = warehouse.query("spread.community_weeks", here)["week_start"]
    first = rows.first_with_weeks(adoptions, trees, weeks)
    return rows.cascade_rows(adoptions, trees, _with_communities(warehouse, platform, first))


def _with_communities(warehouse: Warehouse, platform: str, first: pl.DataFrame) -> pl.DataFrame:
    """First adopters with their community in their week; NULL where week or community is."""
    by = ["week_start", "profile_id"]
    wanted = first.select(by).drop_nulls().unique().sort(by)
    known = warehouse.query(
        "spread.communities",
        {
            "platform": platform,
            "weeks": wanted["week_start"].to_list(),
            "profiles": wanted["profile_id"].to_list(),
        },
    )
    return first.join(known, on=by, how="left", maintain_order="left")
