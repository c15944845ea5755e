"""Records of a file become rows or quarantine, each exactly once."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from influence_assets.contracts import TABLES
from influence_assets.sources.batches import BadFile
from influence_assets.sources.feeds import Context
from influence_assets.sources.parse import Document, parse_documents
from influence_assets_tests.sources.making import (
    FILE_ID,
    HEADER,
    POST,
    TODAY,
    WINDOW,
    lines,
    parse,
    post,
    spec,
)

MENTION = {
    "kind": {"constant": "mention"},
    "source_id": "who",
    "target_id": {"field": ".", "strip": "@", "lower": True},
    "occurred_at": "at",
}


def feed(contract: str, columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"contract": contract, "columns": columns, **more}


# --- rows ---


def test_a_row_knows_its_file_place_and_day() -> None:
    found = parse(HEADER + "1,ann,2024-01-01T23:59:59Z,t\n2,ann,2024-01-02,t\n", spec())
    columns = ["file_id", "row_number", "platform", "post_id", "posted_date"]
    assert found.posts.select(columns).rows() == [
        (FILE_ID, 1, "x", "1", date(2024, 1, 1)),
        (FILE_ID, 2, "x", "2", date(2024, 1, 2)),
    ]
    # What the mapping does not name is missing, not empty and not 0.
    assert found.posts["media_count"].to_list() == [None, None]
    assert found.posts["hashtags"].to_list() == [None, None]


def test_the_day_is_that_of_utc() -> None:
    # 1 January in Seoul, still 31 December in Greenwich.
    found = parse(HEADER + "1,ann,2024-01-01T08:00:00+09:00,t\n", spec())
    assert found.posts["posted_date"].to_list() == [date(2023, 12, 31)]


def test_constants_and_missing_spellings() -> None:
    columns = POST | {
        "kind": {"constant": "image"},
        "media_count": {"field": "n", "nulls": ["none"]},
        "is_sponsored": {"constant": True},
    }
    rows = "id,who,at,text,n\n1,ann,2024-01-01,N/A,none\n2,ann,2024-01-01,,3\n"
    found = parse(rows, spec(columns=columns, nulls=["", "N/A"]))
    assert found.posts.select("kind", "text", "media_count", "is_sponsored").rows() == [
        ("image", None, None, True),
        ("image", None, 3, True),
    ]


def test_weight_of_a_tie_is_one_unless_said() -> None:
    columns = MENTION | {"target_id": "to", "weight": {"field": "w"}}
    how = spec(feeds=[feed("interactions", columns)])
    found = parse("who,to,at,w\na,b,2024-01-01,\na,c,2024-01-01,2.5\n", how)
    assert found.rows["raw.interactions"]["weight"].to_list() == [1.0, 2.5]


def test_one_row_for_each_item_and_each_item_once() -> None:
    how = spec(feeds=[feed("interactions", MENTION, each={"field": "text", "list": ","})])
    text = HEADER + '1,ann,2024-01-01,"@Bob,@bob,@cy"\n2,ann,2024-01-01,\n3,ann,2024-01-01,@bob\n'
    found = parse(text, how)
    # Named twice in one record is one tie; a record without items is good and gives none.
    assert found.rows["raw.interactions"].select("row_number", "target_id").rows() == [
        (1, "bob"), (1, "cy"), (3, "bob"),
    ]  # fmt: skip
    assert (found.records, found.quarantined.height) == (3, 0)


def test_fields_of_items() -> None:
    columns = MENTION | {"target_id": {"field": ".name", "lower": True}}
    how = spec("jsonl", feeds=[feed("interactions", columns, each="users")])
    text = lines(post(1, users=[{"name": "Bob"}, {"name": "Cy", "x": 1}]), post(2, users=[]))
    assert parse(text, how).rows["raw.interactions"]["target_id"].to_list() == ["bob", "cy"]


def test_require_chooses_the_records_of_a_feed() -> None:
    how = spec(
        feeds=[
            feed("posts", POST),
            feed("interactions", MENTION | {"target_id": "to"}, require=["to"]),
        ]
    )
    found = parse("id,who,at,text,to\n1,ann,2024-01-01,t,\n2,ann,2024-01-01,t,bob\n", how)
    assert found.posts["row_number"].to_list() == [1, 2]
    assert found.rows["raw.interactions"]["row_number"].to_list() == [2]


def test_a_record_that_no_feed_wants_is_told() -> None:
    how = spec("jsonl", feeds=[feed("posts", POST, require=["id"])])
    found = parse(lines(post(1), post(2, id=None)), how)
    assert found.rules == {2: "fits_no_feed"}
    assert found.records == 2


def test_a_finer_time_from_another_field() -> None:
    precise = {"field": "url", "extract": "/p/([^/]+)", "time": "instagram_shortcode"}
    columns = POST | {"posted_at": {"field": "at", "precise": precise}}
    # The code says 2020-05-10 08:05:28.665 (worked out in test_convert).
    text = (
        "id,who,at,text,url\n"
        "1,ann,2020-05-10,t,x/p/CAAAAAAAAAA/\n"
        "2,ann,2020-01-01,t,x/p/CAAAAAAAAAA/\n"
        "3,ann,2020-05-10,t,\n"
    )
    found = parse(text, spec(columns=columns))
    assert found.posts["posted_at"].to_list() == [
        datetime(2020, 5, 10, 8, 5, 28, 665_000),
        datetime(2020, 1, 1),
        datetime(2020, 5, 10),
    ]


# --- quarantine ---


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        # A text that cannot be read goes before the rule that follows from its absence.
        ("1,ann,never,t", "posted_at_unreadable"),
        # Missing although needed.
        ("1,ann,,t", "posted_at|nullability"),
        (",ann,2024-01-01,t", "post_id|nullability"),
        # Before any platform, and not merely before the first partition.
        ("1,ann,1970-01-01,t", "posted_at_is_plausible"),
        # Outside the days that have a partition.
        ("1,ann,2009-12-31,t", "day_before_start_date"),
        ("1,ann,2031-01-01,t", "day_in_the_future"),
    ],
)
def test_a_bad_record_is_quarantined_with_its_rule(record: str, rule: str) -> None:
    found = parse(HEADER + f"0,ann,2024-01-01,t\n{record}\n", spec())
    assert found.rules == {2: rule}
    assert found.posts["post_id"].to_list() == ["0"]
    row = found.quarantined.row(0, named=True)
    assert row["file_id"] == FILE_ID
    assert row["contract"] == "posts"
    # The record itself, field by field.
    values = record.split(",")
    raw = json.loads(row["raw_row"])
    assert {k: v or "" for k, v in raw.items()} == dict(
        zip(["id", "who", "at", "text"], values, strict=True)
    )


def test_days_at_both_ends_of_the_window_are_good() -> None:
    found = parse(HEADER + "1,a,2010-01-01,t\n2,a,2030-12-31T23:59:59Z,t\n", spec())
    assert found.posts.height == 2


def test_an_unlisted_value_is_unreadable() -> None:
    columns = POST | {"kind": {"field": "text", "map": {"True": "video"}}}
    found = parse(HEADER + "1,a,2024-01-01,True\n2,a,2024-01-01,Maybe\n3,a,2024-01-01,\n",
                  spec(columns=columns))  # fmt: skip
    # Missing is not unlisted.
    assert found.rules == {2: "kind_unreadable"}
    assert found.posts["kind"].to_list() == ["video", None]


@pytest.mark.parametrize(
    "likes",
    [
        {"field": "n", "default": 0},  # fills as many as cannot be read
        {"sum": ["n", "m"]},
        {"field": ["n", "m"]},
    ],
)
def test_as_many_missing_as_unreadable_hide_nothing(likes: dict[str, Any]) -> None:
    counts = {"post_id": "id", "observed_at": {"constant": "2024-02-01"}, "likes": likes}
    how = spec(feeds=[feed("posts", POST), feed("post_metrics", counts | {"views": "v"})])
    table = "id,who,at,text,n,m,v\n1,a,2024-01-01,,,,9\n2,a,2024-01-01,,many,,9\n"
    found = parse(table + "3,a,2024-01-01,,4,,9\n", how)
    assert found.rules == {2: "likes_unreadable"}
    assert found.posts["post_id"].to_list() == ["1", "3"]


def test_a_feed_that_no_record_is_for_gives_the_columns_of_its_table() -> None:
    ties = feed("interactions", MENTION, each={"field": "text", "list": ","})
    found = parse(HEADER + "1,a,2024-01-01,\n", spec(feeds=[feed("posts", POST), ties]))
    given = found.rows["raw.interactions"]
    columns = {n: c.dtype for n, c in TABLES["raw.interactions"].columns.items()}
    assert (given.height, dict(given.schema)) == (0, columns)


def test_a_fault_in_one_feed_keeps_the_whole_record_out() -> None:
    counts = {"post_id": "id", "observed_at": {"constant": "2024-02-01"}, "likes": "text"}
    how = spec(feeds=[feed("posts", POST), feed("post_metrics", counts)])
    found = parse(HEADER + "1,a,2024-01-01,5\n2,a,2024-01-01,-3000000000\n3,a,2024-01-01,x\n", how)
    assert found.posts["post_id"].to_list() == ["1"]
    assert found.rows["raw.post_metrics"]["post_id"].to_list() == ["1"]
    # A record counts once, however many rules it breaks.
    assert found.rules == {2: "likes|min", 3: "likes_unreadable"}
    assert found.records == 3


def test_a_fault_in_one_item_keeps_the_whole_record_out() -> None:
    columns = MENTION | {"target_id": {"field": ".", "strip": "@"}}
    how = spec(feeds=[feed("interactions", columns, each={"field": "text", "list": ","})])
    # `@` alone names nobody.
    found = parse(HEADER + '1,a,2024-01-01,"b,c"\n2,a,2024-01-01,"b,@"\n', how)
    assert found.rows["raw.interactions"]["row_number"].to_list() == [1, 1]
    assert list(found.rules) == [2]


def test_every_broken_rule_is_in_the_message() -> None:
    found = parse(HEADER + ",ann,never,t\n", spec())
    (message,) = found.quarantined["message"]
    assert "posted_at_unreadable" in message
    assert "post_id|nullability" in message


def test_infinite_numbers_are_quarantined() -> None:
    columns = {"profile_id": "who", "observed_at": "at", "engagement": "text"}
    how = spec(feeds=[feed("profile_snapshots", columns)])
    found = parse(HEADER + "1,a,2024-01-01,inf\n2,a,2024-01-01,nan\n3,a,2024-01-01,1.5\n", how)
    assert found.rows["raw.profile_snapshots"]["engagement"].to_list() == [1.5]
    assert sorted(found.rules) == [1, 2]


@pytest.mark.parametrize(
    "name", ["file_id", "row_number", "contract", "rule", "tree", ".", "count"]
)
def test_a_field_may_have_a_name_that_we_use(name: str) -> None:
    # Such columns are natural in exports; they must not stand for our own.
    found = parse(f"{name},id,who,at,text\n99,1,a,2024-01-01,t\n99,2,a,never,t\n", spec())
    assert found.posts.select("file_id", "row_number", "post_id").rows() == [(FILE_ID, 1, "1")]
    assert found.rules == {2: "posted_at_unreadable"}
    if name not in (".",):
        columns = POST | {"text": name}
        assert parse(f"{name},id,who,at\n99,1,a,2024-01-01\n", spec(columns=columns)).posts[
            "text"
        ].to_list() == ["99"]


# --- many documents together ---


def test_documents_keep_their_own_numbers_and_faults() -> None:
    documents = [
        Document("a" * 64, "a.json", json.dumps([post(1), post(2, at="never")]).encode()),
        Document("b" * 64, "b.json", b"nonsense"),
        Document("c" * 64, "c.json", json.dumps([post(3)]).encode()),
        Document("d" * 64, "d.json", b"[]"),
    ]
    context = Context(WINDOW, TODAY)
    parsed, refused = parse_documents(documents, spec("json"), context, {"c" * 64: 11})
    (part,) = parsed
    rows = part.rows["raw.posts"].select("file_id", "row_number", "post_id").rows()
    # The third one's numbers start where an earlier entry of the mapping had ended.
    assert rows == [("a" * 64, 1, "1"), ("c" * 64, 11, "3")]
    bad = part.quarantined.select("file_id", "row_number").rows()
    assert bad == [("a" * 64, 2)]
    assert dict(part.records) == {"a" * 64: 2, "c" * 64: 1}
    # The broken one is refused by name and does not stop the others.
    assert list(refused) == ["b" * 64]
    assert "b.json" in str(refused["b" * 64])


# --- whatever comes ---

TIMES = st.sampled_from(["2024-01-01", "2024-01-01T00:00:00Z", "never", "", "1970-01-01"])
LIGHT = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
LOSSLESS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@LIGHT
@given(st.lists(st.tuples(LOSSLESS, LOSSLESS, TIMES, LOSSLESS), max_size=8))
def test_each_record_of_a_well_formed_csv_is_good_or_quarantined(
    rows: list[tuple[str, str, str, str]],
) -> None:
    sink = io.StringIO()
    csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [("id", "who", "at", "text"), *rows]
    )
    found = parse(sink.getvalue(), spec())
    # The number of records is known: none may be split, joined or dropped.
    assert found.records == len(rows)
    numbers = [*found.posts["row_number"], *found.rules] if found.rows else list(found.rules)
    assert sorted(numbers) == list(range(1, len(rows) + 1))
    # What is good is what was written.
    good = dict(found.posts.select("row_number", "text").rows()) if found.rows else {}
    assert {n: t or "" for n, t in good.items()} == {n: rows[n - 1][3] for n in good}


@LIGHT
@given(st.lists(st.lists(st.text(alphabet='a,;"\n\r\t é\x00', max_size=5), max_size=5), max_size=6))
def test_any_text_under_a_good_header_is_read_or_refused(rows: list[list[str]]) -> None:
    body = "\n".join(",".join(fields) for fields in rows)
    try:
        found = parse(HEADER + body, spec())
    except BadFile:
        return
    good = found.posts.height if found.rows else 0
    assert found.records == good + found.quarantined.height
    # A number belongs to one record.
    assert found.quarantined["row_number"].is_unique().all()


@LIGHT
@given(st.binary(max_size=60), st.sampled_from(["csv", "tsv", "json", "jsonl", "parquet"]))
def test_any_bytes_are_read_or_refused(data: bytes, form: str) -> None:
    try:
        found = parse(data, spec(form))
    except BadFile:
        return
    good = found.posts.height if found.rows else 0
    assert found.records == good + found.quarantined.height


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | TIMES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "who", "at", "text", "x"]), inner, max_size=4)
    ),
    max_leaves=6,
)


@LIGHT
@given(st.lists(JSON, max_size=5), st.sampled_from(["json", "jsonl"]))
def test_any_json_records_are_good_or_quarantined(records: list[Any], form: str) -> None:
    text = json.dumps(records) if form == "json" else lines(*records)
    columns = {k: {"field": v, "optional": True} for k, v in POST.items()}
    try:
        found = parse(text, spec(form, columns=columns))
    except BadFile:
        # Python writes NaN and Infinity, which are no JSON, and numbers of any length.
        assert form == "json"
        return
    good = found.posts.height if found.rows else 0
    assert found.records == len(records) == good + found.quarantined.height
