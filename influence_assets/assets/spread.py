"""How things spread: cascades, hashtags that take off, posts that break out."""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg
import polars as pl

from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.contracts import TABLES
from influence_assets.domain.spread import cascades, early, episodes, near_duplicates, rows
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
    f"{code_of(cascades, early, episodes, near_duplicates, rows)}-{_sql_version(*_CASCADE_SQL)}"
    f"-{QUIET.days}-{REPLY_WINDOW_DAYS}",
)

RECIPES = (CASCADES,)


def spread_assets(start: date) -> list[dg.AssetsDefinition]:
    """The assets of how things spread."""
    return [
        table_asset(
            CASCADES, compute_cascades, start=start, kinds={"polars", "table"}, pooled=False
        )
    ]


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
    copies = near_duplicates.groups(warehouse.query("spread.texts", here))
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
    """First adopters with their community in their week; read week by week."""
    found = [first.clear().with_columns(pl.lit(None, pl.String).alias("community_id"))]
    for (week,), members in first.group_by("week_start"):
        # For a week that is NULL no communities are found.
        known = warehouse.query("spread.communities", {"platform": platform, "week_start": week})
        found.append(members.join(known, on="profile_id", how="left"))
    return pl.concat(found)
