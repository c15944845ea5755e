"""A warehouse in memory with the tables of the contracts, and a small world with known answers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from influence_assets.contracts import TABLES
from influence_assets.reporting.data import ReportData

SQL = Path(__file__).parents[2] / "sql" / "report"
NOW = datetime(2026, 2, 1, 9, 30)
W1, W2, W3, W4 = (date(2026, 1, 5) + timedelta(weeks=i) for i in range(4))

_TYPES = {
    pl.String: "VARCHAR", pl.Int64: "BIGINT", pl.Float64: "DOUBLE", pl.Float32: "FLOAT",
    pl.Boolean: "BOOLEAN", pl.Date: "DATE", pl.Datetime: "TIMESTAMP",
}  # fmt: skip


def _duckdb_type(dtype: Any) -> str:
    if isinstance(dtype, pl.List):
        return f"{_duckdb_type(dtype.inner)}[]"
    return _TYPES[dtype.base_type()]


def _is_of_a_time(column: str) -> bool:
    return column.startswith("is_") and column.endswith("_known")


class Warehouse:
    """Empty tables; `put` adds rows. What a row does not name is NULL, and its time known."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        for layer in {table.layer for table in TABLES.values()}:
            self.connection.execute(f"CREATE SCHEMA {layer}")
        for table in TABLES.values():
            columns = (
                f"{name} {_duckdb_type(c.dtype)}" + (" DEFAULT true" if _is_of_a_time(name) else "")
                for name, c in table.columns.items()
            )
            self.connection.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")

    def put(self, table: str, columns: str, *rows: tuple[Any, ...]) -> None:
        marks = ", ".join("?" * len(columns.split()))
        names = ", ".join(columns.split())
        self.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)

    def run(self, name: str) -> pl.DataFrame:
        return self.connection.execute((SQL / f"{name}.sql").read_text(encoding="utf-8")).pl()

    def rows(self, name: str, columns: str) -> list[tuple[Any, ...]]:
        return self.run(name).select(columns.split()).rows()

    def report(self) -> ReportData:
        return ReportData.from_query(self.run, NOW, "A title")


def fill(warehouse: Warehouse) -> None:
    """Four profiles on one platform, three weeks, one of everything."""
    _fill_files(warehouse)
    _fill_core(warehouse)
    _fill_graph(warehouse)
    _fill_spread(warehouse)
    _fill_topics(warehouse)
    _fill_models(warehouse)


def _fill_files(w: Warehouse) -> None:
    w.put(
        "raw.files",
        "file_id ingest_number source path bytes rows_in rows_good rows_quarantined status"
        " message ingested_at",
        ("f1", 1, "api", "/home/someone/a.json", 1000, 10, 8, 2, "ingested", None, NOW),
        ("f2", 2, "api", "/home/someone/b.json", 500, 5, 4, 1, "ingested", None, NOW),
        ("f3", 3, "api", "/home/someone/c.zip", 70, 0, 0, 0, "refused", "not JSON", NOW),
        ("f4", 4, "list", "/home/someone/d.csv", 20, 3, 3, 0, "ingested", None, NOW),
    )
    w.put(
        "raw.quarantine",
        "file_id row_number contract rule message raw_row",
        ("f1", 7, "core.posts", "likes|min", "second", "{}"),
        ("f1", 2, "core.posts", "likes|min", "first", "{}"),
        ("f2", 1, "core.posts", "likes|min", "later file", "{}"),
        # Its file is not known: the record is shown all the same.
        ("f9", 1, "core.media", "kind", "orphan", "{}"),
    )


def _fill_core(w: Warehouse) -> None:
    posted = datetime(2026, 1, 6, 12)
    likes = {"p1": 10, "p2": 10, "p3": 10, "p4": 10, "p5": 120}
    for i, (post_id, count) in enumerate(likes.items()):
        at = posted + timedelta(days=i)
        w.put(
            "core.posts",
            "platform post_id profile_id posted_at posted_date kind text url",
            (
                "ig",
                post_id,
                "a",
                at,
                at.date(),
                "image",
                f"text of {post_id}",
                f"https://x.org/{i}",
            ),
        )
        # An earlier reading is overruled by the last one.
        for hours, reading in ((1, 1), (48, count)):
            seen = at + timedelta(hours=hours)
            w.put(
                "core.post_metrics",
                "platform post_id observed_at observed_date likes",
                ("ig", post_id, seen, seen.date(), reading),
            )
    w.put(
        "core.profile_snapshots",
        "platform profile_id observed_at observed_date handle followers",
        ("ig", "a", datetime(2026, 1, 5), W1, "old_name", 100),
        ("ig", "a", datetime(2026, 1, 7), date(2026, 1, 7), "anna", 101),
        ("ig", "a", datetime(2026, 1, 19), W3, None, 160),
        ("ig", "b", datetime(2026, 1, 12), W2, "ben", 200),
    )
    w.put(
        "core.interactions",
        "platform kind source_id target_id occurred_at occurred_date weight",
        ("ig", "mention", "a", "b", datetime(2026, 1, 11, 23), date(2026, 1, 11), 1.0),
        ("ig", "reply", "d", "a", datetime(2026, 1, 12), W2, 1.0),
    )
    w.put(
        "marts.profile_metrics_weekly",
        "platform profile_id week_start followers_end posts days_observed",
        # Known in the first and the last week, with a hole between.
        ("ig", "a", W1, 100, 5, 1), ("ig", "a", W2, None, 0, 0), ("ig", "a", W3, 160, 0, 1),
        # Lost followers.
        ("ig", "b", W1, 200, 0, 1), ("ig", "b", W3, 180, 0, 1),
        # Known in one week only.
        ("ig", "c", W2, 50, 0, 1),
    )  # fmt: skip


