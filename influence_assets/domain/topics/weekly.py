"""The topics of a week: found on the texts of a time, named, and the same from week to week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from influence_assets.domain.graph.tracking import lasting_ids
from influence_assets.domain.topics.clusters import clusters
from influence_assets.domain.topics.near import Vectors
from influence_assets.domain.topics.words import label, topic_words, uses

EXAMPLES = 5

TELLING_LETTERS = 30
"""A shorter text is no good example, however near the middle."""

SAME_LIKENESS = 0.85
"""Cosine of the middles of two topics from which on one can be the other come back."""


@dataclass(frozen=True)
class Past:
    """What earlier weeks left.

    Attributes:
        members: topic_id, text_key and is_ended: texts of the topics of the week before, or
            (is_ended) of those that it no longer had, when they were last there.
        ended: topic_id and centroid of the ended ones.
    """

    members: pl.DataFrame
    ended: pl.DataFrame


def topics(
    texts: pl.DataFrame, posts: pl.DataFrame, past: Past, week: str, seed: int
) -> pl.DataFrame:
    """The topics of a week's window, with ids that last.

    Args:
        texts: text_key, content_hash, text and vector (an Array of length 1), each once.
        posts: text_key, platform, profile_id and is_now (of the week itself) of each post of the
            window with a text.
        past: what to go on from.
        week: Monday of the week, for new ids.
        seed: of the first run.

    Returns:
        The columns of content.topics_weekly but for week_start.
    """
    before = past.members.filter(~pl.col("is_ended"))
    found = clusters(texts.select("text_key", "vector"), seed, before)
    members = found.rows.drop_nulls("topic_id")
    profile = pl.concat_str("platform", pl.lit("/"), "profile_id").alias("profile")
    authors = posts.select("text_key", profile).unique()
    words = topic_words(members, uses(texts.join(members, on="text_key")), authors)
    members = members.join(words, on="topic_id", how="semi").sort("text_key")
    middle = centroids(members, texts)
    ids = _lasting(members, middle, past, week)
    counted = _counted(members, posts.with_columns(profile))
    return (
        words.with_columns(
            # A list of a dozen words for each of a few dozen topics.
            pl.Series("label", [label(w) for w in words["words"].to_list()], pl.String)
        )
        .join(members.group_by("topic_id").agg(
            pl.len().alias("texts"),
            pl.col("text_key").alias("members"),
            pl.col("confidence").cast(pl.Float32).alias("confidences"),
        ), on="topic_id")
        .join(counted, on="topic_id")
        .join(middle, on="topic_id")
        .join(_examples(members, middle, texts, authors), on="topic_id")
        .join(ids, on="topic_id")
        .with_columns(pl.lit(found.stability).alias("stability"), topic_id="lasting_id")
        .drop("lasting_id")
        .sort("topic_id")
    )  # fmt: skip


def centroids(members: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """topic_id and centroid: the mean of its texts' vectors, made to have length 1."""
    placed = members.join(texts.select("text_key", "vector"), on="text_key").sort("topic_id")
    ids, first = np.unique(placed["topic_id"].to_numpy(), return_index=True)
    if not len(ids):
        return pl.DataFrame(schema={"topic_id": pl.Int64, "centroid": pl.List(pl.Float32)})
    sums = np.add.reduceat(placed["vector"].to_numpy().astype(np.float64), first, axis=0)
    unit = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
    return pl.DataFrame({"topic_id": ids, "centroid": unit}).with_columns(
        pl.col("centroid").cast(pl.List(pl.Float32))
    )


def _lasting(members: pl.DataFrame, middle: pl.DataFrame, past: Past, week: str) -> pl.DataFrame:
    """topic_id, as it was found, and lasting_id.

    A topic whose texts are all new may be one that ended long ago: its middle tells.
    """
    names = ("text_key", "topic_id")
    before, ended = (past.members.filter(keep).select(names) for keep in
                     (~pl.col("is_ended"), pl.col("is_ended")))  # fmt: skip
    ids = lasting_ids(members.select(names), before, ended, week, *names)
    is_new = ~pl.col("lasting_id").is_in(past.members["topic_id"].implode())
    new = middle.join(ids.filter(is_new), on="topic_id", how="semi")
    gone = past.ended.join(ids, left_on="topic_id", right_on="lasting_id", how="anti")
    back = come_back(new, gone)
    return ids.join(back, on="topic_id", how="left").select(
        "topic_id", pl.coalesce("old_id", "lasting_id").alias("lasting_id")
    )


def come_back(new: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a new topic and a former one that are each other's nearest: topic_id, old_id.

    Args:
        new, gone: topic_id and centroid, both by topic_id.
    """
    pairs = {"topic_id": pl.Int64, "old_id": pl.String}
    if new.is_empty() or gone.is_empty():
        return pl.DataFrame(schema=pairs)
    alike = _matrix(new) @ _matrix(gone).T
    best = alike.argmax(axis=1)
    row = np.arange(new.height)
    is_pair = (alike.argmax(axis=0)[best] == row) & (alike[row, best] >= SAME_LIKENESS)
    return pl.DataFrame(
        {
            "topic_id": new["topic_id"].filter(is_pair),
            "old_id": gone["topic_id"].gather(best[is_pair]),
        },
        schema=pairs,
    )


def _matrix(topics: pl.DataFrame) -> Vectors:
    return np.stack(topics["centroid"].to_list()).astype(np.float32)


def _counted(members: pl.DataFrame, posts: pl.DataFrame) -> pl.DataFrame:
    """posts and profiles of the week, their share of all posts of it, platforms of the window."""
    now = pl.col("is_now")
    total = max(int(posts["is_now"].sum()), 1)
    return (
        members.select("text_key", "topic_id")
        .join(posts, on="text_key")
        .group_by("topic_id")
        .agg(
            now.sum().cast(pl.Int64).alias("posts"),
            pl.col("profile").filter(now).n_unique().cast(pl.Int64).alias("profiles"),
            pl.col("platform").unique().sort().alias("platforms"),
            (now.sum() / total).alias("share"),
        )
    )


def _examples(
    members: pl.DataFrame, middle: pl.DataFrame, texts: pl.DataFrame, authors: pl.DataFrame
) -> pl.DataFrame:
    """topic_id and examples: content_hash of the texts nearest its middle, one of a profile.

    Texts that are long enough to tell something go before the others.
    """
    is_long = (pl.col("text").str.len_chars() >= TELLING_LETTERS).alias("is_long")
    placed = members.join(
        texts.select("text_key", "content_hash", "vector", is_long), on="text_key"
    ).join(authors.group_by("text_key").agg(pl.col("profile").min()), on="text_key")
    number = {topic: i for i, topic in enumerate(middle["topic_id"])}
    if not number:
        return pl.DataFrame(schema={"topic_id": pl.Int64, "examples": pl.List(pl.String)})
    own = _matrix(middle)[placed["topic_id"].replace_strict(number).to_numpy()]
    near = np.einsum("ij,ij->i", placed["vector"].to_numpy(), own).round(5)
    return (
        placed.select("topic_id", "content_hash", "profile", "is_long", near=pl.Series(near))
        .sort("is_long", "near", "content_hash", descending=[True, True, False])
        # The best text of each profile first, so that one does not speak for all.
        .with_columns(place=pl.col("near").cum_count().over("topic_id", "profile"))
        .sort(
            "topic_id",
            "place",
            "is_long",
            "near",
            "content_hash",
            descending=[False, False, True, True, False],
        )
        .group_by("topic_id", maintain_order=True)
        .agg(pl.col("content_hash").head(EXAMPLES).alias("examples"))
    )
