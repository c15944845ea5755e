"""Records and planted faults, counted by hand in the files."""

from __future__ import annotations

from influence_assets.sample.world import Truth, World
from influence_assets_tests.sample import reading


def test_truth_counts_the_records_of_every_file(world: World, truth: Truth) -> None:
    files = [p for p in world.landing.rglob("*") if p.is_file()]
    data = [p for p in files if p.suffix != ".jpg" and p.name != "mapping.yaml"]
    counted = {p.relative_to(world.landing).as_posix(): len(reading.read_file(p)) for p in data}
    assert counted == dict(truth.files.select("path", "records").iter_rows())
    assert world.records == sum(counted.values())


def test_the_broken_records_are_the_planted_ones_and_no_others(world: World, truth: Truth) -> None:
    found = {
        (path, row, fault)
        for path in truth.files["path"]
        for row, (_, fault) in enumerate(reading.read_file(world.landing / path), 1)
        if fault is not None
    }
    assert found == set(truth.faults.select("path", "row_number", "fault").iter_rows())
    assert world.faulty == len(found) == truth.files["broken"].sum() + truth.files["flagged"].sum()
    assert 20 <= len(found) <= 30


def test_every_kind_of_fault_is_planted(truth: Truth) -> None:
    assert set(truth.faults["fault"]) == {
        "unreadable_date",
        "date_1970",
        "negative_count",
        "overflowed_count",
        "missing_id",
        "missing_target",
        "extra_fields",
        "missing_fields",
        "broken_json",
    }
