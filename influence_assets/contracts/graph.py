"""Contracts of the weekly network."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts.base import table
from influence_assets.contracts.keys import platform_column, profile_column, week_column


@table(
    "graph.edges_weekly", ("week_start", "platform", "source_id", "target_id"), "week_start", "week"
)
class EdgesWeekly(dy.Schema):
    """A row is a directed weighted tie as of the end of the week.

    Follows carry on; other acts fade with a half-life of four weeks, and end after thirteen.
    """

    week_start = week_column()
    platform = platform_column()
    source_id = dy.String(min_length=1, description="The profile that acts.")
    target_id = dy.String(min_length=1, description="The profile that it is done to.")
    follow_weight = dy.Float64(min=0, description="Weight of the follow (mostly 1), else 0.")
    mention_weight = dy.Float64(min=0, description="Faded mentions and tags.")
    reply_weight = dy.Float64(min=0, description="Faded replies and comments.")
    repost_weight = dy.Float64(min=0, description="Faded reposts.")
    collab_weight = dy.Float64(min=0, description="Faded collaborations and shared groups.")
    weight = dy.Float64(
        min_exclusive=0, description="Sum of the kinds, each times what the user has it count."
    )


@table(
    "graph.profile_centrality_weekly",
    ("week_start", "platform", "profile_id"),
    "week_start",
    "week",
)
class ProfileCentralityWeekly(dy.Schema):
    """A row is a profile's place in the graph as of the end of the week."""

    week_start = week_column()
    platform = platform_column()
    profile_id = profile_column()
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

    week_start = week_column()
    platform = platform_column()
    profile_id = profile_column()
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


@table("graph.layout_weekly", ("week_start", "platform", "profile_id"), "week_start", "week")
class LayoutWeekly(dy.Schema):
    """A row is a profile's place on the map of a week, which goes on from the map before."""

    week_start = week_column()
    platform = platform_column()
    profile_id = profile_column()
    x = dy.Float64(description="To the right; a community of n members is a disc of radius √n.")
    y = dy.Float64(description="Upwards.")
