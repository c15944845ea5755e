"""From the fields of a batch to the columns of a contract.

Belongs here: picking and joining fields, the time at which a record was read where it does
not say it, and the judgement that a column does not hold what its header says. The reading
of single texts is in `convert`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import polars as pl

from influence_assets.sources.batches import ROW, BadFile
from influence_assets.sources.column_spec import Column
from influence_assets.sources.convert import convert, known
from influence_assets.sources.json_fields import ABOVE, extracted, steps_of
from influence_assets.sources.mapping import KNOWN_FLAGS, Feed, FileSpec, target_types
from influence_assets.sources.marks import without_rounded
from influence_assets.sources.times import refine, times

FILE, PLACE = "__file_id", "__row_number"
"""Columns of a batch that tell the file of a record and its place there; a source's own field
may well be called `file_id`."""

JUDGED_RECORDS, JUDGED_VALUES = 200, 20
"""How many records at the start of a file are judged, and from how many values on."""

OWN_TIME = "__own_time"

READING_TIMES = ("observed_at", "occurred_at")
"""Times that stand for the moment of reading where a record does not state them."""


IDS = ("post_id", "profile_id", "source_id", "target_id")


@dataclass(frozen=True)
class Made:
    """A column.

    Attributes:
        values: NULL where there is nothing to read, and where it cannot be read.
        texts: what they were read from; NULL where the source states nothing.
        is_filled: there may be a value where there is no text.
    """

    values: pl.Series
    texts: pl.Series
    is_filled: bool = False

    @cached_property
    def is_stated(self) -> pl.Series:
        """For which records the source has something to read."""
        return self.texts.is_not_null()

    @cached_property
    def is_bad(self) -> pl.Series | None:
        """For which records there is a text that cannot be read; None if for none of them."""
        missing = self.values.null_count()
        if not missing or (not self.is_filled and missing == self.texts.null_count()):
            return None
        bad = pl.select(pl.lit(self.is_stated) & pl.lit(self.values).is_null()).to_series()
        return bad if bad.any() else None


def unreadable(read: Mapping[str, Made], rows: pl.Series) -> Iterator[tuple[str, pl.Series]]:
    """By column, those of the records whose text cannot be read."""
    for name, made in read.items():
        if made.is_bad is not None:
            yield name, rows.filter(made.is_bad)


def typed_columns(
    frame: pl.DataFrame, feed: Feed, spec: FileSpec
) -> tuple[pl.DataFrame, dict[str, Made]]:
    """The columns of the feed's contract, NULL where the mapping gives none.

    Returns:
        ROW and the columns; and by name those that are read from fields, which may hold
        texts that cannot be read.

    Raises:
        BadFile: a column of numbers or times plainly holds something else.
    """
    series, read = [frame[ROW]], {}
    for name, dtype in target_types(feed.contract).items():
        how = feed.columns.get(name)
        if how is None and name == "platform":
            how = Column(constant=spec.platform)
        if how is None:
            series.append(pl.Series(name, [None], dtype=dtype).new_from_index(0, frame.height))
            continue
        made = _column(frame, how, dtype)
        if name in IDS:
            made = replace(made, values=without_rounded(made.values))
        values = made.values
        if name == "platform" and spec.platform is not None:
            values = values.fill_null(spec.platform)
        series.append(values.alias(name))
        if how.fields and not isinstance(how.present, str) and how.absent is None:
            read[name] = made
            if isinstance(dtype, pl.Int64 | pl.Float64 | pl.Datetime):
                _judge(frame, how, made, f"{feed.contract}.{name}", dtype)
    return pl.DataFrame(series), read


def _column(frame: pl.DataFrame, how: Column, dtype: pl.DataType) -> Made:
    if how.conditions:
        return _conditional(frame, how, dtype)
    if how.sum is not None:
        return _total(frame, how, dtype)
    if how.constant is not None:
        texts = pl.Series([str(how.constant)]).new_from_index(0, frame.height)
    else:
        texts = first_known(frame, how)
    values = convert(texts, how, dtype)
    if how.precise is not None:
        finer = frame[how.precise.field]
        finer = finer.str.extract(how.precise.extract, 1) if how.precise.extract else finer
        values = refine(values, times(finer, how.precise.time))
    is_filled = any(part is not None for part in (how.default, how.present, how.absent))
    return Made(values, texts, is_filled)


def _conditional(frame: pl.DataFrame, how: Column, dtype: pl.DataType) -> Made:
    """The word of the first field that is there, else what the rest of the column says."""
    words = [
        pl.when(field_of(frame, name).is_not_null()).then(pl.lit(word))
        for name, word in how.conditions.items()
    ]
    word = pl.select(pl.coalesce(*words)).to_series()
    if how.fields or how.constant is not None:
        rest = _column(frame, how.model_copy(update={"present": None}), dtype)
    else:
        absent = pl.Series([how.absent], dtype=pl.String).new_from_index(0, frame.height)
        rest = Made(convert(absent, Column(constant=""), dtype), absent)
    told = convert(word, Column(constant=""), dtype)
    values = pl.select(pl.coalesce(told, rest.values)).to_series()
    return Made(values, _marked(word.is_not_null() | rest.is_stated), is_filled=True)


def _total(frame: pl.DataFrame, how: Column, dtype: pl.DataType) -> Made:
    """The sum over fields; one that cannot be read makes it unreadable."""
    stated = pl.Series([False]).new_from_index(0, frame.height)
    bad, total = stated, pl.Series([0], dtype=dtype).new_from_index(0, frame.height)
    for name in how.fields:
        texts = known(field_of(frame, name), how.nulls)
        values = convert(texts, how, dtype)
        bad = bad | (texts.is_not_null() & values.is_null())
        stated = stated | texts.is_not_null()
        total = total + values.fill_null(0)
    return Made(pl.select(pl.when(stated & ~bad).then(total)).to_series(), _marked(stated))


def _marked(stated: pl.Series) -> pl.Series:
    """Something where something is stated, else NULL."""
    return pl.select(pl.when(stated).then(1)).to_series()


def first_known(frame: pl.DataFrame, how: Column) -> pl.Series:
    """The first of the column's fields that has a value, record by record."""
    found = [known(field_of(frame, name), how.nulls) for name in how.fields]
    useful = [s for s in found if s.null_count() < len(s)] or found[:1]
    if len(useful) == 1:
        return useful[0]
    if any(s.dtype != useful[0].dtype for s in useful):
        useful = [s if s.dtype == pl.String else s.cast(pl.String) for s in useful]
    return pl.select(pl.coalesce(useful)).to_series()


