"""Hostile files: examples of every adapter, changed at random, and what must hold for each.

    python -m influence_assets_tests.sources.fuzzing --inputs 200000
    python -m influence_assets_tests.sources.fuzzing --only reddit --seed 1 --input 4711

The second line repeats one input that went wrong. `test_fuzz` runs some hundreds of inputs. An
adapter takes part as soon as it has a mapping in `specs/` and an example in `examples/NAME/`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from influence_assets.contracts import TABLES
from influence_assets.errors import UserError
from influence_assets.sources.batches import ROW
from influence_assets.sources.beside import beside_frame
from influence_assets.sources.catalog import find_mapping
from influence_assets.sources.choose import Chooser, is_left_alone
from influence_assets.sources.columns import FILE, PLACE
from influence_assets.sources.feeds import Context, Window
from influence_assets.sources.joined import joined
from influence_assets.sources.landing import Landed
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.parse import parse_batch
from influence_assets.sources.readers import read_batches
from influence_assets_tests.sources.counting import counted
from influence_assets_tests.sources.hostile import Step, changed, steps_of
from influence_assets_tests.sources.whole_ingest import Whole

EXAMPLES = Path(__file__).parent / "examples"
CONTEXT = Context(
    Window(date(2010, 1, 1), date(2030, 12, 31)), datetime(2026, 1, 1), beside_frame({})
)
WHOLE_EVERY = 200
"""One input in so many also goes into a warehouse, and one in as many in an archive."""


def examples(adapter: str) -> list[Path]:
    """The example files of an adapter, in a fixed order."""
    found = sorted(p for p in (EXAMPLES / adapter).rglob("*") if p.is_file())
    return [p for p in found if not is_left_alone(p.name)]


def adapters() -> list[str]:
    """Every built-in source that has an example."""
    return sorted(p.name for p in EXAMPLES.iterdir() if examples(p.name))


@dataclass(frozen=True)
class Told:
    """What became of an input, and of how many records."""

    outcome: str
    records: int = 0
    quarantined: int = 0


@dataclass
class Bench:
    """A copy of an adapter's examples in which one file at a time is replaced."""

    adapter: str
    folder: Path
    chooser: Chooser = field(init=False)
    files: list[Path] = field(init=False)
    outcomes: Counter[str] = field(default_factory=Counter)
    distinct: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        home = self.folder / self.adapter
        shutil.copytree(EXAMPLES / self.adapter, home)
        self.chooser = Chooser(find_mapping(self.adapter))
        origin = EXAMPLES / self.adapter
        self.files = [home / p.relative_to(origin) for p in examples(self.adapter)]
        self.bytes = [path.read_bytes() for path in self.files]
        self.whole = Whole(self.folder / f"{self.adapter}.duckdb", CONTEXT.window)

    def input(self, seed: int, number: int) -> None:
        """Make an input and check it: the same numbers, the same input."""
        rng = random.Random(f"{seed} {self.adapter} {number}")
        place = rng.randrange(len(self.files))
        self.check(number, place, steps_of(rng, self.bytes[place]))

    def check(self, number: int, place: int, steps: list[Step]) -> None:
        """Change an example and read it; raises where something is wrong with what comes out."""
        path = self.files[place]
        data = changed(self.bytes[place], steps)
        digest = hashlib.blake2b(path.name.encode() + data, digest_size=8).digest()
        if digest in self.distinct:
            self.outcomes["seen before"] += 1
            return
        self.distinct.add(digest)
        path.write_bytes(data)
        chooser = self.chooser if number % 8 else Chooser()
        try:
            told = self._read(path, data, chooser)
            self.outcomes[told.outcome] += 1
            self.outcomes["records"] += told.records
            self.outcomes["quarantined"] += told.quarantined
            if number % WHOLE_EVERY == 0:
                self.outcomes["whole"] += 1
                self.whole.check_file(path, chooser, told.outcome, told.records, told.quarantined)
            elif number % WHOLE_EVERY == 1:
                self.outcomes["archives"] += 1
                self.whole.check_archive(path, data, number, chooser)
        except Exception as error:
            error.add_note(f"{self.adapter}: {path.name} by {steps} as {data[:2000]!r}")
            raise
        finally:
            path.write_bytes(self.bytes[place])

    def _read(self, path: Path, data: bytes, chooser: Chooser) -> Told:
        landed = Landed(path.name, str(path), len(data), lambda: path.open("rb"))
        records = quarantined = 0
        try:
            choice = chooser.choose(landed.name, landed.path, landed.open)
            if choice is None:
                return Told("left alone")
            joins = [s.joins for s in choice.specs if s.joins]
            landed = joined(landed, joins[0]) if joins else landed
            specs = [s for s in choice.specs if s.skip is None]
            for spec in specs:
                held, bad = check_entry(landed, data, spec, records + 1)
                records, quarantined = records + held, quarantined + bad
        except UserError as error:
            assert str(error).strip(), "an error without words"
            return Told("refused")
        return Told("read" if specs else "skipped", records, quarantined)


