"""From files to raw tables: everything once, bad files whole, and the days that change."""

from __future__ import annotations

import csv
import gc
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from influence_assets.errors import UserError
from influence_assets.ingest import Job, ingest_path, quarantine_counts
from influence_assets.sources.batches import BATCH_BYTES
from influence_assets.sources.catalog import find_mapping
from influence_assets.sources.choose import Chooser
from influence_assets.sources.feeds import Window
from influence_assets.sources.mapping import Mapping
from influence_assets.storage import sql
from influence_assets.storage.ledger import FileOutcome, ledger_transaction
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.sources.making import gzipped
from influence_assets_tests.storage.making import python

WINDOW = Window(date(2010, 1, 1), date(2030, 12, 31))
RAW = ("posts", "post_metrics", "profile_snapshots", "interactions", "media", "quarantine")

POST = {"post_id": "id", "profile_id": "who", "posted_at": "at", "text": "text"}
HEADER = "id,who,at,text\n"
D1, D2, D3 = date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)


def mapping(*files: dict[str, Any], platform: str = "x") -> Mapping:
    """A mapping of these files; without any, posts as CSV and as JSON lists."""
    feeds = [{"contract": "posts", "columns": POST}]
    usual = (
        {"match": "*.csv*", "format": "csv", "feeds": feeds},
        {"match": "*.json", "format": "json", "feeds": feeds},
    )
    return Mapping.model_validate({"name": "own", "platform": platform, "files": files or usual})


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


Ingest = Callable[..., list[FileOutcome]]


@pytest.fixture
def ingest(warehouse: Warehouse, landing: Path, tmp_path: Path) -> Ingest:
    """Ingest the landing folder, or a path; with the usual mapping, or another."""

    def run(
        path: Path = landing, described: Mapping | None = None, *, replace: bool = False
    ) -> list[FileOutcome]:
        job = Job(Chooser(described or mapping()), WINDOW, tmp_path / "media", replace)
        return ingest_path(warehouse, path, job)

    return run


def ask(warehouse: Warehouse, statement: str) -> list[tuple[Any, ...]]:
    with warehouse.connect() as connection:
        return connection.execute(statement).fetchall()


