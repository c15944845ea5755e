"""Contracts of what is computed: marts, graph, content (features: see `features`)."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts.base import table


def _platform() -> dy.String:
    return dy.String(min_length=1, description="Platform name in lower case.")


def _profile() -> dy.String:
    return dy.String(min_length=1, description="Id or handle of the profile on the platform.")


def _week() -> dy.Date:
    return dy.Date(description="Monday of the week: the partition.")


@table(
    "marts.profile_metrics_weekly", ("platform", "profile_id", "week_start"), "week_start", "week"
)
class ProfileMetricsWeekly(dy.Schema):
    """A row is a profile's week. A day without an observation is missing, never 0."""

    platform = _platform()
    profile_id = _profile()
    week_start = _week()
    followers_end = dy.Int64(
        nullable=True, min=0, description="Last observation within the week, never interpolated."
    )
    followers_change = dy.Int64(
        nullable=True,
        description="followers_end less that of the week before; NULL if either is unknown.",
    )
    posts = dy.Int64(
        nullable=True, min=0, description="Posts seen that were published in the week."
    )
    engagement = dy.Float64(
        nullable=True,
        min=0,
        description="Sum of the daily panel's engagement; else of the latest counts of the posts.",
    )
    engagement_per_post = dy.Float64(nullable=True, min=0, description="engagement / posts.")
    reach = dy.Int64(nullable=True, min=0, description="Sum of the observed days' reach.")
    impressions = dy.Int64(
        nullable=True, min=0, description="Sum of the observed days' impressions."
    )
    days_observed = dy.Int64(min=0, max=7, description="Days of the week with a snapshot.")


@table(
    "graph.edges_weekly", ("week_start", "platform", "source_id", "target_id"), "week_start", "week"
)
class EdgesWeekly(dy.Schema):
    """A row is a directed weighted tie as of the end of the week.

    Follows carry on until seen to end; other acts fade with a half-life.
    """

    week_start = _week()
    platform = _platform()
    source_id = dy.String(min_length=1, description="The profile that acts.")
    target_id = dy.String(min_length=1, description="The profile that it is done to.")
    follow_weight = dy.Float64(min=0, description="1 while the follow holds, else 0.")
    mention_weight = dy.Float64(min=0, description="Faded mentions and tags.")
    reply_weight = dy.Float64(min=0, description="Faded replies and comments.")
    repost_weight = dy.Float64(min=0, description="Faded reposts.")
    collab_weight = dy.Float64(min=0, description="Faded collaborations and shared groups.")
    weight = dy.Float64(min_exclusive=0, description="Sum of the kinds.")


@table(
    "graph.profile_centrality_weekly",
    ("week_start", "platform", "profile_id"),
    "week_start",
    "week",
)
class ProfileCentralityWeekly(dy.Schema):
    """A row is a profile's place in the graph as of the end of the week."""

    week_start = _week()
    platform = _platform()
    profile_id = _profile()
    in_degree = dy.Int64(min=0, description="Profiles with a tie to this one.")
    out_degree = dy.Int64(min=0, description="Profiles that this one has a tie to.")
    in_strength = dy.Float64(min=0, description="Sum of the weights of ties to this profile.")
    out_strength = dy.Float64(min=0, description="Sum of the weights of ties from this profile.")
    pagerank = dy.Float64(
        min=0, max=1, description="Weighted PageRank, damping 0.85 (Brin and Page 1998)."
    )
    betweenness = dy.Float64(
        min=0,
        description="Share of shortest directed paths through it, unweighted (Freeman 1977).",
    )
    betweenness_error = dy.Float64(
        min=0, description="Standard error of betweenness where it is sampled; 0 where exact."
    )
    hub = dy.Float64(
        min=0, max=1, description="Ties to good authorities (HITS, Kleinberg 1999); sums to 1."
    )
    authority = dy.Float64(
        min=0, max=1, description="Ties from good hubs (HITS, Kleinberg 1999); sums to 1."
    )
    eigenvector = dy.Float64(
        min=0,
        max=1,
        description="Tied to the well-tied, directions aside (Bonacich 1972); the largest is 1.",
    )
    core_number = dy.Int64(min=0, description="Largest k of a k-core that holds it (Seidman 1983).")
    clustering = dy.Float64(
        min=0,
        max=1,
        description="Share of pairs of its neighbours that are tied (Watts and Strogatz 1998).",
    )
    burt_constraint = dy.Float64(
        min=0, description="Low for brokers between groups that do not meet (Burt 1992)."
    )
    influence = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Passive profiles respond to it (Romero et al. 2011). NULL: no response "
        "given or received.",
    )
    passivity = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Responds seldom to the influential (Romero et al. 2011). NULL as above.",
    )


@table(
    "graph.centrality_standing_weekly",
    ("week_start", "platform", "profile_id", "measure"),
    "week_start",
    "week",
)
class CentralityStandingWeekly(dy.Schema):
    """A row is a profile's standing by one measure of the week: its value among all others."""

    week_start = _week()
    platform = _platform()
    profile_id = _profile()
    measure = dy.String(
        min_length=1, description="A column of graph.profile_centrality_weekly, e.g. pagerank."
    )
    value = dy.Float64(description="The measure's value; a profile without one has no row.")
    percentile = dy.Float64(
        min=0, max=1, description="Share of the platform's other profiles with a lower value."
    )
    value_change = dy.Float64(
        nullable=True, description="Value less that of the week before; NULL if there was none."
    )
    percentile_change = dy.Float64(
        nullable=True, min=-1, max=1, description="The same of the percentile."
    )


@table("graph.communities_weekly", ("week_start", "platform", "profile_id"), "week_start", "week")
class CommunitiesWeekly(dy.Schema):
    """A row is a profile's community in the week, by the Leiden algorithm
    (Traag, Waltman, van Eck 2019) on the undirected weighted graph."""

    week_start = _week()
    platform = _platform()
    profile_id = _profile()
    community_id = dy.String(
        min_length=1, description="Smallest profile id among the members: independent of run order."
    )
    community_size = dy.Int64(min=1, description="Members in that week.")
    membership_strength = dy.Float64(
        min=0, max=1, description="Share of the profile's tie weight that stays in the community."
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


@table("content.text_embeddings", ("content_hash", "encoder_id"))
class TextEmbeddings(dy.Schema):
    """A row is one distinct text under one encoder. Rows are added, never computed again."""

    content_hash = dy.String(
        min_length=64, max_length=64, description="SHA-256 of the text, UTF-8."
    )
    encoder_id = dy.String(min_length=1, description="Name and weight checksum of the encoder.")
    vector = dy.List(dy.Float32(), description="Unit vector.")
