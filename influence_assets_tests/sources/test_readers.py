"""Readers: each record of a file is a row or a reject with its place, or the file is refused."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from influence_assets.sources.batches import BATCH_BYTES, BadFile
from influence_assets_tests.sources.making import (
    HEADER,
    Read,
    batches,
    gzipped,
    lines,
    parquet,
    post,
    read,
    spec,
)

FOUR = HEADER + "".join(f"{i},ann,2024-01-01,t{i}\n" for i in range(1, 5))


def texts(found: Read) -> list[str | None]:
    return found.frame["text"].to_list()


# --- delimited text ---


def test_csv_gives_every_field_as_text() -> None:
    found = read("id,who,at,text\n007,ann,2024-01-01,\n", spec())
    row = found.frame.drop("__row").row(0)
    # Leading zeros stay, and what is missing is decided later, by the mapping's `nulls`.
    assert row == ("007", "ann", "2024-01-01", "")
    assert found.numbers == [1]


def test_a_mark_of_byte_order_is_no_part_of_the_first_name() -> None:
    found = read("\ufeff" + FOUR, spec())
    assert found.frame["id"].to_list() == ["1", "2", "3", "4"]


def test_line_breaks_and_delimiters_in_quotes_belong_to_the_field() -> None:
    found = read(HEADER + '1,ann,2024-01-01,"a\nb, ""c"""\n2,ann,2024-01-01,d\n', spec())
    assert texts(found) == ['a\nb, "c"', "d"]
    assert found.numbers == [1, 2]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends(end: str) -> None:
    assert texts(read(FOUR.replace("\n", end), spec())) == ["t1", "t2", "t3", "t4"]


def test_line_breaks_inside_the_header() -> None:
    found = read('" the\n id",who\n1,ann\n', spec(columns={"post_id": "the id"}))
    assert found.frame["the id"].to_list() == ["1"]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("a,a,b,a", ["a", "a.2", "b", "a.3"]),
        # A number made here must not meet one that the file has.
        ("a,a,a.2", None),
        ("a.2,a,a", None),
        # Columns without a name, as spreadsheets leave them, are called by their place.
        ("a,, ", ["a", "column_2", "column_3"]),
    ],
)
def test_repeated_names_do_not_hide_each_other(header: str, names: list[str] | None) -> None:
    values = [str(i) for i in range(header.count(",") + 1)]
    found = read(f"{header}\n{','.join(values)}\n", spec(columns={"post_id": "a"}))
    frame = found.frame.drop("__row")
    assert list(frame.row(0)) == values
    assert names is None or frame.columns == names


@pytest.mark.parametrize(
    ("body", "numbers", "rejects"),
    [
        # Too few, too many.
        ("1,a,b,c\n2,a\n3,a,b,c\n4,a,b,c,d,e\n5,a,b,c\n", [1, 3, 5], [2, 4]),
        # At the start, at the end, and two in a row.
        ("1,a\n2,a,b,c\n3,a\n4,a\n", [2], [1, 3, 4]),
        # Nothing but bad rows.
        ("1,a\n2,a\n", [], [1, 2]),
        # A quoted line break is no new record.
        ('1,a,b,"x\ny"\n2,a\n3,a,b,c\n', [1, 3], [2]),
    ],
)
def test_rows_with_a_wrong_number_of_fields(
    body: str, numbers: list[int], rejects: list[int]
) -> None:
    found = read(HEADER + body, spec())
    assert found.numbers == numbers
    # Each row carries its own number, so that a shift would show.
    if numbers:
        assert found.frame["id"].to_list() == [str(n) for n in numbers]
    assert found.rejects == [(n, "wrong_number_of_fields") for n in rejects]


def test_a_reject_keeps_its_text() -> None:
    (batch,) = batches(HEADER + "1,ann\n2,ann,2024-01-01,t\n", spec())
    assert json.loads(batch.rejects[0].raw_row) == {"line": "1,ann"}
    assert batch.rejects[0].message == "2 fields where the header has 4"


