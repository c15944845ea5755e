"""How past posts of the same sort did against their own base.

Belongs here: surprises of author and platform, and shrunken effects of cells such
as a weekday. The base of each past post was itself made only of what was known when
it was published, so its surprise is known as soon as its own label is.
"""

from __future__ import annotations

import polars as pl

from influence_assets.domain.popularity.as_of import as_seen, count
from influence_assets.domain.popularity.prepare import AUTHOR, EVERYONE, KIND
from influence_assets.domain.text.marks import LINK_START

PRIOR_EFFECT = 5.0
"""Posts' worth of weight of "no effect" in every effect."""
AUTHOR_HALF_LIFE = 30.0
PLATFORM_HALF_LIFE = 300.0

_CELLS: dict[str, pl.Expr] = {
    "weekday": pl.col("posted_at").dt.weekday(),
    "hour": pl.col("posted_at").dt.hour() // 4,
    "length": pl.col("text").str.len_chars().log1p().floor(),
    "link": pl.col("text").str.contains(LINK_START),
    "mentioning": pl.col("mentions").list.len() > 0,
    "tagging": pl.col("hashtags").list.len().clip(0, 3),
}
_AUTHOR_CELLS = ("weekday", "hour", "length", "link", "mentioning", "tagging")
_PLATFORM_CELLS = ("weekday", "length", "mentioning", "tagging")


def effect_features(posts: pl.DataFrame) -> pl.DataFrame:
    """Surprises of the author and the platform, and effects of the cells a post falls in.

    Args:
        posts: as `prepare.prepare` gives them, with surprise (y - base, log units, or NULL).

    Returns:
        One row per post, in their order; names as in the contract.
    """
    surprise = pl.col("surprise")
    author = {
        "author_surprise_5": surprise.rolling_mean(5, min_samples=1),
        "author_surprise_20": surprise.rolling_mean(20, min_samples=1),
        "author_surprise_recent": surprise.ewm_mean(half_life=50),
    }
    platform = {"platform_surprise_200": surprise.rolling_mean(200, min_samples=1)}
    celled = posts.with_columns(**_CELLS)
    return pl.concat(
        [
            as_seen(posts, [AUTHOR], author, "surprise"),
            as_seen(posts, [EVERYONE], platform, "surprise"),
            *(_cell(celled, "author", cell, AUTHOR_HALF_LIFE) for cell in _AUTHOR_CELLS),
            *(_cell(celled, "platform", cell, PLATFORM_HALF_LIFE) for cell in _PLATFORM_CELLS),
        ],
        how="horizontal",
    )


def _cell(posts: pl.DataFrame, scope: str, cell: str, half_life: float) -> pl.DataFrame:
    statistics = {"mean": pl.col("surprise").ewm_mean(half_life=half_life), "n": count()}
    by = [AUTHOR if scope == "author" else EVERYONE, KIND, cell]
    seen = as_seen(posts, by, statistics, "surprise")
    return seen.select(shrunken(pl.col("mean"), pl.col("n")).alias(f"{scope}_{cell}_effect"))


def shrunken(mean: pl.Expr, n: pl.Expr) -> pl.Expr:
    """Mean of n posts pulled towards 0 by PRIOR_EFFECT posts; 0 where there are none."""
    posts = n.fill_null(0)
    return mean.fill_null(0) * posts / (posts + PRIOR_EFFECT)
