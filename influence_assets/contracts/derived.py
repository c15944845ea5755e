"""Contract of the weekly metrics of profiles."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts.base import table
from influence_assets.contracts.keys import platform_column, profile_column, week_column


@table(
    "marts.profile_metrics_weekly", ("platform", "profile_id", "week_start"), "week_start", "week"
)
class ProfileMetricsWeekly(dy.Schema):
    """A row is a profile's week. A day without an observation is missing, never 0."""

    platform = platform_column()
    profile_id = profile_column()
    week_start = week_column()
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
