"""Quarantine: what lies there, and records that a mended mapping moves to the raw tables."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from influence_assets.cli import app
from influence_assets.cli_quarantine import hint
from influence_assets.errors import UserError
from influence_assets.ingest import Job, ingest_path
from influence_assets.retry import Retried, Retry, retry
from influence_assets.sources.choose import Chooser
from influence_assets.sources.mapping import Mapping
from influence_assets.storage.ledger import ledger_transaction
from influence_assets.storage.quarantine import Filter, overview, records
from influence_assets.storage.reconcile import Unreconciled, all_faults
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.storage.making import python
from influence_assets_tests.test_ingest import D1, WINDOW, ask, mapping

POST = {"post_id": "id", "profile_id": "who", "posted_at": "at", "media_count": "n"}
HEADER = "id,who,at,n,note\n"
GERMAN = {"field": "at", "time": ["iso", "%d.%m.%Y"]}
TEXT = (
    HEADER
    + "1,ann,2024-01-01,1,\n"
    + "2,bob,2.1.2024,2,german\n"
    + "3,cy,someday,3,hopeless\n"
    + "4,dee,4.1.2024,many,both\n"
    + "5,too,few\n"
)


def described(posted_at: Any = "at", form: str = "csv", **columns: Any) -> Mapping:
    feeds = [{"contract": "posts", "columns": {**POST, "posted_at": posted_at, **columns}}]
    return mapping({"match": "*", "format": form, "feeds": feeds})


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


def ingest(warehouse: Warehouse, path: Path, how: Mapping) -> None:
    ingest_path(warehouse, path, Job(Chooser(how), WINDOW, path.parent / "media"))


def again(warehouse: Warehouse, how: Mapping, **wanted: str) -> list[Retried]:
    media = warehouse.path.parent / "media"
    job = Retry(Filter(**wanted), lambda _: how, Chooser(how), WINDOW, media)
    done = retry(warehouse, job)
    with warehouse.connect() as connection:
        assert all_faults(connection) == []
    return done


def posts(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return ask(warehouse, "SELECT post_id, row_number FROM raw.posts ORDER BY row_number")


def rejected(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return ask(warehouse, "SELECT row_number, rule FROM raw.quarantine ORDER BY row_number")


def counts(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return ask(warehouse, "SELECT rows_in, rows_good, rows_quarantined FROM raw.files")


def everything(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    tables = ("posts", "quarantine", "files", "touched_days", "file_versions")
    return {t: ask(warehouse, f"SELECT * FROM raw.{t} ORDER BY ALL") for t in tables}


@pytest.mark.parametrize("gone", [False, True], ids=["file there", "file gone"])
def test_what_a_mended_mapping_reads_moves_over(
    warehouse: Warehouse, landing: Path, gone: bool
) -> None:
    path = landing / "a.csv"
    path.write_text(TEXT)
    ingest(warehouse, path, described())
    assert posts(warehouse) == [("1", 1)]
    assert counts(warehouse) == [(5, 1, 4)]
    if gone:
        path.unlink()
    (done,) = again(warehouse, described(GERMAN))
    # The line with too few fields is no record that could be read again.
    assert (done.tried, done.moved, done.message) == (3, 1, None)
    assert posts(warehouse) == [("1", 1), ("2", 2)]
    assert counts(warehouse) == [(5, 2, 3)]
    # What stays says what is wrong with it now, and keeps all that it came with.
    assert rejected(warehouse) == [
        (3, "posted_at_unreadable"), (4, "media_count_unreadable"), (5, "wrong_number_of_fields"),
    ]  # fmt: skip
    ((kept,),) = ask(warehouse, "SELECT raw_row FROM raw.quarantine WHERE row_number = 4")
    assert json.loads(kept)["note"] == "both"


def test_twice_is_once(warehouse: Warehouse, landing: Path) -> None:
    (landing / "a.csv").write_text(TEXT)
    ingest(warehouse, landing / "a.csv", described())
    again(warehouse, described(GERMAN))
    before = everything(warehouse)
    (done,) = again(warehouse, described(GERMAN))
    assert (done.tried, done.moved) == (2, 0)
    assert everything(warehouse) == before
    # And the file is known as before: nothing comes in twice.
    ingest(warehouse, landing / "a.csv", described(GERMAN))
    assert everything(warehouse) == before


def test_only_what_is_asked_for(warehouse: Warehouse, landing: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (landing / name).write_text(TEXT.replace("german", name))
        ingest(warehouse, landing / name, described())
    nothing = again(warehouse, described(GERMAN), rule="media_count_unreadable")
    assert nothing == []
    (done,) = again(warehouse, described(GERMAN), file="b.csv", rule="posted_at_unreadable")
    assert (Path(done.path).name, done.moved) == ("b.csv", 1)
    assert len(posts(warehouse)) == 3
    with pytest.raises(UserError, match=r"called 'c\.csv'"):
        again(warehouse, described(GERMAN), file="c.csv")


def test_days_that_got_rows_are_stale(warehouse: Warehouse, landing: Path) -> None:
    (landing / "a.csv").write_text(TEXT.replace("2.1.2024", "1.1.2024"))
    ingest(warehouse, landing / "a.csv", described())
    before = ask(warehouse, "SELECT ingest_number FROM raw.files")
    again(warehouse, described(GERMAN))
    # The day was touched by the file before; its new number makes it stale all the same.
    assert ask(warehouse, "SELECT DISTINCT day FROM raw.touched_days") == [(D1,)]
    assert ask(warehouse, "SELECT ingest_number FROM raw.files") > before


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_json_records(warehouse: Warehouse, landing: Path, form: str) -> None:
    rows = [
        {"id": 1, "who": "ann", "at": "2024-01-01", "n": 1},
        {"id": 2, "who": "bob", "at": "2.1.2024", "n": 2, "deep": {"er": ["x"]}},
        # The bad record lacks a field that every good one has.
        {"id": 3, "who": "cy", "n": 2},
    ]
    path = landing / f"a.{form}"
    path.write_text(json.dumps(rows) if form == "json" else "\n".join(map(json.dumps, rows)))
    ingest(warehouse, path, described(form=form))
    assert len(rejected(warehouse)) == 2
    (done,) = again(warehouse, described(GERMAN, form=form))
    assert (done.tried, done.moved) == (2, 1)
    assert posts(warehouse) == [("1", 1), ("2", 2)]


def test_parquet_and_compressed_records(warehouse: Warehouse, landing: Path) -> None:
    frame = pl.DataFrame(
        {"id": [1, 2], "who": ["ann", "bob"], "at": ["2024-01-01", "2.1.2024"], "n": [1, 2],
         "tags": [["a"], ["b", "c"]]}
    )  # fmt: skip
    frame.write_parquet(landing / "a.parquet")
    tags = {"hashtags": "tags"}
    ingest(warehouse, landing / "a.parquet", described(form="parquet", **tags))
    (landing / "b.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    ingest(warehouse, landing / "b.csv.gz", described())
    (done,) = again(warehouse, described(GERMAN, form="parquet", **tags), file="a.parquet")
    assert done.moved == 1
    found = ask(warehouse, "SELECT post_id, hashtags FROM raw.posts WHERE hashtags IS NOT NULL")
    assert sorted(found) == [("1", ["a"]), ("2", ["b", "c"])]
    (other,) = again(warehouse, described(GERMAN), file="b.csv.gz")
    assert other.moved == 1


def test_each_entry_reads_its_own_records(warehouse: Warehouse, landing: Path) -> None:
    # Both entries could read any of the records; which one did stands in quarantine.
    def both(posted_at: Any) -> Mapping:
        inner = {"post_id": "id", "profile_id": "/alias", "posted_at": posted_at}
        outer = {"profile_id": "alias", "observed_at": posted_at, "followers": "n"}
        return mapping(
            {"format": "json", "feeds": [{"contract": "profile_snapshots", "columns": outer}]},
            {"format": "json", "records": "posts",
             "feeds": [{"contract": "posts", "columns": inner}]},
        )  # fmt: skip

    document = {"alias": "ann", "at": "5.1.2024", "n": 5, "posts": [
        {"id": "1", "at": "2024-01-01", "alias": "x", "n": 1},
        {"id": "2", "at": "2.1.2024", "alias": "x", "n": 1}]}  # fmt: skip
    (landing / "ann.json").write_text(json.dumps(document))
    ingest(warehouse, landing / "ann.json", both("at"))
    assert ask(warehouse, "SELECT row_number, entry FROM raw.quarantine ORDER BY ALL") == [
        (1, 1), (3, 2),
    ]  # fmt: skip
    (done,) = again(warehouse, both(GERMAN))
    assert (done.tried, done.moved) == (2, 2)
    assert posts(warehouse) == [("1", 2), ("2", 3)]
    assert ask(warehouse, "SELECT profile_id FROM raw.posts WHERE post_id = '2'") == [("ann",)]
    assert ask(warehouse, "SELECT row_number FROM raw.profile_snapshots") == [(1,)]


def test_what_quarantine_does_not_hold_is_told(warehouse: Warehouse, landing: Path) -> None:
    # The mended mapping wants what lies around the record: only the file has it.
    columns = {"post_id": "id", "profile_id": "who", "posted_at": "at"}
    entry = {"format": "json", "records": "posts"}
    old = mapping(entry | {"feeds": [{"contract": "posts", "columns": columns}]})
    feeds = [{"contract": "posts", "columns": columns | {"profile_id": "/alias"}}]
    document = {"alias": "ann", "posts": [{"id": "1", "who": None, "at": "2024-01-01"}]}
    (landing / "a.json").write_text(json.dumps(document))
    ingest(warehouse, landing / "a.json", old)
    (done,) = again(warehouse, mapping(entry | {"feeds": feeds}))
    assert done.moved == 0
    assert "--replace" in (done.message or "")
    # Nor has a table a column that it never had.
    (landing / "b.csv").write_text(TEXT)
    ingest(warehouse, landing / "b.csv", described())
    (told,) = again(warehouse, described(GERMAN, text="body"), file="b.csv")
    assert "no field body" in (told.message or "")
    assert rejected(warehouse)[0] == (1, "profile_id|nullability")


KILLED = """
import os, sys
from pathlib import Path
from influence_assets.storage.ledger import LedgerTransaction
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.test_quarantine import GERMAN, again, described

