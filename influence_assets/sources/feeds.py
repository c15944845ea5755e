"""What the feeds of a mapping make of a batch of records: rows of contracts, and faults.

Belongs here: which feed takes which record, and which rules of its contract a row breaks. The
columns themselves are made in `columns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import polars as pl

from influence_assets.contracts import TABLES, Table
from influence_assets.sources.batches import ROW
from influence_assets.sources.column_spec import Column
from influence_assets.sources.columns import (
    FILE,
    OWN_TIME,
    PLACE,
    first_known,
    typed_columns,
    unreadable,
    with_reading_times,
)
from influence_assets.sources.convert import convert
from influence_assets.sources.mapping import DERIVED_COLUMNS, Feed, FileSpec

_KEY = ["file_id", "row_number"]

_AS_WRITTEN: Any = {"engine": "in-memory", "optimizations": pl.QueryOptFlags.none()}
"""There is nothing to optimise in a list of rules, and to try takes longer than to check them."""


@dataclass(frozen=True)
class Window:
    """The days that have a partition; rows outside it are quarantined, not lost."""

    first: date
    last: date


@dataclass(frozen=True)
class Context:
    """What holds for every record of an ingest.

    Attributes:
        window: days that have partitions.
        today: the day of ingest, 00:00 UTC: a bound for when the records were read.
        beside: for media, one row per sidecar (file_id) with what was read off the file.
    """

    window: Window
    today: datetime
    beside: pl.DataFrame | None = None


@dataclass(frozen=True)
class FeedRows:
    """What one feed gave.

    Attributes:
        table: name of the raw table.
        rows: the contract's columns and ROW.
        faults: ROW, rule and contract of each rule that a record broke.
        seen: ROW of the records that the feed applies to.
        times: of posts, ROW and OWN_TIME.
    """

    table: str
    rows: pl.DataFrame
    faults: pl.DataFrame
    seen: pl.Series
    times: pl.DataFrame


def all_feeds(frame: pl.DataFrame, spec: FileSpec, context: Context) -> list[FeedRows]:
    """What each feed makes of the records; posts go first, since other feeds ask for their time.

    A record gives one row of a contract at most (ties apart): the first feed that takes it wins.
    """
    found: list[FeedRows] = []
    posted: pl.DataFrame | None = None
    for feed in sorted(spec.feeds, key=lambda f: f.contract != "posts"):
        own = frame
        for former in found if feed.contract != "interactions" else ():
            if former.table == f"raw.{feed.contract}":
                own = own.join(former.seen.to_frame(), on=ROW, how="anti", maintain_order="left")
        found.append(made := _feed_rows(own, feed, spec, context, posted))
        if feed.contract == "posts":
            posted = made.times if posted is None else pl.concat([posted, made.times])
    return found


def fruitless(frame: pl.DataFrame, spec: FileSpec, feeds: list[FeedRows]) -> pl.DataFrame:
    """Records that no feed wants, where every feed is picky: of a shape nobody described."""
    if not all(feed.is_picky and feed.each is None for feed in spec.feeds):
        return _tagged([], "file")
    wanted = pl.concat([feed.seen for feed in feeds]).to_frame()
    unwanted = frame.join(wanted, on=ROW, how="anti")[ROW]
    return _tagged([_faults(unwanted, "fits_no_feed")], "file")


def _feed_rows(
    frame: pl.DataFrame, feed: Feed, spec: FileSpec, context: Context, posted: pl.DataFrame | None
) -> FeedRows:
    frame = _wanted(frame, feed)
    if feed.each is not None:
        frame = _items(frame, feed.each)
    table = TABLES[f"raw.{feed.contract}"]
    if frame.is_empty():  # as many feeds are in a small file; all the rest would cost as much
        return _nothing(table, feed.contract)
    values, read = typed_columns(frame, feed, spec)
    bad = [_faults(rows, f"{name}_unreadable") for name, rows in unreadable(read, frame[ROW])]
    read_at = spec.read_at if isinstance(spec.read_at, datetime) else None
    values = with_reading_times(values, feed, read_at, context.today, posted)
    own_time = pl.col("posted_at") if feed.contract == "posts" else pl.lit(None, pl.Datetime("us"))
    times = values.select(ROW, own_time.alias(OWN_TIME))
    days = DERIVED_COLUMNS[feed.contract]
    rows = values.with_columns(
        *(pl.col(time).dt.date().alias(day) for day, time in days.items()),
        frame[FILE].alias("file_id"),
        frame[PLACE].alias("row_number"),
    )
    if feed.contract == "interactions":
        rows = rows.with_columns(pl.col("weight").fill_null(1.0))
        # A list often names the same profile twice; within one record that is one tie.
        rows = rows.unique([ROW, "kind", "source_id", "target_id"], maintain_order=True)
    if feed.contract == "media" and context.beside is not None:
        rows = rows.join(context.beside, on="file_id", maintain_order="left")
    good, broken = _judged(rows, table)
    faults = [*bad, *_outside(rows, table.partition_column or "", context.window), *broken]
    return FeedRows(table.name, good, _tagged(faults, feed.contract), frame[ROW], times)


@cache
def _nothing(table: Table, contract: str) -> FeedRows:
    """What a feed gives that no record is for."""
    types = {name: column.dtype for name, column in table.columns.items()}
    rows = pl.DataFrame(schema={ROW: pl.Int64(), **types})
    times = pl.DataFrame(schema={ROW: pl.Int64, OWN_TIME: pl.Datetime("us")})
    return FeedRows(table.name, rows, _tagged([], contract), rows[ROW], times)


def _wanted(frame: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """The records that fulfil the conditions of the feed."""
    if not feed.is_picky:
        return frame
    wanted = [pl.col(f).is_not_null() for f in feed.require]
    wanted += [pl.col(f).is_null() for f in feed.without]
    wanted += [pl.col(f).str.contains(pattern) for f, pattern in feed.when.items()]
    if feed.require_any:
        wanted.append(pl.any_horizontal(pl.col(f).is_not_null() for f in feed.require_any))
    return frame.filter(pl.all_horizontal(wanted))


def _items(frame: pl.DataFrame, each: Column) -> pl.DataFrame:
    """One row for each item of the list field, the item in the column `.`."""
    lists = first_known(frame, each)
    if lists.dtype == pl.String or not isinstance(lists.dtype.inner, pl.Struct):  # type: ignore[attr-defined]
        lists = convert(lists, each, pl.List(pl.String))
    return frame.with_columns(lists.alias(".")).explode(".").filter(pl.col(".").is_not_null())


def _judged(rows: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The rows that keep their contract, and the faults of the others."""
    columns = [ROW, *table.schema.column_names()]
    # The usual case, and much cheaper to tell than to filter.
    if table.schema.is_valid(rows, **_AS_WRITTEN):
        return rows.select(columns), []
    kept, failed = table.schema.filter(rows)
    places = rows.select(ROW, *_KEY).unique()
    good = kept.join(places, on=_KEY, maintain_order="left").select(columns)
    return good, [_broken_rules(failed.details(), places, table)]


