"""An NDJSON file of 5 million posts into the warehouse, against a bare read and Parquet write.

Ours: the mapping below, from the hash of the file over two contracts, quarantine and ledger
to the commit. Peer: polars alone, streaming the same file into a Parquet file.
Each turn is a process of its own, so that `peak_rss_mb` is ours alone.
`cpu_ratio` is the same ratio in processor time, which says more on a busy machine.
Prints one JSON object on its last line; `--scale 0.04` makes it smaller.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl

from influence_assets.ingest import Job, ingest_path
from influence_assets.sources.catalog import read_mapping
from influence_assets.sources.choose import Chooser
from influence_assets.sources.feeds import Window
from influence_assets.storage.warehouse import Warehouse

ROWS = 5_000_000
CHUNK = 250_000

MAPPING = """
name: bench
platform: bench
files:
  - format: jsonl
    feeds:
      - contract: posts
        columns: &post
          post_id: id
          profile_id: {field: author.name, lower: true}
          posted_at: created_at
          observed_at: {field: scraped_at, time: epoch_s}
          text: text
          hashtags: {field: tags, lower: true}
          language: lang
          url: url
      - contract: post_metrics
        columns:
          post_id: id
          observed_at: {field: scraped_at, time: epoch_s}
          views: views
          likes: likes
          comments: comments
          shares: shares
"""


def write_posts(path: Path, rows: int) -> None:
    """Posts of about 380 bytes with an author, a text, tags and counts."""
    with path.open("wb") as sink:
        for first in range(0, rows, CHUNK):
            number = pl.int_range(first, min(first + CHUNK, rows), eager=True)
            n = pl.lit(number)
            post_id = (n * 7919 + 10**12).cast(pl.String)
            posted = pl.from_epoch(n * 31 % 100_000_000 + 1_600_000_000)
            pl.select(
                post_id.alias("id"),
                pl.struct(
                    pl.format("User_{}", n % 50_000).alias("name"), (n % 50_000).alias("uid")
                ).alias("author"),
                posted.dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("created_at"),
                pl.format(
                    "A caption of everyday life, café and 🎉, with number {}, #food #travel and {}",
                    n, n * 104_729 % 1_000_003,
                ).alias("text"),
                pl.concat_list(
                    pl.lit("food"), pl.lit("travel"), pl.format("Tag{}", n % 5_003)
                ).alias("tags"),
                pl.lit("en").alias("lang"),
                (n * 131 % 100_003).alias("views"),
                (n * 31 % 10_007).alias("likes"),
                (n % 97).alias("comments"),
                (n * 13 % 997).alias("shares"),
                pl.format("https://social.example/p/{}", post_id).alias("url"),
                (1_750_000_000 + n % 86_400).alias("scraped_at"),
            ).write_ndjson(sink)  # fmt: skip


def ours(path: Path, folder: Path) -> float:
    """Seconds of an ingest into an empty warehouse."""
    mapping = read_mapping(MAPPING, "bench", "the benchmark")
    window = Window(date(2010, 1, 1), date(2030, 12, 31))
    warehouse = Warehouse(folder / "warehouse.duckdb")
    started = time.perf_counter()
    (outcome,) = ingest_path(warehouse, path, Job(Chooser(mapping), window, folder / "media"))
    seconds = time.perf_counter() - started
    with path.open("rb") as data:
        lines = sum(block.count(b"\n") for block in iter(lambda: data.read(1 << 22), b""))
    assert (outcome.rows_in, outcome.rows_quarantined) == (lines, 0), outcome
    assert warehouse.count("raw.posts") == warehouse.count("raw.post_metrics") == lines
    return seconds


def peer(path: Path, folder: Path) -> float:
    """Seconds of the bare read and write, in polars' streaming engine."""
    started = time.perf_counter()
    pl.scan_ndjson(path).sink_parquet(folder / "bare.parquet")
    return time.perf_counter() - started


def turn(side: str, path: Path) -> tuple[float, float, int]:
    """Seconds, seconds of processor time and peak memory in MB of one side, in its own process."""
    told = subprocess.run(
        [sys.executable, __file__, "--side", side, "--file", str(path)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    seconds, cpu, peak = json.loads(told.stdout.splitlines()[-1])
    return float(seconds), float(cpu), int(peak)


def one_side(side: str, path: Path) -> None:
    before = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        seconds = (ours if side == "ours" else peer)(path, Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps([seconds, time.process_time() - before, peak]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--side", choices=("ours", "peer"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        one_side(options.side, options.file)
        return
    rows = max(1, int(ROWS * options.scale))
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "posts.jsonl"
        write_posts(path, rows)
        mine, bare, peaks, cpu = [], [], [], []
        for pair in range(options.pairs):
            seconds, own_cpu, peak = turn("ours", path)
            mine.append(seconds)
            peaks.append(peak)
            seconds, bare_cpu, _ = turn("peer", path)
            bare.append(seconds)
            cpu.append(own_cpu / bare_cpu)
            print(
                f"pair {pair + 1}: {mine[-1]:.1f} s ({peak} MB), bare {bare[-1]:.1f} s",
                file=sys.stderr,
            )
        size = path.stat().st_size
    ratios = [m / b for m, b in zip(mine, bare, strict=True)]
    print(
        json.dumps(
            {
                "figure": "ingest",
                "ratio": round(statistics.median(ratios), 3),
                "ours_s": round(statistics.median(mine), 2),
                "peer_s": round(statistics.median(bare), 2),
                "cpu_ratio": round(statistics.median(cpu), 3),
                "peer": "polars, scan_ndjson and sink_parquet",
                "peak_rss_mb": max(peaks),
                "rows": rows,
                "file_mb": size >> 20,
            }
        )
    )


if __name__ == "__main__":
    main()
