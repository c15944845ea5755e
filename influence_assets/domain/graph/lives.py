"""What communities live through from one week to the next (Palla, Barabási, Vicsek 2007).

Belongs here: births, deaths and the like, told from communities whose ids last (`tracking`).
"""

from __future__ import annotations

import polars as pl

from influence_assets.contracts.communities import CommunityEvent
from influence_assets.domain.graph.tracking import overlaps

LEAST_MEMBERS = 5
"""Smaller communities come and go without a word."""

LEAST_LEFT = 3
"""One that was told of lives on until it is smaller than this: at five, one more or less would be
a death or a resurgence each week."""

LEAST_CHANGE = 1.3
"""A community has grown when it is this many times as large as it was."""

SETTLING_WEEKS = 4
"""After an event a community finds its size; that is what later change is measured against. So a
slow change is told as well, and one that takes some weeks is told once."""

LEAST_PART = 0.15
"""A part of a merge or a split makes up at least this share of the whole."""

MOST = 0.5
"""A part goes into a merge with more than this share of its members; what a split leaves has more
than this share of its members from the whole."""

SCHEMA: dict[str, pl.DataType] = {
    "community_id": pl.String(),
    "event": pl.String(),
    "other_ids": pl.List(pl.String),
    "other_sizes": pl.List(pl.Int64),
    "overlap": pl.Float64(),
    "size_before": pl.Int64(),
    "size_after": pl.Int64(),
}


