"""Contracts of the core layer: one row per thing, merged over all files."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from influence_assets.contracts import shared
from influence_assets.contracts.base import table
from influence_assets.contracts.keys import platform_column


@table("core.posts", ("platform", "post_id"), "posted_date", "day")
class Posts(shared.Post):
    """A row is a post. Where files disagree the newest observation wins, column by
    column; a column that it leaves empty keeps the older value. A stated posted_at goes
    before a bound, and of bounds the earliest counts."""


@table("core.post_metrics", ("platform", "post_id", "observed_at"), "observed_date", "day")
class PostMetrics(shared.PostMetric):
    """A row is one observation of a post's counts, at one time. What core.metric_flags
    lists is left out."""

    age_hours = dy.Float64(
        nullable=True, description="Hours from publication to observation; NULL if unknown."
    )


METRIC_RULES = ("count_overflowed", "count_dropped_to_zero", "count_fell")


@table(
    "core.metric_flags",
    ("platform", "post_id", "observed_at", "metric", "rule"),
    "observed_date",
    "day",
)
class MetricFlags(dy.Schema):
    """A row is a count that cannot be true and is left out of core.post_metrics.

    Counts add up over a post's life, so one below an earlier one is a fault of the reading.
    """

    platform = platform_column()
    post_id = dy.String(min_length=1, description="Id of the observed post.")
    observed_at = dy.Datetime(description="When the count was read, UTC.")
    observed_date = dy.Date(description="Day of observed_at, UTC: the partition.")
    metric = dy.String(description="views, likes, comments, shares or saves.")
    rule = dy.String(
        description="count_overflowed: negative; count_dropped_to_zero: 0 after a larger count; "
        "count_fell: below the largest earlier count that was accepted."
    )
    value = dy.Int64(description="The count as it was read.")
    earlier_value = dy.Int64(
        nullable=True, min=0, description="The largest earlier count of the post that was accepted."
    )

    @dy.rule()
    def rule_is_known(cls) -> pl.Expr:
        return cls.rule.col.is_in(METRIC_RULES)


@table("core.profile_snapshots", ("platform", "profile_id", "observed_at"), "observed_date", "day")
class ProfileSnapshots(shared.ProfileSnapshot):
    """A row is one observation of a profile, at one time."""


@table(
    "core.interactions",
    ("platform", "kind", "source_id", "target_id", "occurred_at", "post_id"),
    "occurred_date",
    "day",
)
class Interactions(shared.Interaction):
    """A row is one act or tie between two profiles, at one time."""


@table("core.media", ("platform", "post_id", "position"), "posted_date", "day")
class Media(shared.Media):
    """A row is one stored image or video of a post."""
