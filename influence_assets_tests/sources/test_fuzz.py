"""Some hundreds of hostile files, the same ones each time; `make fuzz` runs many more."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
import zstandard

from influence_assets.sources.catalog import find_mapping
from influence_assets.sources.choose import Chooser
from influence_assets.sources.landing import Landed
from influence_assets_tests.sources.counting import counted
from influence_assets_tests.sources.fuzzing import Bench, adapters, check_entry
from influence_assets_tests.sources.hostile import STEPS, changed, steps_of

INPUTS = 24


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


ONCE_WRONG = {
    "an unhashable kind of reference": (
        "x_api_v2",
        "page.json",
        b'{"data": [{"id": "1", "author_id": "2", "created_at": "2023-02-18T12:33:11.000Z",'
        b' "text": "t", "referenced_tweets": [{"type": {"a": 1}, "id": "3"}]}]}',
    ),
}


@pytest.mark.parametrize(("adapter", "name", "data"), ONCE_WRONG.values(), ids=ONCE_WRONG)
def test_what_once_went_wrong(adapter: str, name: str, data: bytes) -> None:
    landed = Landed(name, name, len(data), lambda: io.BytesIO(data))
    choice = Chooser(find_mapping(adapter)).choose(name, name, landed.open)
    assert choice is not None
    assert [check_entry(landed, data, how, 1)[0] for how in choice.specs][:1] == [1]


def test_records_are_counted_another_way() -> None:
    found = next(s for s in find_mapping("youtube_api").files if s.records == "items")
    how = found.model_copy(update={"format": "json"})
    pages = b'{"items": [1, {}]}', b'{"items": {"a": 1}}', b'{"items": NaN}', b'{"b": [1]}'
    assert [counted(page, how) for page in pages] == [2, 1, 0, 0]
    two = b"".join(zstandard.compress(line) for line in (b'{"items": [1', b", 2, 3]}"))
    assert counted(two, how) == 3
