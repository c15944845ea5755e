"""What the report says: one function per section, frames in, blocks out.

Each chart's caption is computed from the same frame as the chart. An empty frame
gives the command that would fill it.
"""

from __future__ import annotations

from influence_assets.reporting.blocks import Section
from influence_assets.reporting.data import ReportData
from influence_assets.reporting.sections import (
    collected,
    communities,
    evidence,
    graph,
    growth,
    models,
    spread,
    topics,
)


def all_sections(data: ReportData) -> list[Section]:
    """Every section in the order of the page."""
    return [
        collected.came_in(data),
        collected.coverage(data),
        growth.growth(data),
        graph.network_map(data),
        graph.top_profiles(data),
        communities.communities(data),
        topics.talked_about(data),
        spread.what_spreads(data),
        evidence.second_look(data),
        models.quality(data),
        models.drivers(data),
        collected.quarantine(data),
    ]
