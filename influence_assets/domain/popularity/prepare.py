"""Posts put in order, with the times at which labels become known.

Belongs here: what must hold of the input, and the two clocks that every feature
reads. Does not: any feature.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

DEFAULT_MATURITY = timedelta(hours=48)
"""After this long a count is taken as final; a choice, not a law."""

AUTHOR = "author_code"
EVERYONE = "platform_code"
KIND = "kind_key"

_REQUIRED: dict[str, pl.DataType] = {
    "platform": pl.String(),
    "profile_id": pl.String(),
    "post_id": pl.String(),
    "posted_at": pl.Datetime("us"),
    "kind": pl.String(),
    "text": pl.String(),
    "hashtags": pl.List(pl.String()),
    "mentions": pl.List(pl.String()),
    "media_count": pl.Float64(),
    "outcome": pl.Float64(),
}


def prepare(posts: pl.DataFrame, maturity: timedelta = DEFAULT_MATURITY) -> pl.DataFrame:
    """Check posts, put them in order of time, and set their clocks.

    Args:
        posts: one row a post of one platform (see `features.build_features`).
        maturity: how long after publication a label becomes known.

    Returns:
        The posts by (posted_at, post_id), beside the required columns with
        row (position in `posts`), y (log1p of the outcome, NULL if unknown),
        known (microseconds since 1970 at which the label is known, NULL without one),
        sees (a label is visible to the post if its `known` is not after this),
        author_code, platform_code (whole numbers from 0) and kind_key (kind, never NULL).

    Raises:
        ValueError: a column is missing, there is more than one platform, a post_id twice,
            a negative outcome, a negative maturity, or a posted_at that is NULL or has a zone.
    """
    _check(posts, maturity)
    ordered = (
        posts.select(pl.col(c).cast(t) for c, t in _REQUIRED.items())
        .with_row_index("row")
        .with_columns(pl.col("outcome").fill_nan(None))
        .sort("posted_at", "post_id", maintain_order=True)
    )
    return set_clocks(ordered, maturity).with_columns(
        codes(ordered.select("profile_id")).alias(AUTHOR),
        pl.lit(0, pl.UInt32).alias(EVERYONE),
        pl.col("kind").fill_null("?").alias(KIND),
    )


def set_clocks(posts: pl.DataFrame, maturity: timedelta) -> pl.DataFrame:
    """Add y, known and sees (see `prepare`) to posts with posted_at and outcome."""
    at = pl.col("posted_at").dt.epoch("us")
    wait = maturity // timedelta(microseconds=1)
    return posts.with_columns(
        pl.col("outcome").log1p().alias("y"),
        pl.when(pl.col("outcome").is_not_null()).then(at + wait).alias("known"),
        # With no wait at all a post would see itself and those of the same moment: in day-exact
        # data the whole day. One microsecond less is "strictly earlier".
        (at - (0 if wait else 1)).alias("sees"),
    )


def _check(posts: pl.DataFrame, maturity: timedelta) -> None:
    if missing := [c for c in _REQUIRED if c not in posts.columns]:
        raise ValueError(f"posts lack the columns {', '.join(missing)}")
    if maturity < timedelta(0):
        raise ValueError(f"maturity must not be negative, not {maturity}")
    zone = getattr(posts.schema["posted_at"], "time_zone", None)
    if zone is not None:
        raise ValueError(f"posted_at must be UTC without a time zone, not {zone}")
    if posts["posted_at"].null_count():
        raise ValueError("posted_at must be known for every post")
    if posts["platform"].n_unique() > 1:
        raise ValueError("posts must be of one platform: levels differ between platforms")
    if posts["post_id"].n_unique() < posts.height:
        raise ValueError("posts must not hold a post_id twice")
    # NaN counts as larger than any number in polars: it is NULL here.
    if posts.select((pl.col("outcome").fill_nan(None) < 0).any()).item():
        raise ValueError("outcome is a count: it must not be negative")


def codes(keys: pl.DataFrame) -> pl.Series:
    """A number from 0 for each distinct row of keys, by first appearance; NULL equals NULL."""
    numbered = keys.unique(maintain_order=True).with_row_index("code")
    return keys.join(
        numbered, on=keys.columns, how="left", nulls_equal=True, maintain_order="left"
    )["code"]
