"""Some hundreds of hostile files, the same ones each time; `make fuzz` runs many more."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from influence_assets_tests.sources.fuzzing import Bench, adapters
from influence_assets_tests.sources.hostile import STEPS, changed, steps_of

INPUTS = 42


@pytest.mark.parametrize("adapter", adapters())
def test_hostile_files_are_read_or_refused(adapter: str, tmp_path: Path) -> None:
    bench = Bench(adapter, tmp_path)
    for number in range(INPUTS):
        bench.input(0, number)
    # Changes so wild that little is ever taken would prove little.
    assert (bench.outcomes["read"] + bench.outcomes["skipped"]) * 4 > INPUTS
    assert len(bench.distinct) > INPUTS * 0.8
    assert bench.outcomes["whole"] and bench.outcomes["archives"]


@pytest.mark.parametrize("adapter", adapters())
def test_the_examples_themselves_are_read(adapter: str, tmp_path: Path) -> None:
    bench = Bench(adapter, tmp_path)
    for place in range(len(bench.files)):
        bench.check(0, place, [])
    told = {"read", "left alone", "skipped"}
    assert sum(bench.outcomes[outcome] for outcome in told) == len(bench.files)


def test_changes_change() -> None:
    files = [
        b'{"id": 1, "text": "a"}\n{"id": 2, "text": "b"}\n',
        b"a,b\n1,2\n3,4\n",
        b"<a b='c'>d</a>",
    ]
    same = [k for k in range(len(STEPS)) if all(changed(f, [(k, 9, 3, 2)]) == f for f in files)]
    assert same == []


def test_the_same_number_makes_the_same_change() -> None:
    data = b"a,b\n1,2\n3,4\n"
    made = [changed(data, steps_of(random.Random(n), data)) for n in range(50)]
    assert made == [changed(data, steps_of(random.Random(n), data)) for n in range(50)]
    assert len(set(made)) > 30
