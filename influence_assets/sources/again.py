"""Reading quarantined records again, from their text, by a mapping that was mended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import polars as pl

from influence_assets.sources.batches import RAW, ROW, BadFile, Batch, require_fields
from influence_assets.sources.columns import FILE, PLACE
from influence_assets.sources.feeds import Context
from influence_assets.sources.json_fields import is_added
from influence_assets.sources.mapping import TABLE_FORMATS, FileSpec
from influence_assets.sources.parse import parse_batch
from influence_assets.sources.parsed import Parsed
from influence_assets.sources.records import batches_of_lines


def parse_again(
    records: pl.DataFrame, file_id: str, name: str, spec: FileSpec, context: Context
) -> Iterator[Parsed]:
    """Parse records as `parse.parse_file` does; they keep their numbers and their text.

    Args:
        records: `row_number` and `raw_row` of raw.quarantine, of records that were split
            into fields: of what was no record at all, the text tells too little.
        file_id, name: of the file that they are from.
        spec: the entry of the mapping, settled, that is to read them now.

    Raises:
        BadFile: the entry names fields that are not in the records.
    """
    index = pl.DataFrame(
        {
            ROW: pl.int_range(1, records.height + 1, eager=True),
            FILE: pl.repeat(file_id, records.height, dtype=pl.String, eager=True),
            PLACE: records["row_number"],
        }
    )
    texts = records["raw_row"].to_list()
    is_table = spec.format in (*TABLE_FORMATS, "table")
    batches = _table(texts, name, spec) if is_table else _trees(texts, name, spec)
    for batch in batches:
        yield parse_batch(batch, index, spec, context)


def _table(texts: list[str], name: str, spec: FileSpec) -> Iterator[Batch]:
    rows: list[dict[str, Any]] = [orjson.loads(text) for text in texts]
    require_fields(name, spec, {field for row in rows for field in row})
    columns = [_column(field, [row.get(field) for row in rows]) for field in sorted(spec.fields())]
    numbers = pl.int_range(1, len(rows) + 1, eager=True).alias(ROW)
    yield Batch(pl.DataFrame([numbers, pl.Series(RAW, texts, dtype=pl.String), *columns]))


def _column(name: str, values: list[Any]) -> pl.Series:
    """Text, or the lists and objects of a Parquet file."""
    if any(isinstance(v, list | dict) for v in values):
        return pl.Series(name, values, strict=False)
    texts = [v if v is None or isinstance(v, str) else orjson.dumps(v).decode() for v in values]
    return pl.Series(name, texts, dtype=pl.String)


def _trees(texts: list[str], name: str, spec: FileSpec) -> Iterator[Batch]:
    records = [orjson.loads(text) for text in texts]
    held = {field for record in records if isinstance(record, dict) for field in record}
    if lacking := sorted(f for f in spec.fields() if is_added(f) and f not in held):
        raise BadFile(
            f"{name}: the quarantined records do not hold {', '.join(lacking)}, which lies "
            "around them in the file. Read the file anew: `influence ingest FILE --replace`."
        )
    # That the bad records lack a field may be what is bad about them.
    yield from batches_of_lines((text.encode() for text in texts), name, _lenient(spec))


def _lenient(spec: FileSpec) -> FileSpec:
    feeds = []
    for feed in spec.feeds:
        columns = {n: c.model_copy(update={"optional": True}) for n, c in feed.columns.items()}
        each = feed.each.model_copy(update={"optional": True}) if feed.each else None
        feeds.append(feed.model_copy(update={"columns": columns, "each": each}))
    return spec.model_copy(update={"feeds": tuple(feeds)})
