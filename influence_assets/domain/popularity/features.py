"""What is known of a post when it is published: all features, put together.

Belongs here: the order of the steps. Each family of features is a module of its own.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.contracts.features import FEATURE_COLUMNS, PopularityFeatures
from influence_assets.domain.popularity.calendar import calendar_features
from influence_assets.domain.popularity.effects import effect_features
from influence_assets.domain.popularity.graph_place import graph_features
from influence_assets.domain.popularity.history import history_features
from influence_assets.domain.popularity.items import item_features
from influence_assets.domain.popularity.pace import pace_features
from influence_assets.domain.popularity.prepare import DEFAULT_MATURITY, prepare
from influence_assets.domain.popularity.similar import similar_features
from influence_assets.domain.popularity.text_shape import text_features

F32 = npt.NDArray[np.float32]


def build_features(
    posts: pl.DataFrame,
    target: str,
    embeddings: F32 | None = None,
    graph: pl.DataFrame | None = None,
    maturity: timedelta = DEFAULT_MATURITY,
) -> pl.DataFrame:
    """Features of every post, made only of what was known when it was published.

    The label of an earlier post is known from posted_at + maturity on (at maturity 0: to posts of
    later times). Nothing is random, and rows of the future change nothing but the last digits
    of the similarity features (order of float32 sums).

    Args:
        posts: one row a post of one platform: platform, profile_id, post_id, posted_at (Datetime,
            UTC without a zone), kind, text, hashtags, mentions (lists, reply targets included),
            media_count, outcome (the target count; NULL if unknown: the post has features but is
            a label for none). All but the first four may be NULL; other columns are ignored.
        target: name of the count, for the column of that name.
        embeddings: of the texts, float32, shape (posts, d), unit rows or zeros for no text;
            None leaves the similarity features NULL.
        graph: one row a profile's week (see `graph_place.graph_features`), or None.
        maturity: how long after publication a count is taken as final.

    Returns:
        The columns of `contracts.features.PopularityFeatures`, one row per post, in the order of
        `posts`. No NaN: what cannot be said is NULL.

    Raises:
        ValueError: see `prepare.prepare` and `graph_place.graph_features`; or embeddings that do
            not match the posts.
    """
    _check_embeddings(posts, embeddings)
    ordered = prepare(posts, maturity)
    vectors = None if embeddings is None else embeddings[ordered["row"].to_numpy()]
    known = history_features(ordered)
    learnt = pl.concat([ordered, known.select("base", "platform_level")], how="horizontal")
    learnt = learnt.with_columns(
        (pl.col("y") - pl.col("base")).alias("surprise"),
        (pl.col("y") - pl.col("platform_level")).alias("lift"),
    )
    parts = [
        ordered.select("row", "platform", pl.lit(target).alias("target"), "post_id", "profile_id"),
        ordered.select("posted_at", "kind", "outcome"),
        ordered.select(*calendar_features(), *text_features()),
        pace_features(ordered),
        known.drop("platform_level"),
        effect_features(learnt),
        item_features(learnt),
        similar_features(learnt, vectors),
        graph_features(ordered, graph),
    ]
    return (
        pl.concat(parts, how="horizontal")
        .sort("row")
        .with_columns(pl.col(FEATURE_COLUMNS).cast(pl.Float64).fill_nan(None))
        .select(PopularityFeatures.column_names())
    )


def _check_embeddings(posts: pl.DataFrame, embeddings: F32 | None) -> None:
    if embeddings is None:
        return
    if embeddings.ndim != 2 or len(embeddings) != posts.height:
        raise ValueError(
            f"embeddings must have one row per post: {posts.height}, not shape {embeddings.shape}"
        )
    if not np.isfinite(embeddings).all():
        raise ValueError("embeddings must be finite: use rows of zeros for empty text")
