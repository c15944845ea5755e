"""52 weekly networks of 20,000 profiles, and what one more week costs.

Ours: `influence build` of the network's tables (without likeness) on a planted world: ties that
fade, centralities and their standings, communities with lasting ids and life events, their
descriptions, the map. Then a week more comes in, and the same is built again. Peer: that week, 52
times. Prints one JSON object on its last line; `--scale 0.1` makes it smaller.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.build import build_defs
from influence_assets.contracts import TABLES
from influence_assets.instance import open_instance
from influence_assets.planning import Request, refresh
from influence_assets.settings import Settings
from influence_assets.storage.warehouse import Warehouse

PROFILES = 20_000
WEEKS = 52
GROUP = 200
FOLLOWS, ACTS, POSTS = 5.0, 0.5, 0.5
"""Follows of a profile in all; its acts and posts in a week."""

FIRST = date(2024, 1, 1)
INSIDE = 0.8
SEED = 7
SELECT = 'group:graph and not key:"graph/proximity_weekly"'
"""Likeness is left out: without vectors of captions it stays stale, and it counts for nothing
unless a user says so."""

Ints = npt.NDArray[np.int64]


def fill(warehouse: Warehouse, profiles: int, first: int, weeks: int) -> int:
    """Follows (with the first week), acts and posts of some weeks; returns the number of acts."""
    rng = np.random.default_rng([SEED, first])
    names = pl.select(pl.format("profile_{}", pl.int_range(profiles))).to_series()
    acts = int(ACTS * profiles * weeks)
    ties = [_ties(names, acts, rng, first, weeks, "mention")]
    if first == 0:
        ties.append(_ties(names, int(FOLLOWS * profiles), rng, 0, 1, "follow"))
    rows = pl.concat(ties).unique(["kind", "source_id", "target_id", "occurred_at", "post_id"])
    days = [str(FIRST + timedelta(weeks=first, days=d)) for d in range(7 * weeks)]
    versions = dict.fromkeys(days, "made")
    for table, own in (
        ("core.interactions", rows),
        ("core.posts", _posts(names, rng, first, weeks)),
    ):
        whole = pl.concat([TABLES[table].schema.create_empty(), own], how="diagonal_relaxed")
        warehouse.replace(table, whole, versions)
    return len(rows)


def _ties(
    names: pl.Series, ties: int, rng: np.random.Generator, first: int, weeks: int, kind: str
) -> pl.DataFrame:
    """Ties of which 8 in 10 stay within groups of 200 profiles, at random times."""
    source = rng.integers(0, len(names), ties)
    inside = (source // GROUP) * GROUP + rng.integers(0, GROUP, ties)
    anyone = rng.integers(0, len(names), ties)
    target = np.where(rng.random(ties) < INSIDE, np.minimum(inside, len(names) - 1), anyone)
    own = source != target
    at = _times(int(own.sum()), rng, first, weeks)
    return pl.DataFrame(
        {
            "source_id": names.gather(source[own]),
            "target_id": names.gather(target[own]),
            "occurred_at": at,
        }
    ).with_columns(
        pl.lit("x").alias("platform"),
        pl.lit(kind).alias("kind"),
        pl.lit(True).alias("is_occurred_at_known"),
        pl.col("occurred_at").dt.date().alias("occurred_date"),
        pl.lit("").alias("post_id"),
        pl.lit(1.0).alias("weight"),
    )


def _posts(names: pl.Series, rng: np.random.Generator, first: int, weeks: int) -> pl.DataFrame:
    """Posts whose hashtags and words are those of the author's group, or anybody's."""
    posts = int(POSTS * len(names) * weeks)
    author = rng.integers(0, len(names), posts)
    own = rng.integers(0, 20, posts)
    at = _times(posts, rng, first, weeks)
    return pl.DataFrame(
        {
            "profile_id": names.gather(author),
            "group": author // GROUP,
            "own": own,
            "any": rng.integers(0, 500, (posts, 4)).tolist(),
            "posted_at": at,
        },
    ).with_columns(pl.col("any").cast(pl.List(pl.String))).select(
        pl.lit("x").alias("platform"),
        pl.format("p{}_{}", pl.lit(first), pl.int_range(posts)).alias("post_id"),
        "profile_id",
        "posted_at",
        pl.col("posted_at").dt.date().alias("posted_date"),
        pl.lit(True).alias("is_posted_at_known"),
        pl.lit("text").alias("kind"),
        pl.format("word{} and {} too", "group", pl.col("any").list.join(" any")).alias("text"),
        pl.concat_list(pl.format("tag{}x{}", "group", "own"), pl.lit("all")).alias("hashtags"),
        pl.lit("en").alias("language"),
    )  # fmt: skip


def _times(rows: int, rng: np.random.Generator, first: int, weeks: int) -> pl.Series:
    seconds = pl.Series(rng.integers(0, weeks * 7 * 86_400, rows))
    start = FIRST + timedelta(weeks=first)
    return pl.select(
        pl.lit(start).cast(pl.Datetime("us")) + pl.duration(seconds=seconds)
    ).to_series()


def build(settings: Settings) -> tuple[float, dict[str, int]]:
    """Bring the network up to date; the seconds, and the partitions built of each table."""
    started = time.perf_counter()
    with open_instance(settings) as instance:
        outcome = refresh(
            build_defs(settings), instance, settings, Request(SELECT),
            tell=lambda text: print(text, file=sys.stderr),
        )  # fmt: skip
    return time.perf_counter() - started, outcome.built


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--weeks", type=int, default=WEEKS)
    options = parser.parse_args()
    profiles = int(PROFILES * options.scale)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_env({"INFLUENCE_HOME": folder, "INFLUENCE_START_DATE": str(FIRST)})
        warehouse = Warehouse(settings.warehouse)
        fill(warehouse, profiles, 0, options.weeks)
        seconds, built = build(settings)
        fill(warehouse, profiles, options.weeks, 1)
        more, again = build(settings)
        if set(built.values()) != {options.weeks} or set(again.values()) != {1}:
            raise RuntimeError(f"built {built}, then {again}: not every week once")
        with warehouse.connect() as connection:
            (ties,) = connection.execute("SELECT count(*) FROM graph.edges_weekly").fetchone() or (
                0,
            )
        size = Path(settings.warehouse).stat().st_size
    print(
        json.dumps(
            {
                "figure": "graph_weeks",
                "ratio": round(seconds / (options.weeks * more), 3),
                "slope": round(more / (seconds / options.weeks), 3),
                "ours_s": round(seconds, 1),
                "peer_s": round(more, 2),
                "peer": "one more week, built by itself",
                "weeks": options.weeks,
                "profiles": profiles,
                "warehouse_mb": size // 1024**2,
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "rows": ties,
            }
        )
    )


if __name__ == "__main__":
    main()
