"""From the text of a field to the typed values of a column.

Each function takes texts and gives values of the same length, NULL where there is no
value or where the text cannot be read; `parse` tells the two apart and quarantines.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from influence_assets.sources.json_decode import decode
from influence_assets.sources.mapping import Column

_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "%": 0.01}
_TRUE, _FALSE = ("true", "1", "yes", "t", "y"), ("false", "0", "no", "f", "n")
_LARGEST = float(2**63)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_BASE64 = {character: value for value, character in enumerate(_ALPHABET)}


def known(texts: pl.Series, nulls: tuple[str, ...]) -> pl.Series:
    """The texts with every spelling of a missing value turned into NULL."""
    if texts.dtype != pl.String or not nulls:
        return texts
    return pl.select(pl.when(~texts.is_in(list(nulls))).then(texts)).to_series()


def convert(texts: pl.Series, how: Column, dtype: pl.DataType) -> pl.Series:
    """Typed values of a field's texts, as the mapping says.

    Args:
        texts: text, NULL where the value is missing; or lists of text where the
            format has lists of its own.
        how: the column of the mapping.
        dtype: String, Int64, Float64, Boolean, Datetime (UTC, naive) or List(String).
    """
    if how.present is not None or how.absent is not None:
        return pl.select(
            pl.when(texts.is_not_null()).then(pl.lit(how.present)).otherwise(pl.lit(how.absent))
        ).to_series()
    if isinstance(dtype, pl.List):
        found = texts.str.extract_all(how.find_all) if how.find_all else _as_lists(texts, how.list)
        return _cleaned_items(found, how)
    values = texts
    if how.extract is not None:
        values = values.str.extract(how.extract, 1)
    if how.map is not None:
        values = values.replace_strict(how.map, default=None, return_dtype=pl.String)
    if how.strip is not None:
        values = values.str.strip_chars(how.strip)
    if how.lower:
        values = values.str.to_lowercase()
    return _typed(values, how, dtype)


def _typed(values: pl.Series, how: Column, dtype: pl.DataType) -> pl.Series:
    if isinstance(dtype, pl.Datetime):
        return times(values, how.time or "iso", how.timezone)
    if isinstance(dtype, pl.Date):
        return times(values, how.time or "iso", how.timezone).dt.date()
    if isinstance(dtype, pl.Boolean):
        lowered = values.str.to_lowercase()
        return pl.select(
            pl.when(lowered.is_in(_TRUE)).then(True).when(lowered.is_in(_FALSE)).then(False)
        ).to_series()
    if isinstance(dtype, pl.Int64 | pl.Float64):
        return _numbers(values, how, dtype)
    return values


def _numbers(values: pl.Series, how: Column, dtype: pl.DataType) -> pl.Series:
    plain = values.str.strip_chars()
    if how.thousands:
        plain = plain.str.replace_all(how.thousands, "", literal=True)
    if how.units:
        number = plain.str.extract(r"^([+-]?[0-9.]+)\s*[kKmMbB%]?$", 1).cast(
            pl.Float64, strict=False
        )
        unit = plain.str.extract(r"([kKmMbB%]?)$", 1).str.to_lowercase()
        factor = unit.replace_strict(_UNITS, default=None, return_dtype=pl.Float64)
        scaled = number * factor
        if dtype == pl.Float64:
            return scaled
        counts = pl.when(unit != "%").then(scaled.round())  # a share is no count
        return pl.select(counts.cast(pl.Int64, strict=False)).to_series()
    if dtype == pl.Float64:
        return plain.cast(pl.Float64, strict=False)
    exact = plain.cast(pl.Int64, strict=False)
    loose = plain.cast(pl.Float64, strict=False)  # `10047.0` is a whole number, `1.5` is none
    whole = (loose == loose.floor()) & (loose.abs() < _LARGEST)
    return pl.select(
        pl.coalesce(exact, pl.when(whole).then(loose).cast(pl.Int64, strict=False))
    ).to_series()


def times(values: pl.Series, pattern: str, zone: str = "UTC") -> pl.Series:
    """Naive UTC times, microseconds, from texts in the stated pattern."""
    if pattern == "instagram_shortcode":
        return _shortcode_times(values)
    if pattern.startswith("epoch_"):
        micros = {"epoch_s": 1e6, "epoch_ms": 1e3, "epoch_us": 1.0}[pattern]
        ticks = values.cast(pl.Float64, strict=False) * micros
        sane = pl.select(pl.when(ticks.abs() < _LARGEST / 64).then(ticks)).to_series()
        return sane.round().cast(pl.Int64).cast(pl.Datetime("us"))
    if pattern == "iso":
        return _iso_times(values, zone)
    if "%z" in pattern or "%:z" in pattern or "%#z" in pattern:
        aware = values.str.strptime(pl.Datetime("us", "UTC"), pattern, strict=False)
        return aware.dt.replace_time_zone(None)
    return _to_utc(values.str.strptime(pl.Datetime("us"), pattern, strict=False), zone)


def _iso_times(values: pl.Series, zone: str) -> pl.Series:
    """ISO 8601 in the spellings that exports use: a space for T, Z, +0000, no seconds, no time."""
    text = (
        values.str.strip_chars()
        .str.replace(r"^(\d{4}-\d{2}-\d{2})$", "${1}T00:00:00")
        .str.replace(r"^(\d{4}-\d{2}-\d{2})[ t]", "${1}T")
        .str.replace(r" ?(?:[zZ]|UTC)$", "+00:00")
        .str.replace(r"(T.*[+-]\d{2})(\d{2})$", "${1}:${2}")
        .str.replace(r"(T.*[+-]\d{2})$", "${1}:00")
        .str.replace(r"T(\d{2}:\d{2})($|[+-])", "T${1}:00${2}")
    )
    aware = text.str.strptime(pl.Datetime("us", "UTC"), "%Y-%m-%dT%H:%M:%S%.f%:z", strict=False)
    naive = text.str.strptime(pl.Datetime("us"), "%Y-%m-%dT%H:%M:%S%.f", strict=False)
    return pl.select(
        pl.coalesce(aware.dt.replace_time_zone(None), _to_utc(naive, zone))
    ).to_series()


def _shortcode_times(codes: pl.Series) -> pl.Series:
    """When an Instagram post was made, from the shortcode in its address.

    The code is the post's id in base 64; the id's upper bits count milliseconds since
    2011-08-24 (Instagram Engineering, "Sharding & IDs at Instagram", 2012).
    """
    number = pl.lit(0, pl.UInt64)
    padded = pl.col("code").str.pad_start(11, "A")  # A is 0; before 2016 ids were shorter
    for place in range(11):
        digit = padded.str.slice(place, 1).replace_strict(
            _BASE64, default=None, return_dtype=pl.UInt64
        )
        number = number * 64 + digit
    millis = (number // (1 << 23)).cast(pl.Int64) + 1_314_220_021_721
    is_code = pl.col("code").str.len_chars().is_between(9, 11)
    frame = pl.DataFrame({"code": codes})
    return frame.select(pl.when(is_code).then((millis * 1000).cast(pl.Datetime("us")))).to_series()


def refine(stated: pl.Series, precise: pl.Series) -> pl.Series:
    """The precise times where they agree with the stated ones to two days, else the stated.

    A day stated in another time zone is off by a day and its rounding by another; a
    larger gap means that one of the two is wrong, and the export's own word stands.
    """
    agrees = (precise - stated).abs() <= timedelta(days=2)
    return pl.select(pl.when(agrees).then(precise).otherwise(stated)).to_series()


def _to_utc(naive: pl.Series, zone: str) -> pl.Series:
    if zone == "UTC":
        return naive
    local = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _as_lists(values: pl.Series, spelling: str | None) -> pl.Series:
    """Lists of text from a format's own lists, JSON, Python literals or separated text."""
    if isinstance(values.dtype, pl.List):
        return values
    if spelling == "json":
        return _json_lists(values)
    if spelling == "python":
        items = values.str.extract_all(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s,\[\]()'"]+""")
        bare = pl.element().str.replace(r"""^(?:'(.*)'|"(.*)")$""", "${1}${2}")
        inner = items.list.eval(bare.str.replace_all(r"\\(['\"\\])", "${1}"))
        is_list = values.str.contains(r"^\s*[\[(].*[\])]\s*$")
        return pl.select(pl.when(is_list).then(inner)).to_series()
    return values.str.split(spelling or ",")


def _json_lists(values: pl.Series) -> pl.Series:
    where = values.is_not_null()
    decoded, _ = decode(values.filter(where), pl.List(pl.String))
    out = pl.DataFrame({"at": where.arg_true(), "list": decoded})
    rows = pl.DataFrame({"at": pl.int_range(len(values), eager=True).cast(pl.UInt32)})
    return rows.join(out, on="at", how="left", maintain_order="left")["list"]


def _cleaned_items(lists: pl.Series, how: Column) -> pl.Series:
    item = pl.element().str.strip_chars()
    if how.strip is not None:
        item = item.str.strip_chars(how.strip)
    if how.lower:
        item = item.str.to_lowercase()
    cleaned = lists.list.eval(item)
    return cleaned.list.eval(pl.element().filter(pl.element().is_not_null() & (pl.element() != "")))
