"""Which topics of a fixed list each distinct text has."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from influence_assets import vocabulary
from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.assets.texts import classify
from influence_assets.contracts import TABLES
from influence_assets.domain.text import marks, taxonomy
from influence_assets.embedding import Contents, Encode, embed
from influence_assets.encoders.classifier import classifier_labels
from influence_assets.encoders.text import load_text_encoder, text_encoder_id
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.vectors import VectorFiles
from influence_assets.storage.versions import Recipe, Upstream

NEAREST = "embedding"
"""The setting that names no classifier."""


def text_topics_recipe(settings: Settings) -> Recipe:
    """Stale with the vectors that topics are read from; with a classifier, when posts change."""
    if settings.topics == NEAREST:
        upstream = Upstream("content.text_embeddings", "all")
        phrases = vocabulary.version_of(vocabulary.TEXT_TOPICS)
        select = sql.code_version("content.text_vectors")
        version = f"{code_of(taxonomy)}-{phrases}-{select}-{settings.text_encoder}"
    else:
        upstream = Upstream("core.posts", "all")
        version = f"{code_of(taxonomy, marks)}-by {settings.topics}"
    return Recipe("content.text_topics", (upstream,), version)


def text_topics_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The asset of fixed topics."""
    return [
        table_asset(
            text_topics_recipe(settings),
            compute_topics,
            start=start,
            kinds={"numpy", "table"},
            pooled=False,
        )
    ]


def compute_topics(build: Build) -> dict[str, Any]:
    """The fixed topics of every text, all anew: it takes seconds, or is kept by the classifier."""
    nearest = build.settings.topics == NEAREST
    rows = _topics_by_nearness(build) if nearest else _topics_by_classifier(build)
    build.write(rows)
    return {"texts_with_topics": rows["content_hash"].n_unique()}


def _topics_by_nearness(build: Build) -> pl.DataFrame:
    identity = text_encoder_id(build.settings.text_encoder, build.settings.encoders)
    known = _taxonomy(build, identity)
    found: list[pl.DataFrame] = [TABLES[build.recipe.table].schema.create_empty()]
    for digit in "0123456789abcdef":
        part = {"encoder_id": identity, "first_digits": digit}
        texts = build.warehouse.query("content.text_vectors", part)
        if not texts.is_empty():
            scores = known.scores(texts["vector"].to_numpy())
            found.append(
                taxonomy.topic_rows(
                    texts["content_hash"], known.topics, scores, taxonomy.LEAST_SCORE
                )
            )
    return pl.concat(found)


def _taxonomy(build: Build, identity: str) -> taxonomy.Taxonomy:
    """The topics with the vectors of their phrases, which are encoded once."""
    settings = build.settings
    pairs = [(name, p) for name, phrases in vocabulary.text_topics().items() for p in phrases]
    rows = pl.DataFrame(pairs, schema=["topic", "item"], orient="row").with_columns(
        content_hash=pl.Series([hashlib.sha256(p.encode()).hexdigest() for _, p in pairs]),
        work=pl.col("item").str.len_bytes(),
    )

    def load() -> Encode:
        found = load_text_encoder(settings.text_encoder, settings.encoders, settings.device)
        return found.encode

    files = VectorFiles(settings.artifacts, identity)
    embed(Contents("phrases of topics", rows), files, load, build.log)
    vectors = files.read(rows["content_hash"])
    ordered = rows.join(vectors, on="content_hash", maintain_order="left")
    return taxonomy.Taxonomy(ordered["topic"].to_list(), ordered["vector"].to_numpy())


def _topics_by_classifier(build: Build) -> pl.DataFrame:
    settings = build.settings
    labels = classifier_labels(settings.topics, settings.encoders, several=True)
    # No row was measured by nothing: these are all texts.
    texts = build.warehouse.query("content.texts_to_measure", {"measured_by": ""})
    told = classify(build, settings.topics, labels, texts, several=True)
    return taxonomy.topic_rows(
        texts["content_hash"], labels.names, told, taxonomy.LEAST_PROBABILITY
    )