def check_entry(landed: Landed, data: bytes, spec: FileSpec, first: int) -> tuple[int, int]:
    """Read a file by one entry; returns the number of its records, and of the quarantined ones.

    Each record is in one batch, good or quarantined; no row is there twice; and where the
    records can be counted in another way, the counts agree.
    """
    file_id = hashlib.sha256(data).hexdigest()
    numbers: list[int] = []
    quarantined = 0
    with landed.open() as opened:
        for batch in read_batches(opened, landed.path, spec):
            own = [*batch.frame[ROW], *(r.row_number for r in batch.rejects)]
            numbers += own
            index = pl.DataFrame({ROW: own}, schema={ROW: pl.Int64}).with_columns(
                pl.lit(file_id).alias(FILE), (pl.col(ROW) + first - 1).alias(PLACE)
            )
            parsed = parse_batch(batch, index, spec, CONTEXT)
            assert sum(parsed.records.values()) == len(own)
            bad = parsed.quarantined["row_number"].to_list()
            quarantined += len(bad)
            assert len(set(bad)) == len(bad), "a record is quarantined twice"
            assert {i - first + 1 for i in bad} <= set(own)
            assert {r.row_number for r in batch.rejects} <= {i - first + 1 for i in bad}
            assert not parsed.quarantined.select("rule", "raw_row").null_count().sum_horizontal()[0]
            for table, rows in parsed.rows.items():
                places = set(rows["row_number"])
                assert places <= {i + first - 1 for i in own}
                assert not places & set(bad), "good and bad at once"
                key = list(TABLES[table].key)
                assert rows.select(key).n_unique() == rows.height, "twice"
    held = len(numbers)
    assert sorted(numbers) == list(range(1, held + 1)), "a record is lost or there twice"
    expected = counted(data, spec)
    assert expected in (None, held), f"{held} records where another count finds {expected}"
    return held, quarantined


# --- running it ---


def _long(task: tuple[str, int, int]) -> tuple[str, int, int, dict[str, int], str | None]:
    """One adapter until it has had so many distinct inputs; the last item is what went wrong."""
    adapter, wanted, seed = task
    number = 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(adapter, Path(folder))
        try:
            while len(bench.distinct) < wanted and number < 4 * wanted:
                bench.input(seed, number)
                number += 1
            fault = None
        except Exception:  # noqa: BLE001 - a fault is what this looks for
            fault = f"--only {adapter} --seed {seed} --input {number}: {traceback.format_exc()}"
        return adapter, number, len(bench.distinct), dict(bench.outcomes), fault


def main() -> int:
    """Run every adapter; the last line of standard output is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000, help="distinct ones, at least")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[], metavar="ADAPTER")
    parser.add_argument("--input", type=int, help="check this one input of the adapter alone")
    options = parser.parse_args()
    names = options.only or adapters()
    if options.input is not None:
        with tempfile.TemporaryDirectory() as folder:
            Bench(names[0], Path(folder)).input(options.seed, options.input)
        return 0
    # Small frames gain nothing from several threads, and the processes would fight for them.
    os.environ["POLARS_MAX_THREADS"] = "1"
    started = time.monotonic()
    total, distinct, faults = 0, 0, {}
    outcomes: Counter[str] = Counter()
    with get_context("spawn").Pool(options.processes, maxtasksperchild=1) as pool:
        tasks = [(name, -(-options.inputs // len(names)), options.seed) for name in names]
        for adapter, done, own, counts, fault in pool.imap_unordered(_long, tasks):
            total, distinct = total + done, distinct + own
            outcomes.update(counts)
            if fault:
                faults[adapter] = fault[-3000:]
            sys.stderr.write(f"{adapter}: {done} inputs {counts} {fault or ''}\n")
            sys.stderr.flush()
    told = {
        "inputs": total, "distinct": distinct, "adapters": len(names), **outcomes,
        "faults": faults, "seed": options.seed, "seconds": round(time.monotonic() - started),
    }  # fmt: skip
    sys.stdout.write(f"{json.dumps(told)}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