def posts(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return ask(warehouse, "SELECT post_id, text FROM raw.posts ORDER BY ALL")


def sizes(warehouse: Warehouse) -> dict[str, int]:
    return {t: warehouse.count(f"raw.{t}") for t in RAW}


def files(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Status and counts in the ledger, in the order in which files came in."""
    return ask(
        warehouse,
        "SELECT status, rows_in, rows_good, rows_quarantined FROM raw.files ORDER BY ingest_number",
    )


def touched(warehouse: Warehouse, table: str = "core.posts") -> set[date]:
    """Days that the newest file touches."""
    rows = ask(
        warehouse,
        f"SELECT day FROM raw.touched_days WHERE table_name = '{table}' AND file_id = "
        "(SELECT arg_max(file_id, ingest_number) FROM raw.files)",
    )
    return {day for (day,) in rows}


NOTHING = dict.fromkeys(RAW, 0)
GOOD = HEADER + "1,ann,2024-01-01,a\n2,bob,2024-01-02,b\n"


# --- counts ---


def test_every_record_is_good_or_quarantined(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    # One good record, one split wrongly, one with an unreadable time, one of 1970.
    text = HEADER + "1,a,2024-01-01,t\n2,a\n3,a,never,t\n4,a,1970-01-01,t\n"
    (landing / "one.csv").write_text(text)
    (landing / "two.csv").write_text(GOOD)
    one, two = ingest()
    assert (one.rows_in, one.rows_good, one.rows_quarantined) == (4, 1, 3)
    assert (two.rows_in, two.rows_good, two.rows_quarantined) == (2, 2, 0)
    assert files(warehouse) == [("ingested", 4, 1, 3), ("ingested", 2, 2, 0)]
    assert sizes(warehouse) == NOTHING | {"posts": 3, "quarantine": 3}
    # By file and rule, as the command line tells it.
    told = quarantine_counts(warehouse, [one.file_id, two.file_id])
    assert set(told.select("rule", "rows").rows()) == {
        ("wrong_number_of_fields", 1),
        ("posted_at_unreadable", 1),
        ("posted_at_is_plausible", 1),
    }
    assert told["file_id"].unique().to_list() == [one.file_id]


def test_the_ledger_says_which_file_it_was(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    path = landing / "one.csv"
    path.write_text(GOOD)
    ingest()
    (row,) = ask(warehouse, "SELECT file_id, source, path, bytes, message FROM raw.files")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert row == (sha256, "own", str(path), path.stat().st_size, None)


def test_a_file_of_several_batches_is_counted_whole(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    # Every hundredth record is bad, in each of the batches.
    wide = "x" * 1000
    count = BATCH_BYTES * 2 // 1000
    with (landing / "big.csv").open("w") as sink:
        sink.write(HEADER)
        for i in range(1, count + 1):
            sink.write(f"{i},ann,{'never' if i % 100 == 0 else '2024-01-01'},{wide}\n")
    (outcome,) = ingest()
    assert (outcome.rows_in, outcome.rows_quarantined) == (count, count // 100)
    assert sizes(warehouse) == NOTHING | {"posts": count - count // 100, "quarantine": count // 100}
    # Numbers are those of the file.
    assert ask(warehouse, "SELECT count(*) FROM raw.posts WHERE post_id <> row_number") == [(0,)]
    assert ask(warehouse, "SELECT min(row_number), max(row_number) FROM raw.quarantine") == [
        (100, count // 100 * 100)
    ]


def test_a_file_under_two_entries_is_numbered_on(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    # The profile is record 1, its posts are records 2 and 3.
    profile = {"profile_id": "alias", "observed_at": "read", "followers": "n"}
    inner = {"post_id": "id", "profile_id": "/alias", "posted_at": "at"}
    described = mapping(
        {"format": "json", "feeds": [{"contract": "profile_snapshots", "columns": profile}]},
        {"format": "json", "records": "posts", "feeds": [{"contract": "posts", "columns": inner}]},
    )
    document = {"alias": "ann", "read": "2024-01-05", "n": 5, "posts": [
        {"id": "1", "at": "2024-01-01"}, {"id": "2", "at": "2024-01-02"}]}  # fmt: skip
    (landing / "ann.json").write_text(json.dumps(document))
    (outcome,) = ingest(described=described)
    assert (outcome.rows_in, outcome.rows_good) == (3, 3)
    numbers = "SELECT list(row_number ORDER BY row_number) FROM raw."
    assert ask(warehouse, numbers + "profile_snapshots") == [([1],)]
    assert ask(warehouse, numbers + "posts") == [([2, 3],)]


# --- once ---


def test_the_same_bytes_add_nothing(warehouse: Warehouse, landing: Path, ingest: Ingest) -> None:
    (landing / "one.csv").write_text(GOOD + "3,a,never,t\n")
    ingest()
    before = sizes(warehouse)
    assert [o.status for o in ingest()] == ["known"]
    # Nor under another name, alone or beside the first.
    (landing / "copy.csv").write_text(GOOD + "3,a,never,t\n")
    assert [o.status for o in ingest()] == ["known", "known"]
    assert sizes(warehouse) == before
    assert len(files(warehouse)) == 1


def test_two_copies_in_one_go_count_once(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    (landing / "a.csv").write_text(GOOD)
    (landing / "b.csv").write_text(GOOD)
    assert sorted(o.status for o in ingest()) == ["ingested", "known"]
    assert sizes(warehouse) == NOTHING | {"posts": 2}


def test_replace_reads_anew(warehouse: Warehouse, landing: Path, ingest: Ingest) -> None:
    (landing / "one.csv").write_text(GOOD + "3,a,never,t\n")
    (landing / "two.csv").write_text(HEADER + "9,z,2024-01-03,z\n")
    ingest()
    # A corrected mapping: the text comes from another field, and record 3 is found bad again.
    feeds = [{"contract": "posts", "columns": POST | {"text": "who"}}]
    corrected = mapping({"match": "one.csv", "format": "csv", "feeds": feeds})
    (outcome,) = ingest(described=corrected, replace=True)
    assert (outcome.status, outcome.rows_in, outcome.rows_quarantined) == ("ingested", 3, 1)
    # Its rows are replaced; those of the other file stay.
    assert posts(warehouse) == [("1", "ann"), ("2", "bob"), ("9", "z")]
    assert sizes(warehouse) == NOTHING | {"posts": 3, "quarantine": 1}
    # It is the newest file now, and its days are to be built again.
    assert files(warehouse) == [("ingested", 1, 1, 0), ("ingested", 3, 2, 1)]
    assert touched(warehouse) == {D1, D2}


def test_replace_that_fails_keeps_what_was_there(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    # The new mapping names a field that the file lacks: the file is refused, alone …
    (landing / "one.csv").write_text(GOOD)
    ingest()
    feeds = [{"contract": "posts", "columns": POST | {"text": "body"}}]
    wrong = mapping({"match": "*.csv", "format": "csv", "feeds": feeds})
    assert [o.status for o in ingest(described=wrong, replace=True)] == ["refused"]
    assert posts(warehouse) == [("1", "a"), ("2", "b")]
    # … and its line in the ledger is still one, and tells the truth about its rows.
    assert files(warehouse) == [("ingested", 2, 2, 0)]


def test_replace_that_fails_among_others_keeps_what_was_there(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    (landing / "one.csv").write_text(GOOD)
    (landing / "two.csv").write_text("id,who,at,body\n9,z,2024-01-03,z\n")
    ingest()
    assert files(warehouse)[0] == ("ingested", 2, 2, 0)
    feeds = [{"contract": "posts", "columns": POST | {"text": "body"}}]
    other = mapping({"match": "*.csv", "format": "csv", "feeds": feeds})
    one, two = ingest(described=other, replace=True)
    assert (one.status, two.status) == ("refused", "ingested")
    assert posts(warehouse) == [("1", "a"), ("2", "b"), ("9", "z")]


# --- bad files ---


def test_a_file_that_turns_bad_late_leaves_nothing(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    # Arrow reads two batches ahead: the first of four is already written when the bad byte comes.
    line = b"1,ann,2024-01-01," + b"x" * 980 + b"\n"
    body = line * (BATCH_BYTES * 3 // 1000)
    path = landing / "big.csv"
    path.write_bytes(HEADER.encode() + body + b"2,ann,2024-01-01,n\xe9\n")
    (outcome,) = ingest()
    assert (outcome.status, outcome.rows_in, outcome.rows_quarantined) == ("refused", 0, 0)
    assert "utf-8" in (outcome.message or "")
    assert sizes(warehouse) == NOTHING
    assert warehouse.count("raw.touched_days") == 0
    assert files(warehouse) == [("refused", 0, 0, 0)]


def test_a_truncated_archive_leaves_nothing(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    # Text that hardly compresses, so that batches come out before the cut.
    words = "".join(hashlib.sha256(str(i).encode()).hexdigest() for i in range(40))
    line = "1,ann,2024-01-01,{}\n"
    lines = "".join(line.format(words[i % 1500 :]) for i in range(8000))
    whole = gzip.compress((HEADER + lines).encode(), 1)
    (landing / "big.csv.gz").write_bytes(whole[:-100])
    (outcome,) = ingest()
    assert outcome.status == "refused"
    assert "cut short" in (outcome.message or "")
    assert sizes(warehouse) == NOTHING


def test_a_refused_file_may_be_tried_again(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    (landing / "one.csv").write_bytes((HEADER + "1,ann,2024-01-01,né\n").encode("latin-1"))
    assert [o.status for o in ingest()] == ["refused"]
    assert [o.status for o in ingest()] == ["refused"]
    assert len(files(warehouse)) == 1
    # With the right encoding the same bytes are good, and the refusal is gone.
    feeds = [{"contract": "posts", "columns": POST}]
    right = mapping({"format": "csv", "encoding": "latin-1", "feeds": feeds})
    assert [o.status for o in ingest(described=right)] == ["ingested"]
    assert files(warehouse) == [("ingested", 1, 1, 0)]
    assert posts(warehouse) == [("1", "né")]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        # Each is bad in its own way, between two good ones.
        ("bad.csv", b""),
        ("bad.csv", b"id,who\n1,a\n"),
        ("bad.csv", HEADER.encode() + b"1,ann,2024-01-01,n\xe9\n"),
        ("bad.csv.gz", gzipped(GOOD * 20)[:-9]),
        ("bad.json", b"nonsense"),
        ("bad.json", b"[1"),
        ("bad.json", b'[{"id": "\xff"}]'),
        # No field of the mapping is in it.
        ("bad.json", b'[{"a": 1}]'),
        # No text at all.
        ("bad.json", bytes(range(256))),
        # A damaged archive.
        ("bad.tar", b"no archive"),
        ("bad.tar.gz", gzipped("x" * 2000)[:-5]),
    ],
    ids=range(11),
)
def test_one_bad_file_does_not_stop_the_others(
    warehouse: Warehouse, landing: Path, ingest: Ingest, name: str, data: bytes
) -> None:
    (landing / "a.csv").write_text(GOOD)
    (landing / name).write_bytes(data)
    (landing / "c.csv").write_text(HEADER + "3,cy,2024-01-03,c\n")
    statuses = {Path(o.path).name: o.status for o in ingest()}
    assert statuses == {"a.csv": "ingested", name: "refused", "c.csv": "ingested"}
    assert posts(warehouse) == [("1", "a"), ("2", "b"), ("3", "c")]


@pytest.mark.parametrize("bad", [b"nonsense", b'[{"a": 1}]', b"[1"])
def test_one_bad_document_does_not_stop_other_documents(
    warehouse: Warehouse, landing: Path, ingest: Ingest, bad: bytes
) -> None:
    for number, name in enumerate(["a", "c"]):
        record = {"id": str(number), "who": "ann", "at": "2024-01-01", "text": name}
        (landing / f"{name}.json").write_text(json.dumps([record]))
    (landing / "b.json").write_bytes(bad)
    statuses = {Path(o.path).name: o.status for o in ingest()}
    assert {statuses["a.json"], statuses["c.json"]} == {"ingested"}
    # A record without any known field is refused with its file, or quarantined.
    assert posts(warehouse) == [("0", "a"), ("1", "c")]


TWO_ENTRIES = [
    (
        "csv",
        GOOD,
        [POST, {"post_id": "id", "profile_id": "who", "posted_at": "missing"}],
    ),
    (
        "json",
        json.dumps({"id": "1", "who": "a", "at": "2024-01-01", "text": "t", "posts": "none"}),
        [POST, POST],
    ),
]


@pytest.mark.parametrize(("form", "text", "columns"), TWO_ENTRIES, ids=["csv", "json"])
@pytest.mark.parametrize("beside", [False, True], ids=["alone", "among others"])
def test_a_file_that_its_second_entry_refuses_leaves_nothing(
    warehouse: Warehouse,
    landing: Path,
    ingest: Ingest,
    form: str,
    text: str,
    columns: list[dict[str, Any]],
    beside: bool,
) -> None:
    # The first entry of the mapping reads it well; the second cannot: nothing of it may stay.
    entries: list[dict[str, Any]] = [
        {"match": f"bad.{form}", "format": form, "feeds": [{"contract": "posts", "columns": c}]}
        for c in columns
    ]
    if form == "json":
        entries[1]["records"] = "posts"
    good = [{"contract": "posts", "columns": POST}]
    described = mapping(*entries, {"match": "good.csv", "format": "csv", "feeds": good})
    (landing / f"bad.{form}").write_text(text)
    if beside:
        (landing / "good.csv").write_text(HEADER + "7,z,2024-01-01,z\n")
    outcomes = {Path(o.path).name: o for o in ingest(described=described)}
    bad = outcomes[f"bad.{form}"]
    assert (bad.status, bad.rows_in) == ("refused", 0)
    assert posts(warehouse) == ([("7", "z")] if beside else [])
    assert warehouse.count("raw.quarantine") == 0


def test_a_killed_ingest_is_as_if_it_had_not_begun(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    # Killed while it reads a file anew: the old rows are taken out, the new ones half written.
    (landing / "one.csv").write_text(GOOD)
    (outcome,) = ingest()
    program = """
import os, sys
from pathlib import Path
from influence_assets.storage.ledger import ledger_transaction
from influence_assets.storage.warehouse import Warehouse

with ledger_transaction(Warehouse(Path(sys.argv[1]))) as ledger:
    ledger.forget([sys.argv[2]])
    os._exit(9)
"""
    done = python(program, warehouse.path, outcome.file_id)
    assert done.returncode == 9, done.stderr
    assert posts(warehouse) == [("1", "a"), ("2", "b")]
    assert files(warehouse) == [("ingested", 2, 2, 0)]


def test_files_before_a_kill_stay(warehouse: Warehouse, landing: Path, ingest: Ingest) -> None:
    # Two groups: the second file is too large to share a transaction with the first.
    (landing / "a.csv").write_text(GOOD)
    line = "3,cy,2024-01-03," + "x" * 4000 + "\n"
    (landing / "b.csv").write_text(HEADER + line * (BATCH_BYTES // 4000))
    program = """
import os, sys
from pathlib import Path
from influence_assets.ingest import Job, ingest_path
from influence_assets.sources.choose import Chooser
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.test_ingest import WINDOW, mapping

path, landing = map(Path, sys.argv[1:])
job = Job(Chooser(mapping()), WINDOW, landing / "media")
ingest_path(Warehouse(path), landing, job, lambda outcome: os._exit(9))
"""
    done = python(program, warehouse.path, landing)
    assert done.returncode == 9, done.stderr
    assert posts(warehouse) == [("1", "a"), ("2", "b")]
    # Going on from there reads the other one only.
    assert {Path(o.path).name: o.status for o in ingest()} == {
        "a.csv": "known",
        "b.csv": "ingested",
    }


def test_an_error_rolls_the_ledger_back(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    (landing / "one.csv").write_text(GOOD)
    ingest()
    (known,) = ask(warehouse, "SELECT file_id FROM raw.files")
    with pytest.raises(RuntimeError), ledger_transaction(warehouse) as ledger:
        ledger.forget([known[0]])
        raise RuntimeError
    assert warehouse.count("raw.posts") == 2
    assert len(files(warehouse)) == 1


def test_what_no_entry_describes_is_told(landing: Path, ingest: Ingest) -> None:
    (landing / "notes.txt").write_text("x")
    with pytest.raises(UserError, match=r"\*\.csv\*, \*\.json"):
        ingest()
    with pytest.raises(UserError, match="nothing at"):
        ingest(landing / "elsewhere")


def test_hidden_files_and_mappings_are_no_data(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    everything = mapping({"format": "csv", "feeds": [{"contract": "posts", "columns": POST}]})
    for name in (".hidden.csv", ".git/config", "mapping.yaml"):
        (landing / name).parent.mkdir(exist_ok=True)
        (landing / name).write_text("id\n1\n")
    (landing / "deep" / "er").mkdir(parents=True)
    (landing / "deep" / "er" / "a.csv").write_text(GOOD)
    assert [Path(o.path).name for o in ingest(described=everything)] == ["a.csv"]


# --- touched days ---


def test_touched_days_are_those_of_the_rows(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    # A quarantined record touches nothing.
    (landing / "one.csv").write_text(GOOD + "3,a,never,t\n4,a,2009-01-01,t\n")
    ingest()
    assert touched(warehouse) == {D1, D2}
    assert warehouse.count("raw.touched_days") == 2


def test_a_post_that_moves_touches_both_days(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    (landing / "old.csv").write_text(HEADER + "1,ann,2024-01-01,a\n2,bob,2024-01-02,b\n")
    ingest()
    (landing / "new.csv").write_text(HEADER + "1,ann,2024-01-03,\n")
    ingest()
    # The new day, and the one where an older file had put it; not that of the other post.
    assert touched(warehouse) == {D1, D3}
    range_ = {"first_day": D1, "last_day": D3}
    found = warehouse.query("core.posts", range_).select("post_id", "posted_date", "text")
    # It stands on the new day alone; the text that the newer file leaves empty is kept.
    assert sorted(found.rows()) == [("1", D3, "a"), ("2", D2, "b")]
    # Day by day the same: nothing on the old one, one row on the new.
    for day, expected in ((D1, []), (D3, ["1"])):
        one = warehouse.query("core.posts", {"first_day": day, "last_day": day})
        assert one["post_id"].to_list() == expected


COUNTS = mapping(
    {"match": "posts*", "format": "csv", "feeds": [{"contract": "posts", "columns": POST}]},
    {"match": "counts*", "format": "csv", "feeds": [
        {"contract": "post_metrics",
         "columns": {"post_id": "id", "observed_at": "read", "likes": "likes"}}]},
)  # fmt: skip


def test_counts_touch_the_day_of_their_post_and_the_other_way_round(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    (landing / "counts1.csv").write_text("id,read,likes\n1,2024-01-03,5\n")
    ingest(described=COUNTS)
    assert touched(warehouse, "core.post_metrics") == {D3}
    assert touched(warehouse, "core.posts") == set()
    # The post comes after its counts: now they have an age.
    (landing / "posts.csv").write_text(GOOD)
    ingest(described=COUNTS)
    assert touched(warehouse, "core.posts") == {D1, D2}
    assert touched(warehouse, "core.post_metrics") == {D3}
    # New counts: what is known of the post's own day changes.
    (landing / "counts2.csv").write_text("id,read,likes\n2,2024-01-03,6\n")
    ingest(described=COUNTS)
    assert touched(warehouse, "core.posts") == {D2}
    assert touched(warehouse, "core.post_metrics") == {D3}


# --- archives and media ---


def archive(path: Path, members: dict[str, str], mode: str = "w:gz") -> None:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("link.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)


@pytest.mark.parametrize(
    ("name", "mode"), [("all.tar.gz", "w:gz"), ("all.tgz", "w:gz"), ("all.tar", "w")]
)
def test_archives_are_read_in_place(
    warehouse: Warehouse, landing: Path, ingest: Ingest, name: str, mode: str
) -> None:
    other = HEADER + "3,cy,2024-01-03,c\n"
    archive(landing / name, {"a.csv": GOOD, "x/b.csv": other, "../c.csv": other}, mode)
    before = sorted(p for p in landing.parent.rglob("*"))
    outcomes = ingest()
    # Members by their own names; what leads out of the archive is refused.
    assert [(o.path.removeprefix(f"{landing / name}!"), o.status) for o in outcomes] == [
        ("a.csv", "ingested"), ("x/b.csv", "ingested"), ("../c.csv", "refused"),
        ("link.csv", "refused"),
    ]  # fmt: skip
    assert posts(warehouse) == [("1", "a"), ("2", "b"), ("3", "c")]
    # Nothing was unpacked.
    after = [p for p in landing.parent.rglob("*") if p != warehouse.path]
    assert sorted(after) == before
    # A member that had come as a plain file is known.
    (landing / "b.csv").write_text(other)
    again = [o.status for o in ingest()]
    assert again == ["known", "known", "refused", "refused", "known"]


def sidecar(number: int = 1, **more: Any) -> str:
    record = {
        "category": "instagram", "post_shortcode": "CODE", "username": "Ann", "num": number,
        "post_date": "2024-01-01 10:00:00", "description": "Hi @bob.", "count": 2,
        "tags": ["#Sun"], "post_url": "https://x.test/p/CODE",
    }  # fmt: skip
    return json.dumps(record | more)


def test_media_beside_sidecars_are_kept_under_their_hash(
    warehouse: Warehouse, landing: Path, ingest: Ingest, tmp_path: Path
) -> None:
    folder = landing / "instagram" / "ann"
    folder.mkdir(parents=True)
    Image.new("RGB", (4, 3), "red").save(folder / "a.jpg")
    Image.new("RGB", (2, 5), "blue").save(folder / "b.jpg", format="PNG")  # a wrong suffix
    (folder / "c.mp4").write_bytes(b"no picture")
    for number, name in enumerate(("a.jpg", "b.jpg", "c.mp4"), start=1):
        (folder / f"{name}.json").write_text(sidecar(number))
    outcomes = ingest(described=find_mapping("gallery_dl"))
    assert [o.status for o in outcomes] == ["ingested"] * 3
    expected = []
    for number, (name, kind, size) in enumerate(
        [("a.jpg", "image/jpeg", (4, 3)), ("b.jpg", "image/png", (2, 5)),
         ("c.mp4", "video/mp4", (None, None))], start=1,
    ):  # fmt: skip
        data = (folder / name).read_bytes()
        media_id = hashlib.sha256(data).hexdigest()
        # It is named by what it is.
        path = f"{media_id[:2]}/{media_id}{'.png' if name == 'b.jpg' else Path(name).suffix}"
        # The bytes lie where the row says.
        assert (tmp_path / "media" / path).read_bytes() == data
        expected.append((number, media_id, kind, *size, path, D1, "CODE"))
    found = ask(
        warehouse,
        "SELECT position, media_id, mime_type, width_px, height_px, path, posted_date, post_id "
        "FROM raw.media ORDER BY position",
    )
    assert found == expected
    assert touched(warehouse, "core.media") == {D1}


def test_a_sidecar_without_its_medium_still_gives_the_post(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    (landing / "gone.jpg.json").write_text(sidecar())
    (outcome,) = ingest(described=find_mapping("gallery_dl"))
    assert (outcome.rows_in, outcome.rows_good) == (1, 1)
    assert sizes(warehouse) == NOTHING | {"posts": 1, "interactions": 1}
    assert ask(warehouse, "SELECT profile_id, hashtags, mentions FROM raw.posts") == [
        ("ann", ["sun"], ["bob"])
    ]


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.json"])
def test_no_file_is_left_to_the_garbage_collector(landing: Path, ingest: Ingest, name: str) -> None:
    # Who opens a file closes it: a wrapper around it that is merely dropped warns.
    record = {"id": "1", "who": "ann", "at": "2024-01-01", "text": "t"}
    data = {
        "a.csv": GOOD.encode(), "a.csv.gz": gzipped(GOOD), "a.json": json.dumps([record]).encode(),
    }  # fmt: skip
    (landing / name).write_bytes(data[name])
    ingest()
    gc.collect()


# --- real files ---


def real(warehouse: Warehouse, path: Path, source: str, scratch: Path) -> list[FileOutcome]:
    window = Window(date(2010, 1, 1), date(2030, 12, 31))
    return ingest_path(warehouse, path, Job(Chooser(find_mapping(source)), window, scratch))


def test_real_tweets(warehouse: Warehouse, shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "tw_elon_2012_2020" / "tweets.csv"
    (outcome,) = real(warehouse, path, "tweets_csv", tmp_path)
    assert (outcome.rows_in, outcome.rows_quarantined) == (9_407, 0)
    # By the standard library's reader: ids to the last digit, empty texts missing.
    with path.open(encoding="utf-8-sig", newline="") as source:
        records = list(csv.DictReader(source))
    ids = ask(warehouse, "SELECT post_id FROM raw.posts ORDER BY row_number")
    assert [i for (i,) in ids] == [r["id"] for r in records]
    texts = ask(warehouse, "SELECT count(*) FROM raw.posts WHERE text IS NULL")
    assert texts == [(sum(not r["text"] for r in records),)]
    likes = ask(warehouse, "SELECT sum(likes) FROM raw.post_metrics")
    assert likes == [(sum(int(r["favorites"]) for r in records),)]


@pytest.fixture(scope="module")
def both_forms(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Warehouse, list[FileOutcome], list[FileOutcome]]:
    """The Instagram crawl, first flat, then as JSON in its archive."""
    folder = tmp_path_factory.mktemp("instagram")
    warehouse = Warehouse(folder / "warehouse.duckdb")
    data = shared_data / "ig_posts_2017"
    flat = real(warehouse, data / "posts.csv.gz", "instagram_posts_2017", folder)
    documents = real(warehouse, data / "profiles.tar.gz", "instagram_posts_2017", folder)
    return warehouse, flat, documents


Both = tuple[Warehouse, list[FileOutcome], list[FileOutcome]]


def test_real_instagram_flat(both_forms: Both) -> None:
    warehouse, (outcome,), _ = both_forms
    assert (outcome.rows_in, outcome.rows_quarantined) == (16_539, 3)
    told = quarantine_counts(warehouse, [outcome.file_id])
    assert told.select("contract", "rule", "rows").rows() == [
        ("posts", "posted_at_is_plausible", 3)
    ]


def test_real_instagram_documents_give_the_same_posts(both_forms: Both) -> None:
    warehouse, (flat,), documents = both_forms
    assert {o.status for o in documents} == {"ingested"}
    assert len(documents) == 978
    # A profile each, and its posts; the same three are implausible.
    assert sum(o.rows_in for o in documents) == 978 + 16_539
    assert sum(o.rows_quarantined for o in documents) == 3
    columns = "platform, post_id, profile_id, posted_at, kind, text, hashtags, mentions, url"
    for one, other in (("=", "<>"), ("<>", "=")):
        differing = ask(
            warehouse,
            f"SELECT count(*) FROM (SELECT {columns} FROM raw.posts WHERE file_id {one} "
            f"'{flat.file_id}' EXCEPT SELECT {columns} FROM raw.posts WHERE file_id {other} "
            f"'{flat.file_id}')",
        )
        assert differing == [(0,)]


def test_real_instagram_is_merged(both_forms: Both) -> None:
    warehouse, *_ = both_forms
    bounds = {"first_day": date(2010, 1, 1), "last_day": date(2030, 12, 31)}
    with warehouse.connect() as connection:
        found = connection.execute(
            f"SELECT count(*), count(DISTINCT post_id) FROM ({sql.select('core.posts')})", bounds
        ).fetchone()
    assert found == (16_536, 16_536)


@pytest.mark.parametrize(
    ("name", "table", "key"),
    [
        ("followers", "profile_snapshots", "profile_id"),
        ("streams", "posts", "post_id"),
        ("videos", "posts", "post_id"),
        ("music", "posts", "post_id"),
        ("collabs", "interactions", "source_id"),
    ],
)
def test_real_panel(
    warehouse: Warehouse, shared_data: Path, tmp_path: Path, name: str, table: str, key: str
) -> None:
    path = shared_data / "kr_vtuber_daily" / f"{name}.csv"
    (outcome,) = real(warehouse, path, "streamer_panel", tmp_path)
    with path.open(encoding="utf-8-sig", newline="") as source:
        records = list(csv.DictReader(source))
    assert outcome.rows_in == len(records)
    assert outcome.rows_quarantined == 0
    fields = {"profile_id": "member_id", "source_id": "member_a"}
    field = fields.get(key, "video_no" if name == "streams" else "video_id")
    found = ask(warehouse, f"SELECT {key} FROM raw.{table} ORDER BY row_number")
    assert [k for (k,) in found] == [r[field] for r in records]


def test_real_zeros_at_a_debut_are_no_followers(
    warehouse: Warehouse, shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / "kr_vtuber_daily" / "followers.csv"
    real(warehouse, path, "streamer_panel", tmp_path)
    with path.open(encoding="utf-8-sig", newline="") as source:
        zeros = sum(r["follower_count"] == "0" for r in csv.DictReader(source))
    assert zeros > 0
    found = ask(warehouse, "SELECT count(*) FROM raw.profile_snapshots WHERE followers IS NULL")
    assert found == [(zeros,)]


def test_the_ledgers_clock_is_utc(warehouse: Warehouse, landing: Path, ingest: Ingest) -> None:
    # Whatever the machine's zone, the ledger's clock is UTC.
    (landing / "one.csv").write_text(GOOD)
    ingest()
    ((when,),) = ask(warehouse, "SELECT ingested_at FROM raw.files")
    ((now,),) = ask(warehouse, "SELECT CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)")
    assert isinstance(when, datetime)
    assert abs((now - when).total_seconds()) < 60


def test_another_process_can_open_the_warehouse_after_a_refusal(
    warehouse: Warehouse, landing: Path, ingest: Ingest
) -> None:
    (landing / "bad.csv").write_text("")
    ingest()
    program = "import duckdb, sys; duckdb.connect(sys.argv[1]).close(); print('open')"
    assert python(program, warehouse.path).stdout.strip() == "open"
