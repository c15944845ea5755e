"""Embeddings: each distinct content is encoded once per encoder, and kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import dagster as dg

from influence_assets.assets.shell import Build, table_asset
from influence_assets.embedding import AT_ONCE, Contents, Encode, embed
from influence_assets.encoders.text import load_text_encoder, text_encoder_id
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.vectors import VectorFiles, load_vectors
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import WHOLE


def text_embeddings_recipe(settings: Settings) -> Recipe:
    """Stale when posts change or another encoder is chosen."""
    version = f"{sql.code_version('content.texts_to_embed')}-{settings.text_encoder}"
    return Recipe("content.text_embeddings", (Upstream("core.posts", "all"),), version)


def content_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets with the vectors of what posts say."""
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
    """Encode the texts of posts that have no vector yet."""
    chosen = (build.settings.text_encoder, build.settings.encoders)
    identity = text_encoder_id(*chosen)
    rows = build.warehouse.query("content.texts_to_embed", {"encoder_id": identity})

    def load() -> Encode:
        return load_text_encoder(*chosen, build.settings.device).encode

    return embed_new(build, identity, Contents("texts", rows), load)


def embed_new(
    build: Build,
    identity: str,
    contents: Contents,
    load: Callable[[], Encode],
    at_once: int = AT_ONCE,
) -> dict[str, Any]:
    """Encode what has no vector, keep each batch in a file, and add them all to the table.

    The warehouse is open only to write at the end. What a killed run encoded is in the files.

    Args:
        build: of a table with content_hash, encoder_id and vector.
        identity: of the encoder.
        contents: what the table has no vector of under this encoder.
        load: gives the encoder, if there is something to encode.
        at_once: contents in a file: what a killed run loses at most.
    """
    table = build.recipe.table
    files = VectorFiles(build.settings.artifacts, identity)
    encoded = embed(contents, files, load, lambda line: build.log(f"{table}: {line}"), at_once)
    load_vectors(build.warehouse, table, identity, files.read(contents.rows["content_hash"]))
    total = build.warehouse.count(table)
    build.warehouse.mark_built(table, build.versions[WHOLE], build.run_id, total)
    build.note(WHOLE, total)
    return {f"{contents.what}_encoded": encoded, "encoder": identity}
