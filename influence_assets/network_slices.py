"""Communities of several weeks found together, beside those of each week as it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from influence_assets.assets.graph import SEED
from influence_assets.domain.graph.leiden import Leiden
from influence_assets.domain.graph.slices import slices
from influence_assets.errors import UserError
from influence_assets.network import ties_of, weeks_of
from influence_assets.storage.warehouse import Warehouse

WEEKS = 8
"""So many by default: twice as many take two to three times as long."""


@dataclass(frozen=True)
class Sliced:
    """Communities of several weeks found together.

    Attributes:
        platform: of the network.
        members: week_start, profile_id and community_id.
        weeks: week_start, profiles, communities, stayed (profiles that were there in the week
            before as well), changed (share of these that are in another community than then;
            NULL without any) and weekly_changed (the same by the ids of
            graph.communities_weekly; NULL where these are not built).
        changed: the share over all weeks.
        weekly_changed: the same by the weekly ids, over the weeks that have them.
    """

    platform: str
    members: pl.DataFrame
    weeks: pl.DataFrame
    changed: float | None
    weekly_changed: float | None


def sliced(
    warehouse: Warehouse,
    platform: str,
    first: date | None,
    last: date | None,
    coupling: float,
    how: Leiden,
) -> Sliced:
    """Find the communities of the weeks from the one to the other together.

    Args:
        warehouse: that holds the network.
        platform: needed where there are several.
        first: a day of the first week; by default that of the last eight weeks.
        last: a day of the last week; by default the last.
        coupling: weight of the tie between a profile and itself in the next week.
        how: resolution, runs and iterations.

    Raises:
        UserError: there is no network of it, or none in two of these weeks.
    """
    platform, days = weeks_of(warehouse, platform)
    until = [day for day in days if last is None or day <= last]
    # A week is within if any day of it is.
    asked = [d for d in until if (d - first).days > -7] if first else until[-WEEKS:]
    if len(asked) < 2:
        raise UserError(
            f"{platform} has {len(asked)} weeks of a network there, and two are needed; its weeks "
            f"go from {days[0]} to {days[-1]}, those without a new tie left out."
        )
    bounds = asked[0], asked[-1]
    columns = ["week_start", "source_id", "target_id", "weight"]
    members = slices(ties_of(warehouse, platform, *bounds, columns), SEED, coupling, how)
    key = ["platform", "week_start", "profile_id", "community_id"]
    weekly = warehouse.read("graph.communities_weekly", key, since=bounds[0], until=bounds[1])
    moved = moves(members, weekly.filter(pl.col("platform") == platform))
    shares = pl.col("changed").mean(), pl.col("weekly_changed").mean()
    weeks = moved.group_by("week_start").agg(
        pl.len().alias("profiles"),
        pl.col("community_id").n_unique().alias("communities"),
        pl.col("changed").count().alias("stayed"),
        *shares,
    )
    return Sliced(platform, members, weeks.sort("week_start"), *moved.select(shares).row(0))


def moves(members: pl.DataFrame, weekly: pl.DataFrame) -> pl.DataFrame:
    """Whether each profile of each week is in another community than in the week before.

    Args:
        members: week_start, profile_id and community_id, of each week that counts.
        weekly: the same as it was found week by week.

    Returns:
        week_start, profile_id, community_id, changed (NULL if it was not there in the week before)
        and weekly_changed (the same by the ids of `weekly`; NULL also where these are not known).
    """
    week = ["week_start", "profile_id"]
    both = members.join(weekly.select(*week, weekly_id="community_id"), on=week, how="left")
    numbered = both.with_columns(pl.col("week_start").rank("dense").cast(pl.Int64).alias("number"))
    before = numbered.select("profile_id", "community_id", "weekly_id", pl.col("number") + 1)
    return numbered.join(before, on=["number", "profile_id"], how="left", suffix="_before").select(
        *week,
        "community_id",
        changed=pl.col("community_id") != pl.col("community_id_before"),
        weekly_changed=pl.col("weekly_id") != pl.col("weekly_id_before"),
    )
