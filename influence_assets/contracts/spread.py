"""Contracts of how things spread: cascades, hashtags that take off, posts that break out."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from influence_assets.contracts.base import table
from influence_assets.contracts.keys import platform_column, week_column

CASCADE_KINDS = ("repost", "reply", "hashtag", "text")


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

    platform = platform_column()
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


@table("marts.hashtags_weekly", ("platform", "hashtag", "week_start"), "week_start", "week")
class HashtagsWeekly(dy.Schema):
    """A row is a hashtag's week: who used it, and whether it is taking off.

    Only posts of known time count.
    """

    platform = platform_column()
    hashtag = dy.String(min_length=1, description="Lower case, without #.")
    week_start = week_column()
    posts = dy.Int64(min=1, description="Posts of the week that carry it.")
    profiles = dy.Int64(min=1, description="Profiles that wrote them.")
    expected_posts = dy.Float64(
        nullable=True,
        min=0,
        description="Posts by the rate of the 8 weeks before, at this week's volume of the "
        "platform; NULL if nothing was posted in them.",
    )
    expected_profiles = dy.Float64(
        nullable=True, min=0, description="The same of profiles, each once a week."
    )
    burst_score = dy.Float64(
        nullable=True,
        min=0,
        description="-log10 of the chance of as many profiles or more at the rate of before.",
    )
    false_discovery_rate = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Of those of the week and platform with this burst score or more, the share "
        "to be expected by chance (Benjamini and Hochberg 1995).",
    )
    burst_level = dy.Int64(
        min=0,
        description="How often the expected profiles were doubled, where the rate is at most 0.05; "
        "else 0.",
    )
    is_taking_off = dy.Bool(description="A level of 1 or more, and 3 profiles or more.")
    profiles_placed = dy.Int64(
        min=0, description="Those of the profiles whose community as of the week is known."
    )
    communities = dy.Int64(
        nullable=True, min=1, description="Different communities of these; NULL if none is known."
    )
    community_entropy_bits = _entropy("the week's profiles")
    community_dominance = _dominance("the week's profiles")


@table("marts.viral_posts", ("platform", "post_id"))
class ViralPosts(dy.Schema):
    """A row is a post that broke out: by its engagement beside what its author's earlier posts had
    at the same age, or by how many passed it on. As of today."""

    platform = platform_column()
    post_id = dy.String(min_length=1, description="Id of the post.")
    profile_id = dy.String(min_length=1, description="Its author.")
    posted_at = dy.Datetime(nullable=True, description="When, UTC; NULL if unknown.")
    age_hours = dy.Float64(
        nullable=True,
        min=0,
        description="Age at the last reading; NULL if unknown: then it is taken as fully grown.",
    )
    engagement = dy.Int64(
        nullable=True, min=0, description="Likes, comments, shares and saves at the last reading."
    )
    expected_engagement = dy.Float64(
        nullable=True,
        min=0,
        description="At that age, by the author's posts of the 180 days before.",
    )
    outlier_score = dy.Float64(
        nullable=True,
        description="Distance of the two, both as log(1 + x), in robust standard deviations.",
    )
    earlier_posts = dy.Int64(
        nullable=True,
        min=0,
        description="Posts of the author that the expectation rests on: those of the 180 days "
        "before that have a reading.",
    )
    is_outlier = dy.Bool(description="outlier_score is 3.5 or more, by 3 earlier posts or more.")
    cascade_size = dy.Int64(
        nullable=True,
        min=2,
        description="Profiles in its cascade of reposts; NULL if none is known.",
    )
    cascade_depth = dy.Int64(nullable=True, min=1, description="The same as in marts.cascades.")
    structural_virality = dy.Float64(
        nullable=True, min=1, description="The same as in marts.cascades."
    )
    spread_percentile = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Share of the platform's other cascades of reposts that are smaller.",
    )
    is_widely_spread = dy.Bool(
        description="spread_percentile is 0.99 or more, and 20 profiles or more are in the cascade."
    )
