"""Rules of thumb that a model has to beat, under the same clock as the features."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.popularity.as_of import as_seen, count
from influence_assets.domain.popularity.prepare import AUTHOR, codes, set_clocks

F64 = npt.NDArray[np.float64]

BASELINES = (
    "global_mean",
    "author_expanding_mean",
    "author_median_last_5",
    "rolling_median_last_20",
)


def author_baselines(posts: pl.DataFrame, maturity: timedelta) -> pl.DataFrame:
    """What the author's matured posts alone would predict, log units.

    Args:
        posts: profile_id, post_id, posted_at, outcome.
        maturity: how long after publication a label becomes known.

    Returns:
        One row per post in the order of posts: author_expanding_mean (all posts),
        author_median_last_5, rolling_median_last_20; NULL without a matured post of the author,
        global_mean NULL throughout: both are filled from the training rows (`filled`).
    """
    y = pl.col("y")
    ordered = set_clocks(posts.with_row_index("row").sort("posted_at", "post_id"), maturity)
    ordered = ordered.with_columns(codes(ordered.select("profile_id")).alias(AUTHOR))
    seen = as_seen(
        ordered,
        [AUTHOR],
        {
            "author_expanding_mean": y.cum_sum() / count(),
            "author_median_last_5": y.rolling_median(5, min_samples=1),
            "rolling_median_last_20": y.rolling_median(20, min_samples=1),
        },
    )
    return (
        pl.concat([ordered.select("row"), seen], how="horizontal")
        .sort("row")
        .select(pl.lit(None, pl.Float64).alias("global_mean"), pl.exclude("row"))
    )


def filled(baselines: pl.DataFrame, training_mean: float) -> dict[str, F64]:
    """Predictions of every baseline, with the mean of the training labels where NULL."""
    full = baselines.select(BASELINES).fill_null(training_mean)
    return {name: full[name].to_numpy() for name in BASELINES}
