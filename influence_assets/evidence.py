"""Evidence that calls for a second look, read from the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from influence_assets.errors import UserError
from influence_assets.storage.warehouse import Warehouse

NOTE = (
    "Figures that are out of line, never a verdict: fan clubs, news tickers and campaigns post "
    "alike in all honesty."
)


@dataclass(frozen=True)
class Evidence:
    """Rows of `marts.authenticity_evidence_weekly` of one week (its Monday)."""

    week_start: date
    rows: pl.DataFrame


def evidence_of(warehouse: Warehouse, platform: str, day: date | None, profile_id: str) -> Evidence:
    """The evidence of a week, in order of platform and kind, strongest first.

    Args:
        warehouse: where it is.
        platform, profile_id: only these; empty for all.
        day: of the week; by default the last week in which evidence was looked for.

    Raises:
        UserError: no evidence was looked for yet, or not for that week, or there are no
            posts or readings of that platform or profile.
    """
    weeks = warehouse.query("marts.authenticity_weeks")["week_start"].to_list()
    if not weeks:
        raise UserError(
            "No evidence was looked for yet. Ingest files with posts or profiles, then "
            "`influence build`."
        )
    week = day - timedelta(days=day.weekday()) if day else weeks[-1]
    if week not in weeks:
        raise UserError(
            f"No evidence was looked for in the week of {day}; the weeks go from {weeks[0]} to "
            f"{weeks[-1]}, those without a post or a profile left out."
        )
    _check_known(warehouse, platform, profile_id)
    asked = {"platform": platform, "profile_id": profile_id, "week_start": week}
    return Evidence(week, warehouse.query("marts.authenticity_rows", asked))


def _check_known(warehouse: Warehouse, platform: str, profile_id: str) -> None:
    """Nothing is said of what nobody has seen: a typing error is not a clean record."""
    seen = warehouse.query("marts.authenticity_platforms", {"profile_id": profile_id})
    own = seen.filter(pl.col("platform") == platform) if platform else seen
    if own.is_empty():
        raise UserError(
            f"Nothing is known of a platform {platform}, only of {', '.join(seen['platform'])}."
        )
    if profile_id and not own["has_profile"].any():
        where = f" of {platform}" if platform else ""
        raise UserError(
            f"There is no post or reading of a profile {profile_id}{where}. Give its id, "
            "as in core.profile_snapshots."
        )
