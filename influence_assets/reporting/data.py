"""What a report is made of: one frame per query under `sql/report/`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime

import polars as pl


@dataclass(frozen=True, eq=False)
class ReportData:
    """The frames of one report. Each is named after the query that fills it.

    Attributes:
        title: heading of the page.
        generated_at: when the frames were read, UTC; given from outside, so that the
            same input renders to the same bytes.
    """

    title: str
    generated_at: datetime
    files: pl.DataFrame
    refused: pl.DataFrame
    quarantine: pl.DataFrame
    totals: pl.DataFrame
    coverage: pl.DataFrame
    growth: pl.DataFrame
    graph_totals: pl.DataFrame
    network_nodes: pl.DataFrame
    network_edges: pl.DataFrame
    top_profiles: pl.DataFrame
    communities: pl.DataFrame
    community_names: pl.DataFrame
    community_sizes: pl.DataFrame
    community_events: pl.DataFrame
    topics: pl.DataFrame
    topic_weeks: pl.DataFrame
    topics_rising: pl.DataFrame
    community_topics: pl.DataFrame
    hashtags: pl.DataFrame
    viral_posts: pl.DataFrame
    cascades: pl.DataFrame
    evidence: pl.DataFrame
    registry: pl.DataFrame
    evaluations: pl.DataFrame
    importances: pl.DataFrame

    @classmethod
    def from_query(
        cls,
        run: Callable[[str], pl.DataFrame],
        generated_at: datetime,
        title: str = "Influence report",
    ) -> ReportData:
        """Fill every frame.

        Args:
            run: gives the result of `sql/report/<name>.sql` for its bare name.
        """
        frames = {name: run(name) for name in QUERIES}
        return cls(title=title, generated_at=generated_at, **frames)

    def platforms(self) -> list[str]:
        """Every platform that occurs in any frame, the one with the most profiles first."""
        ordered = self.totals["platform"].to_list()
        others = {
            platform
            for name in QUERIES
            if "platform" in (frame := getattr(self, name)).columns
            for platform in frame["platform"].unique().to_list()
        }
        return ordered + sorted(others.difference(ordered))

    def names_of_communities(self, platform: str) -> dict[str, str]:
        """What the page calls each community of the platform that was ever described, by id."""
        rows = of_platform(self.community_names, platform).select("community_id", "label").rows()
        return dict(rows)


def of_platform(frame: pl.DataFrame, platform: str) -> pl.DataFrame:
    """The rows of one platform, in their order."""
    return frame.filter(pl.col("platform") == platform)


QUERIES: tuple[str, ...] = tuple(
    field.name for field in fields(ReportData) if field.name not in ("title", "generated_at")
)
"""Names of the queries, which are names of files under `sql/report/`."""
