"""A file and its mapping in; rows of contracts and quarantined records out.

A record is good if every row that it gives keeps its contract; otherwise the whole
record is quarantined, so that records in = records good + records quarantined.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import IO

import polars as pl

from influence_assets.contracts import TABLES, Table
from influence_assets.sources.batches import RAW, ROW, BadFile, Batch
from influence_assets.sources.convert import convert, known, refine, times
from influence_assets.sources.mapping import DERIVED_COLUMNS, Column, Feed, FileSpec, target_types
from influence_assets.sources.read_json import batches_of_lines, document_lines
from influence_assets.sources.readers import read_batches

FILE, PLACE = "__file_id", "__row_number"
"""Columns of a batch that tell the file of a record and its place there; a source's own field
may well be called `file_id`."""


@dataclass(frozen=True)
class Window:
    """The days that have a partition; rows outside it are quarantined, not lost."""

    first: date
    last: date


@dataclass(frozen=True)
class Context:
    """What holds for every record of an ingest.

    Attributes:
        platform: the mapping's platform, unless a feed maps that column.
        window: days that have partitions.
        beside: for media, one row per sidecar (file_id) with what was read off the file.
    """

    platform: str | None
    window: Window
    beside: pl.DataFrame | None = None


@dataclass(frozen=True)
class Parsed:
    """What a batch of records gave.

    Attributes:
        rows: typed rows by raw table name.
        quarantined: rows of raw.quarantine.
        records: number of records by file; each is good or quarantined.
    """

    rows: dict[str, pl.DataFrame]
    quarantined: pl.DataFrame
    records: Mapping[str, int]

    def without(self, file_ids: set[str]) -> Parsed:
        """The same without anything of these files."""
        if not file_ids & set(self.records):
            return self
        keep = ~pl.col("file_id").is_in(list(file_ids))
        return Parsed(
            {table: rows.filter(keep) for table, rows in self.rows.items()},
            self.quarantined.filter(keep),
            {i: n for i, n in self.records.items() if i not in file_ids},
        )


@dataclass(frozen=True)
class Document:
    """A small JSON file, whole: its SHA-256, what to call it, and its bytes."""

    file_id: str
    name: str
    data: bytes


def parse_file(
    data: IO[bytes], file_id: str, name: str, spec: FileSpec, context: Context, first_row: int = 1
) -> Iterator[Parsed]:
    """Parse a file batch by batch, in bounded memory.

    Args:
        data: the file, opened at its start.
        file_id: SHA-256 of its bytes.
        name: what to call it in errors.
        spec: the entry of the mapping that applies.
        first_row: number of the first record; above 1 where an earlier entry of the
            mapping has read the same file at another level.

    Raises:
        BadFile: the file has to be refused whole.
    """
    for batch in read_batches(data, name, spec):
        index = pl.DataFrame({ROW: _all_rows(batch)}).with_columns(
            pl.lit(file_id).alias(FILE), (pl.col(ROW) + first_row - 1).alias(PLACE)
        )
        yield _parse_batch(batch, index, spec, context)


def parse_documents(
    documents: list[Document],
    spec: FileSpec,
    context: Context,
    first_rows: Mapping[str, int],
) -> tuple[list[Parsed], dict[str, BadFile]]:
    """Parse many small JSON files together: one by one would cost far more than reading them.

    Returns:
        What they gave, and by file_id the reason for each that has to be refused whole.
    """
    lines: list[str] = []
    numbers: list[tuple[str, int]] = []
    refused: dict[str, BadFile] = {}
    for document in documents:
        try:
            own = list(document_lines(io.BytesIO(document.data), document.name, spec))
        except (BadFile, UnicodeError) as error:
            refused[document.file_id] = BadFile(str(error))
            continue
        lines += own
        first = first_rows.get(document.file_id, 1)
        numbers += [(document.file_id, first + i) for i in range(len(own))]
    index = (
        pl.DataFrame(numbers, schema={FILE: pl.String, PLACE: pl.Int64}, orient="row")
        .with_row_index(ROW, 1)
        .cast({ROW: pl.Int64})
    )
    name = documents[0].name if len(documents) == 1 else f"{documents[0].name} and its like"
    batches = batches_of_lines(iter(lines), name, spec)
    return [_parse_batch(batch, index, spec, context) for batch in batches], refused


def _all_rows(batch: Batch) -> list[int]:
    return [*batch.frame[ROW], *(r.row_number for r in batch.rejects)]


def _parse_batch(batch: Batch, index: pl.DataFrame, spec: FileSpec, context: Context) -> Parsed:
    """Rows and rejects of a batch; `index` tells the file and place of each ROW."""
    index = index.join(pl.DataFrame({ROW: _all_rows(batch)}), on=ROW, how="semi")
    texts = (c for c in batch.frame.columns if c not in (ROW, RAW))
    frame = batch.frame.with_columns(known(batch.frame[c], spec.nulls) for c in texts)
    frame = frame.join(index, on=ROW, maintain_order="left")
    feeds = [_feed_rows(frame, feed, context) for feed in spec.feeds]
    faults = pl.concat([*(feed.faults for feed in feeds), _fruitless(frame, spec, feeds)])
    bad = faults[ROW].unique()
    rows: dict[str, pl.DataFrame] = {}
    for feed in feeds:
        kept = feed.rows.join(bad.to_frame(), on=ROW, how="anti", maintain_order="left").drop(ROW)
        rows[feed.table] = pl.concat([rows[feed.table], kept]) if feed.table in rows else kept
    quarantined = _quarantine_rows(batch, faults, index)
    counts = index.group_by(FILE).len().rows()
    return Parsed(rows, quarantined, dict(counts))


def _fruitless(frame: pl.DataFrame, spec: FileSpec, feeds: list[_FeedRows]) -> pl.DataFrame:
    """Records that no feed wants, where every feed is picky: of a shape nobody described."""
    if not all(feed.require and feed.each is None for feed in spec.feeds):
        return _faults(frame[ROW].clear(), "").with_columns(pl.lit("file").alias("contract"))
    wanted = pl.concat([feed.seen for feed in feeds]).unique().to_frame()
    unwanted = frame.join(wanted, on=ROW, how="anti")[ROW]
    return _faults(unwanted, "fits_no_feed").with_columns(pl.lit("file").alias("contract"))


@dataclass(frozen=True)
class _FeedRows:
    table: str
    rows: pl.DataFrame  # the contract's columns and ROW
    faults: pl.DataFrame  # ROW, rule, contract
    seen: pl.Series  # ROW of the records that the feed applies to


def _feed_rows(frame: pl.DataFrame, feed: Feed, context: Context) -> _FeedRows:
    if feed.require:
        frame = frame.filter(pl.all_horizontal(pl.col(f).is_not_null() for f in feed.require))
    if feed.each is not None:
        frame = _items(frame, feed.each)
    values, unreadable = _columns(frame, feed, context.platform)
    days = DERIVED_COLUMNS[feed.contract]
    rows = values.with_columns(pl.col(time).dt.date().alias(day) for day, time in days.items())
    rows = rows.with_columns(frame[FILE].alias("file_id"), frame[PLACE].alias("row_number"))
    if feed.contract == "interactions":
        rows = rows.with_columns(pl.col("weight").fill_null(1.0))
        # A list often names the same profile twice; within one record that is one tie.
        rows = rows.unique([ROW, "kind", "source_id", "target_id"], maintain_order=True)
    if feed.contract == "media" and context.beside is not None:
        rows = rows.join(context.beside, on="file_id", maintain_order="left")
    table = TABLES[f"raw.{feed.contract}"]
    kept, failed = table.schema.filter(rows)
    key = ["file_id", "row_number"]
    good = kept.join(rows.select(ROW, *key).unique(), on=key, maintain_order="left")
    faults = [unreadable, _outside(rows, table.partition_column or "", context.window)]
    faults.append(_broken_rules(failed.details(), rows.select(ROW, *key).unique(), table))
    tagged = pl.concat(faults).with_columns(pl.lit(feed.contract).alias("contract"))
    return _FeedRows(table.name, good, tagged, frame[ROW])


def _items(frame: pl.DataFrame, each: Column) -> pl.DataFrame:
    """One row for each item of the list field, the item in the column `.`."""
    assert each.field is not None
    lists = frame[each.field]
    if lists.dtype == pl.String:
        lists = convert(lists, each, pl.List(pl.String))
    return frame.with_columns(lists.alias(".")).explode(".").filter(pl.col(".").is_not_null())


def _columns(
    frame: pl.DataFrame, feed: Feed, platform: str | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Typed columns of the contract, and the records with a text that cannot be read."""
    types = target_types(feed.contract)
    series, unreadable = [frame[ROW]], []
    for name, dtype in types.items():
        how = feed.columns.get(name)
        if how is None and name == "platform":
            how = Column(constant=platform)
        if how is None:
            series.append(pl.Series(name, [None], dtype=dtype).new_from_index(0, frame.height))
            continue
        texts = known(_texts(frame, how), how.nulls)
        values = convert(texts, how, dtype).alias(name)
        if how.precise is not None:
            finer = frame[how.precise.field]
            finer = finer.str.extract(how.precise.extract, 1) if how.precise.extract else finer
            values = refine(values, times(finer, how.precise.time)).alias(name)
        series.append(values)
        if how.present is None and how.absent is None:
            bad = frame[ROW].filter(texts.is_not_null() & values.is_null())
            unreadable.append(_faults(bad, f"{name}_unreadable"))
    empty = _faults(frame[ROW].clear(), "")
    return pl.DataFrame(series), pl.concat([empty, *unreadable])


