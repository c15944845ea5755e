"""Readers and what hostile or broken tools write: bombs, damage, odd JSON, odd headers."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
from collections.abc import Callable
from typing import Any

import orjson
import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from influence_assets.sources import decompress, read_json
from influence_assets.sources.batches import BadFile, Reject
from influence_assets.sources.choose import Chooser
from influence_assets.sources.decompress import compression, decompressed
from influence_assets.sources.json_decode import decode_block, decode_lines
from influence_assets.sources.json_text import (
    careful_loads,
    dumps,
    has_lone_surrogate,
    has_rounded,
    loads,
)
from influence_assets.sources.records import batches_of_records
from influence_assets_tests.sources.making import batches, gzipped, lines, parquet, post, read, spec

Pack = Callable[[bytes], bytes]

PACKERS: dict[str, Pack] = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
NOISE = random.Random(3).randbytes(3_000_000)  # does not shrink


def unpacked(data: bytes) -> bytes:
    return decompressed(io.BytesIO(data), "x").read()


# --- compression ---


@pytest.mark.parametrize("how", PACKERS)
def test_compression_is_known_by_its_bytes(how: str) -> None:
    assert compression(PACKERS[how](b"abc")[:6]) == how
    assert unpacked(PACKERS[how](NOISE)) == NOISE
    assert unpacked(PACKERS[how](b"")) == b""
    assert read(PACKERS[how](lines(post(7)).encode()), spec("jsonl")).frame["id"].to_list() == ["7"]


def test_what_is_not_compressed_stays_as_it_is() -> None:
    assert unpacked(b"abc") == b"abc"
    assert unpacked(b"") == b""


@pytest.mark.parametrize("how", PACKERS)
def test_parts_that_were_joined_are_read_to_their_end(how: str) -> None:
    whole = b"".join(PACKERS[how](part) for part in (b"one,", NOISE, b"", b"three"))
    assert unpacked(whole) == b"one," + NOISE + b"three"


@pytest.mark.parametrize("how", ["gzip", "xz"])
def test_zeros_behind_the_end_are_padding(how: str) -> None:
    assert unpacked(PACKERS[how](b"abc") + bytes(512) + PACKERS[how](b"def")) == b"abcdef"


@pytest.mark.parametrize("how", PACKERS)
@pytest.mark.parametrize("part", [0.02, 0.5, 0.99])
def test_a_compressed_file_cut_short_is_refused(how: str, part: float) -> None:
    whole = PACKERS[how](NOISE)
    with pytest.raises(BadFile, match=f"{how} that is damaged or cut short"):
        unpacked(whole[: int(len(whole) * part)])


@pytest.mark.parametrize("how", ["gzip", "xz", "bzip2"])
def test_a_compressed_file_with_a_changed_byte_is_refused(how: str) -> None:
    whole = bytearray(PACKERS[how](NOISE))
    whole[len(whole) // 2] ^= 0xFF
    with pytest.raises(BadFile, match="damaged"):
        unpacked(bytes(whole))


@pytest.mark.parametrize("how", PACKERS)
def test_a_bomb_is_refused_and_never_held_whole(how: str) -> None:
    zeros = bytes(8 << 20)
    packer = {
        "gzip": lambda: __import__("zlib").compressobj(9, wbits=31),
        "xz": lambda: lzma.LZMACompressor(),
        "bzip2": lambda: bz2.BZ2Compressor(),
        "zstd": lambda: zstandard.ZstdCompressor(level=19).compressobj(),
    }[how]()
    bomb = b"".join(packer.compress(zeros) for _ in range(32)) + packer.flush()
    assert len(bomb) < 400_000  # 256 MB
    stream, given_out = decompressed(io.BytesIO(bomb), "x"), 0
    with pytest.raises(BadFile, match="no honest export"):
        while chunk := stream.read(1 << 20):
            given_out += len(chunk)
    assert given_out <= decompress.SAFE_BYTES + (200 << 20)


@pytest.mark.parametrize("how", PACKERS)
def test_honest_text_beyond_the_safe_size_is_read(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decompress, "SAFE_BYTES", 1000)
    rng = random.Random(1)
    text = "".join(f"{i},user_{rng.randrange(999)},2024-01-01,hello\n" for i in range(40_000))
    assert unpacked(PACKERS[how](text.encode())) == text.encode()


def test_a_long_window_of_zstd_is_read() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=True)
    data = zstandard.ZstdCompressor(compression_params=parameters).compress(NOISE * 2)
    assert len(data) < 1.1 * len(NOISE)
    assert unpacked(data) == NOISE * 2


def test_a_compressed_parquet_file_is_read() -> None:
    data = gzip.compress(parquet(id=["1", "2"]))
    found = batches(data, spec("parquet", columns={"post_id": "id"}))
    assert [i for b in found for i in b.frame["id"]] == ["1", "2"]


# --- tables ---


def test_names_in_a_header_are_cleaned() -> None:
    found = read('" a\n b ","\tc",,c\n1,2,3,4\n', spec(columns={"post_id": "a b"}))
    assert found.frame.drop("__row").columns == ["a b", "c", "column_3", "c.2"]


def test_a_table_without_a_header() -> None:
    columns = {"post_id": "column_1", "text": "column_2"}
    found = read("1,a\n2,b\n3\n", spec(header=False, columns=columns))
    assert found.frame["column_1"].to_list() == ["1", "2"]
    assert found.frame["column_2"].to_list() == ["a", "b"]
    assert (found.numbers, found.rejects) == ([1, 2], [(3, "wrong_number_of_fields")])


def test_blank_lines_above_the_header_are_no_header() -> None:
    found = read("\n\nid\n1\n", spec(columns={"post_id": "id"}))
    assert found.frame["id"].to_list() == ["1"]


def test_a_header_that_does_not_end_is_refused() -> None:
    with pytest.raises(BadFile, match="header"):
        batches("x" * (3 << 20), spec())
    with pytest.raises(BadFile, match="first line"):
        batches("x," * (3 << 20), spec())
    with pytest.raises(BadFile):
        batches('"id' + "x\n" * (2 << 20), spec())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
def test_a_mark_of_byte_order_tells_the_encoding(encoding: str, form: str) -> None:
    text = {"csv": "id\né\n", "jsonl": '{"id": "é"}\n', "json": '[{"id": "é"}]'}[form]
    found = read(text.encode(encoding), spec(form, columns={"post_id": "id"}))
    assert found.frame["id"].to_list() == ["é"]


@pytest.mark.parametrize("encoding", ["hex", "rot13", "base64", "no-such"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
def test_what_is_no_encoding_of_text_is_told(encoding: str, form: str) -> None:
    with pytest.raises(BadFile, match="encoding"):
        batches("id\n1\n", spec(form, encoding=encoding))


# --- JSON ---

ID = {"post_id": "id", "text": {"field": "text", "optional": True}}


def test_lines_that_end_with_a_carriage_return_alone() -> None:
    found = read('{"id": 1}\r{"id": 2}\r', spec("jsonl", columns=ID))
    assert found.frame["id"].to_list() == ["1", "2"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (r'{"id": "1", "text": "a\ud83db"}', "a\ufffdb"),  # half of a pair
        (r'{"id": "1", "text": "\ud83d\ude00"}', "😀"),
        (r'{"id": "1", "text": "C:\\\\ud83d"}', r"C:\\ud83d"),  # no escape of a character
        ('{"id": "1", "text": NaN}', None),
        ('{"id": "1", "text": Infinity}', "Infinity"),
        ('{"id": "1", "text": 1e400}', "1e400"),
        ('{"id": "1", "text": 123456789012345678901234567890}', "123456789012345678901234567890"),
        ('{"id": "1", "text": "a", "text": "b"}', "a"),
        (r'{"id": "1", "text": "a\u0000b"}', "a\0b"),
        ('{"id": "1", "text": {"a": [1, "x"]}}', '{"a": [1, "x"]}'),
        ('{"id": "1", "x": ' + "[" * 500 + "]" * 500 + "}", None),
    ],
)
def test_odd_values_in_a_line(line: str, text: str | None) -> None:
    # Alone, and beside lines that have to be read with care.
    for others in ("", '{"id": \n', '{"id": 5, "text": "\\ude00"}\n'):
        found = read(others + line + "\n", spec("jsonl", columns=ID))
        assert found.frame.filter(id="1")["text"].to_list() == [text]


@pytest.mark.parametrize(
    "line",
    ['{"id": "\0"}', '{"id": 1', "x", '{"id": 01}', "[1]", "1", "null", '{"a":1},{"a":2}',
     "{'a': 1}", "[" * 100_000, '{"a":' * 5000],
)  # fmt: skip
def test_a_bad_line_is_rejected_alone(line: str) -> None:
    good = [f'{{"id": {i}}}' for i in range(600)]
    for at in (0, 300, 600):
        text = "\n".join([*good[:at], line, *good[at:]])
        found = read(text, spec("jsonl", columns={"post_id": "id"}))
        assert found.rejects == [(at + 1, "malformed_json")]
        assert found.frame["id"].to_list() == [str(i) for i in range(600)]
        assert found.numbers == [i for i in range(1, 602) if i != at + 1]


def test_two_faults_that_balance_do_not_shift_the_lines_between() -> None:
    # As one list, `{…},{…}` would give a row too many, and the split object one too few.
    text = '{"id": 1},{"id": 2}\n{"id": 3}\n{"id": 4, "text": [1\n2]}\n{"id": 5}\n'
    found = read(text, spec("jsonl", columns=ID))
    assert dict(zip(found.numbers, found.frame["id"], strict=True)) == {2: "3", 5: "5"}
    assert [number for number, _ in found.rejects] == [1, 3, 4]


def test_a_line_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_json, "DOCUMENT_BYTES", 1 << 20)
    with pytest.raises(BadFile, match="line of more than 1 MB"):
        batches('{"id": "' + "x" * (20 << 20), spec("jsonl", columns=ID))


def test_a_document_nested_without_end_is_refused() -> None:
    with pytest.raises(BadFile, match="JSON"):
        batches("[" * 200_000, spec("json", columns=ID))


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
@pytest.mark.parametrize("end", [b"", b"1"])
def test_a_look_at_values_nested_without_end_is_refused(opening: bytes, end: bytes) -> None:
    data = b'{"x": ' + opening * 3000 + end
    with pytest.raises(BadFile, match="no known shape"):
        Chooser().choose("a.json", "a.json", lambda: io.BytesIO(data))


def test_raw_rows_are_the_lines_as_they_came() -> None:
    text = '{"id": 1}\n\n  {"id":2, "x": "\\ud83d"}  \n{"id": 3}\n'
    (batch,) = batches(text, spec("jsonl", columns={"post_id": "id"}))
    rows = batch.raw_rows(pl.Series([2, 3]))
    assert rows.rows() == [(2, '{"id":2, "x": "\\ud83d"}'), (3, '{"id": 3}')]


def test_a_long_list_at_the_top_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_json, "DOCUMENT_BYTES", 1000)
    text = json.dumps([post(i, more=[{"n": i}]) for i in range(200)])
    assert read(text, spec("json")).frame["id"].to_list() == [str(i) for i in range(200)]
    found = read(text, spec("json", records="*.more", columns={"post_id": "n", "text": "../id"}))
    assert found.frame["../id"].to_list() == [str(i) for i in range(200)]
    with pytest.raises(BadFile):
        batches(text[:-1], spec("json"))
    with pytest.raises(BadFile, match="jsonl"):
        batches(json.dumps({"a": [post(i) for i in range(200)]}), spec("json", records="a"))


@pytest.mark.parametrize("likes", ["7", "NaN", "-Infinity"])
def test_a_list_gives_the_same_whole_and_item_by_item(
    monkeypatch: pytest.MonkeyPatch, likes: str
) -> None:
    items = [f'{{"id": {2**53 + i}, "text": "é{i}", "likes": {likes}}}' for i in range(300)]
    how = spec("json", columns={"post_id": "id", "text": "text", "media_count": "likes"})
    whole = read(f"[{', '.join(items)}]", how).frame
    monkeypatch.setattr(read_json, "STREAMED_BYTES", 1000)
    assert read(f"[{', '.join(items)}]", how).frame.equals(whole)
    assert whole["id"].to_list() == [str(2**53 + i) for i in range(300)]


# --- records ---

TREE = {
    "page": 7,
    "data": [
        {"id": "p1", "comments": {"data": [{"id": "c1"}, {"id": "c2"}]}},
        {"id": "p2"},
        {"id": "p3", "comments": {"data": []}},
        {"id": "p4", "comments": {"data": [{"id": "c3"}]}},
    ],
}
AROUND = {"post_id": "id", "profile_id": "../id", "text": "/page"}


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_records_below_every_item_with_what_encloses_them(form: str) -> None:
    text = json.dumps(TREE) + "\n"
    found = read(text, spec(form, records="data.*.comments.data", columns=AROUND))
    assert found.frame.select("id", "../id", "/page").rows() == [
        ("c1", "p1", "7"), ("c2", "p1", "7"), ("c3", "p4", "7"),
    ]  # fmt: skip


def test_records_in_an_object_know_their_key() -> None:
    text = json.dumps({"users": {"ann": {"n": 1}, "bob": {"n": 2}}})
    columns = {"post_id": "n", "profile_id": "@key"}
    found = read(text, spec("json", records="users.*", columns=columns))
    assert found.frame.select("n", "@key").rows() == [("1", "ann"), ("2", "bob")]


def test_a_key_further_out() -> None:
    text = json.dumps({"ann": {"posts": [{"n": 1}]}, "bob": {"posts": [{"n": 2}]}})
    columns = {"post_id": "n", "profile_id": "../@key"}
    found = read(text, spec("json", records="*.posts", columns=columns))
    assert found.frame.select("n", "../@key").rows() == [("1", "ann"), ("2", "bob")]


def test_a_line_without_the_records_is_rejected_with_itself() -> None:
    text = '{"data": [{"id": 1}, {"id": 2}]}\nnonsense\n{"data": 5}\n{"data": [{"id": 3}]}\n'
    columns = {"post_id": "id"}
    (batch,) = batches(text, spec("jsonl", records="data", columns=columns))
    assert batch.frame.select("__row", "id").rows() == [(1, "1"), (2, "2"), (5, "3")]
    assert [(r.row_number, r.raw_row) for r in batch.rejects] == [
        (3, "nonsense"), (4, '{"data": 5}'),
    ]  # fmt: skip


def test_records_of_a_special_reader() -> None:
    def records() -> Any:
        yield {"id": 1, "text": "half \ud83d"}
        yield Reject(0, "malformed_json", "broken", "raw")
        yield {"id": 2**70}

    (batch,) = batches_of_records(records(), "x", spec("json", columns=ID))
    assert batch.frame.select("__row", "id", "text").rows() == [
        (1, "1", "half \ufffd"), (3, str(2**70), None),
    ]  # fmt: skip
    assert [(r.row_number, r.rule, r.raw_row) for r in batch.rejects] == [
        (2, "malformed_json", "raw")
    ]


# --- the quick and the careful way agree ---

LEAF = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)  # fmt: skip
RECORD = st.fixed_dictionaries(
    {}, optional={"a": VALUE, "s": VALUE, "l": VALUE, "o": VALUE, "other": VALUE}
)
DTYPE = pl.Struct(
    {"a": pl.String, "s": pl.Struct({"x": pl.String}), "l": pl.List(pl.String),
     "o": pl.List(pl.Struct({"y": pl.String}))}
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(RECORD, min_size=1, max_size=6))
def test_what_a_line_gives_does_not_depend_on_the_lines_beside_it(records: list[Any]) -> None:
    texts = [json.dumps(r).encode() for r in records]
    alone = [decode_lines([text], DTYPE) for text in texts]
    assert [problems for _, problems in alone] == [{}] * len(texts)
    odd = b'{"a": "\\ud83d", "s": 5}'
    beside, problems = decode_lines([odd, *texts, b"bad"], DTYPE)
    assert set(problems) == {len(texts) + 1}
    assert beside[1:].equals(pl.concat([frame for frame, _ in alone]))
    # The quick way, where it takes the line at all, gives the same.
    for text, (frame, _) in zip(texts, alone, strict=True):
        quick = decode_block(text, DTYPE)
        assert quick is None or quick.equals(frame)


@settings(max_examples=200, deadline=None)
@example(-(2**63) - 1)
@example(2**64)
@given(VALUE)
def test_values_come_back_from_text(value: Any) -> None:
    text = dumps(value)
    assert loads(text) == careful_loads(text) == value
    assert b"\n" not in text


@pytest.mark.parametrize(
    ("text", "lone"),
    [(rb"\ud83d\ude00", False), (rb"\uD83D\uDE00", False), (rb"\ud83d", True), (rb"\ude00", True),
     (rb"\ud83d\ude00\ude00", True), (rb"\ud83d\ud83d\ude00", True), (rb"\ud7ff\u00e9", False),
     (rb"\ude00\ud83d", True), (b"plain", False)],
)  # fmt: skip
def test_half_of_a_pair_is_found(text: bytes, lone: bool) -> None:
    assert has_lone_surrogate(text) is lone
    # The same by Python's own parser.
    assert any(0xD800 <= ord(c) < 0xE000 for c in json.loads(b'"' + text + b'"')) is lone


def test_a_number_beyond_64_bits_stays_exact_in_a_document() -> None:
    assert orjson.loads("[123456789012345678901234567890]") != [123456789012345678901234567890]
    assert loads(b"[123456789012345678901234567890]") == [123456789012345678901234567890]


def test_a_gzip_file_in_another_encoding() -> None:
    data = gzip.compress("id\né\n".encode("utf-16"))
    assert read(data, spec(columns={"post_id": "id"})).frame["id"].to_list() == ["é"]
    assert gzipped("x")[:2] == b"\x1f\x8b"


@pytest.mark.parametrize(
    ("text", "rounded"),
    [
        (b'{"id": 7.123456789012346e+18}', True),
        (b'{"id": 7.123456789012346E18}', True),
        (b"[1e+15]", True),
        (b'{"id": 7123456789012346000}', False),
        (b'{"score": 7.1e-18, "share": 1e5}', False),
        (b'{"hash": "9e18b2e15c"}', False),
    ],
)
def test_a_rounded_number_is_found_in_a_line_and_in_a_long_block(
    text: bytes, rounded: bool
) -> None:
    assert has_rounded(text) == rounded
    blank = b" " * (1 << 17)
    assert has_rounded(blank + text) == has_rounded(text + blank) == rounded
