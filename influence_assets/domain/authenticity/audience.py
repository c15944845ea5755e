"""Engagement that is out of line with the audience, among the profiles of one platform.

Posts of large profiles get more engagement, though less than in proportion: on a logarithmic
scale the relation is a line. It is fitted by an M-estimator (Huber 1964) with the scale taken
from the median absolute deviation, so that those who are out of line do not bend it. Far below
the line are followers who do not look, bought ones among them; far above is engagement that the
followers did not give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.authenticity.growth import SIGMA_PER_MAD

Floats = npt.NDArray[np.float64]

HUBER_K = 1.345
"""Robust deviations up to which a residual counts in full: 95 % efficient for normal ones."""

MOST_ROUNDS = 200
CONVERGED = 1e-10


@dataclass(frozen=True)
class Audience:
    """What is out of line.

    Attributes:
        fewest_peers: profiles that a line is fitted to, at least.
        fewest_followers: smaller profiles are neither judged nor peers.
        fewest_posts: that the engagement of a profile is counted over.
        deviations: robust deviations from the line (3.5: Iglewicz and Hoaglin 1993).
        least_slope: ten times the followers give at least 10 ** slope times the engagement,
            or nobody is judged. Lists of the top profiles are chosen by engagement: in them
            the small ones are there because they get so much, and the line lies flat.
        least_scale: spread about the line, in decades. Where half of the profiles lie within
            2 % of it, somebody has computed their engagement from their followers.
    """

    fewest_peers: int = 50
    fewest_followers: int = 1_000
    fewest_posts: int = 5
    deviations: float = 3.5
    least_slope: float = 0.5
    least_scale: float = 0.01


@dataclass(frozen=True)
class Line:
    """log10(engagement per post) = intercept + slope · log10(followers), give or take scale."""

    intercept: float
    slope: float
    scale: float


def out_of_line(profiles: pl.DataFrame, how: Audience = Audience()) -> pl.DataFrame:
    """The profiles whose engagement is far off that of their peers.

    Args:
        profiles: basis, profile_id, followers, engagement_per_post, posts (that it rests on,
            NULL where the source states the average). Only profiles of one `basis` are peers:
            the counts of posts and the averages that lists state are not the same figure.
            Engagement of 0 is no figure: counts are hidden more often than nobody looks.

    Returns:
        what (engagement_low, engagement_high), basis, profile_id, followers,
        engagement_per_post, expected (of the line at its followers), deviations, posts, peers.
    """
    found = [_off_the_line(own, how) for _, own in profiles.group_by("basis", maintain_order=True)]
    return pl.concat([pl.DataFrame(schema=_ROWS), *found]).sort("what", "profile_id", "basis")


_ROWS = {
    "what": pl.String,
    "basis": pl.String,
    "profile_id": pl.String,
    "followers": pl.Int64,
    "engagement_per_post": pl.Float64,
    "expected": pl.Float64,
    "deviations": pl.Float64,
    "posts": pl.Int64,
    "peers": pl.Int64,
}


def _off_the_line(profiles: pl.DataFrame, how: Audience) -> pl.DataFrame:
    judged = profiles.filter(
        pl.col("followers") >= how.fewest_followers, pl.col("engagement_per_post") > 0
    ).sort("profile_id")
    if judged.height < how.fewest_peers or judged["followers"].n_unique() == 1:
        return pl.DataFrame(schema=_ROWS)
    x = np.log10(judged["followers"].to_numpy())
    y = np.log10(judged["engagement_per_post"].to_numpy())
    line = huber_line(x, y)
    if line.slope < how.least_slope or line.scale < how.least_scale:
        return pl.DataFrame(schema=_ROWS)
    expected = line.intercept + line.slope * x
    what = pl.when(pl.col("deviations") < 0).then(pl.lit("engagement_low"))
    return (
        judged.with_columns(
            pl.Series("expected", 10**expected),
            pl.Series("deviations", (y - expected) / line.scale),
            pl.lit(judged.height - 1, pl.Int64).alias("peers"),
        )
        .filter(pl.col("deviations").abs() >= how.deviations)
        .with_columns(what.otherwise(pl.lit("engagement_high")).alias("what"))
        .select(pl.col(name).cast(dtype) for name, dtype in _ROWS.items())
    )


def huber_line(x: Floats, y: Floats) -> Line:
    """The line by Huber's M-estimator, by weighted least squares done again and again."""
    weight = np.ones(len(x))
    line = Line(0.0, 0.0, np.inf)
    for _ in range(MOST_ROUNDS):
        before = line
        line = _weighted_line(x, y, weight)
        if np.allclose(
            [before.intercept, before.slope], [line.intercept, line.slope], rtol=0, atol=CONVERGED
        ):
            break
        off = np.abs(y - line.intercept - line.slope * x) / max(line.scale, CONVERGED)
        weight = HUBER_K / np.maximum(off, HUBER_K)
    return line


def _weighted_line(x: Floats, y: Floats, weight: Floats) -> Line:
    centre_x, centre_y = np.average(x, weights=weight), np.average(y, weights=weight)
    slope = np.sum(weight * (x - centre_x) * (y - centre_y)) / np.sum(weight * (x - centre_x) ** 2)
    intercept = centre_y - slope * centre_x
    residual = y - intercept - slope * x
    scale = SIGMA_PER_MAD * np.median(np.abs(residual - np.median(residual)))
    return Line(float(intercept), float(slope), float(scale))
