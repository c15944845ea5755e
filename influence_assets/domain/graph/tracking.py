"""Which community of a week is which of the week before, so that ids stay.

Belongs here: overlap of communities, and the ids that follow from it. What a community has lived
through is told by `lives`. Topics are followed in the same way: communities whose members are
texts.
"""

from __future__ import annotations

import polars as pl

HEIR_SHARE = 0.5
"""A community carries on in another that holds at least this share of its members, or whose
members come from it to at least this share (as MONIC asks: Spiliopoulou et al. 2006)."""


def overlaps(
    before: pl.DataFrame, now: pl.DataFrame, member: str = "profile_id", whole: str = "community_id"
) -> pl.DataFrame:
    """A row for each pair of communities that share members.

    Args:
        before, now: profile_id and community_id of each member.
        member, whole: how these two columns are named, where other things are followed.

    Columns: before_id, now_id, shared (members), size_before, size_now, kept (share of the
    former members that are in the latter), came (share of the latter that are of the
    former), jaccard (Jaccard index, as Greene, Doyle and Cunningham 2010 match by).
    """
    sizes = [
        members.group_by(whole).len(f"size_{name}").rename({whole: f"{name}_id"})
        for name, members in (("before", before), ("now", now))
    ]
    shared = pl.col("shared")
    return (
        before.select(member, before_id=whole)
        .join(now.select(member, now_id=whole), on=member)
        .group_by("before_id", "now_id")
        .agg(pl.len().alias("shared"))
        .join(sizes[0], on="before_id")
        .join(sizes[1], on="now_id")
        .with_columns(
            kept=shared / pl.col("size_before"),
            came=shared / pl.col("size_now"),
            jaccard=shared / (pl.col("size_before") + pl.col("size_now") - shared),
        )
        .sort("before_id", "now_id")
    )


def matched(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of overlapping communities of which one carries on in the other, each once.

    The pair with the largest Jaccard index is taken first, then the largest of what is left, and
    so on; of equal ones the first by name.

    Args:
        pairs: as `overlaps` gives them.
    """
    # More than half: of two halves neither is the heir by its share alone.
    return first_choices(
        pairs.filter((pl.col("kept") > HEIR_SHARE) | (pl.col("came") > HEIR_SHARE))
    )


def first_choices(pairs: pl.DataFrame) -> pl.DataFrame:
    """As `matched`, of pairs of which any may carry on."""
    left = pairs.sort("jaccard", "before_id", "now_id", descending=[True, False, False])
    taken = left.clear()
    while not left.is_empty():
        # Each the first choice of the other: what taking one by one would come to as well.
        first = left.filter(
            pl.col("before_id").is_first_distinct() & pl.col("now_id").is_first_distinct()
        )
        taken = pl.concat([taken, first])
        left = left.join(first, on="before_id", how="anti").join(first, on="now_id", how="anti")
    return taken.sort("before_id", "now_id")


def lasting_ids(
    found: pl.DataFrame,
    before: pl.DataFrame,
    ended: pl.DataFrame,
    week: str,
    member: str = "profile_id",
    whole: str = "community_id",
) -> pl.DataFrame:
    """The id of each community of a week that it keeps from week to week.

    One that carries on a community of the week before has its id; if there is none, that of one
    which has ended and whose members it brings together again; else a new one, made of
    the week and its smallest member's id.

    Args:
        found: profile_id and community_id of the week, the latter the smallest member's id.
        before: the same of the network before, with lasting ids.
        ended: the same of communities that ended earlier: who was in it of late.
        week: Monday of the week, for new ids.
        member, whole: how these two columns are named, where other things are followed.

    Columns: community_id as in `found`, and lasting_id.
    """
    ids = found.select(whole).unique()
    known = matched(overlaps(before, found, member, whole))
    new = found.join(known, left_on=whole, right_on="now_id", how="anti")
    back = matched(overlaps(ended, new, member, whole))
    old = pl.concat([known, back]).select(pl.col("now_id").alias(whole), lasting_id="before_id")
    made = pl.concat_str(pl.lit(week), pl.lit("/"), pl.col(whole))
    return (
        ids.join(old, on=whole, how="left")
        .with_columns(pl.col("lasting_id").fill_null(made))
        .sort(whole)
    )
