"""A real export in any order, in parts and many times: the same core tables, byte for byte."""

from __future__ import annotations

import csv
import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from influence_assets import targets
from influence_assets.build import build_defs
from influence_assets.cli_ingest import ingest_and_tell
from influence_assets.instance import open_instance
from influence_assets.planning import Request, refresh
from influence_assets.settings import Settings
from influence_assets.storage.warehouse import Warehouse

CORE = ("posts", "post_metrics", "metric_flags", "profile_snapshots", "interactions")

Lines = list[str]


def lines_of(path: Path) -> tuple[str, Lines]:
    """The header and the records of a CSV, each as its own text, line breaks in fields kept."""
    header, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
    records, held = [], ""
    for line in rest:
        held += line
        if held.count('"') % 2 == 0:
            records.append(held)
            held = ""
    return header, records


def core_of(home: Path, files: dict[str, str]) -> dict[str, str]:
    """Ingest files one after the other, build the core tables, and hash each as Parquet."""
    settings = Settings.from_env({"INFLUENCE_HOME": str(home)})
    exports = home / "exports"
    exports.mkdir(parents=True)
    for name, text in files.items():
        (exports / name).write_text(text, encoding="utf-8")
        told = ingest_and_tell(settings, targets.Request((str(exports / name),)), False, None)
        assert told["rows_in"] == told["rows_good"] + told["rows_quarantined"] > 0, told
    with open_instance(settings) as instance:
        refresh(build_defs(settings), instance, settings, Request(select="group:core"))
    found = {}
    with Warehouse(settings.warehouse).connect() as connection:
        for table in CORE:
            target = home / f"{table}.parquet"
            connection.execute(
                f"COPY (SELECT * FROM core.{table} ORDER BY ALL) TO '{target}' (FORMAT parquet)"
            )
            found[table] = hashlib.sha256(target.read_bytes()).hexdigest()
        assert connection.execute("SELECT count(*) FROM core.posts").fetchone() != (0,)
    return found


def shuffled_ten_times(header: str, records: Lines, rng: random.Random) -> dict[str, str]:
    return {
        f"{n}.csv": header + "".join(rng.sample(records, len(records))) for n in range(10)
    }  # fmt: skip


def split_in_two(header: str, records: Lines, rng: random.Random) -> dict[str, str]:
    mixed = rng.sample(records, len(records))
    half = len(mixed) // 2
    return {"b.csv": header + "".join(mixed[half:]), "a.csv": header + "".join(mixed[:half])}


@pytest.mark.slow
@pytest.mark.parametrize("again", [shuffled_ten_times, split_in_two])
def test_the_order_of_a_real_export_does_not_matter(
    shared_data: Path,
    tmp_path: Path,
    again: Callable[[str, Lines, random.Random], dict[str, str]],
) -> None:
    header, records = lines_of(next((shared_data / "yt_trending_2017").glob("US*.csv")))
    with_breaks = [r for r in records if r.count("\n") > 1]
    assert len(records) - len(with_breaks) > 7_000
    assert all(len(next(csv.reader([r]))) > 5 for r in records[:100])
    once = core_of(tmp_path / "once", {"a.csv": header + "".join(records)})
    assert core_of(tmp_path / "again", again(header, records, random.Random(3))) == once
