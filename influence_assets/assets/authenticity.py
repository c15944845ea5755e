"""Evidence about profiles week by week, and influence with it in mind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import dagster as dg
import polars as pl

from influence_assets.assets.graph import NETWORKS_AT_ONCE, measured
from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.contracts.authenticity import AuthenticityEvidenceWeekly
from influence_assets.domain import false_discovery
from influence_assets.domain.authenticity import (
    audience,
    coordination,
    evidence,
    growth,
    influence,
)
from influence_assets.domain.graph import centrality, ties
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.versions import Recipe, Upstream

WINDOW_DAYS = 91
"""Thirteen weeks: long enough for what recurs to recur, and for a growth of one's own."""

_SELECTS = ("acts", "followers", "posts", "audience")
_TIES = ["week_start", "platform", "source_id", "target_id", "weight"]
_EVIDENCE = ["week_start", "platform", "profile_id", "kind", "strength"]

ADJUSTED = Recipe(
    "graph.influence_adjusted_weekly",
    (
        Upstream("graph.edges_weekly", "same"),
        Upstream("marts.authenticity_evidence_weekly", "same", drives=False),
    ),
    code_of(centrality, ties, influence),
)


def authenticity_recipes(settings: Settings) -> list[Recipe]:
    """What evidence and adjusted influence are built from."""
    selects = "-".join(sql.code_version(f"marts.authenticity_{name}") for name in _SELECTS)
    code = code_of(audience, coordination, evidence, false_discovery, growth)
    found = Recipe(
        "marts.authenticity_evidence_weekly",
        (
            Upstream("core.posts", "so_far"),
            Upstream("core.profile_snapshots", "so_far"),
            Upstream("core.post_metrics", "so_far", drives=False),
        ),
        f"{code}-{selects}-{WINDOW_DAYS}-{settings.maturity}",
    )
    return [found, ADJUSTED]


def authenticity_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The assets of evidence and of adjusted influence."""
    found, adjusted = authenticity_recipes(settings)
    return [
        table_asset(found, compute_evidence, start=start, kinds={"polars", "table"}),
        table_asset(adjusted, compute_adjusted, start=start, kinds={"igraph", "table"}),
    ]


def compute_evidence(build: Build) -> Mapping[str, Any]:
    """Evidence as of the end of each week; tells how many things were not judged."""
    left_out = 0
    for chunk in build.chunks(NETWORKS_AT_ONCE):
        weeks = list(chunk)
        bounds: dict[str, Any] = {
            "first_day": weeks[0], "last_day": weeks[-1], "window_days": WINDOW_DAYS,
        }  # fmt: skip
        settled = {"settled_hours": build.settings.maturity / timedelta(hours=1)}
        acts, readings, posts, profiles = (
            build.warehouse.query(
                f"marts.authenticity_{name}", bounds | (settled if name == "posts" else {})
            )
            for name in _SELECTS
        )
        rows: list[pl.DataFrame] = [AuthenticityEvidenceWeekly.create_empty()]
        for week in map(date.fromisoformat, weeks):
            since, until = week + timedelta(days=7 - WINDOW_DAYS), week + timedelta(days=6)
            window = (
                acts.filter(pl.col("posted_at").dt.date().is_between(since, until)),
                readings.filter(pl.col("day").is_between(since, until)),
                posts.filter(pl.col("week_start") == week),
                profiles.filter(pl.col("week_start") == week),
            )
            for platform, known in _by_platform(*window):
                if not known.has_news(week):
                    continue
                found, crowded = evidence.evidence(known, since, until)
                left_out += crowded
                place = {"week_start": pl.lit(week), "platform": pl.lit(platform)}
                rows.append(found.with_columns(**place))
        build.write(pl.concat(rows, how="diagonal"), chunk)
        build.log(f"{build.recipe.table}: {weeks[0]} to {weeks[-1]} written")
    return {"things_left_out": left_out}


def _by_platform(*frames: pl.DataFrame) -> Iterator[tuple[str, evidence.Known]]:
    """Each platform with its own part of the four frames."""
    parts = [frame.partition_by("platform", as_dict=True, include_key=False) for frame in frames]
    for key in sorted({key for part in parts for key in part}):
        own = (
            part.get(key, frame.drop("platform").clear())
            for part, frame in zip(parts, frames, strict=True)
        )
        yield key[0], evidence.Known(*own)


def compute_adjusted(build: Build) -> None:
    """PageRank and strength, plain and adjusted, week by week and platform by platform."""
    for chunk in build.chunks(NETWORKS_AT_ONCE):
        weeks = list(chunk)
        first, last = date.fromisoformat(weeks[0]), date.fromisoformat(weeks[-1])
        edges = build.warehouse.read("graph.edges_weekly", _TIES, since=first, until=last)
        told = build.warehouse.read(
            "marts.authenticity_evidence_weekly", _EVIDENCE, since=first, until=last
        )

        def measure(own: pl.DataFrame, about: pl.DataFrame) -> pl.DataFrame:
            return influence.adjusted(own, influence.votes(about))

        build.write(measured(build, edges, told, weeks, measure), chunk)
        build.log(f"{build.recipe.table}: {weeks[0]} to {weeks[-1]} written")
