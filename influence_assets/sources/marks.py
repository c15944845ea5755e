"""Marks in numbers, dates and ids that mean one thing here and another there.

`1,234` is a thousand or little more than one, `03/04/2024` is in March or in April. The values of
a file together mostly tell which; where they do not, they are left unread rather than guessed.
"""

from __future__ import annotations

import re

import polars as pl

from influence_assets.sources.mapping import FileSpec

ANY = "any"
"""Instead of a mark between thousands: the values tell."""

_UNIT = r"\s*[kKmMbB%]?"
_BLANKS = r"(\d)[ \u{a0}\u{2009}\u{202f}'’](\d{3})"
_COMMA_DECIMALS = r"^[+-]?(?:\d{1,3}(?:\.\d{3})+,\d+|\d+,(?:\d{1,2}|\d{4,})|0,\d+)" + _UNIT + "$"
_POINT_DECIMALS = r"^[+-]?(?:\d{1,3}(?:,\d{3})+\.\d+|\d+\.(?:\d{1,2}|\d{4,})|0\.\d+)" + _UNIT + "$"
_POINTS_BETWEEN = r"^[+-]?\d{1,3}(?:\.\d{3}){2,}$"
_POINT_BETWEEN = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
_DAY_AND_MONTH = r"^\s*(\d{1,2})[/.-](\d{1,2})[/.-](?:\d{4}|\d{2})\b"
_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
_FLOAT_ID = r"^(\d{1,15})\.0$"
_ROUNDED_ID = r"^[+-]?\d(?:[.,]\d+[eE]\+?|[eE]\+)\d\d$|^\d+\.0$"


def told_apart(frame: pl.DataFrame, spec: FileSpec) -> pl.DataFrame:
    """The records of a batch with numbers and dates written in the plain way, where it is clear."""
    counts, amounts = _numbers_of(spec)
    frame = _numbers_told(frame, _texts(frame, counts), _texts(frame, amounts), spec.delimiter)
    dates = [_dates_told(frame[field]) for field in _texts(frame, _dates_of(spec))]
    return frame.with_columns(dates) if dates else frame


def without_thousands(texts: pl.Series, mark: str) -> pl.Series:
    """Numbers without the mark between their thousands.

    It has to stand between groups of three digits (of two in India): `12,5` keeps its comma, and
    so is no number. With `any`, `told_apart` has taken the marks out already.
    """
    return texts if mark == ANY else _without(texts, mark)


def without_rounded(ids: pl.Series) -> pl.Series:
    """Ids that are whole: of a spreadsheet's 1.21209E+18 the last digits are lost.

    A column with gaps may have been floats once: `44196397.0` is 44196397, but of 16 digits and
    more a float loses some.
    """
    suspect = ids.str.contains(_ROUNDED_ID)
    if not suspect.any():
        return ids
    whole = ids.str.extract(_FLOAT_ID, 1)
    return pl.select(pl.when(suspect).then(whole).otherwise(ids).alias(ids.name)).to_series()


def is_day_first(texts: pl.Series) -> bool | None:
    """Whether dates such as 13/01/2024 begin with the day; None if their values do not tell."""
    if not _any(texts, _DAY_AND_MONTH):
        return None
    first, second = (
        texts.str.extract(_DAY_AND_MONTH, group).cast(pl.Int64, strict=False) > 12
        for group in (1, 2)
    )
    return None if first.any() == second.any() else bool(first.any())


def _texts(frame: pl.DataFrame, fields: set[str]) -> list[str]:
    """Those that the records have as text; one of an item of `each` is not among them."""
    return sorted(field for field in fields if frame.schema.get(field) == pl.String)


def _numbers_of(spec: FileSpec) -> tuple[set[str], set[str]]:
    """Fields of counts, and of other numbers, whose marks have to be told."""
    columns = [
        (name, column)
        for feed in spec.feeds
        for name, column in feed.columns.items()
        if column.thousands == ANY
    ]
    # What a contract does not count may have a fraction.
    amounts = {f for name, c in columns if name in _AMOUNTS for f in c.fields}
    return {f for name, c in columns if name not in _AMOUNTS for f in c.fields} - amounts, amounts