def _texts(frame: pl.DataFrame, how: Column) -> pl.Series:
    if how.field is None:
        return pl.Series([str(how.constant)]).new_from_index(0, frame.height)
    if how.field.startswith(".") and how.field != ".":
        return frame["."].struct.field(how.field[1:])
    return frame[how.field]


def _faults(rows: pl.Series, rule: str) -> pl.DataFrame:
    return pl.DataFrame({ROW: rows.cast(pl.Int64)}).with_columns(pl.lit(rule).alias("rule"))


def _outside(rows: pl.DataFrame, day: str, window: Window) -> pl.DataFrame:
    early = rows.filter(pl.col(day) < window.first)[ROW]
    late = rows.filter(pl.col(day) > window.last)[ROW]
    return pl.concat([_faults(early, "day_before_start_date"), _faults(late, "day_in_the_future")])


def _broken_rules(details: pl.DataFrame, places: pl.DataFrame, table: Table) -> pl.DataFrame:
    """ROW and rule for each rule that each row breaks."""
    rules = [c for c in details.columns if c not in table.columns]
    key = ["file_id", "row_number"]
    verdicts = details.select(*key, *(pl.col(r).cast(pl.String) for r in rules))
    long = verdicts.unpivot(index=key, variable_name="rule", value_name="verdict")
    return long.filter(pl.col("verdict") == "invalid").join(places, on=key).select(ROW, "rule")


def _quarantine_rows(batch: Batch, faults: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """A row of raw.quarantine for each faulty record, the most telling rule first.

    A text that cannot be read also leaves its column empty, and an implausible time lies
    outside the partitions: the cause goes before what follows from it.
    """
    telling = pl.col("rule").str.contains(r"_unreadable$|_plausible$").cast(pl.Int8)
    named = (
        faults.unique(maintain_order=True)
        .sort(telling, descending=True, maintain_order=True)
        .group_by(ROW, maintain_order=True)
        .agg(
            pl.col("contract").first(),
            pl.col("rule").first(),
            pl.concat_str("contract", pl.lit(": "), "rule").str.join("; ").alias("message"),
        )
        .join(batch.raw_rows(faults[ROW].unique()), on=ROW)
    )
    split = pl.DataFrame(
        [(r.row_number, "file", r.rule, r.message, r.raw_row) for r in batch.rejects],
        schema=named.schema,
        orient="row",
    )
    return (
        pl.concat([named, split])
        .join(index.rename({FILE: "file_id", PLACE: "row_number"}), on=ROW)
        .sort("file_id", "row_number")
        .select(
            "file_id", "row_number", "contract", "rule", "message", pl.col(RAW).alias("raw_row")
        )
    )
