"""Contracts of how things spread: cascades, hashtags that take off, posts that break out."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from influence_assets.contracts.base import table

CASCADE_KINDS = ("repost", "reply", "hashtag", "text")


def _platform() -> dy.String:
    return dy.String(min_length=1, description="Platform name in lower case.")


def _entropy(whom: str) -> dy.Float64:
    return dy.Float64(
        nullable=True,
        min=0,
        description=f"Shannon entropy, in bits, of the communities of {whom}: 0 for one, 1 for two "
        "equal ones. NULL: no community is known.",
    )


def _dominance(whom: str) -> dy.Float64:
    return dy.Float64(
        nullable=True,
        min_exclusive=0,
        max=1,
        description=f"Share of the commonest community among {whom}. NULL as above.",
    )


@table("marts.cascades", ("platform", "kind", "item_id", "started_at"))
class Cascades(dy.Schema):
    """A row is a cascade: something that went from profile to profile, as a tree.

    It is told as of today, from all that is known; see docs/spread.md.
    """

    platform = _platform()
    kind = dy.String(
        description="repost: of a post; reply: a thread; hashtag: its first uses; text: copies."
    )
    item_id = dy.String(
        min_length=1,
        description="The post (repost, reply), the hashtag, or the smallest SHA-256 of the texts "
        "that are nearly the same.",
    )
    root_id = dy.String(min_length=1, description="The profile that began.")
    started_at = dy.Datetime(nullable=True, description="When, UTC; NULL if unknown.")
    size = dy.Int64(min=2, description="Profiles in it, the root among them.")
    depth = dy.Int64(min=1, description="Steps from the root to the farthest profile.")
    breadth = dy.Int64(min=1, description="Most profiles at one number of steps.")
    structural_virality = dy.Float64(
        min=1,
        description="Mean number of steps between two of its profiles (Goel et al. 2016): near 2 "
        "where the root reached all, larger where others passed it on.",
    )
    half_size_s = dy.Float64(
        nullable=True,
        min=0,
        description="Seconds until half of its profiles, rounded up, were in it; NULL if unknown.",
    )
    adopters_first_hour = dy.Int64(
        nullable=True, min=0, description="Without the root; NULL if no adopter's time is known."
    )
    adopters_first_day = dy.Int64(
        nullable=True, min=0, description="Without the root; NULL if no adopter's time is known."
    )
    first_adopters = dy.Int64(
        min=1, max=50, description="The first 50, the root among them; not those of unknown time."
    )
    first_placed = dy.Int64(
        min=0,
        max=50,
        description="Those of them whose community of the last week that ended before the start "
        "is known.",
    )
    first_communities = dy.Int64(
        nullable=True, min=1, description="Different communities of these; NULL if none is known."
    )
    first_entropy_bits = _entropy("the first adopters")
    first_dominance = _dominance("the first adopters")

    @dy.rule()
    def kind_is_known(cls) -> pl.Expr:
        return cls.kind.col.is_in(CASCADE_KINDS)