def life_events(before: pl.DataFrame, now: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The events of a platform's communities between two networks.

    Deaths, merges and splits are told at once. A birth, a resurgence, a growth and a contraction
    are told when they have lasted for two networks: what one week shows alone is often chance.

    Args:
        before: profile_id and community_id (lasting) of the network before; empty if
            this is the first: then every community is `first_seen`, not born.
        now: the same of this week.
        told: communities that events told of: community_id, is_alive (the last event was no
            death), size (that it settled at; NULL if it had no time to).

    Columns: those of SCHEMA. other_ids are what merged into it (other_sizes: as they were), what it
    left by a split, or where most members of a dead one went. overlap is, of a merge, the share of
    its members that come from the parts; of a split, the share of the former members that are
    in the parts; of a death the share that went to the other; of a growth or a contraction
    the Jaccard index with the community of the network before.
    """
    large = pl.len().over("community_id")
    if before.is_empty():
        sizes = _sizes(before, now.filter(large >= LEAST_MEMBERS))
        return _in_order(sizes.with_columns(event=pl.lit("first_seen")))
    living = told.filter("is_alive")["community_id"]
    is_living = pl.col("community_id").is_in(living.implode())
    counts = (large >= LEAST_MEMBERS) | (is_living & (large >= LEAST_LEFT))
    before, now = before.filter(counts), now.filter(counts)
    arrivals = _arrivals(_sizes(before, now), told)
    before = before.filter(is_living)
    pairs = overlaps(before, now)
    sizes = _sizes(before, now)
    merges, splits = _merges(pairs), _splits(pairs)
    turned = pl.concat([merges, splits])
    parts = [
        turned.join(sizes, on="community_id"),
        arrivals,
        _deaths(sizes, merges, pairs),
        _changes(sizes, turned, pairs, told),
    ]
    return _in_order(pl.concat(parts, how="diagonal_relaxed"))


def _in_order(told: pl.DataFrame) -> pl.DataFrame:
    """The events with every column of SCHEMA."""
    typed = [pl.col(n).cast(t) for n, t in SCHEMA.items() if n in told.columns]
    whole = pl.concat([pl.DataFrame(schema=SCHEMA), told.select(typed)], how="diagonal")
    lists = pl.col("other_ids", "other_sizes").fill_null([])
    return whole.with_columns(lists).sort("community_id", "event")


def _sizes(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """community_id, size_before and size_after; NULL where it is not there."""
    was = before.group_by("community_id").agg(pl.len().alias("size_before"))
    has = now.group_by("community_id").agg(pl.len().alias("size_after"))
    return was.join(has, on="community_id", how="full", coalesce=True)


def _merges(pairs: pl.DataFrame) -> pl.DataFrame:
    """Communities that hold most of two or more, each a part worth naming that goes on nowhere
    else."""
    goes_on = pl.col("before_id").is_in(pairs["now_id"].implode())
    is_part = ~goes_on | (pl.col("before_id") == pl.col("now_id"))
    parts = pairs.filter(is_part & (pl.col("kept") > MOST) & (pl.col("came") >= LEAST_PART))
    return _turned(parts, "now", "before", pl.col("came").sum(), "merge")


def _splits(pairs: pl.DataFrame) -> pl.DataFrame:
    """Communities that two or more come from for the most part."""
    parts = pairs.filter((pl.col("came") > MOST) & (pl.col("kept") >= LEAST_PART))
    return _turned(parts, "before", "now", pl.col("kept").sum(), "split")


def _turned(
    parts: pl.DataFrame, whole: str, part: str, overlap: pl.Expr, event: CommunityEvent
) -> pl.DataFrame:
    """A row for each whole with two parts or more."""
    other = pl.col(f"{part}_id") != pl.col(f"{whole}_id")
    return (
        parts.filter(pl.min_horizontal("size_before", "size_now") >= LEAST_MEMBERS)
        .sort(f"{part}_id")
        .group_by(f"{whole}_id")
        .agg(
            parts=pl.len(),
            other_ids=pl.col(f"{part}_id").filter(other),
            other_sizes=pl.col(f"size_{part}").filter(other),
            # A sum of shares, which rounding may carry beyond 1.
            overlap=overlap.clip(upper_bound=1.0),
        )
        .filter(pl.col("parts") > 1)
        .select(
            "other_ids", "other_sizes", "overlap",
            community_id=f"{whole}_id", event=pl.lit(event),
        )
    )  # fmt: skip


def _arrivals(sizes: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Births of communities that nothing told of yet, and resurgences of those that had died."""
    died = pl.col("community_id").is_in(told["community_id"].implode())
    return (
        sizes.drop_nulls()
        .join(told.filter("is_alive"), on="community_id", how="anti")
        .with_columns(event=pl.when(died).then(pl.lit("resurgence")).otherwise(pl.lit("birth")))
    )


def _deaths(sizes: pl.DataFrame, merges: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Communities that are gone and that no merge names."""
    merged = merges.explode("other_ids").select(community_id="other_ids")
    return (
        sizes.filter(pl.col("size_after").is_null())
        .join(merged, on="community_id", how="anti")
        .join(_most(pairs, "before", "now", "kept"), on="community_id", how="left")
        .with_columns(event=pl.lit("death"))
    )


def _most(pairs: pl.DataFrame, of: str, other: str, share: str) -> pl.DataFrame:
    """The other that shares most of each, if that is most of its members."""
    return (
        pairs.filter(pl.col(share) > MOST)
        .select(
            community_id=f"{of}_id",
            other_ids=pl.concat_list(f"{other}_id"),
            other_sizes=pl.concat_list(f"size_{other}"),
            overlap=share,
        )
    )  # fmt: skip


def _changes(
    sizes: pl.DataFrame, turned: pl.DataFrame, pairs: pl.DataFrame, told: pl.DataFrame
) -> pl.DataFrame:
    """Growth and contraction against the size that a community had settled at."""
    same = pairs.filter(pl.col("before_id") == pl.col("now_id"))
    least = pl.min_horizontal("size_before", "size_after") / pl.col("size")
    most = pl.max_horizontal("size_before", "size_after") / pl.col("size")
    return (
        sizes.drop_nulls()
        .join(turned, on="community_id", how="anti")
        .join(told.drop_nulls("size"), on="community_id")
        .join(same.select(community_id="now_id", overlap="jaccard"), on="community_id", how="left")
        .with_columns(
            # Of a change that lasts for two networks.
            event=pl.when(least >= LEAST_CHANGE)
            .then(pl.lit("growth"))
            .when(most <= 1 / LEAST_CHANGE)
            .then(pl.lit("contraction"))
        )
        .drop_nulls("event")
    )
