"""What the author's earlier posts reached, and the base that predictions start from.

Belongs here: levels in log units, by author, by author and kind, by platform.
Does not: what made a post do better than its base (see `effects`, `items`, `similar`).

The base is an empirical-Bayes chain: the platform's median holds an author's level
in place until there are posts of the author, and that level holds the level of
author and kind. Means fade by posts, not by days, so that a pause does not age them.
"""

from __future__ import annotations

import polars as pl

from influence_assets.domain.popularity.as_of import as_seen, count
from influence_assets.domain.popularity.prepare import AUTHOR, EVERYONE, KIND

PRIOR_AUTHOR = 0.5
"""Posts' worth of weight of the platform's level in an author's level."""
PRIOR_KIND = 2.0
"""Posts' worth of weight of the author's level in the level of author and kind."""
MOST_POSTS_COUNTED = 30
"""More posts than this do not make a fading mean more certain."""
PLATFORM_WINDOW = 500

_Y = pl.col("y")


def history_features(posts: pl.DataFrame) -> pl.DataFrame:
    """Levels of past posts beside the base, as each post sees them.

    Args:
        posts: as `prepare.prepare` gives them.

    Returns:
        One row per post, in their order: the history features of the contract, base,
        history_available_at, and platform_level (median of the platform, log units, which is
        no feature). The base is NULL while no label at all is known.
    """
    seen = pl.concat([_platform(posts), _author(posts), _author_kind(posts)], how="horizontal")
    seen = pl.concat([posts.select("posted_at"), seen], how="horizontal").with_columns(
        pl.col("author_n").fill_null(0).clip(0, MOST_POSTS_COUNTED),
        pl.col("kind_n").fill_null(0).clip(0, MOST_POSTS_COUNTED),
    )
    seen = _with_base(seen)
    base = pl.col("base")
    names = [c for c in seen.columns if c.endswith("_vs_base")]
    age = (pl.col("posted_at") - pl.col("author_last_at")).dt.total_seconds() / 86_400
    return seen.select(
        "base",
        "platform_level",
        "history_available_at",
        "author_sd_20",
        "kind_sd_20",
        *((pl.col(name) - base).alias(name) for name in names),
        pl.col("author_n").log1p().alias("author_posts_known"),
        pl.col("kind_n").log1p().alias("author_kind_posts_known"),
        age.log1p().alias("author_history_age_days"),
    )


def _with_base(seen: pl.DataFrame) -> pl.DataFrame:
    n, k = pl.col("author_n"), pl.col("kind_n")
    own = n * pl.col("author_level").fill_null(0)
    author = (own + PRIOR_AUTHOR * pl.col("platform_level")) / (n + PRIOR_AUTHOR)
    kind = k * pl.col("kind_level").fill_null(0) + PRIOR_KIND * pl.col("author_level_vs_base")
    return seen.with_columns(author.alias("author_level_vs_base")).with_columns(
        (kind / (k + PRIOR_KIND)).alias("base"),
        pl.col("platform_level").alias("platform_median_vs_base"),
    )


def _platform(posts: pl.DataFrame) -> pl.DataFrame:
    median = _Y.rolling_median(PLATFORM_WINDOW, min_samples=1)
    known_at = pl.from_epoch("known", time_unit="us").cast(pl.Datetime("us"))
    overall = {"platform_level": median, "history_available_at": known_at}
    kind = {"platform_kind_median_vs_base": median}
    return pl.concat(
        [as_seen(posts, [EVERYONE], overall), as_seen(posts, [KIND], kind)], how="horizontal"
    )


def _author(posts: pl.DataFrame) -> pl.DataFrame:
    statistics = {
        "author_n": count(),
        "author_last_at": pl.col("posted_at"),
        "author_level": _Y.ewm_mean(half_life=30),
        "author_last_vs_base": _Y,
        "author_mean_vs_base": _Y.cum_sum() / count(),
        "author_mean_5_vs_base": _Y.rolling_mean(5, min_samples=1),
        "author_mean_20_vs_base": _Y.rolling_mean(20, min_samples=1),
        "author_median_20_vs_base": _Y.rolling_median(20, min_samples=1),
        "author_recent_vs_base": _Y.ewm_mean(half_life=5),
        "author_q90_vs_base": _Y.rolling_quantile(0.9, window_size=50, min_samples=5),
        "author_q10_vs_base": _Y.rolling_quantile(0.1, window_size=50, min_samples=5),
        "author_sd_20": _Y.rolling_std(20, min_samples=3),
    }
    return as_seen(posts, [AUTHOR], statistics)


def _author_kind(posts: pl.DataFrame) -> pl.DataFrame:
    statistics = {
        "kind_n": count(),
        "kind_level": _Y.ewm_mean(half_life=50),
        "kind_mean_5_vs_base": _Y.rolling_mean(5, min_samples=1),
        "kind_mean_20_vs_base": _Y.rolling_mean(20, min_samples=1),
        "kind_median_50_vs_base": _Y.rolling_median(50, min_samples=1),
        "kind_recent_vs_base": _Y.ewm_mean(half_life=10),
        "kind_sd_20": _Y.rolling_std(20, min_samples=3),
    }
    return as_seen(posts, [AUTHOR, KIND], statistics)
