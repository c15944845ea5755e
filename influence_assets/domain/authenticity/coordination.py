"""Pairs of profiles that post the same thing within minutes of each other more than by chance.

Who posts the same at the same time is the trace that Pacheco et al. (2021) and Giglietto et al.
(2020) build coordination networks from. They keep the pairs above a percentile; here chance is
computed instead. The posts of a block of six hours make up all pairs of posts by two profiles. So
many of these pairs are near: the same thing, within the window. If who wrote which post were
independent of what it says, two profiles would own near pairs in proportion to the pairs of
posts that they own (hypergeometric: Tumminello et al. 2011). This keeps each profile's volume and
each thing's popularity, block by block.

Who shares an interest posts the same things, too. That shows in posts of the same thing that lie
further apart: how often two profiles have those, times how many near pairs of posts there are for
each such pair among all others, is what the interest explains (accidental coincidences are
counted that way wherever events are matched by time). The larger of both is what chance gives.
It is taken as the mean of a Poisson distribution, and the share of false discoveries is held over
all pairs of profiles (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.false_discovery import q_values

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Timing:
    """When two posts count as made together, and when that is told.

    Attributes:
        window: the longest time between them. Five minutes: schedulers and people who were
            told to post now are faster, readers who found the same news mostly are not.
        horizon: posts of the same thing further apart than the window, up to here, tell of
            a shared interest.
        block: the span over which volumes are compared. Short enough that who sleeps at one
            time of the day is not held against those who are awake at another.
        most_behind: posts of the same thing that follow a post within the horizon, at most; it
            bounds the work. If more follow, a thing is not judged in that block.
        fewest: of times together; two may be a coincidence that no model knows of.
        false_discoveries: expected share of pairs told for nothing.
    """

    window: timedelta = timedelta(minutes=5)
    horizon: timedelta = timedelta(hours=1)
    block: timedelta = timedelta(hours=6)
    most_behind: int = 300
    fewest: int = 3
    false_discoveries: float = 0.05


@dataclass(frozen=True)
class Coordination:
    """What was found.

    Attributes:
        pairs: a row is two profiles and what they have in common more often than by chance:
            what, profile_id, other_profile_id (the larger id), observed (times together),
            expected, by_interest (whether that is what a shared interest explains, not the
            volumes), p_value, q_value, first_at, last_at.
        things_left_out: things that were not judged in a block, as more than `most_behind`
            posts of them followed one, counted block by block. It costs power, not
            correctness: near and far pairs of posts are both left out.
    """

    pairs: pl.DataFrame
    things_left_out: int


def coordination(acts: pl.DataFrame, how: Timing = Timing()) -> Coordination:
    """Pairs of profiles that post the same within the window more often than by chance.

    How often two were together is the smaller of the numbers of posts that each of them has
    near one of the other's: a text repeated ten times beside one post of the other is once.
    Posts on two sides of a block's border are not near.

    Args:
        acts: a row is something that a post says: what (a kind, judged by itself), thing,
            post_id, profile_id, posted_at.
        how: what counts as together.
    """
    found, tests, left_out = [], 0, 0
    for (what,), own in acts.group_by("what", maintain_order=True):
        posts = _numbered(own, how.block)
        pairs_of_posts, crowded = same_posts(posts, how)
        near = pairs_of_posts.filter("is_near")
        far = pairs_of_posts.filter(~pl.col("is_near"))
        pairs = _together(near).filter(pl.col("observed") >= how.fewest)
        by_volume = expected_by_volume(posts, near, pairs)
        by_interest = expected_by_interest(near, far, pairs, how)
        names = own["profile_id"].unique().sort()
        found.append(
            pairs.with_columns(
                *(names.gather(pairs[c]).alias(c) for c in ("profile_id", "other_profile_id")),
                pl.max_horizontal(by_volume, by_interest).alias("expected"),
                (by_interest > by_volume).alias("by_interest"),
                pl.lit(what, pl.String).alias("what"),
            )
        )
        profiles = posts["profile_id"].n_unique()
        tests += profiles * (profiles - 1) // 2
        left_out += crowded
    if not found:
        return Coordination(pl.DataFrame(schema=_PAIRS), left_out)
    return Coordination(_beyond_chance(pl.concat(found), tests, how.false_discoveries), left_out)


_PAIRS = {
    "what": pl.String,
    "profile_id": pl.String,
    "other_profile_id": pl.String,
    "observed": pl.Int64,
    "expected": pl.Float64,
    "by_interest": pl.Boolean,
    "p_value": pl.Float64,
    "q_value": pl.Float64,
    "first_at": pl.Datetime,
    "last_at": pl.Datetime,
}


def _numbered(acts: pl.DataFrame, block: timedelta) -> pl.DataFrame:
    """The acts in order of block, thing and time, ids as numbers; ms, block, group (of thing)."""
    ms = pl.col("posted_at").dt.epoch("ms")
    return (
        acts.with_columns(pl.col("post_id", "profile_id").rank("dense") - 1)
        .unique(["thing", "post_id"])
        .with_columns(
            ms.alias("ms"), (ms // int(block.total_seconds() * 1000)).rank("dense").alias("block")
        )
        .sort("block", "thing", "posted_at", "post_id")
        .with_columns(pl.struct("block", "thing").rle_id().cast(pl.Int64).alias("group"))
    )


def same_posts(posts: pl.DataFrame, how: Timing) -> tuple[pl.DataFrame, int]:
    """Pairs of posts by two profiles with the same thing, within the horizon and one block.

    Columns: post_id, profile_id, posted_at and block of the earlier post, the same with
    `_right` of the later one, is_near (within the window); and how many things were left out.
    """
    window, horizon = (int(t.total_seconds() * 1000) for t in (how.window, how.horizon))
    group, ms = posts["group"].to_numpy(), posts["ms"].to_numpy()
    # One axis on which the groups lie one behind the other, more than a horizon apart.
    axis = group * (int(ms.max()) - int(ms.min()) + horizon + 1) + (ms - ms.min())
    place = np.arange(len(axis))
    behind = np.searchsorted(axis, axis + horizon, side="right") - place - 1
    crowded = np.unique(group[behind > how.most_behind])
    kept = np.where(np.isin(group, crowded), 0, behind)
    first = np.repeat(place, kept)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(kept) - kept, kept)
    profile = posts["profile_id"].to_numpy()
    by_two = profile[first] != profile[second]
    first, second = first[by_two], second[by_two]
    columns = ["post_id", "profile_id", "posted_at", "block"]
    right = posts[second].select(pl.col(columns).name.suffix("_right"))
    pairs = pl.concat([posts[first].select(columns), right], how="horizontal").with_columns(
        pl.Series("is_near", ms[second] - ms[first] <= window)
    )
    # Two links that both posts hold make one pair of posts.
    once = pairs.unique(["post_id", "post_id_right"], maintain_order=True)
    return once, len(crowded)


def _ordered(pairs_of_posts: pl.DataFrame) -> pl.DataFrame:
    """The profiles of each pair of posts, the smaller id first, and the posts likewise."""
    turned = pl.col("profile_id") > pl.col("profile_id_right")

    def of(column: str, is_other: bool) -> pl.Expr:
        one, other = pl.col(column), pl.col(f"{column}_right")
        return pl.when(turned == pl.lit(is_other)).then(one).otherwise(other)

    return pairs_of_posts.select(
        of("profile_id", False).alias("profile_id"),
        of("profile_id", True).alias("other_profile_id"),
        of("post_id", False).alias("post"),
        of("post_id", True).alias("other_post"),
        "posted_at",
        "posted_at_right",
    )


def _together(near: pl.DataFrame) -> pl.DataFrame:
    """How often each pair of profiles was together."""
    return (
        _ordered(near)
        .group_by("profile_id", "other_profile_id")
        .agg(
            pl.min_horizontal(pl.col("post").n_unique(), pl.col("other_post").n_unique())
            .cast(pl.Int64)
            .alias("observed"),
            pl.col("posted_at").min().alias("first_at"),
            pl.col("posted_at_right").max().alias("last_at"),
        )
        .sort("profile_id", "other_profile_id")
    )


def expected_by_interest(
    near: pl.DataFrame, far: pl.DataFrame, pairs: pl.DataFrame, how: Timing
) -> pl.Series:
    """Near posts that each pair of profiles would have by what it posts further apart.

    A post that is near one of the other's tells no more by those that are further away. How many
    near ones go with a far one, all other pairs of profiles tell: the pair's own would explain it
    by itself. One near and as many far ones as go with it where posts are spread evenly over
    the horizon are added, so that a handful of others does not decide.
    """
    both = ["profile_id", "other_profile_id"]
    met = _ordered(near)
    apart = (
        _ordered(far)
        .join(met, on=["post", "other_profile_id"], how="anti")
        .join(met, on=["other_post", "profile_id"], how="anti")
    )
    own = pairs
    for name, posts in (("near", met), ("far", apart)):
        counted = posts.group_by(both).len(name)
        own = own.join(counted, on=both, how="left", maintain_order="left")
    near_own, far_own = own["near"].fill_null(0), own["far"].fill_null(0)
    evenly = (how.horizon - how.window) / how.window
    # Lengths are unsigned: as fractions they can be subtracted.
    near_others = (met.height - near_own.cast(pl.Float64)) + 1
    far_others = (apart.height - far_own.cast(pl.Float64)) + evenly
    return far_own * near_others / far_others


def expected_by_volume(posts: pl.DataFrame, near: pl.DataFrame, pairs: pl.DataFrame) -> pl.Series:
    """Near posts that each pair of profiles would have by the posts that it owns.

    Of all pairs of profiles together, it is the number of near posts.
    """
    volume = posts.unique("post_id").group_by("profile_id", "block").agg(pl.len().alias("posts"))
    shares = volume.join(chance_by_block(volume, near), on="block")
    both = (
        pairs.with_row_index("pair")
        .select("pair", "profile_id", "other_profile_id")
        .join(shares, on="profile_id")
        .join(
            shares.select("block", other_profile_id="profile_id", other_posts="posts"),
            on=["other_profile_id", "block"],
        )
        .group_by("pair")
        .agg(
            (pl.col("chance") * pl.col("posts") * pl.col("other_posts"))
            .sort_by("block")
            .sum()
            .alias("expected")
        )
    )
    every = pl.DataFrame({"pair": np.arange(pairs.height, dtype=np.uint32)})
    return every.join(both, on="pair", how="left", maintain_order="left")["expected"]


def chance_by_block(volume: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """The share of a block's pairs of posts by two profiles that are near: block, chance."""
    posts = pl.col("posts").cast(pl.Float64)
    possible = volume.group_by("block").agg(
        ((posts.sum() ** 2 - (posts**2).sum()) / 2).alias("possible")
    )
    return (
        near.group_by("block")
        .len("near")
        .join(possible, on="block")
        .select("block", (pl.col("near") / pl.col("possible")).alias("chance"))
    )


def _beyond_chance(pairs: pl.DataFrame, tests: int, level: float) -> pl.DataFrame:
    """The pairs whose q-value is at most `level`."""
    from scipy.stats import poisson

    p_value = poisson.sf(pairs["observed"].to_numpy() - 1, pairs["expected"].to_numpy())
    return (
        pairs.with_columns(pl.Series("p_value", p_value))
        .with_columns(q_values(pl.col("p_value"), tests).alias("q_value"))
        .filter(pl.col("q_value") <= level)
        .select(*_PAIRS)
        .sort("what", "profile_id", "other_profile_id")
    )
