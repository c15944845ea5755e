"""How busy the author was just before: posting times are known at once, so no maturity."""

from __future__ import annotations

import polars as pl

from influence_assets.domain.popularity.as_of import as_seen
from influence_assets.domain.popularity.prepare import AUTHOR, KIND

WINDOWS = ("1h", "6h", "1d", "7d", "30d")


def pace_features(posts: pl.DataFrame) -> pl.DataFrame:
    """Posts in the time before, and what the post right before was.

    Only posts of strictly earlier times count.

    Args:
        posts: as `prepare.prepare` gives them.

    Returns:
        One row per post, in their order; names as in the contract.
    """
    one = pl.lit(1.0)
    counts = posts.with_columns(one.alias("one")).select(
        pl.col("one")
        .rolling_sum_by("posted_at", window, closed="left")
        .over(AUTHOR)
        .fill_null(0)
        .log1p()
        .alias(f"posts_last_{window}")
        for window in WINDOWS
    )
    return pl.concat([counts, _previous(posts)], how="horizontal")


def _previous(posts: pl.DataFrame) -> pl.DataFrame:
    at = pl.col("posted_at").dt.epoch("us")
    # Another clock than that of labels: that a post exists is seen from the next moment on.
    times = posts.with_columns(at.alias("known"), (at - 1).alias("sees")).with_row_index("place")
    place = as_seen(times, [AUTHOR], {"place": pl.col("place")}, value="place")["place"]
    same = as_seen(times, [AUTHOR, KIND], {"place": pl.col("place")}, value="place")["place"]
    wanted = pl.col("posted_at", KIND, "mentions")
    before = posts.select(wanted.gather(place).name.suffix("_before"))
    same_kind_at = posts.select(pl.col("posted_at").gather(same).alias("same_kind_at"))
    shared = pl.col("mentions").list.set_intersection("mentions_before").list.len()
    return pl.concat([posts, before, same_kind_at], how="horizontal").select(
        _log_hours("posted_at_before").alias("hours_since_post"),
        _log_hours("same_kind_at").alias("hours_since_same_kind"),
        (pl.col(KIND) == pl.col(f"{KIND}_before")).alias("previous_is_same_kind"),
        shared.alias("previous_shared_mentions"),
    )


def _log_hours(since: str) -> pl.Expr:
    return ((pl.col("posted_at") - pl.col(since)).dt.total_seconds() / 3600).log1p()