def _broken_rules(details: pl.DataFrame, places: pl.DataFrame, table: Table) -> pl.DataFrame:
    """ROW and rule for each rule that each row breaks."""
    own = set(table.schema.column_names())
    rules = [c for c in details.columns if c not in own]
    verdicts = details.select(*_KEY, *(pl.col(r).cast(pl.String) for r in rules))
    long = verdicts.unpivot(index=_KEY, variable_name="rule", value_name="verdict")
    return long.filter(pl.col("verdict") == "invalid").join(places, on=_KEY).select(ROW, "rule")


def _outside(rows: pl.DataFrame, day: str, window: Window) -> list[pl.DataFrame]:
    days = rows[day]
    first, last = days.min(), days.max()
    if not isinstance(first, date) or (first >= window.first and last <= window.last):  # type: ignore[operator]
        return []
    told = {
        "day_before_start_date": rows.filter(days < window.first),
        "day_in_the_future": rows.filter(days > window.last),
    }
    return [_faults(found[ROW], rule) for rule, found in told.items() if found.height]


def _faults(rows: pl.Series, rule: str) -> pl.DataFrame:
    return pl.DataFrame({ROW: rows.cast(pl.Int64)}).with_columns(pl.lit(rule).alias("rule"))


def _tagged(faults: list[pl.DataFrame], contract: str) -> pl.DataFrame:
    """Faults with the contract that they are about."""
    every = pl.concat(faults) if faults else pl.DataFrame(schema={ROW: pl.Int64, "rule": pl.String})
    return every.with_columns(pl.lit(contract).alias("contract"))
