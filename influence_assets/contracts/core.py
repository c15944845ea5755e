"""Contracts of the core layer: one row per thing, merged over all files."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts import shared
from influence_assets.contracts.base import table


@table("core.posts", ("platform", "post_id"), "posted_date", "day")
class Posts(shared.Post):
    """A row is a post. Where files disagree the newest observation wins, column by
    column; a column that it leaves empty keeps the older value."""


@table("core.post_metrics", ("platform", "post_id", "observed_at"), "observed_date", "day")
class PostMetrics(shared.PostMetric):
    """A row is one observation of a post's counts, at one time."""

    age_hours = dy.Float64(
        nullable=True, description="Hours from publication to observation; NULL if unknown."
    )


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
