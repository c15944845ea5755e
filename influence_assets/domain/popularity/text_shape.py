"""How a post is written: lengths, marks, links. What it means is left to the embedding."""

from __future__ import annotations

import polars as pl

from influence_assets.domain.text.marks import LINK_START, PICTOGRAPH


def text_features() -> list[pl.Expr]:
    """Expressions over text, hashtags, mentions, profile_id, media_count; names as in the contract.

    Counts over an unknown (NULL) text or list are NULL.
    """
    text = pl.col("text")
    return [*_lengths(text), *_shares(text), *_flags(text), *_counts(text), *_lists()]


def _lengths(text: pl.Expr) -> list[pl.Expr]:
    return [
        text.str.len_chars().log1p().alias("text_length"),
        text.str.count_matches(r"\S+").log1p().alias("word_count"),
    ]


def _counts(text: pl.Expr) -> list[pl.Expr]:
    patterns = {
        "at_sign_count": r"@\w",
        "link_count": rf"{LINK_START}|\.com\b",
        "media_link_count": r"pic\.twitter|youtu",
        "emoji_count": PICTOGRAPH,
        "question_mark_count": r"\?",
        "exclamation_mark_count": "!",
        "digit_count": r"\d",
        "line_break_count": r"\n",
    }
    return [text.str.count_matches(p).alias(name) for name, p in patterns.items()]


def _shares(text: pl.Expr) -> list[pl.Expr]:
    # One more in the denominator: texts without letters have a share of 0.
    capitals = text.str.count_matches(r"\p{Lu}") / (text.str.count_matches(r"\p{L}") + 1)
    foreign = text.str.count_matches(r"[^\x00-\x7F]") / (text.str.len_chars() + 1)
    return [capitals.alias("upper_case_share"), foreign.alias("non_ascii_share")]


def _flags(text: pl.Expr) -> list[pl.Expr]:
    return [
        (text.fill_null("").str.strip_chars() == "").alias("has_no_text"),
        text.str.starts_with("@").alias("starts_with_mention"),
        text.str.contains("\u2026|\\.\\.\\.").alias("has_ellipsis"),
    ]


def _lists() -> list[pl.Expr]:
    names_author = pl.col("mentions").list.contains(pl.col("profile_id").str.to_lowercase())
    return [
        pl.col("hashtags").list.len().alias("hashtag_count"),
        pl.col("mentions").list.len().alias("mention_count"),
        names_author.alias("mentions_self"),
        pl.col("media_count"),
    ]
