"""The partitions of every partitioned asset, in one place."""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg

from influence_assets.contracts import Grain


def monday(day: date) -> date:
    """The Monday of the week that holds the day; weeks start on Monday everywhere."""
    return day - timedelta(days=day.weekday())


def partitions_for(grain: Grain | None, start: date) -> dg.TimeWindowPartitionsDefinition | None:
    """Days from `start` or weeks from its Monday, in UTC, up to and with the current one.

    `end_offset=1`: today's posts are shown today, and the running week is built again
    as its days come in.
    """
    if grain == "day":
        return dg.DailyPartitionsDefinition(start_date=start.isoformat(), end_offset=1)
    if grain == "week":
        return dg.WeeklyPartitionsDefinition(
            start_date=monday(start).isoformat(), day_offset=1, end_offset=1
        )
    return None