_AMOUNTS = (
    "weight", "delay_s", "engagement", "engagement_rate", "popularity_score", "duration_s",
)  # fmt: skip


def _dates_of(spec: FileSpec) -> set[str]:
    columns = (c for feed in spec.feeds for c in feed.columns.values() if "slashed" in c.times)
    return {field for column in columns for field in column.fields}


def _numbers_told(
    frame: pl.DataFrame, counts: list[str], amounts: list[str], delimiter: str
) -> pl.DataFrame:
    """Numbers as `1234.5`. All of them together tell whether comma or point is the decimal mark.

    A count has no fraction: its only mark is one of thousands, and a point that is one is the way
    of those whose tables have semicolons for commas. Of other numbers `1,234` stays unread unless
    something tells; that commas separate the fields does.
    """
    types = {**dict.fromkeys(counts, pl.Int64()), **dict.fromkeys(amounts, pl.Float64())}
    if all(_is_plain(frame[name], dtype) for name, dtype in types.items()):
        return frame  # by far the usual case, and told in no time
    texts = {name: frame[name] for name in types}
    for name, values in texts.items():
        once = values.str.replace_all(_BLANKS, "${1}${2}")
        texts[name] = once.str.replace_all(_BLANKS, "${1}${2}")  # a match ends where one begins
    is_comma = any(
        _any(v, _COMMA_DECIMALS)
        or _any(v, _POINTS_BETWEEN)
        or (delimiter == ";" and n in counts and _any(v, _POINT_BETWEEN))
        for n, v in texts.items()
    )
    is_point = any(_any(v, _POINT_DECIMALS) for v in texts.values())
    if is_comma and not is_point:
        plain = {n: _without(v, ".").str.replace(",", ".", literal=True) for n, v in texts.items()}
    else:
        is_clear = is_point or delimiter == ","
        plain = {n: _without(v, ",") if is_clear or n in counts else v for n, v in texts.items()}
    return frame.with_columns(values.alias(name) for name, values in plain.items())


def _is_plain(texts: pl.Series, dtype: pl.DataType) -> bool:
    return texts.cast(dtype, strict=False).null_count() == texts.null_count()


def _without(texts: pl.Series, mark: str) -> pl.Series:
    escaped = re.escape(mark)
    grouped = rf"^[+-]?\d{{1,3}}(?:{escaped}\d{{2,3}})*{escaped}\d{{3}}(?:[.,]\d*)?{_UNIT}$"
    plain = texts.str.replace_all(mark, "", literal=True)
    return pl.select(pl.when(texts.str.contains(grouped)).then(plain).otherwise(texts)).to_series()


def _dates_told(texts: pl.Series) -> pl.Series:
    """Dates such as 13/01/2024 5:04 PM as ISO, if the column tells the day from the month."""
    day_first = is_day_first(texts)
    if day_first is None:
        return texts
    plain = texts.str.strip_chars().str.replace(r"^(\d+)[/.-](\d+)[/.-](\d+),?", "${1}/${2}/${3}")
    plain = plain.str.replace(r"^(\d+/\d+)/(\d\d)\b", "${1}/20${2}")
    plain = plain.str.replace(r"^(\d+/\d+/\d{4})$", "${1} 00:00").str.to_uppercase()
    day = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    found = pl.coalesce(
        plain.str.strptime(pl.Datetime("us"), f"{day} {clock}", strict=False) for clock in _CLOCKS
    )
    iso = found.dt.strftime("%Y-%m-%dT%H:%M:%S")
    return pl.select(pl.coalesce(iso, texts).alias(texts.name)).to_series()


def _any(texts: pl.Series, pattern: str) -> bool:
    return bool(texts.str.contains(pattern).any())
