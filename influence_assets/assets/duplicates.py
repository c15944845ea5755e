"""Which posts are copies of each other, over all platforms."""

from __future__ import annotations

from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.contracts import TABLES
from influence_assets.domain import duplicates
from influence_assets.domain.duplicates import pictures
from influence_assets.domain.duplicates.posts import KINDS, copies
from influence_assets.storage import sql, versions
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import Warehouse

_FROM = ("core.posts", "core.media", "content.images", "content.image_embeddings")

LARGEST = 10
"""Groups that are shown with the materialization."""

_SELECTS = ("posts", "texts", "shown", "images", "vectors")

_SQL_VERSION = "-".join(sql.code_version(f"content.duplicates_{name}") for name in _SELECTS)

RECIPE = Recipe(
    "content.near_duplicates",
    tuple(Upstream(table, "all") for table in _FROM),
    f"{code_of(duplicates)}-{_SQL_VERSION}",
)


def duplicates_assets(start: date) -> list[dg.AssetsDefinition]:
    """The asset of copies."""
    return [
        table_asset(RECIPE, compute_copies, start=start, kinds={"polars", "table"}, pooled=False)
    ]


def compute_copies(build: Build) -> dict[str, Any]:
    """Every post that is a copy or has one."""
    posts, texts, found = _found(build.warehouse)
    build.write(found)
    build.log(f"{build.recipe.table}: {found.height} of {posts.height} posts")
    return described(found, posts, texts)


def current_copies(warehouse: Warehouse) -> pl.DataFrame:
    """The rows of content.near_duplicates as they should be now.

    Where posts have come in since the table was built they are found anew, and not kept.
    """
    with warehouse.connect() as connection:
        is_old = bool(versions.stale(connection, RECIPE))
    if is_old:
        return _found(warehouse)[2]
    return warehouse.read(RECIPE.table, list(TABLES[RECIPE.table].columns))


def _found(warehouse: Warehouse) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Posts, their distinct texts, and the rows of those that are copies."""
    posts, texts, shown = (
        warehouse.query(f"content.duplicates_{name}") for name in ("posts", "texts", "shown")
    )
    return posts, texts, copies(posts, texts, shown, near_pictures(warehouse))


def near_pictures(warehouse: Warehouse) -> pl.DataFrame:
    """Pictures that are nearly the same as another: content_hash, picture_id.

    Vectors are read of those alone whose hashes are near.
    """
    pairs = pictures.near_pairs(warehouse.query("content.duplicates_images"))
    hashes = pl.concat([pairs["one"], pairs["other"]]).unique().sort().to_list()
    vectors = warehouse.query("content.duplicates_vectors", {"hashes": hashes})
    return pictures.picture_groups(pictures.confirmed(pairs, vectors))


def described(found: pl.DataFrame, posts: pl.DataFrame, texts: pl.DataFrame) -> dict[str, Any]:
    """What Dagster shows: numbers by kind, and the largest groups with a text each."""
    kinds = found["kinds"].explode(empty_as_null=False, keep_nulls=False)
    by_kind = {kind: int((kinds == kind).sum()) for kind in KINDS}
    largest = (
        found.filter("is_first")
        .sort(-pl.col("group_size"), "group_id")
        .head(LARGEST)
        .join(posts, on=["platform", "post_id"], maintain_order="left")
        .join(texts, on="content_hash", how="left", maintain_order="left")
    )
    return {
        "groups": found["group_id"].n_unique(),
        **{f"posts_with_{kind}": number for kind, number in by_kind.items()},
        "largest_groups": dg.MetadataValue.md(_as_table(largest)),
    }


def _as_table(groups: pl.DataFrame) -> str:
    """Markdown; a text is one line, cut, and what would be markup is taken out of it."""
    text = pl.col("text").fill_null("").str.replace_all(r"[\s|`<>\[\]]+", " ").str.slice(0, 80)
    rows = groups.select("group_size", "group_id", text).rows()
    lines = [f"| {size} | {group} | {said} |" for size, group, said in rows]
    return "\n".join(["| posts | group | text of the first |", "| --- | --- | --- |", *lines])