path, place = sys.argv[1:]
original = getattr(LedgerTransaction, place)
def killed(*arguments):
    original(*arguments)
    os._exit(9)
setattr(LedgerTransaction, place, killed)
again(Warehouse(Path(path)), described(GERMAN))
"""


@pytest.mark.parametrize("place", ["release", "add", "recount"])
def test_a_killed_retry_loses_nothing(warehouse: Warehouse, landing: Path, place: str) -> None:
    (landing / "a.csv").write_text(TEXT)
    ingest(warehouse, landing / "a.csv", described())
    before = everything(warehouse)
    done = python(KILLED, warehouse.path, place)
    assert done.returncode == 9, done.stderr
    assert everything(warehouse) == before
    (finished,) = again(warehouse, described(GERMAN))
    assert finished.moved == 1


# --- counts that do not add up ---

BROKEN = {
    "a good record that is quarantined, too": "INSERT INTO raw.quarantine "
    "SELECT file_id, 1, 1, 'posts', 'r', 'm', 'raw' FROM raw.files",
    "a quarantined record that is lost": "DELETE FROM raw.quarantine WHERE row_number = 3",
    "a row more than good records": "UPDATE raw.posts SET row_number = 99; "
    "INSERT INTO raw.posts BY NAME SELECT * REPLACE (98 AS row_number) FROM raw.posts",
    "a row twice": "INSERT INTO raw.posts FROM raw.posts",
    "rows of a superseded file": "UPDATE raw.files SET status = 'superseded'",
    "rows of a file that nobody knows": "DELETE FROM raw.files",
    "a sum that is wrong": "UPDATE raw.files SET rows_in = rows_in + 1",
}


@pytest.mark.parametrize("statement", BROKEN.values(), ids=BROKEN)
def test_what_does_not_add_up_is_found(warehouse: Warehouse, landing: Path, statement: str) -> None:
    (landing / "a.csv").write_text(TEXT)
    ingest(warehouse, landing / "a.csv", described())
    with warehouse.connect() as connection:
        assert all_faults(connection) == []
        for part in statement.split(";"):
            connection.execute(part)
        assert all_faults(connection)


@pytest.mark.parametrize("row", [1, 63, 64, 127, 128, 200])
def test_each_record_is_told_apart_from_its_neighbours(
    warehouse: Warehouse, landing: Path, row: int
) -> None:
    # The check packs 64 records into a number: each of them has to have its own place in it.
    lines = "".join(f"{n},ann,2024-01-01,1,\n" for n in range(1, 201))
    (landing / "a.csv").write_text(HEADER + lines)
    ingest(warehouse, landing / "a.csv", described())
    with warehouse.connect() as connection:
        assert all_faults(connection) == []
        connection.execute(
            "INSERT INTO raw.posts FROM raw.posts WHERE row_number = $row", {"row": row}
        )
        (fault,) = all_faults(connection)
    assert fault.problem == "1 rows are there twice"


def test_a_transaction_that_does_not_add_up_is_undone(
    warehouse: Warehouse, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if a reader counted a record that it never gave.
    from influence_assets.storage.ledger import FileOutcome

    (landing / "a.csv").write_text(TEXT)
    monkeypatch.setattr(
        FileOutcome, "counting",
        lambda self, records, bad: FileOutcome(
            self.file_id, self.source, self.path, self.bytes, "ingested", records, bad + 1),
    )  # fmt: skip
    with pytest.raises(Unreconciled, match=r"a\.csv: 5 records counted as quarantined, 4 found"):
        ingest(warehouse, landing / "a.csv", described())
    assert warehouse.count("raw.posts") == warehouse.count("raw.files") == 0


def test_an_unknown_error_in_a_retry_undoes_it(warehouse: Warehouse, landing: Path) -> None:
    (landing / "a.csv").write_text(TEXT)
    ingest(warehouse, landing / "a.csv", described())
    before = everything(warehouse)
    with pytest.raises(RuntimeError), ledger_transaction(warehouse) as ledger:
        ledger.release(pl.DataFrame({"file_id": ["x"], "row_number": [1]}))
        raise RuntimeError
    assert everything(warehouse) == before


# --- looking at it ---


def test_list_and_show(warehouse: Warehouse, landing: Path) -> None:
    (landing / "a.csv").write_text(TEXT)
    ingest(warehouse, landing / "a.csv", described())
    told = overview(warehouse, Filter()).select("rule", "records").rows()
    assert told == [("posted_at_unreadable", 3), ("wrong_number_of_fields", 1)]
    found = records(warehouse, Filter(rule="posted_at_unreadable"), 2)
    assert found["row_number"].to_list() == [2, 3]
    assert json.loads(found["raw_row"][0])["at"] == "2.1.2024"
    assert "posted_at_unreadable" in found["message"][0]


def test_rules_have_hints() -> None:
    assert "INFLUENCE_START_DATE" in hint("day_before_start_date")
    assert "mapping" in hint("likes_unreadable")
    assert hint("a rule of the future") == ""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_command_line(home: Path, landing: Path) -> None:
    spec = landing.parent / "my.yaml"
    spec.write_text(described().model_dump_json(exclude_defaults=True))
    (landing / "a.csv").write_text(TEXT)
    run = CliRunner()
    first = run.invoke(app, ["ingest", str(landing), "--source", str(spec), "--json"])
    assert first.exit_code == 0, first.output
    listed = run.invoke(app, ["quarantine", "list", "--json"])
    assert json.loads(listed.stdout)["records"] == 4
    shown = run.invoke(app, ["quarantine", "show", "--rule", "posted_at_unreadable", "--json"])
    assert len(json.loads(shown.stdout)["records"]) == 3
    assert "hopeless" in run.invoke(app, ["quarantine", "show"]).stdout
    # The mapping is mended under its own name, so that the file need not be named.
    spec.write_text(described(GERMAN).model_dump_json(exclude_defaults=True))
    for moved in (1, 0):
        retried = run.invoke(app, ["quarantine", "retry", "--source", str(spec), "--json"])
        assert retried.exit_code == 0, retried.output
        assert json.loads(retried.stdout)["moved"] == moved
    # Without a mapping nobody knows how: told for the file, and the exit code says so.
    unnamed = run.invoke(app, ["quarantine", "retry"])
    assert unnamed.exit_code == 2
    assert "--source SPEC.yaml" in unnamed.stdout.replace("\n", " ")


@pytest.mark.parametrize("command", ["list", "show", "retry"])
def test_help_has_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, ["quarantine", command, "--help"])
    assert f"Example: influence quarantine {command}" in " ".join(shown.stdout.split())
