"""Contracts of what the image encoder makes: vectors of pictures and of words, and tags."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts.base import table
from influence_assets.contracts.content import Vectors


@table("content.image_embeddings", ("content_hash",))
class ImageEmbeddings(Vectors):
    """A row is one stored picture under the image encoder. Rows are added, never computed again;
    those of another encoder leave the table and stay in their files."""


@table("content.caption_embeddings", ("content_hash",))
class CaptionEmbeddings(Vectors):
    """A row is one distinct text of posts that have a picture, in the space of the pictures: under
    the text side of the image encoder. Rows are added, as in content.image_embeddings."""


@table("content.image_tags", ("content_hash", "tag"))
class ImageTags(dy.Schema):
    """A row is a tag that fits a picture better than the other words of the vocabulary.

    Found without examples, from the likeness of the picture to the words (Radford et al. 2021): a
    picture of which the vocabulary has no word may carry a wrong tag, or none.
    """

    content_hash = dy.String(
        min_length=64, max_length=64, description="SHA-256 of the picture: media_id of core.media."
    )
    tag = dy.String(min_length=1, description="Word of the vocabulary (INFLUENCE_IMAGE_TAGS).")
    score = dy.Float64(
        min_exclusive=0,
        max=1,
        description="Its share among all words of the vocabulary: softmax of the scaled cosines.",
    )
