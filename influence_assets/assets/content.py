"""Text embeddings: each distinct text is encoded once per encoder, and kept."""

from __future__ import annotations

from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from influence_assets.assets.shell import Build, table_asset
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import WHOLE

TEXTS_AT_ONCE = 2_048
"""Texts encoded between two writes: what a crash loses at most."""


def text_embeddings_recipe(settings: Settings) -> Recipe:
    """Stale when posts change or another encoder is chosen."""
    version = f"{sql.code_version('content.texts_to_embed')}-{settings.text_encoder}"
    return Recipe("content.text_embeddings", (Upstream("core.posts", "all"),), version)


def content_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets that say what posts say."""
    return [
        table_asset(
            text_embeddings_recipe(settings),
            embed_new_texts,
            start=start,
            kinds={"huggingface", "table"},
            pooled=False,
        )
    ]


def embed_new_texts(build: Build) -> dict[str, Any]:
    """Encode the texts that have no vector yet and append them, batch by batch."""
    from influence_assets.domain.encoders import encoder_id, load_text_encoder

    identity = encoder_id(build.settings.text_encoder)
    texts = build.warehouse.query("content.texts_to_embed", {"encoder_id": identity})
    if texts.height:
        encoder = load_text_encoder(build.settings.text_encoder, offline=build.settings.hub_offline)
        for start in range(0, texts.height, TEXTS_AT_ONCE):
            part = texts.slice(start, TEXTS_AT_ONCE)
            vectors = encoder.encode(part["text"].to_list())
            rows = part.select("content_hash").with_columns(
                pl.lit(identity).alias("encoder_id"),
                pl.Series("vector", vectors.tolist(), dtype=pl.List(pl.Float32)),
            )
            build.warehouse.append("content.text_embeddings", rows)
            build.log(f"content.text_embeddings: {start + part.height} of {texts.height} texts")
    total = build.warehouse.count("content.text_embeddings")
    build.warehouse.mark_built(build.recipe.table, build.versions[WHOLE], build.run_id, total)
    build.note(WHOLE, total)
    return {"texts_encoded": texts.height, "encoder": identity}
