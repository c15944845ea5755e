"""Copying from folders, and from a bucket in memory; S3 is in `test_buckets`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import fsspec
import pytest

from influence_assets.collectors import files
from influence_assets.collectors.config import Bucket, Folder
from influence_assets.collectors.outcome import Counts, Outcome, State
from influence_assets.collectors.run import Home, collect
from influence_assets.settings import Settings
from influence_assets_tests.collectors.conftest import DAY
from influence_assets_tests.collectors.warehouse import ingested
from influence_assets_tests.test_automation import MAPPING

Runner = Callable[..., Outcome]


@pytest.fixture
def run(home: Home) -> Runner:
    def go(config: Folder | Bucket, **changes: object) -> Outcome:
        changed = config.model_copy(update={"backoff_s": 0.01, **changes})
        return collect(home, "drop", changed, DAY, is_urgent=True).outcome

    return go


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = tmp_path / "origin"
    folder.mkdir()
    return folder


def folder_of(path: Path, **options: Any) -> Folder:
    return Folder.model_validate({"kind": "folder", "path": path, "into": "tweets", **options})


def put(path: Path, text: str, age_s: float = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - age_s, time.time() - age_s))


def landed(settings: Settings, into: str = "tweets") -> dict[str, str]:
    root = settings.landing / into
    return {p.relative_to(root).as_posix(): p.read_text() for p in root.rglob("*") if p.is_file()}


def test_new_files_once_and_changed_ones_again(
    run: Runner, origin: Path, settings: Settings
) -> None:
    put(origin / "a.csv", "1")
    put(origin / "deep" / "b.csv", "2")
    config = folder_of(origin)
    assert run(config).counts == Counts(new=2)
    assert landed(settings) == {"a.csv": "1", "deep/b.csv": "2"}
    assert run(config).counts == Counts(known=2)
    put(origin / "a.csv", "changed", age_s=30)
    put(origin / "c.csv", "3")
    assert run(config).counts == Counts(new=2, known=1)
    assert landed(settings) == {"a.csv": "changed", "deep/b.csv": "2", "c.csv": "3"}
    # Touched, with the same bytes: known.
    os.utime(origin / "c.csv", (time.time() - 20, time.time() - 20))
    assert run(config).counts == Counts(known=3)


def test_what_was_taken_out_of_the_landing_folder_is_not_fetched_again(
    run: Runner, origin: Path, settings: Settings
) -> None:
    put(origin / "a.csv", "1")
    run(folder_of(origin))
    (settings.landing / "tweets" / "a.csv").unlink()
    assert run(folder_of(origin)).counts == Counts(known=1)
    assert landed(settings) == {}


def test_unfinished_hidden_and_foreign_files_are_left(
    run: Runner, origin: Path, tmp_path: Path, settings: Settings
) -> None:
    put(origin / "whole.csv", "x")
    put(origin / "fresh.csv", "still being written", age_s=1)
    for name in (".hidden.csv", "a.csv.part", "b.tmp", "mapping.yaml", ".git/config.csv"):
        put(origin / name, "no")
    put(origin / "note.txt", "not asked for")
    put(tmp_path / "secret.csv", "elsewhere")
    (origin / "link.csv").symlink_to(tmp_path / "secret.csv")
    outcome = run(folder_of(origin, match=["*.csv"]))
    told = "1 changed less than 10 s ago: the next run takes them"
    assert (outcome.state, outcome.message) == (State.OK, told)
    assert landed(settings) == {"whole.csv": "x"}
    put(origin / "fresh.csv", "whole now", age_s=11)
    outcome = run(folder_of(origin, match=["*.csv"]))
    assert (outcome.counts, outcome.message) == (Counts(new=1, known=1), "")


def test_a_folder_that_is_not_there(run: Runner, origin: Path) -> None:
    outcome = run(folder_of(origin / "unmounted"), attempts=1)
    assert outcome.state is State.FAILED
    assert outcome.message == f"there is nothing at {origin / 'unmounted'}"


def test_a_deadline_in_the_middle_of_a_file(
    run: Runner, origin: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PIECE_BYTES", 10)
    put(origin / "a.csv", "0123456789" * 20)
    outcome = run(folder_of(origin), pause_s=0.05, deadline_minutes=0.3 / 60)
    assert outcome.state is State.DEADLINE
    assert landed(settings) == {}
    assert run(folder_of(origin)).state is State.OK
    assert landed(settings) == {"a.csv": "0123456789" * 20}


def test_a_drop_folder_with_every_trouble_is_in_the_warehouse_once(
    run: Runner, origin: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.landing / "panel").mkdir(parents=True)
    (settings.landing / "panel" / "mapping.yaml").write_text(MAPPING)
    for n, name in enumerate(("a", "b", "c")):
        put(origin / f"{name}.csv", f"who,day,fans\n{name},2025-01-0{n + 1},{n}\n")
    config = folder_of(origin, into="panel", attempts=1)
    troubles = iter(
        [
            PermissionError(13, "Permission denied"),
            OSError(5, "Input/output error"),
            TimeoutError("the share is silent"),
            FileNotFoundError(2, "No such file"),
        ]
    )
    really = fsspec.implementations.local.LocalFileSystem.cat_file

    def read(self: Any, path: str, start: int, end: int) -> bytes:
        if path.endswith("b.csv") and (trouble := next(troubles, None)):
            raise trouble
        return really(self, path, start=start, end=end)

    monkeypatch.setattr(fsspec.implementations.local.LocalFileSystem, "cat_file", read)
    # One bad file keeps the others waiting no longer than it takes to fail.
    outcomes = [run(config) for _ in range(5)]
    assert [o.state for o in outcomes] == [State.PARTIAL] * 4 + [State.OK]
    assert [o.counts.new for o in outcomes] == [2, 0, 0, 0, 1]
    assert "b.csv: [Errno 13] Permission denied" in outcomes[0].message
    put(origin / "a.csv", "who,day,fans\na,2025-01-01,0\nd,2025-01-01,9\n", age_s=30)
    assert run(config).counts == Counts(new=1, known=2)
    found = ingested(settings, "SELECT profile_id, followers FROM raw.profile_snapshots")
    assert sorted(found) == [("a", 0), ("b", 1), ("c", 2), ("d", 9)]


def test_a_large_file_in_pieces_goes_on_where_it_was_cut(
    run: Runner, origin: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PIECE_BYTES", 1000)
    put(origin / "big.csv", "".join(f"{i:09d}\n" for i in range(1_000)))
    asked: list[tuple[int, int]] = []
    really = fsspec.implementations.local.LocalFileSystem.cat_file

    def cut(self: Any, path: str, start: int, end: int) -> bytes:
        asked.append((start, end))
        if len(asked) == 4:
            raise ConnectionResetError("cut off")
        return really(self, path, start=start, end=end)

    monkeypatch.setattr(fsspec.implementations.local.LocalFileSystem, "cat_file", cut)
    assert run(folder_of(origin), attempts=1).state is State.UNREACHABLE
    assert landed(settings) == {}
    assert run(folder_of(origin), attempts=1).state is State.OK
    assert landed(settings)["big.csv"] == (origin / "big.csv").read_text()
    starts = [start for start, _ in asked]
    assert starts == [0, 1000, 2000, 3000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    run: Runner, origin: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(origin / "a.csv", "old " * 100)
    really = fsspec.implementations.local.LocalFileSystem.cat_file
    changes = iter([True])

    def swap(self: Any, path: str, start: int, end: int) -> bytes:
        data: bytes = really(self, path, start=start, end=end)
        if next(changes, False):
            put(origin / "a.csv", "new " * 100, age_s=15)
        return data

    monkeypatch.setattr(fsspec.implementations.local.LocalFileSystem, "cat_file", swap)
    outcome = run(folder_of(origin), attempts=1)
    assert (outcome.state, outcome.counts) == (State.PARTIAL, Counts(failed=1))
    assert "changed while it was read" in outcome.message
    assert landed(settings) == {}
    assert run(folder_of(origin)).counts == Counts(new=1)
    assert landed(settings) == {"a.csv": "new " * 100}


@pytest.mark.parametrize("name", ["../../evil.csv", "a\\b.csv", "x" * 300 + ".csv"])
def test_a_name_that_is_no_path_here_is_told(
    run: Runner, settings: Settings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pipe_file("/bucket/good.csv", b"1")

    def listed(*_: object) -> Iterator[files.Found]:
        yield files.Found("/bucket/good.csv", name, 1, "f", None)
        yield files.Found("/bucket/good.csv", "good.csv", 1, "f", None)

    monkeypatch.setattr(files, "_listed", listed)
    monkeypatch.setattr(files, "_found", lambda info, name: files.Found("", name, 1, "f", None))
    config = Bucket(kind="bucket", url="memory://bucket", into="tweets")
    outcome = run(config, attempts=1)
    assert (outcome.state, outcome.counts) == (State.PARTIAL, Counts(new=1, failed=1))
    assert landed(settings) == {"good.csv": "1"}
    assert [p.name for p in settings.home.parent.rglob("evil.csv")] == []


def test_a_bucket_in_memory(run: Runner, settings: Settings) -> None:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pipe_file("/bucket/day=1/a.csv", b"one")
    memory.pipe_file("/bucket/day=2/a.csv", b"two")
    config = Bucket(kind="bucket", url="memory://bucket", into="tweets")
    assert run(config).counts == Counts(new=2)
    assert landed(settings) == {"day=1/a.csv": "one", "day=2/a.csv": "two"}
    assert run(config).counts == Counts(known=2)


def test_the_day_that_a_file_counts_for_is_noted(home: Home, origin: Path) -> None:
    put(origin / "a.csv", "1")
    collect(home, "drop", folder_of(origin), date(2025, 6, 2))
    (item,) = home.ledger.items("drop")
    assert (item.name, item.landed_as) == ("a.csv", "tweets/a.csv")
    assert [run.day for run in home.ledger.runs("drop")] == [date(2025, 6, 2)]
