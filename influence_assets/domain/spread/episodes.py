"""Cascades of what has no author to be passed on from: first uses of a hashtag or of a text."""

from __future__ import annotations

from datetime import timedelta

import polars as pl


def episodes(uses: pl.DataFrame, quiet: timedelta) -> pl.DataFrame:
    """Who took part in each wave of an item, and when first.

    An item that nobody uses for longer than `quiet` and that then comes back starts a new
    cascade: somebody who uses it then need not have seen the old ones. What only one profile
    uses is no cascade.

    Args:
        uses: item_id, profile_id, adopted_at; a profile may use an item often.
        quiet: the longest time without a use within a cascade.

    Returns:
        item_id, started_at, profile_id, is_root (the first user; of several at the same time the
        one with the smallest id), adopted_at, after_s, parent_id (NULL: nobody says it).
    """
    gap = pl.col("adopted_at").diff().over("item_id")
    return (
        uses.sort("item_id", "adopted_at", "profile_id")
        .with_columns((gap > quiet).fill_null(value=True).cum_sum().alias("episode"))
        .unique(["episode", "profile_id"], keep="first", maintain_order=True)
        .filter(pl.len().over("episode") > 1)
        .with_columns(
            pl.col("adopted_at").first().over("episode").alias("started_at"),
            pl.col("episode").is_first_distinct().alias("is_root"),
        )
        .select(
            "item_id",
            "started_at",
            "profile_id",
            "is_root",
            "adopted_at",
            (pl.col("adopted_at") - pl.col("started_at"))
            .dt.total_seconds(fractional=True)
            .alias("after_s"),
            pl.lit(None, pl.String).alias("parent_id"),
        )
    )
