"""Questions to the network of one platform in one week, answered from the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from influence_assets.assets.graph import SEED
from influence_assets.domain.graph.centrality import near
from influence_assets.domain.graph.compare import compared
from influence_assets.domain.graph.leiden import Leiden
from influence_assets.errors import UserError
from influence_assets.storage.warehouse import Warehouse


@dataclass(frozen=True)
class Likeness:
    """The pairs of a platform that are alike as of the end of a week (its Monday)."""

    platform: str
    week_start: date
    pairs: pl.DataFrame


@dataclass(frozen=True)
class Week:
    """The ties of a platform as of the end of a week (its Monday)."""

    platform: str
    week_start: date
    ties: pl.DataFrame


_TIES = ["source_id", "target_id", "weight"]


def weeks_of(warehouse: Warehouse, platform: str) -> tuple[str, list[date]]:
    """The platform, which goes without saying where there is one, and the weeks of its network.

    Raises:
        UserError: there is no network of it, or the platform has to be named.
    """
    return _of_platform(warehouse.query("graph.weeks"), platform)


def week_of(warehouse: Warehouse, platform: str, day: date | None) -> Week:
    """The week that holds the day, by default the platform's last.

    Raises:
        UserError: there is no network of it, or the platform has to be named.
    """
    platform, days = weeks_of(warehouse, platform)
    week = _holding(days, platform, day)
    return Week(platform, week, ties_of(warehouse, platform, week, week, _TIES))


def likeness_of(warehouse: Warehouse, platform: str, day: date | None) -> Likeness:
    """Who is alike in the week that holds the day, by default the platform's last.

    Raises:
        UserError: nothing is known of it, or the platform has to be named.
    """
    platform, days = _of_platform(warehouse.query("graph.proximity_weeks"), platform)
    week = _holding(days, platform, day)
    columns = ["platform", "profile_id", "other_id", "hashtag_weight", "similarity_weight"]
    pairs = warehouse.read("graph.proximity_weekly", columns, since=week, until=week)
    return Likeness(platform, week, pairs.filter(pl.col("platform") == platform).drop("platform"))


def _of_platform(weeks: pl.DataFrame, platform: str) -> tuple[str, list[date]]:
    """The platform that is meant, and its own of the weeks."""
    platforms = weeks["platform"].unique().sort().to_list()
    if not platforms:
        raise UserError(
            "There is no network yet. Ingest files with ties or posts, then `influence build`."
        )
    if not platform and len(platforms) > 1:
        raise UserError(f"Say which network with --platform: {', '.join(platforms)}.")
    platform = platform or platforms[0]
    own = weeks.filter(pl.col("platform") == platform)["week_start"]
    if own.is_empty():
        raise UserError(f"There is no network of {platform}, only of {', '.join(platforms)}.")
    return platform, own.to_list()


def _holding(days: list[date], platform: str, day: date | None) -> date:
    """The one of these weeks that holds the day, by default the last."""
    last = max((d for d in days if day is None or d <= day), default=None)
    if last is None or (day and (day - last).days > 6):
        raise UserError(
            f"There is no network of {platform} for the week of {day}; the weeks go from "
            f"{days[0]} to {days[-1]}, those without anything new left out."
        )
    return last


def ties_of(
    warehouse: Warehouse, platform: str, first: date, last: date, columns: list[str]
) -> pl.DataFrame:
    """These columns of the platform's ties in the weeks from the first to the last."""
    ties = warehouse.read("graph.edges_weekly", ["platform", *columns], since=first, until=last)
    return ties.filter(pl.col("platform") == platform).drop("platform")


def nearest(week: Week, profiles: list[str], most: int) -> pl.DataFrame:
    """The profiles that personalised PageRank finds nearest to these, nearest first.

    Raises:
        UserError: one of them has no tie in this week.
    """
    try:
        found = near(week.ties, profiles)
    except ValueError as error:
        raise UserError(
            f"In the week of {week.week_start} {week.platform} has {error}. Write the profile_id "
            "as it stands in graph.edges_weekly."
        ) from error
    others = found.filter(~pl.col("profile_id").is_in(profiles))
    return others.sort("pagerank", "profile_id", descending=[True, False]).head(most)


def most_alike(found: Likeness, profiles: list[str], most: int) -> pl.DataFrame:
    """The profiles that are most like these, by the sum of both weights.

    Columns: profile_id, hashtag_weight and similarity_weight, each the mean over the given
    profiles, to which 0 counts where two are not near.

    Raises:
        UserError: one of them is like nobody in this week.
    """
    turned = found.pairs.rename({"profile_id": "other_id", "other_id": "profile_id"})
    both = pl.concat([found.pairs, turned.select(found.pairs.columns)])
    asked = set(profiles)
    if unknown := sorted(asked - set(both["profile_id"])):
        raise UserError(
            f"In the week of {found.week_start} nobody of {found.platform} is known to be like "
            f"{', '.join(unknown)}. Write the profile_id as it stands in core.posts; likeness "
            "needs posts of the 13 weeks before."
        )
    weights = pl.col("hashtag_weight", "similarity_weight")
    return (
        both.filter(pl.col("profile_id").is_in(asked) & ~pl.col("other_id").is_in(asked))
        .sort("profile_id", "other_id")
        .group_by(pl.col("other_id").alias("profile_id"), maintain_order=True)
        .agg(weights.sum() / len(asked))
        .sort(pl.sum_horizontal(weights), "profile_id", descending=[True, False])
        .head(most)
    )


def comparison(warehouse: Warehouse, week: Week, truth: Path | None, how: Leiden) -> pl.DataFrame:
    """Algorithms for communities side by side, against true groups where a file tells them.

    Args:
        warehouse: that has the layers of the week's ties.
        week: whose ties are meant.
        truth: CSV of true groups.
        how: runs, iterations and layers.

    Raises:
        UserError: the file has no such columns, or speaks of other profiles.
    """
    groups = dict(read_labels(truth, week).iter_rows()) if truth else {}
    columns = [*_TIES, *how.layers]
    ties = ties_of(warehouse, week.platform, week.week_start, week.week_start, columns)
    return compared(ties, groups, SEED, how)


def read_labels(path: Path, week: Week) -> pl.DataFrame:
    """A CSV of profile_id and label, both as text; of a profile that is there twice the last.

    Raises:
        UserError: the file has no such columns, or speaks of no profile of the week.
    """
    try:
        told = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(f"{path} cannot be read as CSV: {error}") from error
    if not {"profile_id", "label"} <= set(told.columns):
        raise UserError(
            f"{path} has the columns {', '.join(told.columns)}. It needs `profile_id` and `label`."
        )
    known = told.select("profile_id", "label").drop_nulls()
    tied = pl.concat([week.ties["source_id"], week.ties["target_id"]])
    if not tied.is_in(known["profile_id"].implode()).any():
        raise UserError(f"{path} speaks of no profile that has a tie in this week.")
    return known.unique("profile_id", keep="last", maintain_order=True)
