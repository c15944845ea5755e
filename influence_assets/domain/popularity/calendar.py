"""When a post is published: hour and weekday, also as points on a circle."""

from __future__ import annotations

import math

import polars as pl


def calendar_features() -> list[pl.Expr]:
    """Expressions over posted_at (UTC); names as in the contract."""
    at = pl.col("posted_at")
    hour = at.dt.hour() + at.dt.minute() / 60
    weekday = at.dt.weekday()
    # 23:59 and 00:00 are neighbours only on a circle.
    day_turn, week_turn = hour * (math.tau / 24), weekday * (math.tau / 7)
    return [
        hour.alias("hour"),
        day_turn.sin().alias("hour_sin"),
        day_turn.cos().alias("hour_cos"),
        weekday.alias("weekday"),
        week_turn.sin().alias("weekday_sin"),
        week_turn.cos().alias("weekday_cos"),
    ]
