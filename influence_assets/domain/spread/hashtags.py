"""Hashtags and topics that take off: used by more profiles than the weeks before let one expect.

A profile counts once in a week, however much it posts: posts of one are no independent events.
If a hashtag is used at the same rate as before, then of all profile-weeks that used it, the share
that falls into this week is this week's share of all profiles that posted. So, given their sum,
this week's users follow a binomial distribution: the exact test of two Poisson rates
(Przyborowski and Wilenski 1940). It needs no history: of a new hashtag the count before is 0. As
many hashtags are tested at once, their p-values are made false discovery rates (Benjamini and
Hochberg 1995).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from influence_assets.domain.false_discovery import q_values

WEEKS_BEFORE = 8

LEAST_PROFILES = 3
"""One or two are no trend."""

FALSE_DISCOVERY_RATE = 0.05

_GROUP = ("platform", "week_start")


def bursts(
    counts: pl.DataFrame, item: str = "hashtag", group: tuple[str, ...] = _GROUP
) -> pl.DataFrame:
    """How far each hashtag's week is above what was to be expected.

    Args:
        counts: platform, week_start, hashtag; posts and profiles of the week; posts_before
            and profiles_before (profiles of each week, summed) of the weeks before; all_posts,
            all_profiles, all_posts_before, all_profiles_before: the same of the whole platform;
            hashtags_known (number of hashtags seen in the week or the weeks before).
        item: what stands in place of `hashtag`, also in `hashtags_known`.
        group: what is tested together, in place of platform and week.

    Returns:
        platform, week_start, hashtag, posts, profiles; expected_posts and expected_profiles
        (those before, scaled by what the platform posted); burst_score (minus the decimal
        logarithm of the p-value); false_discovery_rate; burst_level (how often the expected
        profiles, both counts plus a half, were doubled, of what is significant; else 0);
        is_taking_off. Without weeks before, the level is 0 and the others are NULL.
    """
    has_past = pl.col("all_profiles_before") > 0
    tested = counts.with_columns(
        pl.Series("log_p", _log_tail(counts)),
        _scaled("posts").alias("expected_posts"),
        _scaled("profiles").alias("expected_profiles"),
    ).with_columns(pl.when(has_past).then("log_p").alias("log_p"))
    doubled = ((pl.col("profiles") + 0.5) / (pl.col("expected_profiles") + 0.5)).log(2).floor()
    # A hashtag of the weeks before that nobody used this week was tested too, with p = 1.
    rate = q_values(pl.col("log_p").exp(), pl.col(f"{item}s_known")).over(group)
    level = pl.when(pl.col("false_discovery_rate") <= FALSE_DISCOVERY_RATE).then(doubled)
    return (
        tested.with_columns(rate.alias("false_discovery_rate"))
        .with_columns(level.fill_null(0).clip(0).cast(pl.Int64).alias("burst_level"))
        .select(
            *group,
            item,
            "posts",
            "profiles",
            "expected_posts",
            "expected_profiles",
            # Of a p-value of 1 the logarithm is 0, and minus 0 is no score.
            (pl.col("log_p") / np.log(10)).abs().alias("burst_score"),
            "false_discovery_rate",
            "burst_level",
            ((pl.col("burst_level") > 0) & (pl.col("profiles") >= LEAST_PROFILES)).alias(
                "is_taking_off"
            ),
        )
    )


def _scaled(what: str) -> pl.Expr:
    """The count before at this week's volume of the platform; NULL without a week before."""
    before = pl.col(f"all_{what}_before")
    scale = pl.when(before > 0).then(pl.col(f"all_{what}") / before)
    return pl.col(f"{what}_before") * scale


def _log_tail(counts: pl.DataFrame) -> np.ndarray:
    """Logarithm of the chance of as many users or more, at the rate of before."""
    from scipy.stats import binom

    now, both = counts["profiles"], counts["profiles"] + counts["profiles_before"]
    share = counts["all_profiles"] / (counts["all_profiles"] + counts["all_profiles_before"])
    return np.asarray(binom.logsf(now.to_numpy() - 1, both.to_numpy(), share.to_numpy()))
