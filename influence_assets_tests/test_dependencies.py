"""Of several reaches into one upstream table all are in its edge of the asset graph."""

from __future__ import annotations

from datetime import datetime

import dagster as dg
import pytest

from influence_assets.assets.declared import dependencies
from influence_assets.contracts import TABLES
from influence_assets.storage.versions import Reach, Upstream

# Four weeks from a Monday, and their days.
WEEKS = dg.WeeklyPartitionsDefinition("2024-01-01", day_offset=1, end_date="2024-01-29")
DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-01-29")
NOW = datetime(2024, 6, 1)


def reached(table: str, *reaches: Reach) -> list[str]:
    """The partitions of the table that the week of 15 January 2024 depends on."""
    upstream = [Upstream(table, reach) for reach in reaches]
    (edge,) = dependencies(upstream, TABLES["graph.centrality_standing_weekly"])
    assert edge.partition_mapping is not None
    found = edge.partition_mapping.get_upstream_mapped_partitions_result_for_partitions(
        WEEKS.subset_with_partition_keys(["2024-01-15"]),
        WEEKS,
        DAYS if TABLES[table].grain == "day" else WEEKS,
        current_time=NOW,
    )
    return sorted(found.partitions_subset.get_partition_keys())


FIRST, BEFORE, OWN, AFTER = "2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22"


@pytest.mark.parametrize(
    ("one", "other", "weeks"),
    [
        ("same", "week_before", [BEFORE, OWN]),
        ("exists", "week_before", [BEFORE, OWN]),
        ("same", "exists", [OWN]),
        ("same", "so_far", [FIRST, BEFORE, OWN, AFTER]),
        ("week_before", "all", [FIRST, BEFORE, OWN, AFTER]),
        ("touched", "same", [FIRST, BEFORE, OWN, AFTER]),
    ],
)
def test_the_order_of_reaches_makes_no_difference(
    one: Reach, other: Reach, weeks: list[str]
) -> None:
    table = "graph.profile_centrality_weekly"
    assert reached(table, one, other) == weeks
    assert reached(table, other, one) == weeks


def test_a_week_reaches_the_days_of_its_weeks() -> None:
    table = "core.profile_snapshots"
    week = [f"2024-01-{day:02}" for day in range(15, 22)]
    before = [f"2024-01-{day:02}" for day in range(8, 15)]
    assert reached(table, "week") == week
    assert reached(table, "week_before") == before
    assert reached(table, "week_before", "week") == before + week
