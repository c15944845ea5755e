"""Rows of marts.cascades, from adoptions of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from influence_assets.domain.spread.cascades import measures
from influence_assets.domain.spread.early import concentration, first_adopters

_IDENTITY = ["kind", "item_id", "started_at"]


def numbered(parts: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Adoptions of several kinds under each other, with kind and a number for each cascade.

    Args:
        parts: by kind, the columns that `episodes.episodes` gives.
    """
    rows = pl.concat(
        frame.with_columns(pl.lit(kind).alias("kind")) for kind, frame in parts.items()
    )
    cascades = rows.select(_IDENTITY).unique().sort(_IDENTITY).with_row_index("cascade")
    return rows.join(cascades, on=_IDENTITY, nulls_equal=True)


def first_with_weeks(
    adoptions: pl.DataFrame, trees: pl.DataFrame, weeks: pl.Series
) -> pl.DataFrame:
    """The first adopters of each cascade, with the last week that ended before it started.

    Args:
        adoptions: as `numbered` gives them.
        trees: as `cascades.diffusion_trees` gives them.
        weeks: Mondays of the weeks that there are, in order.

    Returns:
        cascade, profile_id, week_start (NULL where there is none, or the start is unknown).
    """
    ended = pl.DataFrame({"week_start": weeks}, schema={"week_start": pl.Date}).with_columns(
        (pl.col("week_start") + timedelta(days=7)).cast(pl.Datetime("us")).alias("started_at")
    )
    starts = adoptions.filter("is_root").select("cascade", "started_at").sort("started_at")
    placed = starts.join_asof(ended, on="started_at").select("cascade", "week_start")
    return first_adopters(trees).join(placed, on="cascade", how="left", maintain_order="left")


def cascade_rows(adoptions: pl.DataFrame, trees: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """The table's rows, without the platform.

    Args:
        adoptions: as `numbered` gives them.
        trees: as `cascades.diffusion_trees` gives them.
        first: cascade, profile_id, community_id (NULL if unknown) of the first adopters.
    """
    counted = first.group_by("cascade").agg(pl.len().cast(pl.Int64).alias("first_adopters"))
    spread = concentration(first, ["cascade"]).rename(
        {"placed": "first_placed", "communities": "first_communities",
         "entropy_bits": "first_entropy_bits", "dominance": "first_dominance"}
    )  # fmt: skip
    return (
        adoptions.filter("is_root")
        .select("cascade", *_IDENTITY, root_id="profile_id")
        .join(measures(trees), on="cascade")
        .join(counted, on="cascade")
        .join(spread, on="cascade", how="left")
        .with_columns(pl.col("first_placed").fill_null(0))
        .drop("cascade")
        .sort(_IDENTITY)
    )
