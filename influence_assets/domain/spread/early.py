"""How spread over communities a group of profiles is.

What soon reaches many communities tends to spread far; what stays within one dies there (Weng,
Menczer and Ahn: Virality Prediction and Community Structure in Social Networks, 2013).
"""

from __future__ import annotations

import polars as pl

FIRST_ADOPTERS = 50
"""As many as Weng et al. look at."""


def first_adopters(trees: pl.DataFrame) -> pl.DataFrame:
    """The first of each cascade, the root among them; not those whose time is unknown.

    Args:
        trees: as `cascades.diffusion_trees` gives them.

    Returns:
        cascade, profile_id.
    """
    timed = trees.filter((pl.col("depth") == 0) | pl.col("after_s").is_not_null())
    place = pl.int_range(pl.len()).over("cascade")
    return timed.filter(place < FIRST_ADOPTERS).select("cascade", "profile_id")


def concentration(members: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """How the members of each group are spread over communities.

    Args:
        members: the columns of `by`, and community_id (NULL where it is unknown).
        by: the columns that tell a group.

    Returns:
        A row is a group of which some member's community is known: the columns of `by`; placed
        (members whose community is known), communities (number of different ones among them),
        entropy_bits (Shannon's entropy of their shares: 0 for one community, 1 for two equal
        ones), dominance (share of the commonest one). Unknown members count for nothing.
    """
    counts = members.drop_nulls("community_id").group_by(*by, "community_id").len()
    # In a fixed order: sums of fractions differ in the last digit with the order.
    count = pl.col("len").sort()
    share = count / count.sum()
    return counts.group_by(by).agg(
        count.sum().cast(pl.Int64).alias("placed"),
        pl.len().cast(pl.Int64).alias("communities"),
        # A minus would make -0.0 of 0.
        (share * share.log(2)).sum().abs().alias("entropy_bits"),
        share.max().alias("dominance"),
    )