def field_of(frame: pl.DataFrame, name: str) -> pl.Series:
    """A field of the records, or of the item that `each` has put into the column `.`."""
    if name.startswith(".") and name != "." and not name.startswith(ABOVE):
        items = frame.select(extracted(pl.col("."), steps_of(name[1:])))
        return items.to_series()
    return frame[name]


def _judge(frame: pl.DataFrame, how: Column, made: Made, target: str, dtype: pl.DataType) -> None:
    """Refuse a file in which most values of a column are not of its kind.

    Raises:
        BadFile: with the evidence.
    """
    if made.is_bad is None:
        return
    judged = pl.DataFrame(
        {FILE: frame[FILE], "place": frame[PLACE], "at": made.is_stated, "bad": made.is_bad}
    )
    worst = (
        judged.with_row_index("index")
        .filter(pl.col("at") & (pl.col("place") <= JUDGED_RECORDS))
        .group_by(FILE, maintain_order=True)
        .agg(pl.len().alias("values"), pl.col("bad").sum(), pl.col("index").filter("bad").head(40))
        .filter((pl.col("values") >= JUDGED_VALUES) & (pl.col("bad") * 2 > pl.col("values")))
    )
    if worst.is_empty():
        return
    _, values, count, indices = worst.row(0)
    texts = first_known(frame, how)
    examples = ", ".join(repr(t) for t in dict.fromkeys(str(texts[i]) for i in indices))
    kind = "a time" if isinstance(dtype, pl.Datetime) else "a number"
    kind = "a whole number" if dtype == pl.Int64 else kind
    raise BadFile(
        f"`{' or '.join(how.fields)}` is to be {target}, but {count} of its first {values} values "
        f"are not {kind}: {_shortened(examples)}. Either the header is wrong, or the values have "
        "lost their units, or the mapping has to say how they are written (`units`, `thousands`, "
        "`time`, `nulls`)."
    )


def _shortened(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:157]}…"


def with_reading_times(
    values: pl.DataFrame,
    feed: Feed,
    read_at: datetime | None,
    today: datetime,
    posted: pl.DataFrame | None,
) -> pl.DataFrame:
    """The columns with times of reading filled in, and with the flags that tell bounds.

    A record that does not say when it was read was read at `read_at`; without that, or if the
    post is younger, by the day of ingest, or when it was posted if that is later.

    Args:
        values: ROW and the columns of the feed's contract.
        read_at: when the export was made, as the mapping or the user states it.
        today: the day of ingest, 00:00 UTC.
        posted: ROW and, as OWN_TIME, when the posts in the same records were published.
    """
    if feed.contract == "media":
        return values
    own = pl.lit(None, pl.Datetime("us"))
    if feed.contract == "posts":
        own = pl.col("posted_at")
    elif posted is not None:
        if posted[ROW].equals(values[ROW]):  # a join would cost more
            values = values.with_columns(posted[OWN_TIME])
        else:
            values = values.join(posted, on=ROW, how="left", maintain_order="left")
        own = pl.col(OWN_TIME)
    stated = pl.lit(read_at, pl.Datetime("us"))
    is_stated = (own.is_null() | (own <= stated)) if read_at is not None else pl.lit(value=False)
    reading = pl.when(is_stated).then(stated).otherwise(pl.max_horizontal(pl.lit(today), own))
    for flag, time in KNOWN_FLAGS[feed.contract].items():
        how = feed.columns.get(time)
        mapped = pl.col(time).is_not_null() & pl.lit(how is not None and how.known)
        if time in READING_TIMES:
            values = values.with_columns(
                pl.when(pl.col(time).is_null()).then(is_stated).otherwise(mapped).alias(flag),
                pl.col(time).fill_null(reading),
            )
        else:
            filled = pl.col(time) if how is not None else pl.col(time).fill_null(reading)
            values = values.with_columns(mapped.alias(flag), filled)
    return values.drop(OWN_TIME, strict=False)
