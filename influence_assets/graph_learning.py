"""Labels of profiles, from a file or later weeks, and how well the network tells them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from influence_assets.domain.graph.learning.contest import Contest, contest
from influence_assets.domain.graph.ties import both_ways
from influence_assets.errors import UserError
from influence_assets.network import Week, read_labels, week_of
from influence_assets.storage.warehouse import Warehouse

TARGETS = ("followers", "engagement")

WEEKS_AHEAD = 8
"""So many weeks before the last values is the network's week, where none is asked for."""


@dataclass(frozen=True)
class Question:
    """What is to be predicted.

    Attributes:
        platform: may be empty where there is one network only.
        day: of the network's week; None for the last, or, without labels, for one that
            leaves WEEKS_AHEAD weeks to predict.
        labels: a CSV of profile_id and label, or None: what the warehouse came to know later.
        target: where there is no file, followers or engagement.
        is_mutual: a tie holds in both directions, though it is told in one.
    """

    platform: str
    day: date | None
    labels: Path | None
    target: str
    is_mutual: bool = False


def influence_contest(
    warehouse: Warehouse, question: Question, how: Contest, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Every method's scores on held-out profiles, with what was asked of which network.

    Raises:
        UserError: there is no such network, or not enough labels to learn from.
    """
    if question.labels:
        week = week_of(warehouse, question.platform, question.day)
        target, labels = "label", of_file(read_labels(question.labels, week))
    else:
        target = question.target
        week, labels = _of_later_weeks(warehouse, question)
    tell(f"{week.platform}, week of {week.week_start}: {week.ties.height:,} ties")
    try:
        ties = both_ways(week.ties) if question.is_mutual else week.ties
        scores = contest(ties, labels, how, tell)
    except ValueError as error:
        raise UserError(
            f"Nothing can be learnt in the week of {week.week_start} of {week.platform}: {error}. "
            f"{_WHAT_TO_DO}"
        ) from error
    tied = pl.concat([week.ties["source_id"], week.ties["target_id"]]).unique()
    return {
        "platform": week.platform,
        "week_start": week.week_start,
        "ties": week.ties.height,
        "profiles": len(tied),
        "labelled": labels.filter(pl.col("profile_id").is_in(tied.implode())).height,
        "target": target,
        "is_mutual": question.is_mutual,
        "kind": "class" if labels["label"].dtype == pl.String else "number",
        "folds": how.folds,
        "scores": scores.to_dicts(),
    }


_WHAT_TO_DO = (
    "Give more labels with --labels FILE.csv (profile_id, label), choose another --week or "
    "--target, or take fewer --folds."
)


def of_file(told: pl.DataFrame) -> pl.DataFrame:
    """Numbers where all labels are numbers, and log(1 + count) of counts; else classes."""
    number = told["label"].cast(pl.Float64, strict=False)
    if number.null_count() or not number.is_finite().all():
        return told
    is_count = ((number >= 0) & (number == number.floor())).all()
    return told.with_columns(label=number.log1p() if is_count else number)


def _of_later_weeks(warehouse: Warehouse, question: Question) -> tuple[Week, pl.DataFrame]:
    """The network's week, and what the warehouse knows of the weeks after it."""
    target = question.target
    if target not in TARGETS:
        raise UserError(
            f"There is no target '{target}'. Choose one of {', '.join(TARGETS)}, or give labels "
            "of your own with --labels FILE.csv (profile_id, label)."
        )
    newest = week_of(warehouse, question.platform, None)
    last = _last_value(warehouse, newest.platform, target)
    day = question.day or _week_before(warehouse, newest.platform, last)
    week = week_of(warehouse, newest.platform, day)
    if week.week_start >= last:
        raise UserError(
            f"The last week in which a profile of {week.platform} has {target} is that of {last}: "
            f"none comes after the network's week of {week.week_start}. Choose an earlier --week, "
            "or give labels of your own with --labels FILE.csv (profile_id, label)."
        )
    later = warehouse.query(
        "graph.later_labels", {"platform": week.platform, "week_start": week.week_start}
    )
    return week, later.select("profile_id", pl.col(target).alias("label")).drop_nulls()


def _last_value(warehouse: Warehouse, platform: str, target: str) -> date:
    """The last week in which some profile has a value of the target."""
    known = warehouse.query("graph.last_values").filter(pl.col("platform") == platform)
    last: date | None = None if known.is_empty() else known[target][0]
    if last is None:
        raise UserError(
            f"No profile of {platform} has {target} in any week. Ingest posts with counts or "
            "profile snapshots and run `influence build`, or give labels of your own with "
            "--labels FILE.csv (profile_id, label)."
        )
    return last


def _week_before(warehouse: Warehouse, platform: str, last: date) -> date:
    """The last week of the network that leaves WEEKS_AHEAD weeks, else its first."""
    weeks = warehouse.query("graph.weeks").filter(pl.col("platform") == platform)["week_start"]
    early: date | None = weeks.filter(weeks <= last - timedelta(weeks=WEEKS_AHEAD)).max()  # type: ignore[assignment]
    return early or weeks[0]
