"""Which profiles are alike as of the end of each week, and what likeness adds to the ties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.assets.sql_tables import MEMORY_WEEKS
from influence_assets.contracts import TABLES
from influence_assets.domain.graph import neighbours, proximity
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import Warehouse

_SELECTS = ("hashtags", "facts", "captions", "vectors")


def proximity_recipe(settings: Settings) -> Recipe:
    """What likeness is built from, for each week that has posts or a network."""
    selects = "-".join(sql.code_version(f"graph.proximity_{name}") for name in _SELECTS)
    return Recipe(
        "graph.proximity_weekly",
        (
            Upstream("core.posts", "so_far"),
            Upstream("core.profile_snapshots", "so_far", drives=False),
            Upstream("graph.edges_weekly", "exists"),
            # A vector is given by the text: those of new texts make no old week stale.
            Upstream("content.text_embeddings", "touched"),
        ),
        f"{code_of(neighbours, proximity)}-{selects}-{MEMORY_WEEKS}-{settings.text_encoder}",
    )


def proximity_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The asset of likeness."""
    return [
        table_asset(
            proximity_recipe(settings),
            compute_proximity,
            start=start,
            kinds={"numpy", "table"},
        )
    ]


def compute_proximity(build: Build) -> dict[str, Any]:
    """Pairs of each week; tells how many texts of its windows had no vector.

    A week with such texts stays stale: it is built again until each of them has one.
    """
    lacking = 0
    for key, version in build.versions.items():
        rows, lack = _alike_in(build.warehouse, key)
        build.write(rows, {key: f"{version} without {lack} texts" if lack else version})
        build.log(f"{build.recipe.table}: {key} written, {rows.height} pairs")
        lacking += lack
    return {"texts_without_vector": lacking}


def _alike_in(warehouse: Warehouse, key: str) -> tuple[pl.DataFrame, int]:
    """The rows of a week, and how many texts have no vector."""
    window = {"week_start": key, "memory_weeks": MEMORY_WEEKS}
    uses, facts, texts = (
        warehouse.query(f"graph.proximity_{name}", window)
        for name in ("hashtags", "facts", "captions")
    )
    vectors = warehouse.query("graph.proximity_vectors", window)
    found: list[pl.DataFrame] = [TABLES["graph.proximity_weekly"].schema.create_empty()]
    for platform in facts["platform"].unique().sort():
        here = pl.col("platform") == platform
        captions = proximity.mean_captions(texts.filter(here), vectors)
        known = facts.filter(here).join(captions, on="profile_id", how="left")
        pairs = proximity.likeness(
            proximity.shared_hashtags(uses.filter(here)), proximity.alike_profiles(known)
        )
        when = pl.lit(date.fromisoformat(key)).alias("week_start")
        found.append(pairs.with_columns(when, pl.lit(platform).alias("platform")))
    without = texts.join(vectors, on="content_hash", how="anti")["content_hash"].n_unique()
    return pl.concat(found, how="diagonal"), without


def counted_ties(
    warehouse: Warehouse, settings: Settings, week: date, layers: Sequence[str] = ()
) -> pl.DataFrame:
    """What communities and the map are found on: ties as of the end of the week, and likeness with
    them where the user has it count (never with layers: `Settings` sees to that).

    Columns: platform, source_id, target_id, weight, and the layers: kinds of ties.
    """
    columns = ["platform", "source_id", "target_id", "weight", *layers]
    ties = warehouse.read("graph.edges_weekly", columns, since=week, until=week)
    if not settings.counts_likeness:
        return ties
    columns = ["platform", "profile_id", "other_id", "hashtag_weight", "similarity_weight"]
    pairs = warehouse.read("graph.proximity_weekly", columns, since=week, until=week)
    return proximity.with_likeness(ties, pairs, settings.likeness_weights)
