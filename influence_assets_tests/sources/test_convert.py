"""Each key of a mapping's column: from the text of a field to a typed value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from influence_assets.sources.column_spec import Column
from influence_assets.sources.convert import convert, known
from influence_assets.sources.times import refine, times

TEXT, WHOLE, REAL = pl.String(), pl.Int64(), pl.Float64()
FLAG, TEXTS, TIME = pl.Boolean(), pl.List(pl.String), pl.Datetime("us")


def one(text: str | None, dtype: pl.DataType, **keys: Any) -> Any:
    """The value of one text under a column with these keys."""
    column = Column.model_validate({"field": "f", **keys})
    values = convert(pl.Series("f", [text], dtype=pl.String), column, dtype)
    assert values.dtype == dtype
    assert len(values) == 1
    return values.to_list()[0]


# --- numbers ---


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-5", -5),
        (" 12 ", 12),
        # A whole number that a spreadsheet wrote as a real one.
        ("10047.0", 10047),
        # A fraction is no count: unreadable and not rounded.
        ("1.5", None),
        # Above 2^53 a float would lose the last digit.
        ("9007199254740993", 9007199254740993),
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", None),
        ("twelve", None),
        ("nan", None),
        ("inf", None),
        ("1,234", None),
        ("3.7k", None),
        (None, None),
    ],
)
def test_whole_numbers(text: str | None, number: int | None) -> None:
    assert one(text, WHOLE) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3.7k", 3_700),
        ("475.8m", 475_800_000),
        ("29.0b", 29_000_000_000),
        # Capitals and a space before the unit.
        ("3.7K", 3_700),
        ("1.2 M", 1_200_000),
        # No unit.
        ("812", 812),
        # A unit alone, two points, an unknown unit.
        ("k", None),
        ("1.2.3k", None),
        ("3.7q", None),
        ("3.7kk", None),
        ("#VALOR!", None),
    ],
)
def test_units(text: str, number: int | None) -> None:
    assert one(text, WHOLE, units=True) == number


def test_percent_is_a_share() -> None:
    assert one("1.39%", REAL, units=True) == pytest.approx(0.0139)
    assert one("0.5", REAL, units=True) == 0.5
    # A share is no count, and must not silently become 0.
    assert one("1.39%", WHOLE, units=True) is None


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [("1,234,567", ",", 1_234_567), ("1.234", ".", 1_234), ("1 234", " ", 1_234)],
)
def test_thousands(text: str, mark: str, number: int) -> None:
    # The mark is taken literally: a point is no pattern.
    assert one(text, WHOLE, thousands=mark) == number


# --- times ---


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2020-02-03T04:05:06Z", "2020-02-03T04:05:06"),
        ("2020-02-03T04:05:06", "2020-02-03T04:05:06"),
        ("2020-02-03 04:05:06", "2020-02-03T04:05:06"),
        ("2020-02-03 04:05:06 UTC", "2020-02-03T04:05:06"),
        ("2020-02-03t04:05:06z", "2020-02-03T04:05:06"),
        (" 2020-02-03T04:05:06Z ", "2020-02-03T04:05:06"),
        # Zones in their spellings.
        ("2020-02-03T04:05:06+00:00", "2020-02-03T04:05:06"),
        ("2020-02-03 04:05:06+02:00", "2020-02-03T02:05:06"),
        ("2020-02-03T04:05:06+0200", "2020-02-03T02:05:06"),
        ("2020-02-03T04:05:06+02", "2020-02-03T02:05:06"),
        ("2020-02-03T04:05:06-05:30", "2020-02-03T09:35:06"),
        ("2020-02-03 04:05:06 +0200", "2020-02-03T02:05:06"),
        # No seconds.
        ("2020-02-03T04:05", "2020-02-03T04:05:00"),
        ("2020-02-03T04:05Z", "2020-02-03T04:05:00"),
        ("2020-02-03T04:05+02:00", "2020-02-03T02:05:00"),
        # Fractions; below a microsecond they are cut.
        ("2020-02-03T04:05:06.789Z", "2020-02-03T04:05:06.789"),
        ("2020-02-03T04:05:06.123456+00:00", "2020-02-03T04:05:06.123456"),
        ("2020-02-03T04:05:06.123456789Z", "2020-02-03T04:05:06.123456"),
        # A day alone.
        ("2020-02-03", "2020-02-03T00:00:00"),
        # No times.
        ("2020-02-30", None),
        ("2020-13-01T00:00:00", None),
        ("yesterday", None),
        ("20200203", None),
        ("2020-02-03T04:05:06Z and more", None),
    ],
)
def test_iso(text: str, time: str | None) -> None:
    expected = datetime.fromisoformat(time) if time else None
    assert one(text, TIME) == expected
    # It is what stands where the mapping says nothing.
    assert one(text, TIME, time="iso") == expected


def test_each_text_keeps_its_own_spelling() -> None:
    texts = pl.Series(["2020-01-01", None, "x", "2020-01-01T01:00:00+01:00", "2020-01-01 00:00"])
    first = datetime(2020, 1, 1)
    assert times(texts, "iso").to_list() == [first, None, None, first, first]


@pytest.mark.parametrize(
    ("text", "zone", "time"),
    [
        # A day alone starts at midnight there: on the day before, in UTC.
        ("2024-03-10", "Asia/Seoul", datetime(2024, 3, 9, 15)),
        # Summer and winter time.
        ("2024-07-01T12:00:00", "Europe/Berlin", datetime(2024, 7, 1, 10)),
        ("2024-01-01T12:00:00", "Europe/Berlin", datetime(2024, 1, 1, 11)),
        # A stated zone goes before the mapping's.
        ("2024-07-01T12:00:00Z", "Europe/Berlin", datetime(2024, 7, 1, 12)),
        # An hour that comes twice is taken the first time (summer time, +2).
        ("2024-10-27T02:30:00", "Europe/Berlin", datetime(2024, 10, 27, 0, 30)),
        # An hour that was skipped is no time.
        ("2024-03-31T02:30:00", "Europe/Berlin", None),
    ],
)
def test_timezone_of_naive_times(text: str, zone: str, time: datetime | None) -> None:
    assert one(text, TIME, timezone=zone) == time
    if "Z" not in text and "T" in text:
        assert one(text, TIME, time="%Y-%m-%dT%H:%M:%S", timezone=zone) == time


@pytest.mark.parametrize(
    ("text", "unit", "time"),
    [
        ("1577836800", "epoch_s", datetime(2020, 1, 1)),
        ("1577836800.5", "epoch_s", datetime(2020, 1, 1, 0, 0, 0, 500_000)),
        ("-1", "epoch_s", datetime(1969, 12, 31, 23, 59, 59)),
        ("1577836800123", "epoch_ms", datetime(2020, 1, 1, 0, 0, 0, 123_000)),
        # To the microsecond, no rounding.
        ("1577836800123457", "epoch_us", datetime(2020, 1, 1, 0, 0, 0, 123_457)),
        ("nan", "epoch_s", None),
        ("1e300", "epoch_s", None),
        ("2020-01-01", "epoch_s", None),
    ],
)
def test_epochs(text: str, unit: str, time: datetime | None) -> None:
    assert one(text, TIME, time=unit) == time


@pytest.mark.parametrize(
    ("text", "pattern", "time"),
    [
        ("03.02.2020 04:05", "%d.%m.%Y %H:%M", datetime(2020, 2, 3, 4, 5)),
        # A pattern of a day alone.
        ("03/02/2020", "%d/%m/%Y", datetime(2020, 2, 3)),
        # A pattern with a zone.
        (
            "Wed Feb 01 16:03:05 +0100 2012",
            "%a %b %d %H:%M:%S %z %Y",
            datetime(2012, 2, 1, 15, 3, 5),
        ),
        ("2012-02-01 16:03:05+01:00", "%Y-%m-%d %H:%M:%S%:z", datetime(2012, 2, 1, 15, 3, 5)),
        ("tomorrow", "%d/%m/%Y", None),
    ],
)
def test_patterns(text: str, pattern: str, time: datetime | None) -> None:
    assert one(text, TIME, time=pattern) == time


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def shortcode(at: datetime, low: int) -> str:
    """The code of a post made at that time: milliseconds in the upper bits, base 64."""
    since = (at - datetime(1970, 1, 1)) // timedelta(milliseconds=1) - 1_314_220_021_721
    number, code = (since << 23) | low, ""
    while number:
        number, digit = divmod(number, 64)
        code = ALPHABET[digit] + code
    return code


def test_instagram_shortcode_by_hand() -> None:
    # C is 2, so the id is 2·64^10 = 2^61; without its low 23 bits 2^38 ms = 274,877,906,944.
    # Instagram counts from 1,314,220,021,721: together 1,589,097,928,665 ms.
    expected = datetime.fromtimestamp(1_589_097_928, UTC).replace(tzinfo=None, microsecond=665_000)
    assert one("CAAAAAAAAAA", TIME, time="instagram_shortcode") == expected
    assert expected.isoformat() == "2020-05-10T08:05:28.665000"


@pytest.mark.parametrize("at", [datetime(2014, 5, 6, 7, 8, 9, 10_000), datetime(2024, 2, 29)])
@pytest.mark.parametrize("low", [0, 2**23 - 1])
def test_instagram_shortcode_there_and_back(at: datetime, low: int) -> None:
    # Ids had 10 characters until the end of 2015 and 11 since then: both hold the time.
    code = shortcode(at, low)
    assert len(code) == (10 if at.year < 2016 else 11)
    assert one(code, TIME, time="instagram_shortcode") == at


@pytest.mark.parametrize("code", ["CAAAAAAAAAAA", "CAAAAAAAAA!", "CAAAA AAAAA", "", None])
def test_what_is_no_shortcode_has_no_time(code: str | None) -> None:
    # Too long, or with a character that is none of the alphabet.
    assert one(code, TIME, time="instagram_shortcode") is None


@pytest.mark.parametrize(
    ("precise", "result"),
    [
        # Within two days the finer time counts, on both sides and at the limit.
        (datetime(2024, 1, 10, 17, 3), datetime(2024, 1, 10, 17, 3)),
        (datetime(2024, 1, 8), datetime(2024, 1, 8)),
        # Beyond, or unknown, the stated one.
        (datetime(2024, 1, 12, 0, 0, 1), datetime(2024, 1, 10)),
        (None, datetime(2024, 1, 10)),
    ],
)
def test_refine(precise: datetime | None, result: datetime) -> None:
    stated = pl.Series([datetime(2024, 1, 10)], dtype=TIME)
    assert refine(stated, pl.Series([precise], dtype=TIME)).to_list() == [result]


def test_refine_makes_no_time_where_none_is_stated() -> None:
    finer = pl.Series([datetime(2024, 1, 10)], dtype=TIME)
    assert refine(pl.Series([None], dtype=TIME), finer).to_list() == [None]


# --- lists ---


@pytest.mark.parametrize(
    ("text", "keys", "items"),
    [
        ('["a", "b"]', {"list": "json"}, ["a", "b"]),
        ("[]", {"list": "json"}, []),
        ("[1, 2]", {"list": "json"}, ["1", "2"]),
        ("[a", {"list": "json"}, None),
        ("['a', 'b']", {"list": "python"}, ["a", "b"]),
        ("[]", {"list": "python"}, []),
        # Quotes of the other kind inside, as Python writes them.
        ("""['a', "b's"]""", {"list": "python"}, ["a", "b's"]),
        ("['a, b', 'c']", {"list": "python"}, ["a, b", "c"]),
        ("['a', 'b'", {"list": "python"}, None),
        # Numbers are items too; an empty list would say that there are none.
        ("[1, 2]", {"list": "python"}, ["1", "2"]),
        # What Python escapes: a text with both kinds of quotes.
        ("""['a\\'b"c']""", {"list": "python"}, ["""a'b"c"""]),
        # Characters that it spells out; half a pair of surrogates is no character.
        (
            r"['a\nb', 'c\\n', '\x41\u00e4\U0001f600', '\ud83d']",
            {"list": "python"},
            ["a\nb", r"c\n", "Aä😀", r"\ud83d"],
        ),
        ("a,b , c", {"list": ","}, ["a", "b", "c"]),
        # Surplus separators make no items.
        ("a  b ", {"list": " "}, ["a", "b"]),
        ("", {"list": ","}, []),
        # The separator is no pattern.
        ("a|b", {"list": "|"}, ["a", "b"]),
        ("a.b", {"list": "."}, ["a", "b"]),
        # Items are cleaned one by one.
        ("#Aa,#b#", {"list": ",", "strip": "#", "lower": True}, ["aa", "b"]),
        ("#,a", {"list": ",", "strip": "#"}, ["a"]),
        # Found in running text.
        (
            "Hi @Ann. and @bob!",
            {"find_all": r"@\w[\w.]*", "strip": "@.", "lower": True},
            ["ann", "bob"],
        ),
        ("nobody", {"find_all": r"@\w+"}, []),
        (None, {"list": ","}, None),
        (None, {"list": "json"}, None),
        (None, {"find_all": "@"}, None),
    ],
)
def test_lists(text: str | None, keys: dict[str, Any], items: list[str] | None) -> None:
    assert one(text, TEXTS, **keys) == items


