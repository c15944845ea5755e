"""Contracts of the content layer: what texts and pictures say, each distinct one once."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts.base import table


class Vectors(dy.Schema):
    """A row is the vector of something under one encoder."""

    content_hash = dy.String(
        min_length=64, max_length=64, description="SHA-256 of the text (UTF-8) or of the picture."
    )
    encoder_id = dy.String(
        min_length=1,
        description="Name of the encoder, with checksums of its weights and its preparation.",
    )
    vector = dy.List(dy.Float32(), description="Unit vector; FLOAT[n] once there are any.")


@table("content.text_embeddings", ("content_hash",))
class TextEmbeddings(Vectors):
    """A row is one distinct text of posts under the text encoder. Rows are added, never computed
    again; those of another encoder leave the table and stay in their files."""
