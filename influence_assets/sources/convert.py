"""From the text of a field to the typed values of a column.

Each function takes texts and gives values of the same length, NULL where there is no
value or where the text cannot be read; `parse` tells the two apart and quarantines.
Times are read in `times`.
"""

from __future__ import annotations

import html
import re

import polars as pl

from influence_assets.sources.batches import RAW
from influence_assets.sources.column_spec import Column
from influence_assets.sources.json_decode import decode
from influence_assets.sources.marks import without_thousands
from influence_assets.sources.times import times_of

_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "%": 0.01}
_TRUE, _FALSE = ("true", "1", "yes", "t", "y"), ("false", "0", "no", "f", "n")
_LARGEST = float(2**63)
_ESCAPES = re.compile(r"(?s)\\(?:(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|(.))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_LINE_ENDS = r"(?i)<br\s*/?>|</p>\s*(?:<p[^>]*>)?|</(?:div|li|h[1-6])>"


def known(texts: pl.Series, nulls: tuple[str, ...]) -> pl.Series:
    """The texts with every spelling of a missing value turned into NULL."""
    if texts.dtype != pl.String or not nulls:
        return texts
    return pl.select(_unless_null(pl.lit(texts), nulls)).to_series()


def with_nulls(frame: pl.DataFrame, nulls: tuple[str, ...]) -> pl.DataFrame:
    """The records of a batch with every spelling of a missing value turned into NULL."""
    fields = [c for c, t in frame.schema.items() if t == pl.String and c != RAW]
    return frame.with_columns(_unless_null(pl.col(c), nulls) for c in fields) if nulls else frame


def _unless_null(text: pl.Expr, nulls: tuple[str, ...]) -> pl.Expr:
    is_null = text == nulls[0] if len(nulls) == 1 else text.is_in(list(nulls))
    return pl.when(~is_null).then(text)


def convert(texts: pl.Series, how: Column, dtype: pl.DataType) -> pl.Series:
    """Typed values of a field's texts, as the mapping says.

    Args:
        texts: text, NULL where the value is missing; or lists of text where the
            format has lists of its own.
        how: the column of the mapping.
        dtype: String, Int64, Float64, Boolean, Datetime (UTC, naive) or List(String).
    """
    if how.present is not None or how.absent is not None:
        words = pl.select(
            pl.when(texts.is_not_null()).then(pl.lit(how.present)).otherwise(pl.lit(how.absent))
        ).to_series()
        return _typed(words, how, dtype)
    if how.count:
        return _as_lists(texts, how.list).list.len().cast(dtype)
    if isinstance(dtype, pl.List):
        found = texts.str.extract_all(how.find_all) if how.find_all else _as_lists(texts, how.list)
        return _cleaned_items(found, how)
    values = _plain_text(texts) if how.html else texts
    if _reshapes(how):
        values = pl.DataFrame({"text": values}).select(_reshaped(pl.col("text"), how)).to_series()
    if how.default is not None:
        values = values.fill_null(str(how.default))
    return _typed(values, how, dtype)


def _reshapes(how: Column) -> bool:
    stated = (how.extract, how.map, how.strip, how.replace, how.template)
    return how.lower or any(part is not None for part in stated)


def _reshaped(text: pl.Expr, how: Column) -> pl.Expr:
    """What the mapping does to a text before it is read as a type."""
    if how.extract is not None:
        text = text.str.extract(how.extract, 1)
    if how.map is not None:
        text = text.replace_strict(how.map, default=None, return_dtype=pl.String)
    if how.strip is not None:
        text = text.str.strip_chars(how.strip)
    if how.lower:
        text = text.str.to_lowercase()
    for pattern, replacement in (how.replace or {}).items():
        text = text.str.replace_all(pattern, replacement)
    if how.template is not None:
        before, after = how.template.split("{}")
        text = pl.concat_str(pl.lit(before), text, pl.lit(after))
    return text


def _plain_text(texts: pl.Series) -> pl.Series:
    """HTML as the text that a reader sees."""
    bare = (
        texts.str.replace_all(_LINE_ENDS, "\n")
        .str.replace_all(r"<[^<>]*>", "")
        .str.strip_chars_end("\n")
    )
    if not bare.str.contains("&", literal=True).any():
        return bare
    return pl.Series(bare.name, [t and html.unescape(t) for t in bare], dtype=pl.String)


def _typed(values: pl.Series, how: Column, dtype: pl.DataType) -> pl.Series:
    if isinstance(dtype, pl.Datetime):
        return times_of(values, how.times or ("iso",), how.timezone)
    if isinstance(dtype, pl.Date):
        return times_of(values, how.times or ("iso",), how.timezone).dt.date()
    if isinstance(dtype, pl.Boolean):
        lowered = values.str.to_lowercase()
        return pl.select(
            pl.when(lowered.is_in(_TRUE)).then(True).when(lowered.is_in(_FALSE)).then(False)
        ).to_series()
    if isinstance(dtype, pl.Int64 | pl.Float64):
        return _numbers(values, how, dtype)
    return values


def _numbers(values: pl.Series, how: Column, dtype: pl.DataType) -> pl.Series:
    if dtype == pl.Int64 and not (how.thousands or how.duration or how.units or how.factor):
        exact = values.cast(pl.Int64, strict=False)
        if exact.null_count() == values.null_count():  # by far the usual case
            return exact
    plain = values.str.strip_chars()
    if how.thousands or how.units:
        simple = plain.cast(dtype, strict=False)  # mostly there is nothing to put right
        is_plain = simple.null_count() == plain.null_count() and bool(simple.is_finite().all())
        if is_plain and how.factor is None and not how.duration:
            return simple
    if how.thousands:
        plain = without_thousands(plain, how.thousands)
    if how.duration:
        return _seconds(plain).cast(dtype)
    if how.units:
        return _with_units(plain, how.factor or 1.0, dtype)
    if dtype == pl.Float64 or how.factor is not None:
        numbers = plain.cast(pl.Float64, strict=False)
        finite = pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series()
        numbers = finite * (how.factor or 1.0)
        return numbers if dtype == pl.Float64 else _counts(numbers.round())
    exact = plain.cast(pl.Int64, strict=False)
    if exact.null_count() == plain.null_count():
        return exact
    return pl.select(pl.coalesce(exact, _counts(plain.cast(pl.Float64, strict=False)))).to_series()


def _counts(numbers: pl.Series) -> pl.Series:
    """Whole numbers: `10047.0` is one, `1.5` is none."""
    whole = (numbers == numbers.floor()) & (numbers.abs() < _LARGEST)
    kept = pl.select(pl.when(whole).then(numbers)).to_series()
    return kept.cast(pl.Int64, strict=False)


def _with_units(plain: pl.Series, factor: float, dtype: pl.DataType) -> pl.Series:
    """Numbers such as `3.7k`; a count with a fraction and no unit has lost its unit."""
    number = plain.str.extract(r"^([+-]?[0-9.]+)\s*[kKmMbB%]?$", 1).cast(pl.Float64, strict=False)
    unit = plain.str.extract(r"([kKmMbB%]?)$", 1).str.to_lowercase()
    scaled = number * unit.replace_strict(_UNITS, default=None, return_dtype=pl.Float64) * factor
    if dtype == pl.Float64:
        return scaled
    is_count = ((unit != "") | (number == number.floor())) & (unit != "%")
    return _counts(pl.select(pl.when(is_count).then(scaled.round())).to_series())


def _seconds(texts: pl.Series) -> pl.Series:
    """Seconds of `PT1H2M3S` (ISO 8601), `1:02:03` or plain `3723`."""
    iso = r"^P(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$"
    clock = r"^(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)$"
    text = pl.col("text")

    def parts(pattern: str, lengths: tuple[float, ...]) -> pl.Expr:
        groups = [
            text.str.extract(pattern, i).cast(pl.Float64, strict=False).fill_null(0.0) * length
            for i, length in enumerate(lengths, 1)
        ]
        return pl.when(text.str.contains(pattern)).then(pl.sum_horizontal(groups))

    return (
        pl.DataFrame({"text": texts})
        .select(
            pl.coalesce(
                parts(iso, (604_800.0, 86_400.0, 3_600.0, 60.0, 1.0)),
                parts(clock, (3_600.0, 60.0, 1.0)),
                text.cast(pl.Float64, strict=False),
            )
        )
        .to_series()
    )


def _as_lists(values: pl.Series, spelling: str | None) -> pl.Series:
    """Lists of text from a format's own lists, JSON, Python literals or separated text."""
    if isinstance(values.dtype, pl.List):
        return values
    if spelling == "json":
        return _json_lists(values)
    if spelling == "python":
        return _python_lists(values)
    return values.str.split(spelling or ",")


def _python_lists(values: pl.Series) -> pl.Series:
    items = values.str.extract_all(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s,\[\]()'"]+""")
    inner = items.list.eval(pl.element().str.replace(r"""(?s)^(?:'(.*)'|"(.*)")$""", "${1}${2}"))
    if values.str.contains("\\", literal=True).any():
        lists = [texts and [_unescaped(text) for text in texts] for texts in inner.to_list()]
        inner = pl.Series(inner.name, lists, dtype=pl.List(pl.String))
    is_list = values.str.contains(r"^\s*[\[(].*[\])]\s*$")
    return pl.select(pl.when(is_list).then(inner)).to_series()


def _unescaped(text: str) -> str:
    """The text as Python reads it; what is no escape of a character stays."""

    def character(found: re.Match[str]) -> str:
        if found[1] is None:
            return _ESCAPED.get(found[2], found[2])
        code = int(found[1][1:], 16)
        is_character = code < 0xD800 or 0xE000 <= code <= 0x10FFFF  # no half of a pair
        return chr(code) if is_character else found[0]

    return _ESCAPES.sub(character, text)


def _json_lists(values: pl.Series) -> pl.Series:
    where = values.is_not_null()
    decoded, _ = decode(values.filter(where), pl.List(pl.String))
    out = pl.DataFrame({"at": where.arg_true(), "list": decoded})
    rows = pl.DataFrame({"at": pl.int_range(len(values), eager=True).cast(pl.UInt32)})
    return rows.join(out, on="at", how="left", maintain_order="left")["list"]


def _cleaned_items(lists: pl.Series, how: Column) -> pl.Series:
    cleaned = lists.list.eval(_reshaped(pl.element().str.strip_chars(), how))
    # To filter costs many times as much as to look whether there is anything to take out.
    is_empty = pl.element().is_null() | (pl.element() == "")
    if not cleaned.list.eval(is_empty).list.any().any():
        return cleaned
    return cleaned.list.eval(pl.element().filter(~is_empty))
