"""Contracts of communities: members, lives, ties between them, what each is like."""

from __future__ import annotations

from typing import Literal, get_args

import dataframely as dy
import polars as pl

from influence_assets.contracts.base import table
from influence_assets.contracts.keys import platform_column, profile_column, week_column

CommunityEvent = Literal[
    "first_seen", "birth", "growth", "contraction", "merge", "split", "death", "resurgence"
]


@table("graph.communities_weekly", ("week_start", "platform", "profile_id"), "week_start", "week")
class CommunitiesWeekly(dy.Schema):
    """A row is a profile's community in the week, by the Leiden algorithm
    (Traag, Waltman, van Eck 2019) on the undirected weighted graph of ties, and of likeness
    where the user has it count."""

    week_start = week_column()
    platform = platform_column()
    profile_id = profile_column()
    community_id = dy.String(
        min_length=1,
        description="Lasting id: the week that it was first seen in, and its smallest member then.",
    )
    group_id = dy.String(
        min_length=1,
        description="Communities with much to do with each other form a group: the id of the "
        "largest of them (Leiden on the network of communities, at half the resolution).",
    )
    community_size = dy.Int64(min=1, description="Members in that week.")
    membership_strength = dy.Float64(
        min=0,
        max=1,
        description="Share of the profile's weight in that graph that stays in the community.",
    )
    partition_modularity = dy.Float64(
        min=-1,
        max=1,
        description="Weighted modularity of the week's communities on this platform (Newman 2004).",
    )
    partition_stability = dy.Float64(
        min=-1,
        max=1,
        description="Mean adjusted Rand index between runs with different seeds: 1 means that "
        "chance had no part in these communities, below 0.5 that others are as good.",
    )


@table(
    "graph.community_events",
    ("week_start", "platform", "community_id", "event"),
    "week_start",
    "week",
)
class CommunityEvents(dy.Schema):
    """A row is an event of a community's life (Palla, Barabási, Vicsek 2007): what is different
    from the platform's network before. One is told of from five members on,
    and then until it has fewer than three."""

    week_start = week_column()
    platform = platform_column()
    community_id = dy.String(min_length=1, description="As in graph.communities_weekly.")
    event = dy.String(
        description="first_seen (in the platform's first week), birth, growth, contraction (by the "
        "factor 1.3 since it settled after its last event), merge, split, death, resurgence."
    )
    other_ids = dy.List(
        dy.String(),
        description="What merged into it, what it left by a split, or where most members of a dead "
        "one went.",
    )
    other_sizes = dy.List(
        dy.Int64(), description="Members of each of these: of parts that merged, before it."
    )
    overlap = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Merge: share of the members that come from the parts; split: share of the "
        "former members that are in the parts; death: share that went to the other; growth, "
        "contraction: Jaccard index with the community in the network before; else NULL.",
    )
    size_before = dy.Int64(nullable=True, min=1, description="Members in the network before.")
    size_after = dy.Int64(nullable=True, min=1, description="Members in this one.")

    @dy.rule()
    def event_is_known(cls) -> pl.Expr:
        return cls.event.col.is_in(get_args(CommunityEvent))


@table(
    "graph.community_ties_weekly",
    ("week_start", "platform", "community_id", "other_id"),
    "week_start",
    "week",
)
class CommunityTiesWeekly(dy.Schema):
    """A row is what ties a community to another, or its members to each other, in a week."""

    week_start = week_column()
    platform = platform_column()
    community_id = dy.String(min_length=1, description="As in graph.communities_weekly.")
    other_id = dy.String(min_length=1, description="The other community, or the same.")
    ties = dy.Int64(min=1, description="Ends of ties: one within a community counts twice.")
    weight = dy.Float64(min_exclusive=0, description="Sum of their weights, both directions.")


@table(
    "graph.community_words_weekly",
    ("week_start", "platform", "community_id", "kind", "word"),
    "week_start",
    "week",
)
class CommunityWordsWeekly(dy.Schema):
    """A row is one of the 20 hashtags or terms that tell a community from the others."""

    week_start = week_column()
    platform = platform_column()
    community_id = dy.String(min_length=1, description="As in graph.communities_weekly.")
    kind = dy.String(description="hashtag or term (a word of three letters or more).")
    word = dy.String(min_length=1, description="In lower case, a hashtag without its sign.")
    place = dy.Int64(min=1, max=20, description="By score, from 1.")
    posts = dy.Int64(min=1, description="Posts of members with it in 13 weeks.")
    profiles = dy.Int64(min=2, description="Members who used it.")
    score = dy.Float64(min=0, description="Class-based TF-IDF (Grootendorst 2022).")

    @dy.rule()
    def kind_is_known(cls) -> pl.Expr:
        return cls.kind.col.is_in(["hashtag", "term"])


@table(
    "graph.community_profiles_weekly",
    ("week_start", "platform", "community_id"),
    "week_start",
    "week",
)
class CommunityProfilesWeekly(dy.Schema):
    """A row is a community of five members or more in a week, described.

    Posts are those of its members in the 13 weeks up to the end of the week.
    """

    week_start = week_column()
    platform = platform_column()
    community_id = dy.String(min_length=1, description="As in graph.communities_weekly.")
    group_id = dy.String(min_length=1, description="As in graph.communities_weekly.")
    label = dy.String(
        min_length=1, description="Its three most telling hashtags, else terms, else its leader."
    )
    size = dy.Int64(min=5, description="Members.")
    leader_ids = dy.List(dy.String(), description="Members with the highest PageRank first, five.")
    hashtags = dy.List(dy.String(), description="The most telling ones, ten.")
    terms = dy.List(dy.String(), description="The most telling words, ten.")
    languages = dy.List(dy.String(), description="Of the posts, the commonest first, five.")
    language_shares = dy.List(dy.Float64(), description="Share of the posts that state one.")
    countries = dy.List(dy.String(), description="Of the members, the commonest first, five.")
    country_shares = dy.List(dy.Float64(), description="Share of the members who state one.")
    posts = dy.Int64(min=0, description="Posts.")
    posts_by_hour_utc = dy.List(
        dy.Int64(), description="Those whose hour is known by hour, 24; empty without posts."
    )
    engagement_per_post = dy.Float64(
        nullable=True,
        min=0,
        description="Mean engagement of the posts that had been read by the end of the week.",
    )
    cohesion = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Share of the members' tie weight that stays inside; NULL if none has a tie.",
    )
    bridge_ids = dy.List(dy.String(), description="Communities that it has most ties to, five.")
    bridge_weights = dy.List(dy.Float64(), description="The weight of these ties.")
    broker_ids = dy.List(dy.String(), description="Members with most ties to outside, three.")
