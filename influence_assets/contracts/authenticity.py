"""Contracts of evidence that calls for a second look, and of influence with it in mind.

No table holds a verdict: none has a column that says what a profile is.
"""

from __future__ import annotations

import dataframely as dy
import polars as pl

from influence_assets.contracts.base import table
from influence_assets.contracts.keys import platform_column, profile_column, week_column

EVIDENCE_KINDS = ("coordinated_posting", "growth_step", "engagement_low", "engagement_high")


@table(
    "marts.authenticity_evidence_weekly",
    ("week_start", "platform", "profile_id", "kind", "what"),
    "week_start",
    "week",
)
class AuthenticityEvidenceWeekly(dy.Schema):
    """A row is one piece of evidence about a profile, from the thirteen weeks up to the end
    of the week. It says what is out of line, never why: see docs/authenticity.md."""

    week_start = week_column()
    platform = platform_column()
    profile_id = dy.String(min_length=1, description="The profile that it is about.")
    kind = dy.String(description=f"One of {', '.join(EVIDENCE_KINDS)}.")
    what = dy.String(
        min_length=1,
        description="What it was seen in: text, link or hashtags; gain or loss; posts (counts of "
        "posts) or stated (an average that the source states).",
    )
    other_profile_ids = dy.List(
        dy.String(),
        nullable=True,
        description="Whom it posts the same with, most often first; NULL for other kinds.",
    )
    observed = dy.Float64(
        description="Pairs of posts together with them all, followers after the step, or "
        "engagement per post."
    )
    expected = dy.Float64(
        min=0, description="The same by chance, by its usual growth, or as its peers have it."
    )
    deviations = dy.Float64(
        nullable=True,
        description="Robust deviations from what is expected; NULL for coordinated_posting.",
    )
    q_value = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="False discovery rate of its most telling pair; NULL for other kinds.",
    )
    rests_on = dy.Int64(
        nullable=True,
        min=1,
        description="Its posts of that kind, its other changes, or the posts that were counted; "
        "NULL where the source states an average.",
    )
    first_day = dy.Date(description="First day of what was observed.")
    last_day = dy.Date(description="Last day of what was observed.")
    activity_ratio = dy.Float64(
        nullable=True,
        min=0,
        description="Posts per day or engagement per post around a step over those of other days.",
    )
    kept_share = dy.Float64(
        nullable=True,
        description="Share of a step beyond usual growth that was still there at the last reading.",
    )
    strength = dy.Float64(
        min_exclusive=0,
        max=1,
        description="1; 0.5 where the data offer a harmless explanation: a gain in busy days.",
    )
    evidence = dy.String(min_length=1, description="The row in words.")

    @dy.rule()
    def kind_is_known(cls) -> pl.Expr:
        return cls.kind.col.is_in(EVIDENCE_KINDS)


@table(
    "graph.influence_adjusted_weekly",
    ("week_start", "platform", "profile_id"),
    "week_start",
    "week",
)
class InfluenceAdjustedWeekly(dy.Schema):
    """A row is a profile's influence in the week, plain and with profiles that there is evidence
    about counting less."""

    week_start = week_column()
    platform = platform_column()
    profile_id = profile_column()
    vote = dy.Float64(
        min_exclusive=0,
        max=1,
        description="What the profile's own ties count: half for each kind of evidence about it.",
    )
    pagerank = dy.Float64(min=0, max=1, description="As in graph.profile_centrality_weekly.")
    pagerank_adjusted = dy.Float64(
        min=0, max=1, description="The same with votes: see docs/authenticity.md."
    )
    in_strength = dy.Float64(min=0, description="Sum of the weights of ties to the profile.")
    in_strength_adjusted = dy.Float64(min=0, description="The same, each times its source's vote.")
    rank = dy.Int64(min=1, description="Place by pagerank; 1 is the first, equals share theirs.")
    rank_adjusted = dy.Int64(min=1, description="Place by pagerank_adjusted.")
    rank_change = dy.Int64(description="rank less rank_adjusted: above 0 it gains places.")
