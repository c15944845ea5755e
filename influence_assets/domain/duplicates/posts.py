"""Posts that are copies of each other: the same words, nearly the same, or the same pictures.

Two posts are bound by their text, or by their pictures: half of those of either, at least, are
shown by both. What many posts share says little of a post: a slogan, a logo, a line at the
foot. Bounds below keep it from tying together what it has nothing to do with.
"""

from __future__ import annotations

import polars as pl

from influence_assets.domain.duplicates.parts import parts
from influence_assets.domain.duplicates.texts import groups, normalised

KINDS = ("exact_text", "near_text", "same_image", "near_image")

LONG_CHARACTERS = 40
"""Without links, mentions and hashtags. Equal texts of this length are copies, however many there
are: about what eight words take, and a sentence in a script without spaces."""

SHORT_CHARACTERS = 20
"""Shorter ones are alike by chance (wishes, thanks), and bind no posts."""

SHORT_POSTS = 5
"""Between the two lengths a text binds its posts if no more have it: then it is no saying."""

MOST_POSTS = 50
"""A picture that more posts show, or a text that more posts have, ties no post to others by
pictures: chains over it would have no end."""


def copies(
    posts: pl.DataFrame, texts: pl.DataFrame, shown: pl.DataFrame, pictures: pl.DataFrame
) -> pl.DataFrame:
    """The group of each post that is a copy, or has one.

    Groups are chained: a post may be bound to one by its text and to another by its picture.

    Args:
        posts: platform, post_id, posted_at, content_hash (of the text, NULL without one).
        texts: content_hash (each once), text.
        shown: platform, post_id, media_id: the pictures of posts, each once or more.
        pictures: content_hash, picture_id, as `pictures.picture_groups` gives them; a picture
            that is missing is near no other.

    Returns:
        Rows of content.near_duplicates, by platform and post_id.
    """
    numbered = posts.sort("platform", "post_id").with_row_index("post")
    worded = numbered.join(
        text_keys(texts, posts["content_hash"]),
        on="content_hash",
        how="left",
        maintain_order="left",
    ).with_columns(
        pl.when(pl.col("text_id").is_not_null()).then(pl.len().over("text_id")).alias("text_posts")
    )
    seen = _seen(worded, shown, pictures)
    by_pictures = _by_pictures(seen, worded)
    by_text = worded.drop_nulls("text_id").select(
        pl.col("post").first().over("text_id").alias("one"), pl.col("post").alias("other")
    )
    pairs = pl.concat([by_text, by_pictures.select("one", "other")])
    part = pl.Series("part", parts(pairs, worded.height))
    return _rows(worded.with_columns(part, *_bound_by(worded, by_pictures)))


def text_keys(texts: pl.DataFrame, uses: pl.Series) -> pl.DataFrame:
    """What the posts of a text have in common: those with the same text_id are bound by it.

    Args:
        texts: content_hash (each once), text.
        uses: content_hash of each post; NULL of one without a text.

    Returns:
        content_hash, text_id (a content_hash), of texts that bind posts.
    """
    counts = pl.DataFrame({"content_hash": uses}).group_by("content_hash").agg(posts=pl.len())
    said = normalised(pl.col("text")).str.replace_all(r"#\S+", "")
    length = said.str.strip_chars().str.len_chars()
    is_short = length.is_between(SHORT_CHARACTERS, LONG_CHARACTERS, closed="left")
    return (
        texts.with_columns(length=length, is_short=is_short)
        .join(counts, on="content_hash")
        .join(groups(texts), on="content_hash", how="left")
        .filter(
            pl.col("group_id").is_not_null()
            | (pl.col("length") >= LONG_CHARACTERS)
            | (pl.col("is_short") & (pl.col("posts") <= SHORT_POSTS))
        )
        .select("content_hash", text_id=pl.coalesce("group_id", "content_hash"))
        .sort("content_hash")
    )


def _seen(worded: pl.DataFrame, shown: pl.DataFrame, pictures: pl.DataFrame) -> pl.DataFrame:
    """The pictures of each post: post, media_id, picture_id, each once."""
    near = pictures.select(media_id="content_hash", picture_id="picture_id")
    return (
        shown.join(worded.select("platform", "post_id", "post"), on=["platform", "post_id"])
        .join(near, on="media_id", how="left")
        .select("post", "media_id", pl.coalesce("picture_id", "media_id"))
        .unique()
        .sort("post", "media_id")
    )


def _by_pictures(seen: pl.DataFrame, worded: pl.DataFrame) -> pl.DataFrame:
    """Pairs of posts that show the same: one, other, is_same, is_near."""
    count = seen.group_by("post").agg(shows=pl.col("picture_id").n_unique())
    common = worded.filter(pl.col("text_posts") > MOST_POSTS)
    posts_with = pl.col("post").n_unique().over("picture_id")
    telling = seen.filter(posts_with.is_between(2, MOST_POSTS)).join(common, on="post", how="anti")
    both = (
        telling.join(telling, on="picture_id")
        .filter(pl.col("post") < pl.col("post_right"))
        .with_columns(is_same=pl.col("media_id") == pl.col("media_id_right"))
        .group_by(one="post", other="post_right")
        .agg(
            pl.col("picture_id").n_unique().alias("shared"),
            pl.col("is_same").any(),
            is_near=(~pl.col("is_same")).any(),
        )
    )
    return (
        both.join(count.rename({"post": "one"}), on="one")
        .join(count.rename({"post": "other"}), on="other", suffix="_other")
        .filter(2 * pl.col("shared") >= pl.max_horizontal("shows", "shows_other"))
        .select("one", "other", "is_same", "is_near")
        .sort("one", "other")
    )


def _bound_by(worded: pl.DataFrame, by_pictures: pl.DataFrame) -> list[pl.Expr]:
    """By kind, whether it binds the post to another."""
    post = pl.col("post")
    ends = [by_pictures.select("is_same", "is_near", post=side) for side in ("one", "other")]
    pictured = pl.concat(ends)
    same, near = (pictured.filter(kind)["post"].unique() for kind in ("is_same", "is_near"))
    has_text = pl.col("text_id").is_not_null()
    return [
        (has_text & (pl.len().over("content_hash") > 1)).alias("exact_text"),
        (has_text & (pl.col("content_hash").n_unique().over("text_id") > 1)).alias("near_text"),
        post.is_in(same.implode()).alias("same_image"),
        post.is_in(near.implode()).alias("near_image"),
    ]


def _rows(found: pl.DataFrame) -> pl.DataFrame:
    """The rows of groups of two or more posts. Posts come in order of platform and post_id."""
    kinds = [pl.when(kind).then(pl.lit(kind)) for kind in KINDS]
    earliest = pl.col("post").sort_by("posted_at", "post").first().over("part")
    name = pl.concat_str("platform", pl.lit("/"), "post_id")
    return found.filter(pl.len().over("part") > 1).select(
        "platform",
        "post_id",
        name.first().over("part").alias("group_id"),
        pl.len().over("part").cast(pl.Int64).alias("group_size"),
        pl.concat_list(kinds).list.drop_nulls().alias("kinds"),
        (pl.col("post") == earliest).alias("is_first"),
    )
