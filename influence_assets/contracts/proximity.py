"""Contract of likeness: what is alike, whether or not there is a tie."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from influence_assets.contracts.base import table
from influence_assets.contracts.keys import platform_column, week_column


@table(
    "graph.proximity_weekly",
    ("week_start", "platform", "profile_id", "other_id"),
    "week_start",
    "week",
)
class ProximityWeekly(dy.Schema):
    """A row is two profiles that are alike as of the end of the week: by one of the measures
    at least, one of them is among the ten nearest of the other.

    By their posts of 13 weeks, and by what they last stated of themselves.
    """

    week_start = week_column()
    platform = platform_column()
    profile_id = dy.String(min_length=1, description="The smaller of the two ids.")
    other_id = dy.String(min_length=1, description="The larger of them.")
    hashtag_weight = dy.Float64(
        min=0,
        max=1,
        description="Cosine similarity of the TF-IDF vectors of their hashtags (Salton and Buckley "
        "1988); 0 where they are not near by it.",
    )
    similarity_weight = dy.Float64(
        min=0,
        max=1,
        description="Mean likeness of language, country, category, hours and captions, over what "
        "is known of both (Gower 1971), three of them at least; 0 where they are not near by it.",
    )

    @dy.rule()
    def ids_are_in_order(cls) -> pl.Expr:
        return cls.profile_id.col < cls.other_id.col

    @dy.rule()
    def they_are_near(cls) -> pl.Expr:
        return (cls.hashtag_weight.col > 0) | (cls.similarity_weight.col > 0)
