"""The landing folder as it is listed, and the ledger that says what is new in it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from influence_assets.storage.landing_ledger import (
    FileState,
    LandingLedger,
    Noted,
    file_state,
    list_files,
)

A, B = FileState(3, 10, 20), FileState(4, 11, 21)


@pytest.fixture
def ledger(tmp_path: Path) -> LandingLedger:
    warehouse = tmp_path / "warehouse.duckdb"
    warehouse.write_bytes(b"")
    return LandingLedger(tmp_path / "landing.sqlite", warehouse)


def done(state: FileState, file_id: str | None = "f") -> Noted:
    return Noted(state, file_id, "ingested")


# Listing.


def test_hidden_files_and_those_in_hidden_folders_are_not_listed(tmp_path: Path) -> None:
    for name in ("a.csv", "in/b.csv", "in/deep/c.csv", ".a.csv.part", "in/.b.swp", ".git/d.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    found = list_files(tmp_path)
    assert set(found) == {"a.csv", "in/b.csv", "in/deep/c.csv"}
    assert found["in/b.csv"] == file_state(tmp_path / "in/b.csv")
    assert found["in/b.csv"].size == len("in/b.csv")


def test_only_folders_of_the_first_level_may_be_links(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "ring").mkdir(parents=True)
    (elsewhere / "a.csv").write_text("a")
    (elsewhere / "ring" / "round").symlink_to(elsewhere)
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "linked").symlink_to(elsewhere)
    (landing / "broken").symlink_to(tmp_path / "nowhere")
    assert set(list_files(landing)) == {"linked/a.csv"}


def test_a_folder_that_is_not_there_lists_nothing(tmp_path: Path) -> None:
    assert list_files(tmp_path / "none") == {}


def _write(path: Path) -> None:
    path.write_text("two")


def _rename_into_place(path: Path) -> None:
    other = path.with_name(".other")
    other.write_text("two")
    shutil.copystat(path, other)
    other.replace(path)


def _write_and_set_the_time_back(path: Path) -> None:
    stat = path.stat()
    path.write_text("two")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.mark.parametrize("change", [_write, _rename_into_place, _write_and_set_the_time_back])
def test_other_content_of_the_same_size_is_another_state(tmp_path: Path, change: object) -> None:
    path = tmp_path / "a.csv"
    path.write_text("one")
    before = file_state(path)
    time.sleep(0.02)  # file systems count time in steps of some milliseconds
    change(path)  # type: ignore[operator]
    assert path.read_text() == "two"
    assert file_state(path) != before


# Two looks.


def test_a_file_settles_when_a_second_look_finds_it_as_the_first_did(
    ledger: LandingLedger,
) -> None:
    assert ledger.look({"a": A}, 100.0, 10.0) == ({}, {"a": A})
    assert ledger.look({"a": A}, 105.0, 10.0) == ({}, {"a": A})  # too early
    assert ledger.look({"a": A}, 110.0, 10.0) == ({"a": A}, {})
    assert ledger.look({"a": A}, 500.0, 10.0) == ({"a": A}, {})  # until it is in the ledger


def test_a_file_that_changes_between_looks_starts_anew(ledger: LandingLedger) -> None:
    ledger.look({"a": A}, 100.0, 10.0)
    assert ledger.look({"a": B}, 110.0, 10.0) == ({}, {"a": B})
    assert ledger.look({"a": B}, 119.0, 10.0) == ({}, {"a": B})
    assert ledger.look({"a": B}, 120.0, 10.0) == ({"a": B}, {})


def test_one_look_is_never_enough(ledger: LandingLedger) -> None:
    assert ledger.look({"a": A}, 100.0, 0.0) == ({}, {"a": A})
    assert ledger.look({"a": B}, 100.0, 0.0) == ({}, {"a": B})
    assert ledger.look({"a": B}, 100.0, 0.0) == ({"a": B}, {})


def test_times_of_files_are_no_clock(ledger: LandingLedger) -> None:
    # One from 1970, one from 2100: both wait for their second look, and no longer.
    old, future = FileState(1, 0, 0), FileState(1, 4_102_444_800 * 10**9, 0)
    files = {"old": old, "future": future}
    assert ledger.look(files, 100.0, 10.0) == ({}, files)
    assert ledger.look(files, 110.0, 10.0) == (files, {})


def test_a_clock_that_is_set_back_delays_by_one_look(ledger: LandingLedger) -> None:
    ledger.look({"a": A}, 1_000_000.0, 10.0)
    assert ledger.look({"a": A}, 100.0, 10.0) == ({}, {"a": A})
    assert ledger.look({"a": A}, 110.0, 10.0) == ({"a": A}, {})


def test_what_is_in_the_ledger_is_not_new_until_it_changes(ledger: LandingLedger) -> None:
    ledger.record({"a": done(A)})
    assert ledger.look({"a": A}, 100.0, 0.0) == ({}, {})
    assert ledger.look({"a": B}, 101.0, 0.0) == ({}, {"a": B})
    assert ledger.look({"a": B}, 102.0, 0.0) == ({"a": B}, {})


def test_a_file_that_is_gone_is_forgotten_and_new_when_it_returns(ledger: LandingLedger) -> None:
    ledger.record({"a": done(A), "b": done(B)})
    assert ledger.look({"b": B}, 100.0, 0.0) == ({}, {})
    assert set(ledger.lines()) == {"b"}
    assert ledger.look({"a": A, "b": B}, 101.0, 0.0) == ({}, {"a": A})


# What the lines are worth.


def test_lines_survive_the_process(ledger: LandingLedger) -> None:
    ledger.record({"a": done(A), "b": Noted(B, None, "refused")}, "run")
    again = LandingLedger(ledger.path, ledger.path.with_name("warehouse.duckdb"))
    assert again.lines() == {"a": Noted(A, "f", "ingested"), "b": Noted(B, None, "refused")}


def test_names_that_are_no_utf8_are_kept_exactly(ledger: LandingLedger) -> None:
    name = os.fsdecode(b"na\xefve.csv")
    ledger.record({name: done(A), "naïve.csv": done(B)})
    assert ledger.lines() == {name: done(A), "naïve.csv": done(B)}
    assert ledger.look({name: A}, 100.0, 0.0) == ({}, {})
    assert set(ledger.lines()) == {name}


def test_of_another_warehouse_the_lines_say_nothing(ledger: LandingLedger, tmp_path: Path) -> None:
    ledger.record({"a": done(A)})
    moved = LandingLedger(ledger.path, tmp_path / "other.duckdb")
    assert moved.lines() == {}
    assert moved.look({"a": A}, 100.0, 0.0).waiting == {"a": A}
    # Deleted, and then made anew under the same name.
    warehouse = tmp_path / "warehouse.duckdb"
    assert set(ledger.lines()) == {"a"}
    warehouse.rename(tmp_path / "away.duckdb")
    assert ledger.lines() == {}
    warehouse.write_bytes(b"")
    assert ledger.lines() == {}
    ledger.record({"b": done(B)})
    assert set(ledger.lines()) == {"b"}


def test_contents_that_the_warehouse_lost_are_forgotten(ledger: LandingLedger) -> None:
    ledger.record({"a": done(A, "x"), "b": done(B, "y"), "c": Noted(A, None, "ignored")})
    assert ledger.keep({"x", "z"}) == 1
    assert set(ledger.lines()) == {"a", "c"}


@pytest.mark.parametrize("damage", ["text", "page"])
def test_a_damaged_ledger_is_put_aside(ledger: LandingLedger, damage: str) -> None:
    ledger.record({f"{n:06}.csv": done(A, "f" * 64) for n in range(2_000)})
    content = bytearray(ledger.path.read_bytes())
    if damage == "text":
        content[:20] = b"this is no database!"
    else:
        content[4096 * 3 : 4096 * 5] = b"\xff" * 8192
    ledger.path.write_bytes(content)
    # Everything is new again, which costs time and nothing else.
    assert ledger.look({"a": A}, 100.0, 0.0) == ({}, {"a": A})
    ledger.record({"a": done(A)})
    assert ledger.lines() == {"a": done(A)}


def test_a_hundred_thousand_known_files_are_looked_at_in_seconds(
    ledger: LandingLedger, tmp_path: Path
) -> None:
    listing = {f"folder{n % 50}/{n:06}.json": FileState(n, n, n) for n in range(100_000)}
    started = time.process_time()
    ledger.look(listing, 100.0, 10.0)
    assert len(ledger.look(listing, 110.0, 10.0).settled) == 100_000
    ledger.record({name: done(state, f"{state.size:064}") for name, state in listing.items()})
    ledger.look(listing, 120.0, 10.0)
    took = time.process_time() - started
    started = time.process_time()
    assert ledger.look(listing, 130.0, 10.0) == ({}, {})
    assert time.process_time() - started < 2.0
    assert took < 15.0
