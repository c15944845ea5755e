"""What pictures show, by the image encoder: vectors of pictures and captions, and tags."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from influence_assets.assets.content import embed_new
from influence_assets.assets.shell import Build, Compute, code_of, table_asset
from influence_assets.contracts import TABLES
from influence_assets.domain import image_meaning
from influence_assets.embedding import Contents, Encode, embed
from influence_assets.encoders.find import find
from influence_assets.encoders.image import (
    caption_encoder_id,
    image_encoder_id,
    load_image_encoder,
    logit_scale,
    missing_default,
)
from influence_assets.encoders.vocabulary import Vocabulary, read_vocabulary
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.vectors import VectorFiles
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import WHOLE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PICTURES_AT_ONCE = 256
"""Pictures between two files: some seconds of work on a processor."""

_SELECTS = {
    "content.image_embeddings": "content.pictures_to_embed",
    "content.caption_embeddings": "content.captions_to_embed",
    "content.image_tags": "content.picture_vectors",
}


def picture_recipes(settings: Settings) -> tuple[Recipe, ...]:
    """Stale when pictures or texts change, or another encoder or vocabulary is chosen."""

    def recipe(table: str, *upstream: str, more: str = "") -> Recipe:
        version = f"{sql.code_version(_SELECTS[table])}-{settings.image_encoder}{more}"
        return Recipe(table, tuple(Upstream(name, "all") for name in upstream), version)

    words = f"-{code_of(image_meaning)}-{_vocabulary_version(settings)}"
    return (
        recipe("content.image_embeddings", "core.media", "content.images"),
        recipe(
            "content.caption_embeddings", "core.posts", "core.media", "content.image_embeddings"
        ),
        recipe("content.image_tags", "content.image_embeddings", more=words),
    )


def _vocabulary_version(settings: Settings) -> str:
    """A checksum of the words; one that is not there is told of when it is needed."""
    path = settings.image_tags
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "none"


def picture_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets of what the image encoder makes of pictures and captions."""
    computes: tuple[Compute, ...] = (embed_new_pictures, embed_new_captions, tag_pictures)
    return [
        table_asset(
            recipe,
            where_there_is_an_encoder(compute),
            start=start,
            kinds={"pytorch", "table"},
            pooled=False,
        )
        for recipe, compute in zip(picture_recipes(settings), computes, strict=True)
    ]


def where_there_is_an_encoder(compute: Compute) -> Compute:
    """A table is empty where the user wants no image encoder, or has no pictures and none on this
    machine. Where the default alone is missing, it stays as it is, stale, and is told of."""

    def checked(build: Build) -> Mapping[str, Any] | None:
        settings, table = build.settings, build.recipe.table
        if settings.image_encoder == "none":
            build.write(TABLES[table].schema.create_empty())
            return {"encoder": "none, as INFLUENCE_IMAGE_ENCODER says"}
        if find(settings.image_encoder, settings.encoders) is None:
            if _pictures(build, "").is_empty():
                build.write(TABLES[table].schema.create_empty())
                return {"encoder": "not needed: there are no pictures"}
            if not settings.is_image_encoder_chosen:
                missing = missing_default(settings.image_encoder)
                build.log(f"{table}: NOT BUILT. {missing}")
                build.note(WHOLE, build.warehouse.count(table))
                return {"encoder": f"not built: {missing}"}
        return compute(build)

    return checked


def embed_new_pictures(build: Build) -> dict[str, Any]:
    """Encode the pictures that have no vector yet."""
    name, encoders = build.settings.image_encoder, build.settings.encoders
    identity = image_encoder_id(name, encoders)

    def load() -> Encode:
        return load_image_encoder(name, encoders, build.settings.device).encode_images

    contents = Contents("pictures", _pictures(build, identity))
    return embed_new(build, identity, contents, load, PICTURES_AT_ONCE)


def _pictures(build: Build, identity: str) -> pl.DataFrame:
    """The pictures that have no vector under this encoder, with where they lie."""
    rows = build.warehouse.query("content.pictures_to_embed", {"encoder_id": identity})
    folder = f"{build.settings.media}/"
    return rows.with_columns(pl.concat_str(pl.lit(folder), "item").alias("item"))


def embed_new_captions(build: Build) -> dict[str, Any]:
    """Encode, for comparing them with pictures, the texts that have no such vector yet."""
    name, encoders = build.settings.image_encoder, build.settings.encoders
    identity = caption_encoder_id(name, encoders)
    rows = build.warehouse.query("content.captions_to_embed", {"encoder_id": identity})
    return embed_new(build, identity, Contents("captions", rows), _text_side(build))


def _text_side(build: Build) -> Callable[[], Encode]:
    def load() -> Encode:
        chosen = (build.settings.image_encoder, build.settings.encoders)
        return load_image_encoder(*chosen, build.settings.device).encode_texts

    return load


def tag_pictures(build: Build) -> dict[str, Any]:
    """The tags of every picture that has a vector."""
    settings = build.settings
    vocabulary = read_vocabulary(settings.image_tags)
    chosen = (settings.image_encoder, settings.encoders)
    pictures = build.warehouse.query(
        "content.picture_vectors", {"encoder_id": image_encoder_id(*chosen)}
    )
    if pictures.is_empty():
        build.write(TABLES[build.recipe.table].schema.create_empty())
        return {"encoder": image_encoder_id(*chosen), "tags": len(vocabulary.tags)}
    rows = image_meaning.image_tags(
        pictures["content_hash"],
        pictures["vector"].to_numpy(),
        list(vocabulary.tags),
        _tag_vectors(build, vocabulary),
        logit_scale(*chosen),
    )
    build.write(rows)
    return {"encoder": image_encoder_id(*chosen), "tags": len(vocabulary.tags)}


def _tag_vectors(build: Build, vocabulary: Vocabulary) -> NDArray[np.float32]:
    """A unit vector of each tag; a phrase is encoded once by an encoder, in files of their own."""
    identity = caption_encoder_id(build.settings.image_encoder, build.settings.encoders)
    files = VectorFiles(build.settings.artifacts, f"{identity}-phrases")
    phrases = pl.DataFrame(vocabulary.prompts(), schema=["tag", "item"], orient="row").with_columns(
        pl.Series("content_hash", [_sha256(text) for _, text in vocabulary.prompts()])
    )
    wanted = phrases.unique("content_hash").select("content_hash", "item", work=pl.lit(1))
    embed(
        Contents("phrases", wanted),
        files,
        _text_side(build),
        lambda line: build.log(f"{build.recipe.table}: {line}"),
    )
    known = files.read(wanted["content_hash"])
    found = phrases.join(known, on="content_hash", maintain_order="left")
    return image_meaning.mean_directions(found["vector"].to_numpy(), found["tag"].to_numpy())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