def test_a_broken_json_list_does_not_touch_its_neighbours() -> None:
    texts = pl.Series(['["a"]', "[", None, '["b"]', '["c"]["d"]', "[]"])
    values = convert(texts, Column(field="f", list="json"), TEXTS)
    assert values.to_list() == [["a"], None, None, ["b"], None, []]


def test_lists_of_the_format_itself_are_cleaned_alike() -> None:
    texts = pl.Series([["#A", None, " "], None, []], dtype=pl.List(pl.String))
    values = convert(texts, Column(field="f", strip="#", lower=True), TEXTS)
    assert values.to_list() == [["a"], None, []]


# --- the other keys ---


@pytest.mark.parametrize(
    ("text", "keys", "value"),
    [
        ("True", {"map": {"True": "video", "False": "image"}}, "video"),
        # Not listed: unreadable, for `parse` to quarantine.
        ("Maybe", {"map": {"True": "video"}}, None),
        ("@ann@", {"strip": "@"}, "ann"),
        # Every one of the characters, on both ends, not inside.
        ("@.a.n@n.@", {"strip": "@."}, "a.n@n"),
        ("ÄNN", {"lower": True}, "änn"),
        ("https://x.test/p/AbC/?q=1", {"extract": "/p/([^/?]+)"}, "AbC"),
        ("https://x.test/", {"extract": "/p/([^/?]+)"}, None),
        # Together: extract, then strip, then lower.
        ("by @Ann!", {"extract": "by (.*)", "strip": "@!", "lower": True}, "ann"),
        ("bob", {"present": "reply", "absent": "post"}, "reply"),
        (None, {"present": "reply", "absent": "post"}, "post"),
        (None, {"present": "reply"}, None),
    ],
)
def test_texts(text: str | None, keys: dict[str, Any], value: str | None) -> None:
    assert one(text, TEXT, **keys) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("True", True), ("1", True), ("yes", True), ("FALSE", False), ("0", False), ("no", False),
        ("maybe", None), (None, None),
    ],
)  # fmt: skip
def test_flags(text: str | None, value: bool | None) -> None:
    assert one(text, FLAG) is value


def test_known_turns_every_spelling_of_nothing_into_null() -> None:
    texts = pl.Series(["", "N/A", "n/a", None, "a"])
    assert known(texts, ("", "N/A")).to_list() == [None, None, "n/a", None, "a"]
    assert known(texts, ()).to_list() == texts.to_list()
