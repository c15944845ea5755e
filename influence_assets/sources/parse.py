"""A file and its mapping in; rows of contracts and quarantined records out.

A record is good if every row that it gives keeps its contract; otherwise the whole
record is quarantined, so that records in = records good + records quarantined.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import IO

import polars as pl

from influence_assets.sources.ahead import ahead
from influence_assets.sources.batches import RAW, ROW, BadFile, Batch, Reject
from influence_assets.sources.columns import FILE, PLACE
from influence_assets.sources.convert import with_nulls
from influence_assets.sources.decompress import decompressed
from influence_assets.sources.feeds import Context, all_feeds, fruitless
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.marks import told_apart
from influence_assets.sources.parsed import Parsed, gathered
from influence_assets.sources.read_json import document_lines
from influence_assets.sources.readers import read_batches
from influence_assets.sources.records import batches_of_lines

_NONE = pl.DataFrame(
    schema={"file_id": pl.String, "row_number": pl.Int64}
    | dict.fromkeys(("contract", "rule", "message", "raw_row"), pl.String)
)

_SECRET = (
    r"((?:access_token|appsecret_proof|client_secret)"
    r"""\\*"?\s*(?:=|:|%3D)\s*\\*"?)[^\s&"\\]+"""
)
"""Keys to other people's accounts: Graph APIs put them into the addresses of further pages."""


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
    parts = _parsed_batches(data, file_id, name, spec, context, first_row)
    with closing(ahead(gathered(parts))) as parsed:
        yield from parsed


def _parsed_batches(
    data: IO[bytes], file_id: str, name: str, spec: FileSpec, context: Context, first_row: int
) -> Iterator[Parsed]:
    for batch in read_batches(data, name, spec):
        index = (
            _all_rows(batch)
            .to_frame()
            .with_columns(pl.lit(file_id).alias(FILE), (pl.col(ROW) + first_row - 1).alias(PLACE))
        )
        yield parse_batch(batch, index, spec, context)


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
    lines: list[bytes | Reject] = []
    numbers: list[tuple[str, int]] = []
    refused: dict[str, BadFile] = {}
    for document in documents:
        try:
            data = decompressed(io.BytesIO(document.data), document.name)
            own = list(document_lines(data, document.name, spec))
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
    return [parse_batch(batch, index, spec, context) for batch in batches], refused


def _all_rows(batch: Batch) -> pl.Series:
    rejected = pl.Series(ROW, [r.row_number for r in batch.rejects], dtype=pl.Int64)
    return pl.concat([batch.frame[ROW].cast(pl.Int64), rejected])


def parse_batch(batch: Batch, index: pl.DataFrame, spec: FileSpec, context: Context) -> Parsed:
    """Rows and rejects of a batch; `index` tells the file and place of each ROW."""
    if index.height != batch.frame.height + len(batch.rejects):
        index = index.join(_all_rows(batch).to_frame(), on=ROW, how="semi")
    frame = told_apart(with_nulls(batch.frame, spec.nulls), spec)
    if frame[ROW].equals(index[ROW]):  # without rejects; a join would cost more
        frame = frame.hstack(index.drop(ROW))
    else:
        frame = frame.join(index, on=ROW, maintain_order="left")
    feeds = all_feeds(frame, spec, context)
    faults = pl.concat([*(feed.faults for feed in feeds), fruitless(frame, spec, feeds)])
    bad = faults[ROW].unique()
    rows: dict[str, pl.DataFrame] = {}
    for feed in feeds:
        kept = feed.rows
        if len(bad):
            kept = kept.join(bad.to_frame(), on=ROW, how="anti", maintain_order="left")
        kept = kept.drop(ROW)
        rows[feed.table] = pl.concat([rows[feed.table], kept]) if feed.table in rows else kept
    counts = index.group_by(FILE).len().rows()
    return Parsed(rows, _quarantine_rows(batch, faults, index), dict(counts))


def _quarantine_rows(batch: Batch, faults: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """A row of raw.quarantine for each faulty record, the most telling rule first.

    A text that cannot be read also leaves its column empty, and an implausible time lies
    outside the partitions: the cause goes before what follows from it.
    """
    if faults.is_empty() and not batch.rejects:
        return _NONE
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
            "file_id",
            "row_number",
            "contract",
            "rule",
            "message",
            pl.col(RAW).str.replace_all(_SECRET, "${1}REDACTED").alias("raw_row"),
        )
    )
