"""Files that change under their name: what replaces what, what is added, what stays."""

from __future__ import annotations

import gzip
import hashlib
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from influence_assets.ingest import Job, ingest_path
from influence_assets.sources.batches import BATCH_BYTES
from influence_assets.sources.choose import Chooser
from influence_assets.sources.mapping import Mapping
from influence_assets.storage.ledger import FileOutcome
from influence_assets.storage.reconcile import all_faults
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.storage.making import python
from influence_assets_tests.test_ingest import (
    D1,
    D2,
    D3,
    HEADER,
    POST,
    WINDOW,
    archive,
    ask,
    mapping,
)

A, B, C = (f"{i},{who},2024-01-0{i},{who}\n" for i, who in ((1, "ann"), (2, "bob"), (3, "cy")))
BAD = "9,z,never,z\n"

FEEDS = [{"contract": "posts", "columns": POST}]
PLAIN = mapping(
    {"match": "*.csv*", "format": "csv", "feeds": FEEDS},
    {"match": "*.jsonl", "format": "jsonl", "feeds": FEEDS},
    {"match": "*.skip", "format": "csv", "skip": "nothing but names"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "landing"
    made.mkdir()
    return made


Ingest = Callable[..., dict[str, FileOutcome]]


@pytest.fixture
def ingest(warehouse: Warehouse, folder: Path) -> Ingest:
    """Ingest the folder; the outcome of each file by its name. The ledger always adds up."""

    def run(described: Mapping = PLAIN, *, replace: bool = False) -> dict[str, FileOutcome]:
        job = Job(Chooser(described), WINDOW, folder.parent / "media", replace)
        outcomes = ingest_path(warehouse, folder, job)
        with warehouse.connect() as connection:
            assert all_faults(connection) == []
        return {Path(o.path).name: o for o in outcomes}

    return run


def posts(warehouse: Warehouse) -> list[str]:
    return [i for (i,) in ask(warehouse, "SELECT post_id FROM raw.posts ORDER BY post_id")]


def statuses(warehouse: Warehouse) -> list[str]:
    """Of all files that ever came in, in the order in which they came."""
    return [s for (s,) in ask(warehouse, "SELECT status FROM raw.files ORDER BY ingest_number")]


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- a changed file ---


def test_a_changed_file_takes_the_place_of_its_older_version(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    (folder / "a.csv").write_text(HEADER + A + B + BAD)
    ingest()
    (folder / "a.csv").write_text(HEADER + B + C)
    outcome = ingest()["a.csv"]
    assert (outcome.status, outcome.rows_in, outcome.rows_good) == ("ingested", 2, 2)
    # Bob is there once, ann and the quarantined record have gone.
    assert posts(warehouse) == ["2", "3"]
    assert warehouse.count("raw.quarantine") == 0
    assert statuses(warehouse) == ["superseded", "ingested"]
    found = ask(warehouse, "SELECT version, file_id FROM raw.file_versions ORDER BY version")
    assert found == [(1, sha(HEADER + A + B + BAD)), (2, sha(HEADER + B + C))]
    # The old line still tells what it had brought; the new one tells whom it replaced.
    lines = ask(
        warehouse,
        "SELECT rows_in, rows_quarantined, replaces_file_id FROM raw.files ORDER BY ingest_number",
    )
    assert lines == [(3, 1, None), (2, 0, sha(HEADER + A + B + BAD))]
    assert {o.status for o in ingest().values()} == {"known"}


def test_days_of_the_old_version_are_built_again(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    (folder / "a.csv").write_text(HEADER + A + B)
    ingest()
    before = versions_of_days(warehouse)
    (folder / "a.csv").write_text(HEADER + B.replace("bob", "eve") + C)
    ingest()
    after = versions_of_days(warehouse)
    # Ann's day has lost its row; it has to be known, and differently from before.
    assert set(after) == {D1, D2, D3}
    assert all(after[day] != before[day] for day in (D1, D2))


def versions_of_days(warehouse: Warehouse, table: str = "posts") -> dict[object, str]:
    from influence_assets.storage.versions import Recipe, Upstream, expected_versions

    recipe = Recipe(f"core.{table}", (Upstream(f"raw.{table}", "same"),), "code")
    with warehouse.connect() as connection:
        found = expected_versions(connection, recipe)
    days = {str(d): d for d in (D1, D2, D3)}
    return {days.get(key, key): version for key, version in found.items()}


def test_the_old_version_restored_is_read_again(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    for text, expected in ((A, ["1"]), (B, ["2"]), (A, ["1"]), (B, ["2"])):
        (folder / "a.csv").write_text(HEADER + text)
        assert ingest()["a.csv"].status == "ingested"
        assert posts(warehouse) == expected
    assert sorted(statuses(warehouse)) == ["ingested", "superseded"]
    assert ask(warehouse, "SELECT max(version) FROM raw.file_versions") == [(4,)]


def test_rows_that_another_path_still_holds_stay(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    (folder / "a.csv").write_text(HEADER + A)
    (folder / "copy.csv").write_text(HEADER + A)
    ingest()
    (folder / "a.csv").write_text(HEADER + B)
    ingest()
    assert posts(warehouse) == ["1", "2"]
    # Only when the copy changes, too, nobody holds them any more.
    (folder / "copy.csv").write_text(HEADER + C)
    ingest()
    assert posts(warehouse) == ["2", "3"]


def test_renamed_and_rewritten_in_one_go(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    # As logs are rotated: the old bytes lie under a new name when the old name changes.
    (folder / "log.csv").write_text(HEADER + A)
    ingest()
    (folder / "log.csv").rename(folder / "log.1.csv")
    (folder / "log.csv").write_text(HEADER + B)
    found = {name: o.status for name, o in ingest().items()}
    assert found == {"log.1.csv": "known", "log.csv": "ingested"}
    assert posts(warehouse) == ["1", "2"]
    # Two files that swap their names: nothing changes.
    (folder / "log.csv").rename(folder / "x")
    (folder / "log.1.csv").rename(folder / "log.csv")
    (folder / "x").rename(folder / "log.1.csv")
    assert {o.status for o in ingest().values()} == {"known"}
    assert posts(warehouse) == ["1", "2"]


def test_the_old_bytes_may_come_back_under_a_later_name_of_another_transaction(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    # `a` loses its bytes in one transaction; `z` has them, and comes in another.
    (folder / "a.csv").write_text(HEADER + A)
    ingest()
    (folder / "a.csv").write_text(HEADER + B)
    line = "7,big,2024-01-03," + "x" * 4000 + "\n"
    (folder / "m.csv").write_text(HEADER + line * (BATCH_BYTES // 4000))
    (folder / "z.csv").write_text(HEADER + A)
    ingest()
    assert set(posts(warehouse)) == {"1", "2", "7"}
    assert posts(warehouse).count("1") == 1


def test_a_refused_version_leaves_the_rows_of_the_old_one(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    (folder / "a.csv").write_text(HEADER + A)
    ingest()
    (folder / "a.csv").write_text("id,who\n1,x\n")
    assert ingest()["a.csv"].status == "refused"
    assert posts(warehouse) == ["1"]
    # A streamed one, too.
    line = f"1,ann,2024-01-01,{'x' * 4000}\n"
    (folder / "a.csv").write_bytes((HEADER + line * (BATCH_BYTES // 2000)).encode() + b"1,\xe9\n")
    assert ingest()["a.csv"].status == "refused"
    assert posts(warehouse) == ["1"]
    # The next good version replaces what is there.
    (folder / "a.csv").write_text(HEADER + B)
    ingest()
    assert posts(warehouse) == ["2"]


def test_a_member_of_an_archive_is_a_path(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    archive(folder / "all.tar.gz", {"a.csv": HEADER + A, "b.csv": HEADER + B})
    ingest()
    archive(folder / "all.tar.gz", {"a.csv": HEADER + C, "b.csv": HEADER + B})
    found = {name.split("!")[-1]: o.status for name, o in ingest().items()}
    assert found == {"a.csv": "ingested", "b.csv": "known", "link.csv": "refused"}
    assert posts(warehouse) == ["2", "3"]


def test_a_skipped_file_has_a_line_and_no_rows(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    (folder / "names.skip").write_text("name\nx\n")
    assert ingest()["names.skip"].status == "skipped"
    lines = ask(warehouse, "SELECT status, message, rows_in FROM raw.files")
    assert lines == [("skipped", "nothing but names", 0)]
    ingest()
    assert len(statuses(warehouse)) == 1


# --- an appended file ---


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_of_an_appended_file_only_the_new_part_is_read(
    warehouse: Warehouse, folder: Path, ingest: Ingest, form: str
) -> None:
    path = folder / f"a.{form}"
    lines = [A, B, C] if form == "csv" else [as_json(n) for n in (1, 2, 3)]
    head = HEADER if form == "csv" else ""
    path.write_text(head + lines[0] + lines[1])
    first = ingest()[path.name]
    with path.open("a") as sink:
        sink.write(lines[2])
    second = ingest()[path.name]
    assert (second.rows_in, second.continues_file_id) == (1, first.file_id)
    # The old rows are those that were there; the new one has the next number.
    found = ask(warehouse, "SELECT post_id, file_id, row_number FROM raw.posts ORDER BY post_id")
    assert found == [
        ("1", first.file_id, 1), ("2", first.file_id, 2), ("3", second.file_id, 3),
    ]  # fmt: skip
    assert statuses(warehouse) == ["ingested", "ingested"]
    assert {o.status for o in ingest().values()} == {"known"}


def as_json(number: int) -> str:
    return f'{{"id": "{number}", "who": "x", "at": "2024-01-0{number}", "text": "t"}}\n'


def test_a_chain_is_superseded_as_a_whole(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    text = HEADER
    for line in (A, B, BAD, C):
        text += line
        (folder / "a.csv").write_text(text)
        assert ingest()["a.csv"].rows_in == 1
    assert posts(warehouse) == ["1", "2", "3"]
    (folder / "a.csv").write_text(HEADER + C)
    ingest()
    assert posts(warehouse) == ["3"]
    assert warehouse.count("raw.quarantine") == 0
    assert sorted(statuses(warehouse)) == ["ingested", *["superseded"] * 4]


def test_a_copy_of_an_appended_file_holds_its_chain(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    (folder / "a.csv").write_text(HEADER + A)
    ingest()
    (folder / "a.csv").write_text(HEADER + A + B)
    ingest()
    (folder / "copy.csv").write_text(HEADER + A + B)
    assert ingest()["copy.csv"].status == "known"
    (folder / "a.csv").write_text(HEADER + C)
    ingest()
    assert posts(warehouse) == ["1", "2", "3"]


def test_a_file_that_shrank_loses_what_was_appended(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    for text in (A, A + B, A):
        (folder / "a.csv").write_text(HEADER + text)
        ingest()
    assert posts(warehouse) == ["1"]
    # And what it continued is appended to once more.
    (folder / "a.csv").write_text(HEADER + A + B)
    assert ingest()["a.csv"].rows_in == 1
    assert posts(warehouse) == ["1", "2"]


NOT_APPENDED = {
    "the old bytes do not end with a line": (HEADER + A.strip(), HEADER + A + B),
    "the old bytes changed": (HEADER + A, HEADER + A.upper() + B),
    "the header changed": (HEADER + A, HEADER.replace("text", "text,more") + A + B),
}


@pytest.mark.parametrize("old, new", NOT_APPENDED.values(), ids=NOT_APPENDED)
def test_what_is_not_appended_is_replaced(
    warehouse: Warehouse, folder: Path, ingest: Ingest, old: str, new: str
) -> None:
    (folder / "a.csv").write_text(old)
    ingest()
    (folder / "a.csv").write_text(new)
    outcome = ingest()["a.csv"]
    assert (outcome.continues_file_id, outcome.rows_in) == (None, 2)
    assert warehouse.count("raw.posts") + warehouse.count("raw.quarantine") == 2


def test_compressed_files_are_never_continued(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    # Two gzip members behind each other are one file, whose second part has no header.
    old = gzip.compress((HEADER + A).encode(), mtime=0)
    (folder / "a.csv.gz").write_bytes(old)
    ingest()
    (folder / "a.csv.gz").write_bytes(old + gzip.compress(B.encode(), mtime=0))
    outcome = ingest()["a.csv.gz"]
    assert outcome.continues_file_id is None
    assert posts(warehouse) == ["1", "2"]


def test_a_header_over_two_lines_is_kept(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    described = mapping({"match": "*", "format": "csv", "feeds": FEEDS})
    header = 'id,who,at,text,"a note\nover two lines"\n'
    (folder / "a.csv").write_text(header + "1,ann,2024-01-01,a,\n")
    ingest(described)
    with (folder / "a.csv").open("a") as sink:
        sink.write("2,bob,2024-01-02,b,\n")
    assert ingest(described)["a.csv"].rows_in == 1
    assert posts(warehouse) == ["1", "2"]


def test_a_bad_tail_leaves_the_old_rows(warehouse: Warehouse, folder: Path, ingest: Ingest) -> None:
    (folder / "a.csv").write_text(HEADER + A)
    ingest()
    (folder / "a.csv").write_bytes((HEADER + A).encode() + b"2,b\xe9,2024-01-02,x\n")
    assert ingest()["a.csv"].status == "refused"
    assert posts(warehouse) == ["1"]


def test_replace_reads_a_chain_as_one_file(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    for text in (A, A + B):
        (folder / "a.csv").write_text(HEADER + text)
        ingest()
    assert ingest(replace=True)["a.csv"].rows_in == 2
    assert posts(warehouse) == ["1", "2"]
    assert statuses(warehouse) == ["superseded", "ingested"]


def test_another_mapping_does_not_continue_what_the_first_began(
    warehouse: Warehouse, folder: Path, ingest: Ingest
) -> None:
    (folder / "a.csv").write_text(HEADER + A)
    ingest()
    (folder / "a.csv").write_text(HEADER + A + B)
    assert ingest(PLAIN.model_copy(update={"name": "other"}))["a.csv"].rows_in == 2
    assert posts(warehouse) == ["1", "2"]


def test_a_large_tail_is_streamed(warehouse: Warehouse, folder: Path, ingest: Ingest) -> None:
    (folder / "a.csv").write_text(HEADER + A)
    ingest()
    count = BATCH_BYTES * 2 // 4000
    with (folder / "a.csv").open("a") as sink:
        for i in range(count):
            sink.write(f"{i + 10},x,2024-01-02,{'x' * 4000}\n")
    assert ingest()["a.csv"].rows_in == count
    numbers = "SELECT count(*), count(DISTINCT row_number), max(row_number) FROM raw.posts"
    assert ask(warehouse, numbers) == [(count + 1, count + 1, count + 1)]


# --- any history ---

Step = tuple[str, str, int]


def histories() -> st.SearchStrategy[list[Step]]:
    """Steps on three paths: write some lines anew, append, copy from another, or leave away."""
    path = st.sampled_from(["a.csv", "b.csv", "c.csv"])
    number = st.integers(0, 6)
    kinds = st.sampled_from(["write", "append", "append", "copy"])
    return st.lists(st.tuples(kinds, path, number), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None)
@given(histories())
def test_any_history_leaves_the_rows_of_the_newest_versions(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "landing"
        folder.mkdir()
        warehouse = Warehouse(Path(scratch) / "w.duckdb")
        job = Job(Chooser(PLAIN), WINDOW, Path(scratch) / "media")
        rng = random.Random(0)
        held: dict[str, list[int]] = {}
        for kind, name, number in steps:
            if kind == "copy" and held:
                held[name] = list(held[rng.choice(sorted(held))])
            elif kind == "append" and name in held:
                held[name] = [*held[name], number]
            else:
                held[name] = [number, *range(number % 3)]
            lines = [f"{i},x,2024-01-0{1 + i % 3},t\n" for i in held[name]]
            (folder / name).write_text(HEADER + "".join(lines))
            ingest_path(warehouse, folder, job)
            check(warehouse, held)


def check(warehouse: Warehouse, held: dict[str, list[int]]) -> None:
    """The posts are those that some file has now, and a file's rows are there as it has them."""
    with warehouse.connect() as connection:
        assert all_faults(connection) == []
    assert set(posts(warehouse)) == {str(i) for numbers in held.values() for i in numbers}
    newest = ask(
        warehouse,
        "SELECT path, arg_max(file_id, version) FROM raw.file_versions GROUP BY path",
    )
    for path, file_id in newest:
        assert list(rows_of(warehouse, file_id)) == [str(i) for i in held[Path(path).name]]


def rows_of(warehouse: Warehouse, file_id: str) -> Iterator[str]:
    """The posts of a file in its order, through the files that it continues."""
    ((before,),) = ask(
        warehouse, f"SELECT continues_file_id FROM raw.files WHERE file_id = '{file_id}'"
    )
    if before:
        yield from rows_of(warehouse, before)
    query = f"SELECT post_id FROM raw.posts WHERE file_id = '{file_id}' ORDER BY row_number"
    yield from (i for (i,) in ask(warehouse, query))


# --- killed ---

KILLED = """
import os, sys
from pathlib import Path
from influence_assets.ingest import Job, ingest_path
from influence_assets.sources.choose import Chooser
from influence_assets.storage import ledger
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.test_file_versions import PLAIN, WINDOW

path, landing, place = sys.argv[1:]
original = getattr(ledger, place)
def killed(*arguments):
    original(*arguments)
    os._exit(9)
setattr(ledger, place, killed)
ingest_path(Warehouse(Path(path)), Path(landing), Job(Chooser(PLAIN), WINDOW, Path(landing)))
"""


@pytest.mark.parametrize("place", ["note_versions", "touch", "check_files"])
@pytest.mark.parametrize("new", [HEADER + C, HEADER + A + B + C], ids=["changed", "appended"])
def test_a_kill_leaves_the_old_version_whole(
    warehouse: Warehouse, folder: Path, ingest: Ingest, place: str, new: str
) -> None:
    # After the versions are noted, after days are touched, and after all is checked.
    (folder / "a.csv").write_text(HEADER + A + B)
    ingest()
    (folder / "a.csv").write_text(new)
    done = python(KILLED, warehouse.path, folder, place)
    assert done.returncode == 9, done.stderr
    assert posts(warehouse) == ["1", "2"]
    assert statuses(warehouse) == ["ingested"]
    assert ask(warehouse, "SELECT count(*) FROM raw.file_versions") == [(1,)]
    # Once more, to the end.
    ingest()
    assert posts(warehouse) == (["3"] if new == HEADER + C else ["1", "2", "3"])