def test_empty_lines_are_no_records() -> None:
    found = read(HEADER + "1,a,b,c\n\n2,a\n3,a,b,c\n", spec())
    # What is numbered is records: the empty line has no number of its own.
    assert found.numbers == [1, 3]
    assert found.frame["id"].to_list() == ["1", "3"]
    assert found.rejects == [(2, "wrong_number_of_fields")]


def test_numbers_go_on_from_batch_to_batch() -> None:
    # Two batches; one bad row in each, and one on either side of the border.
    wide = "x" * 2000
    count = 2 * BATCH_BYTES // 2000 - 300
    bad = {5, count // 2 - 90, count // 2 + 200, count}
    body = "".join(f"{i}\n" if i in bad else f"{i},a,b,{wide}\n" for i in range(1, count + 1))
    found = batches(HEADER + body, spec())
    assert len(found) > 1
    for batch in found:
        assert batch.frame["id"].cast(pl.Int64).to_list() == batch.frame["__row"].to_list()
    assert sorted(r.row_number for b in found for r in b.rejects) == sorted(bad)
    assert sum(b.frame.height for b in found) == count - len(bad)


def test_tsv_and_other_delimiters() -> None:
    assert texts(read(FOUR.replace(",", "\t"), spec("tsv"))) == ["t1", "t2", "t3", "t4"]
    assert texts(read(FOUR.replace(",", ";"), spec(delimiter=";"))) == ["t1", "t2", "t3", "t4"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1", "cp1252"])
def test_encodings(encoding: str) -> None:
    found = read((HEADER + "1,ann,2024-01-01,né\n").encode(encoding), spec(encoding=encoding))
    assert texts(found) == ["né"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
def test_a_wrong_encoding_is_named(form: str) -> None:
    text = HEADER + "1,ann,2024-01-01,né\n" if form == "csv" else lines(post(text="né"))
    with pytest.raises(BadFile) as raised:
        batches(text.encode("latin-1"), spec(form))
    # The user reads what was expected, and what to write where.
    if form != "json":
        assert "utf-8" in str(raised.value)
        assert "encoding:" in str(raised.value)


def test_a_wrong_encoding_far_into_the_file_is_found() -> None:
    long = HEADER + "1,ann,2024-01-01,plain\n" * 100_000 + "2,ann,2024-01-01,né\n"
    with pytest.raises(BadFile, match="utf-8"):
        batches(long.encode("latin-1"), spec())


def test_an_encoding_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadFile, match="utf-99"):
        batches(FOUR, spec(encoding="utf-99"))


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_an_empty_file_is_refused(form: str) -> None:
    with pytest.raises(BadFile, match="empty"):
        batches("", spec(form))


@pytest.mark.parametrize("text", [HEADER, HEADER.strip()])
def test_a_header_alone_holds_no_records(text: str) -> None:
    found = read(text, spec())
    assert (found.numbers, found.rejects) == ([], [])


def test_a_quotation_mark_left_open_does_not_swallow_records() -> None:
    # Read on to the end, the three records would be one.
    text = HEADER + '1,ann,2024-01-01,"open\n2,ann,2024-01-01,b\n3,ann,2024-01-01,c\n'
    with pytest.raises(BadFile, match="quotation mark"):
        batches(text, spec())


def test_a_missing_field_is_told_with_those_that_are_there() -> None:
    with pytest.raises(BadFile) as raised:
        batches("id,author,at,text\n1,a,b,c\n", spec())
    said = str(raised.value)
    assert "no field who" in said
    assert "id, author, at, text" in said
    assert "optional: true" in said


def test_an_optional_field_may_be_missing() -> None:
    columns = {"post_id": "id", "text": {"field": "text", "optional": True}}
    assert texts(read("id\n1\n", spec(columns=columns))) == [None]


# --- compressed ---


def test_gzip_is_known_by_its_bytes() -> None:
    assert texts(read(gzipped(FOUR), spec())) == ["t1", "t2", "t3", "t4"]
    assert texts(read(gzipped(lines(post(text="t"))), spec("jsonl"))) == ["t"]
    assert texts(read(gzipped(json.dumps([post(text="t")])), spec("json"))) == ["t"]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("csv", FOUR * 50),
        ("jsonl", lines(*(post(i) for i in range(50)))),
        ("json", json.dumps([post(i) for i in range(50)])),
        ("json", json.dumps({"id": "1", "all": list(range(500))})),
    ],
)
def test_a_truncated_gzip_is_refused(form: str, text: str) -> None:
    whole = gzipped(text)
    for cut in (len(whole) // 2, len(whole) - 4):
        with pytest.raises(BadFile):
            batches(whole[:cut], spec(form))


def test_a_damaged_gzip_is_refused() -> None:
    # The checksum at the end no longer fits.
    whole = bytearray(gzipped(FOUR))
    whole[-6] ^= 0xFF
    with pytest.raises(BadFile, match="damaged"):
        batches(bytes(whole), spec())


# --- JSON lines ---


def test_json_lines_with_broken_ones() -> None:
    good = [json.dumps(post(i)) for i in range(1, 8)]
    text = "\n".join(
        [
            good[0],
            '{"id": "2", ',  # cut off
            good[2],
            "",  # no record
            f"{good[3]} {good[4]}",  # two objects in one line: the fourth record
            good[5],
            "[1]",
            "12",
            "null",
            "nonsense",
            good[6],
        ]
    )
    found = read(text, spec("jsonl"))
    assert found.numbers == [1, 3, 5, 10]
    assert found.frame["id"].to_list() == ["1", "3", "6", "7"]
    assert found.rejects == [(n, "malformed_json") for n in (2, 4, 6, 7, 8, 9)]


@pytest.mark.parametrize(
    "text", ["\ufeff" + lines(post()), lines(post()).replace("\n", "\r\n\r\n")]
)
def test_json_lines_with_marks_and_blanks(text: str) -> None:
    found = read(text, spec("jsonl"))
    assert (found.numbers, found.rejects) == ([1], [])


def test_types_may_change_from_record_to_record() -> None:
    found = read(lines(post(id=1), post(id="x"), post(id=None), post(id=True)), spec("jsonl"))
    assert found.frame["id"].to_list() == ["1", "x", None, "true"]
    assert found.rejects == []


def test_a_line_separator_inside_a_text_is_no_line_end() -> None:
    found = read(lines(post(text="a\u2028b\x85c")), spec("jsonl"))
    assert texts(found) == ["a\u2028b\x85c"]


def test_lines_that_hold_lists_of_records() -> None:
    text = lines({"page": 1, "data": {"posts": [post(1), post(2)]}}, {"data": {"posts": [post(3)]}})
    found = read(text, spec("jsonl", records="data.posts"))
    assert found.frame["id"].to_list() == ["1", "2", "3"]


def test_a_field_that_no_record_has_is_told_with_those_that_are_there() -> None:
    with pytest.raises(BadFile) as raised:
        batches(
            lines({"id": "1", "author": {"name": "ann"}, "at": "x", "text": "t"}), spec("jsonl")
        )
    assert "no field who" in str(raised.value)
    assert "author.name" in str(raised.value)


def test_a_field_that_some_records_have_is_enough() -> None:
    one, two = post(1), post(2)
    del one["text"]
    assert texts(read(lines(one, two), spec("jsonl"))) == [None, "t"]


# --- JSON documents ---

NESTED = {
    "post_id": "id",
    "profile_id": "author.name",
    "posted_at": "at",
    "hashtags": "tags",
    "mentions": "users[].name",
}


def test_a_list_of_records() -> None:
    found = read(json.dumps([post(1), post(2)]), spec("json"))
    assert found.frame["id"].to_list() == ["1", "2"]


def test_a_document_that_is_one_record() -> None:
    assert read(json.dumps(post(7)), spec("json")).frame["id"].to_list() == ["7"]


def test_a_document_with_a_mark_of_byte_order_or_in_another_encoding() -> None:
    for document in (post(7, text="é"), [post(7, text="é")]):
        text = json.dumps(document, ensure_ascii=False)
        assert texts(read("\ufeff" + text, spec("json"))) == ["é"]
        assert texts(read(text.encode("utf-16"), spec("json", encoding="utf-16"))) == ["é"]


def test_paths_into_a_record() -> None:
    record = {
        "id": 1, "at": "x", "author": {"name": "ann"}, "tags": ["a", "b"],
        "users": [{"name": "bob"}, {"name": "cy", "more": 1}, {}],
    }  # fmt: skip
    found = read(json.dumps([record, {"id": 2}]), spec("json", columns=NESTED))
    assert found.frame["author.name"].to_list() == ["ann", None]
    assert found.frame["tags"].to_list() == [["a", "b"], None]
    assert found.frame["users[].name"].to_list() == [["bob", "cy", None], None]


def test_records_inside_a_document_with_fields_of_its_root() -> None:
    document = {"alias": "ann", "name": "root", "posts": [post(1, name="inner"), post(2)]}
    columns = {"post_id": "id", "profile_id": "/alias", "text": {"field": "name", "optional": True}}
    found = read(json.dumps(document), spec("json", records="posts", columns=columns))
    # The same name means the record's own field without a slash.
    assert found.frame.drop("__row").rows(named=True) == [
        {"/alias": "ann", "id": "1", "name": "inner"},
        {"/alias": "ann", "id": "2", "name": None},
    ]


@pytest.mark.parametrize("document", [{"posts": []}, {"other": 1}, {"posts": None}])
def test_a_document_without_records_gives_none(document: dict[str, Any]) -> None:
    found = read(json.dumps(document), spec("json", records="posts"))
    assert (found.numbers, found.rejects) == ([], [])


def test_records_that_are_no_list_are_refused() -> None:
    with pytest.raises(BadFile, match="no list"):
        batches(json.dumps({"posts": "none"}), spec("json", records="posts"))


def test_an_object_at_the_path_is_a_record() -> None:
    documents = [{"quoted": post(1)}, {"quoted": None}]
    found = read(json.dumps(documents), spec("json", records="quoted"))
    assert (found.frame["id"].to_list(), found.rejects) == (["1"], [])


def test_items_that_are_no_records_are_rejected() -> None:
    found = read(json.dumps([post(1), 5, None, "x", post(5)]), spec("json"))
    assert found.numbers == [1, 5]
    assert found.rejects == [(n, "malformed_json") for n in (2, 3, 4)]


@pytest.mark.parametrize(
    "text", ["", "{", "[", '[{"id": 1}', '[{"id": 1}}', "nonsense", '{"a": 1} x']
)
def test_no_json_is_refused(text: str) -> None:
    with pytest.raises(BadFile, match="JSON"):
        batches(text, spec("json"))


@pytest.mark.parametrize(
    "text",
    [
        # A lone half of a pair, as some exporters write damaged emoji.
        '[{"id": "1", "who": "a", "at": "x", "text": "\\ud83d"}]',
        '{"id": "1", "who": "a", "at": "x", "text": "\\ud83d"}',
        # A number beyond 64 bits.
        '[{"id": 123456789012345678901234567890, "who": "a", "at": "x", "text": "t"}]',
        '{"id": 123456789012345678901234567890, "who": "a", "at": "x", "text": "t"}',
        # A key twice.
        '[{"id": "1", "id": "2", "who": "a", "at": "x", "text": "t"}]',
        # Bytes that are no text.
        b'[{"id": "1", "who": "a", "at": "x", "text": "\xff"}]',
        b'{"id": "1", "who": "a", "at": "x", "text": "\xff"}',
    ],
)
def test_odd_json_is_read_or_refused(text: str | bytes) -> None:
    # Anything but BadFile would stop the whole ingest with a traceback.
    try:
        found = read(text, spec("json"))
    except BadFile:
        return
    assert len(found.numbers) + len(found.rejects) == 1


# --- Parquet ---


def test_parquet_with_typed_columns() -> None:
    data = parquet(
        id=[1_234_567_890_123_456_789, None],
        at=pa.array(
            [datetime(2024, 1, 1, 12, 0, 0, 5, tzinfo=UTC), None],
            pa.timestamp("us", "Asia/Seoul"),
        ),
        naive=[datetime(2024, 1, 1, 12), None],
        day=[date(2024, 1, 2), None],
        share=[0.1, None],
        flag=[True, None],
        tags=[["a", "b"], None],
    )
    columns = {"post_id": "id", "posted_at": "at"}
    (batch,) = batches(data, spec("parquet", columns=columns))
    assert batch.frame.rows(named=True)[0] == {
        "id": "1234567890123456789",
        # Times are UTC, whatever zone they are shown in.
        "at": "2024-01-01T12:00:00.000005",
        "naive": "2024-01-01T12:00:00.000000",
        "day": "2024-01-02",
        "share": "0.1",
        "flag": "true",
        "tags": ["a", "b"],
        "__row": 1,
    }
    assert set(batch.frame.drop("__row").row(1)) == {None}


@pytest.mark.parametrize(
    "other",
    [
        pa.array([b"\xff\xfe\x00"], pa.binary()),
        pa.array([{"lat": 1.0}]),
        pa.array([[[1, 2]]]),
        pa.array([[b"\xff"]]),
        pa.array([[{"a": 1}]]),
        pa.array([5], pa.duration("s")),
        pa.array([1], pa.decimal128(10, 2)),
        pa.array([1], pa.time32("s")),
        pa.array(["a"]).dictionary_encode(),
        pa.nulls(1),
    ],
    ids=lambda column: str(column.type),
)
def test_parquet_columns_that_the_mapping_does_not_name_do_no_harm(other: pa.Array) -> None:
    # A thumbnail or a place beside the post is nothing that the mapping asks for.
    data = parquet(id=["1"], other=other)
    (batch,) = batches(data, spec("parquet", columns={"post_id": "id"}))
    assert batch.frame["id"].to_list() == ["1"]
    # The record can go to quarantine.
    assert batch.raw_rows(pl.Series([1])).height == 1


def test_parquet_without_a_named_column_is_refused() -> None:
    with pytest.raises(BadFile, match="no field at, text, who"):
        batches(parquet(id=["1"]), spec("parquet"))


@pytest.mark.parametrize("cut", [0, 3, 20, -5])
def test_a_parquet_file_cut_short_is_refused(cut: int) -> None:
    data = parquet(id=["1"] * 100)
    with pytest.raises(BadFile):
        batches(data[:cut], spec("parquet", columns={"post_id": "id"}))


def test_a_parquet_file_with_damaged_pages_is_refused() -> None:
    # The footer is whole, so only reading the page shows it.
    data = bytearray(parquet(id=[f"text {i}" for i in range(5000)]))
    data[4:400] = bytes(396)
    with pytest.raises(BadFile):
        batches(bytes(data), spec("parquet", columns={"post_id": "id"}))


# --- ids ---

LARGE = ["9007199254740993", "9223372036854775807", "18446744073709551615"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "document", "parquet"])
def test_large_ids_survive_exactly(form: str) -> None:
    # As bare numbers, where the format has them: a float would change the last digits.
    columns = {"post_id": "id"}
    if form == "csv":
        found = [read("id\n" + "\n".join(LARGE) + "\n", spec(columns=columns))]
    elif form == "jsonl":
        found = [read("".join(f'{{"id": {i}}}\n' for i in LARGE), spec("jsonl", columns=columns))]
    elif form == "json":
        text = "[" + ",".join(f'{{"id": {i}}}' for i in LARGE) + "]"
        found = [read(text, spec("json", columns=columns))]
    elif form == "document":
        found = [read(f'{{"id": {i}}}', spec("json", columns=columns)) for i in LARGE]
    else:
        ids = pa.array([int(i) for i in LARGE], pa.uint64())
        (batch,) = batches(parquet(id=ids), spec("parquet", columns=columns))
        found = [Read(batch.frame, [], [])]
    assert [i for f in found for i in f.frame["id"]] == LARGE


def test_gzip_members_one_after_the_other() -> None:
    # Logs are often joined as they are: every member counts.
    data = gzip.compress(FOUR.encode()) + gzip.compress(b"5,ann,2024-01-01,t5\n")
    assert texts(read(data, spec())) == ["t1", "t2", "t3", "t4", "t5"]
