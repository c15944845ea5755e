"""366 daily partitions of core.posts in one run, against the same SQL bare.

Ours: one Dagster run over the range, each day checked, committed and reported by itself.
Peer: DuckDB alone, a loop of DELETE and INSERT of the same SELECT for each day.
Prints one JSON object on its last line; `--scale 0.1` makes it smaller.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl

from influence_assets.build import build_defs
from influence_assets.instance import open_instance
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.ledger import FileOutcome, ledger_transaction
from influence_assets.storage.warehouse import Warehouse

FIRST = date(2024, 1, 1)
DAYS = 366
POSTS_PER_DAY = 1_000


def fill(warehouse: Warehouse, per_day: int) -> int:
    """Raw posts, the same number on each day."""
    rows = DAYS * per_day
    number = pl.int_range(rows, eager=True)
    midnight = datetime.combine(FIRST, datetime.min.time())
    posts = pl.DataFrame({"row_number": number + 1}).with_columns(
        pl.lit("f" * 64).alias("file_id"),
        pl.lit("bench").alias("platform"),
        number.cast(pl.String).alias("post_id"),
        (number % 500).cast(pl.String).alias("profile_id"),
        (pl.lit(midnight) + pl.duration(days=number // per_day, seconds=number % 86_000)).alias(
            "posted_at"
        ),
        pl.lit(midnight + timedelta(days=DAYS)).alias("observed_at"),
        pl.lit(True).alias("is_posted_at_known"),
        pl.lit(True).alias("is_observed_at_known"),
        pl.lit("image").alias("kind"),
        (pl.lit("A caption with some words, number ") + number.cast(pl.String)).alias("text"),
    )
    posts = posts.with_columns(pl.col("posted_at").dt.date().alias("posted_date"))
    with ledger_transaction(warehouse) as ledger:
        ledger.add("raw.posts", posts)
        outcome = FileOutcome("f" * 64, "bench", "bench", 0, "ingested").counting(rows, 0)
        ledger.close_files([outcome])
    return rows


def ours(settings: Settings) -> float:
    """Seconds of one run over the whole year."""
    tags = {
        "dagster/asset_partition_range_start": FIRST.isoformat(),
        "dagster/asset_partition_range_end": (FIRST + timedelta(days=DAYS - 1)).isoformat(),
    }
    defs = build_defs(settings)
    with open_instance(settings) as instance:
        started = time.perf_counter()
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(["core", "posts"])],
            tags=tags,
            run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
        )
        assert result.success
        return time.perf_counter() - started


def peer(path: Path) -> float:
    """Seconds of the bare loop, in its own table of the same file."""
    select = sql.select("core.posts")
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bare AS FROM core.posts LIMIT 0")
        started = time.perf_counter()
        for offset in range(DAYS):
            day = FIRST + timedelta(days=offset)
            connection.execute("BEGIN")
            connection.execute("DELETE FROM bare WHERE posted_date = ?", [day])
            connection.execute(
                f"INSERT INTO bare BY NAME {select}", {"first_day": day, "last_day": day}
            )
            connection.execute("COMMIT")
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.from_env({"INFLUENCE_HOME": home})
        warehouse = Warehouse(settings.warehouse)
        rows = fill(warehouse, max(1, int(POSTS_PER_DAY * options.scale)))
        mine, bare = [], []
        for pair in range(options.pairs):
            mine.append(ours(settings))
            bare.append(peer(settings.warehouse))
            print(f"pair {pair + 1}: {mine[-1]:.1f} s, bare {bare[-1]:.1f} s", file=sys.stderr)
        assert warehouse.count("core.posts") == rows
    ratios = [m / b for m, b in zip(mine, bare, strict=True)]
    print(
        json.dumps(
            {
                "figure": "backfill",
                "ratio": round(statistics.median(ratios), 3),
                "ours_s": round(statistics.median(mine), 2),
                "peer_s": round(statistics.median(bare), 2),
                "peer": "DuckDB, DELETE and INSERT day by day",
                "run_overhead_s": round(
                    statistics.median(m - b for m, b in zip(mine, bare, strict=True)), 2
                ),
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "rows": rows,
                "partitions": DAYS,
            }
        )
    )


if __name__ == "__main__":
    main()
