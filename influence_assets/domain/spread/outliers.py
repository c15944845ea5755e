"""Posts that did far better than what their author had posted before.

The measure is log(1 + engagement) at the same age: each post's last reading is moved along the
platform's growth curve to full growth. What is to be expected is the median of the author's posts
of the WINDOW before, and the scale their median absolute deviation, times 1.4826 to be a standard
deviation where values are normal (Hampel 1974; Leys et al. 2013).

Of few posts neither is known well, so both are drawn to the platform's, the less the more posts
there are. The scale counts like that of PRIOR_POSTS posts of the platform. The median is weighted
by how precise it is beside how much authors differ (the normal model of empirical Bayes; Efron and
Morris 1975), and what remains unknown of it widens the scale.
"""

from __future__ import annotations

import polars as pl

from influence_assets.domain.spread.growth import growth

WINDOW = "180d"

OUTLIER_SCORE = 3.5
"""As Iglewicz and Hoaglin (1993) advise for scores of medians: by chance 1 in 4,000 where
values are normal."""

LEAST_EARLIER = 3
"""Of an author with fewer earlier posts one mostly tells how large the author is."""

PRIOR_POSTS = 10
LEAST_DEVIATION = 0.1
"""In logarithms, about 10 %: an author whose posts all did alike is no reason for large scores."""

AUTHORS = 5
"""Of fewer one cannot tell how authors differ, and a median is not drawn to the platform's."""

SEVERAL_POSTS = 5
"""Fewer lie near their own median whatever their spread."""

WIDE_PERCENTILE, WIDE_SIZE = 0.99, 20

_NORMAL = 1.4826
_MEDIAN_VARIANCE = 1.5708
"""Of a median beside a mean, where values are normal: half of pi."""


def outlier_scores(readings: pl.DataFrame) -> pl.DataFrame:
    """How far each post is above or below what its author's earlier posts let one expect.

    Args:
        readings: of one platform: post_id, profile_id, posted_at, observed_at, age_hours (NULL
            if unknown), engagement.

    Returns:
        A row is a post: post_id, profile_id, posted_at, age_hours and engagement of its last
        reading, earlier_posts (the author's of the WINDOW before this one; only posts with a
        reading count), expected_engagement (at that age), outlier_score; these two are NULL
        where nothing is known to expect.
    """
    curve = growth(readings)
    last = readings.sort("profile_id", "posted_at", "post_id", "observed_at").unique(
        "post_id", keep="last", maintain_order=True
    )
    grown = pl.Series("grown", curve.at(last["age_hours"]))
    posts = last.with_columns(grown, (pl.col("engagement").log1p() - grown).alias("level"))
    level = pl.col("level")
    when = ["profile_id", "posted_at"]
    # What was posted at the same time is not earlier.
    earlier = posts.rolling("posted_at", period=WINDOW, closed="left", group_by="profile_id").agg(
        pl.len().cast(pl.Int64).alias("earlier_posts"),
        level.median().alias("own_median"),
        (level - level.median()).abs().median().alias("own_deviation"),
    )
    both = posts.join(earlier.unique(when), on=when, maintain_order="left")
    expected, scale = _expected(posts)
    return both.with_columns(expected.alias("expected"), scale.alias("scale")).select(
        "post_id",
        "profile_id",
        "posted_at",
        "age_hours",
        "engagement",
        "earlier_posts",
        (pl.col("expected") + pl.col("grown")).exp().sub(1).clip(0).alias("expected_engagement"),
        ((level - pl.col("expected")) / pl.col("scale")).alias("outlier_score"),
    )


def _expected(posts: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """The level to be expected of a post and the scale of its distance from it."""
    authors = posts.group_by("profile_id").agg(pl.col("level").median(), pl.len())
    middle, between = _median_and_deviation(authors["level"])
    within = _within_authors(posts)
    count = pl.col("earlier_posts")
    variance = (
        (count * (pl.col("own_deviation") * _NORMAL).pow(2)).fill_null(0) + PRIOR_POSTS * within**2
    ) / (count + PRIOR_POSTS)
    variance = variance.clip(LEAST_DEVIATION**2)
    precision = count / (_MEDIAN_VARIANCE * variance)
    # Of too few authors, or of authors that are all alike, one learns nothing for another.
    prior = 1 / between**2 if authors.height >= AUTHORS and between > 0 else 0.0
    known = precision + prior
    weighed = (precision * pl.col("own_median")).fill_null(0) + prior * middle
    expected = pl.when(known > 0).then(weighed / known)
    return expected, (variance + 1 / known).sqrt()


def _within_authors(posts: pl.DataFrame) -> float:
    """The scale of the posts of one author, over those who have some; else that of all posts."""
    own = pl.col("level") - pl.col("level").median().over("profile_id")
    several = posts.select(own.filter(pl.len().over("profile_id") >= SEVERAL_POSTS)).to_series()
    values = several if len(several) else posts["level"]
    return max(_median_and_deviation(values)[1], LEAST_DEVIATION)


def _median_and_deviation(values: pl.Series) -> tuple[float, float]:
    """The median, and the median absolute deviation as a standard deviation."""
    frame = pl.DataFrame({"value": values})
    value = pl.col("value")
    median, deviation = frame.select(
        value.median(), (value - value.median()).abs().median().alias("deviation")
    ).row(0)
    return (median or 0.0), (deviation or 0.0) * _NORMAL


def viral(scores: pl.DataFrame, cascades: pl.DataFrame) -> pl.DataFrame:
    """Posts that broke out, by engagement or by spread.

    Args:
        scores: as `outlier_scores` gives them.
        cascades: post_id, profile_id, posted_at (NULL if unknown), cascade_size, cascade_depth,
            structural_virality, spread_percentile of the posts that were reposted.

    Returns:
        The columns of both, and is_outlier and is_widely_spread, at least one of them true.
    """
    is_outlier = (pl.col("outlier_score") >= OUTLIER_SCORE) & (
        pl.col("earlier_posts") >= LEAST_EARLIER
    )
    is_wide = (pl.col("spread_percentile") >= WIDE_PERCENTILE) & (
        pl.col("cascade_size") >= WIDE_SIZE
    )
    return (
        scores.join(cascades, on="post_id", how="full", coalesce=True)
        .with_columns(
            pl.coalesce("profile_id", "profile_id_right").alias("profile_id"),
            pl.coalesce("posted_at", "posted_at_right").alias("posted_at"),
            is_outlier.fill_null(value=False).alias("is_outlier"),
            is_wide.fill_null(value=False).alias("is_widely_spread"),
        )
        .drop("profile_id_right", "posted_at_right")
        .filter(pl.col("is_outlier") | pl.col("is_widely_spread"))
        .sort("post_id")
    )