def _fill_graph(w: Warehouse) -> None:
    w.put(
        "graph.profile_centrality_weekly",
        "week_start platform profile_id in_degree out_degree in_strength out_strength pagerank"
        " betweenness core_number",
        # The week before does not count.
        (W1, "ig", "a", 9, 9, 9.0, 9.0, 0.9, 0.9, 9),
        (W2, "ig", "a", 2, 2, 5.0, 5.0, 0.3, 0.5, 2),
        (W2, "ig", "b", 1, 1, 3.0, 1.0, 0.5, 0.0, 2),
        (W2, "ig", "c", 1, 0, 2.0, 0.0, 0.2, 0.0, 1),
    )
    w.put(
        "graph.edges_weekly",
        "week_start platform source_id target_id weight",
        (W1, "ig", "a", "b", 100.0),
        (W2, "ig", "a", "b", 3.0),
        (W2, "ig", "b", "a", 1.0),
        (W2, "ig", "a", "c", 2.0),
        # In no community and without a PageRank: the tie touches a's community from outside.
        (W2, "ig", "d", "a", 4.0),
        (W2, "ig", "a", "a", 0.0),
    )
    w.put(
        "graph.layout_weekly",
        "week_start platform profile_id x y",
        (W1, "ig", "a", 9.0, 9.0),
        (W2, "ig", "a", 0.0, 0.0), (W2, "ig", "b", 4.0, 1.0), (W2, "ig", "c", 2.0, 3.0),
    )  # fmt: skip
    w.put(
        "graph.communities_weekly",
        "week_start platform profile_id community_id community_size membership_strength",
        (W1, "ig", "a", "a", 1, 1.0),
        (W2, "ig", "a", "a", 2, 0.5), (W2, "ig", "b", "a", 2, 1.0), (W2, "ig", "c", "c", 1, 0.0),
    )  # fmt: skip
    w.put(
        "graph.community_profiles_weekly",
        "week_start platform community_id label size leader_ids cohesion languages language_shares",
        # The week before does not count, but for what a community was called that is gone.
        (W1, "ig", "a", "#old", 1, ["a"], 0.9, [], []),
        (W1, "ig", "g", "around b", 1, ["b"], 0.9, [], []),
        (W2, "ig", "a", "#kitchen #recipe", 2, ["b", "a"], 0.4, ["en", "de"], [0.75, 0.25]),
        (W2, "ig", "c", "around c", 1, ["c"], 0.0, [], []),
    )
    w.put(
        "graph.community_events",
        "week_start platform community_id event other_ids other_sizes size_before size_after",
        (W1, "ig", "a", "first_seen", [], [], None, 1),
        (W1, "ig", "c", "birth", [], [], None, 6),
        (W2, "ig", "a", "merge", ["g"], [1], 1, 2),
    )


def _fill_spread(w: Warehouse) -> None:
    month_before = W2 - timedelta(weeks=4)
    w.put(
        "marts.hashtags_weekly",
        "platform hashtag week_start posts profiles expected_profiles burst_score is_taking_off"
        " community_dominance",
        ("ig", "bake", month_before, 9, 9, 1.0, 9.0, True, 1.0),
        ("ig", "cook", W1, 7, 5, 1.0, 8.0, True, 1.0),
        # Taken up again: told of once, by the newest week.
        ("ig", "cook", W2, 8, 6, 2.5, 3.0, True, 0.5),
        ("ig", "grill", W2, 4, 4, 1.0, 3.5, True, None),
        ("ig", "walk", W2, 50, 40, 39.0, 0.3, False, 0.2),
    )
    w.put(
        "marts.viral_posts",
        "platform post_id profile_id posted_at age_hours engagement expected_engagement"
        " outlier_score earlier_posts is_outlier cascade_size is_widely_spread",
        ("ig", "p5", "a", datetime(2026, 1, 10, 12), 48.0, 120, 10.4, 6.25, 4, True, 3, False),
        # Passed on far, and nothing to compare it with; its post is not there any more.
        ("ig", "gone", "c", None, None, 70, None, None, None, False, 30, True),
    )
    w.put(
        "marts.cascades",
        "platform kind item_id root_id started_at size depth breadth structural_virality",
        ("ig", "hashtag", "cook", "b", datetime(2026, 1, 5), 40, 6, 9, 4.5),
        ("ig", "repost", "p5", "a", datetime(2026, 1, 10, 12), 3, 2, 1, 1.3333),
        ("ig", "text", "a hash", "a", datetime(2026, 1, 7, 12), 2, 1, 1, 1.0),
        ("ig", "reply", "not collected", "d", None, 2, 1, 1, 1.0),
    )
    w.put(
        "marts.authenticity_evidence_weekly",
        "week_start platform profile_id kind what deviations first_day last_day strength evidence",
        # Seen for two weeks: told of once.
        (W1, "ig", "a", "growth_step", "gain", 12.0, W1, W2, 1.0, "Followers went up."),
        (W2, "ig", "a", "growth_step", "gain", 12.0, W1, W2, 1.0, "Followers went up."),
        (W2, "ig", "b", "growth_step", "gain", 90.0, W1, W2, 0.5, "They went up in busy days."),
        (W2, "ig", "c", "engagement_low", "posts", -4.0, W1, W2, 1.0, "Engagement is low."),
        (W1, "ig", "d", "engagement_low", "posts", -5.0, W1, W1, 1.0, "It was low."),
    )


