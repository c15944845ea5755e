"""Evidence that calls for a second look, read from the warehouse."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from influence_assets.errors import UserError
from influence_assets.storage.warehouse import Warehouse

NOTE = (
    "Figures that are out of line, never a verdict: fan clubs, news tickers and campaigns post "
    "alike in all honesty."
)


def evidence_of(
    warehouse: Warehouse, platform: str, day: date | None, profile_id: str
) -> pl.DataFrame:
    """Rows of `marts.authenticity_evidence_weekly`, in order of platform and kind, strongest first.

    Args:
        warehouse: where they are.
        platform, profile_id: only these; empty for all.
        day: of the week; by default the last week with any such row.

    Raises:
        UserError: no evidence was looked for yet, or not for that week.
    """
    weeks = warehouse.query("marts.authenticity_weeks")["week_start"].to_list()
    if not weeks:
        raise UserError(
            "No evidence was looked for yet. Ingest files with posts or profiles, then "
            "`influence build`."
        )
    if day and day - timedelta(days=day.weekday()) not in weeks:
        raise UserError(
            f"No evidence was looked for in the week of {day}; the weeks go from {weeks[0]} to "
            f"{weeks[-1]}, those without a post or a profile left out."
        )
    asked = {"platform": platform, "profile_id": profile_id, "day": day}
    return warehouse.query("marts.authenticity_rows", asked)
