"""Times: from the spellings of exports to naive UTC, in microseconds.

NULL where a text is missing or cannot be read.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

_LARGEST = float(2**63)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_BASE64 = {character: value for value, character in enumerate(_ALPHABET)}
_PATTERNS = {"twitter": "%a %b %d %H:%M:%S %z %Y", "rfc2822": "%a, %d %b %Y %H:%M:%S %z"}


def times_of(values: pl.Series, patterns: tuple[str, ...], zone: str = "UTC") -> pl.Series:
    """Times from texts, by the first pattern that reads each."""
    found = times(values, patterns[0], zone)
    for pattern in patterns[1:]:
        if found.null_count() == values.null_count():
            break
        found = pl.select(pl.coalesce(found, times(values, pattern, zone))).to_series()
    return found


def times(values: pl.Series, pattern: str, zone: str = "UTC") -> pl.Series:
    """Times from texts in one pattern.

    Args:
        pattern: one of `column_spec.TIME_WORDS`, or a pattern of strptime.
        zone: of times that do not state theirs.
    """
    if pattern == "iso":
        return _iso_times(values, zone)
    if pattern == "instagram_shortcode":
        return _shortcode_times(values)
    if pattern in ("snowflake", "tiktok_id"):
        return _id_times(values, pattern)
    if pattern == "slashed":  # by now, what could be told is ISO: see `marks`
        return _iso_times(values, zone)
    if pattern.startswith("epoch"):
        return _epoch_times(values, pattern)
    if pattern == "rfc2822":
        values = values.str.replace(r"\s(?:GMT|UTC|UT|Z)$", " +0000")
    pattern = _PATTERNS.get(pattern, pattern)
    if "%z" in pattern or "%:z" in pattern or "%#z" in pattern:
        aware = values.str.strptime(pl.Datetime("us", "UTC"), pattern, strict=False)
        return aware.dt.replace_time_zone(None)
    return _to_utc(values.str.strptime(pl.Datetime("us"), pattern, strict=False), zone)


def _epoch_times(values: pl.Series, unit: str) -> pl.Series:
    """Ticks since 1970; `epoch` tells the unit by the size: seconds up to the year 5138."""
    number = pl.col("number")
    size = number.abs()
    by_size = pl.when(size < 1e11).then(1e6).when(size < 1e14).then(1e3).otherwise(1.0)
    factor = {"epoch_s": pl.lit(1e6), "epoch_ms": pl.lit(1e3), "epoch_us": pl.lit(1.0)}.get(
        unit, by_size
    )
    ticks = number * factor
    sane = pl.when(ticks.abs() < _LARGEST / 64).then(ticks.round().cast(pl.Int64, strict=False))
    frame = pl.DataFrame({"number": values.cast(pl.Float64, strict=False)})
    return frame.select(sane.cast(pl.Datetime("us"))).to_series()


def _iso_times(values: pl.Series, zone: str) -> pl.Series:
    """ISO 8601 in the spellings that exports use: a space for T, Z, +0000, no seconds, no time."""
    first = values.drop_nulls().head(1)
    if len(first) and len(first[0]) == len("2024-01-01T00:00:00Z"):  # by far the usual one
        usual = values.str.strptime(pl.Datetime("us"), "%Y-%m-%dT%H:%M:%SZ", strict=False)
        if usual.null_count() == values.null_count():
            return usual
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
    aware = aware.dt.replace_time_zone(None)
    if aware.null_count() == values.null_count():
        return aware
    naive = text.str.strptime(pl.Datetime("us"), "%Y-%m-%dT%H:%M:%S%.f", strict=False)
    return pl.select(pl.coalesce(aware, _to_utc(naive, zone))).to_series()


def _id_times(values: pl.Series, kind: str) -> pl.Series:
    """When an id was given out: X counts milliseconds since 2010-11-04 in the upper 42 of its
    64 bits (Twitter, "Announcing Snowflake", 2010), TikTok seconds since 1970 in the upper 32."""
    number = values.cast(pl.UInt64, strict=False)
    if kind == "snowflake":
        millis = (number // (1 << 22)).cast(pl.Int64) + 1_288_834_974_657
        # Ids up to 2010 were consecutive numbers and tell no time.
        sane = pl.select(pl.when(number >= 1 << 36).then(millis)).to_series()
        return (sane * 1_000).cast(pl.Datetime("us"))
    seconds = (number // (1 << 32)).cast(pl.Int64)
    return (seconds * 1_000_000).cast(pl.Datetime("us"))


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
