"""The author's place in the graph of the newest week that had ended."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from influence_assets.contracts.features import GRAPH_COLUMNS


def graph_features(posts: pl.DataFrame, graph: pl.DataFrame | None) -> pl.DataFrame:
    """Place of the author at the end of the newest finished week, whoever is in it.

    An author who is not in that week's graph has no tie in it: the values are NULL, and an
    older week is not used in its place.

    Args:
        posts: with profile_id and posted_at (UTC).
        graph: one row a profile's week with profile_id, week_start (Date, Monday) and the
            columns of GRAPH_COLUMNS; None if there is no graph. At most one row per profile
            and week.

    Returns:
        One row per post, in their order: GRAPH_COLUMNS (Float64) and graph_available_at.

    Raises:
        ValueError: a column is missing, or a profile is twice in a week.
    """
    if graph is None or graph.is_empty():
        columns = dict.fromkeys(GRAPH_COLUMNS, pl.Float64())
        # `clear(n)` gives n rows of NULL.
        return pl.DataFrame(schema=columns | {"graph_available_at": pl.Datetime("us")}).clear(
            posts.height
        )
    if missing := [c for c in ("profile_id", "week_start", *GRAPH_COLUMNS) if c not in graph]:
        raise ValueError(f"graph lacks the columns {', '.join(missing)}")
    if graph.select(pl.struct("profile_id", "week_start").is_duplicated().any()).item():
        raise ValueError("graph must hold a profile once a week")
    places = graph.select(
        "profile_id",
        (pl.col("week_start").cast(pl.Datetime("us")) + timedelta(days=7)).alias("week_end"),
        *(pl.col(c).cast(pl.Float64).fill_nan(None) for c in GRAPH_COLUMNS),
        pl.lit(True).alias("in_graph"),
    )
    weeks = places.select(pl.col("week_end").unique().sort())
    # The last week whose end is not after posted_at; position 0 stands for "none yet".
    before = weeks["week_end"].search_sorted(posts["posted_at"], side="right")
    ends = pl.concat([pl.Series([None], dtype=pl.Datetime("us")), weeks["week_end"]])
    return (
        posts.select("profile_id", ends.gather(before).alias("week_end"))
        .join(places, on=["profile_id", "week_end"], how="left", maintain_order="left")
        .select(
            *GRAPH_COLUMNS,
            pl.when("in_graph").then("week_end").alias("graph_available_at"),
        )
    )