def _fill_topics(w: Warehouse) -> None:
    texts = [sha256(f"text of {post_id}".encode()).hexdigest() for post_id in ("p1", "p2")]
    w.put(
        "content.topics_weekly",
        "week_start topic_id label texts posts share platforms examples",
        (W1, "bread", "bread, oven", 4, 3, 0.6, ["ig"], texts[:1]),
        (W1, "goal", "goal, derby", 2, 2, 0.4, ["ig"], []),
        # Called otherwise by now, and the other was not talked about.
        (W2, "bread", "bread, oven, crust", 5, 1, 0.5, ["ig"], [*texts, "gone"]),
        (W2, "vote", "vote, rent", 3, 0, 0.0, ["ig"], []),
    )
    w.put(
        "content.post_topics_weekly",
        "week_start platform post_id topic_id",
        *((W1, "ig", f"p{n}", "bread" if n < 4 else "goal") for n in range(1, 6)),
        (W2, "ig", "p6", "bread"), (W2, "ig", "p7", None),
    )  # fmt: skip
    w.put(
        "marts.topics_rising_weekly",
        "week_start topic_id label posts profiles expected_profiles burst_score is_rising"
        " engagement_ratio community_platforms community_ids community_posts",
        (W1, "bread", "bread, oven", 3, 3, 1.0, 3.0, True, None, [], [], []),
        # Risen again: told of once, by the newest week.
        (W2, "bread", "bread, oven, crust", 9, 8, 2.5, 2.0, True, 1.25, ["ig"], ["a"], [6]),
        (W2, "goal", "goal, derby", 9, 9, 9.0, 0.3, False, 1.0, [], [], []),
    )
    w.put(
        "marts.community_content_weekly",
        "week_start platform community_id posts topic_ids topic_labels topic_shares"
        " posts_with_sentiment sentiment_mean negative_share",
        (W1, "ig", "a", 4, ["bread", "goal"], ["bread, oven", "goal, derby"], [0.5, 0.25],
         3, 0.5, 0.0),
        (W2, "ig", "a", 1, ["bread"], ["bread, oven, crust"], [1.0], 1, -0.5, 1.0),
        (W2, "ig", "c", 1, [], [], [], 0, None, None),
    )  # fmt: skip


def _fill_models(w: Warehouse) -> None:
    w.put(
        "models.evaluations",
        "platform target maturity_hours protocol algorithm is_baseline metric value"
        " ci_low ci_high train_rows test_rows test_authors",
        *(
            ("ig", "likes", 48.0, protocol, *score, 100, 20, 5)
            for protocol in ("C", "R", "T")
            for score in (
                ("xgboost", False, "src", 0.70, 0.65, 0.75),
                ("xgboost", False, "mae", 0.50, 0.40, 0.60),
                ("author_median", True, "src", 0.60, 0.55, 0.64),
                ("author_median", True, "mae", 0.80, 0.70, 0.90),
                # A constant has no order: undefined.
                ("global_median", True, "src", None, None, None),
            )
        ),
    )
    w.put(
        "models.importances",
        "platform target algorithm feature mean_abs_shap share direction",
        ("ig", "likes", "xgboost", "followers_log", 0.6, 0.6, 1.0),
        ("ig", "likes", "xgboost", "text_embedding", 0.4, 0.4, None),
        ("ig", "likes", "catboost", "followers_log", 0.4, 0.4, -1.0),
        ("ig", "likes", "catboost", "hour", 0.6, 0.6, -0.5),
    )
    w.put(
        "models.registry",
        "model_id platform target algorithm status trained_from trained_to training_rows features",
        ("m1", "ig", "likes", "xgboost", "champion", NOW, NOW, 100, ["x", "y"]),
        ("m0", "ig", "likes", "xgboost", "retired", NOW, NOW, 90, ["x"]),
    )
