"""From bytes to batches of records whose fields are still text, whatever the format.

Every record of a file is in exactly one batch: as a row of the frame, or as a reject.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from influence_assets.sources.batches import BadFile, Batch
from influence_assets.sources.decompress import decompressed
from influence_assets.sources.formats import FORMATS, Reader
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.read_json import read_json_document, read_json_lines
from influence_assets.sources.read_table import read_csv, read_parquet

READERS: dict[str, Reader] = {
    "csv": read_csv,
    "tsv": read_csv,
    "jsonl": read_json_lines,
    "json": read_json_document,
    "parquet": read_parquet,
    **{name: known.read for name, known in FORMATS.items()},
}


def read_batches(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """The records of a file, about BATCH_BYTES at a time.

    Args:
        data: the file, opened at its start; compression is known by the first bytes.
        name: what to call the file in an error.
        spec: format, encoding, and the fields that are wanted.

    Raises:
        BadFile: the bytes are not in the stated format or encoding, the file is cut
            short, or a field that the mapping names is not in it.
    """
    try:
        yield from READERS[spec.format](decompressed(data, name), name, spec)
    except UnicodeError as error:
        raise BadFile(
            f"{name} is not {spec.encoding} text ({error}). Say its real encoding in the "
            "mapping, e.g. `encoding: latin-1` or `encoding: utf-16`."
        ) from error
    except LookupError as error:
        if not is_about_encoding(error):
            raise
        raise BadFile(f"{name}: {error}. Correct `encoding:` in the mapping.") from error


def is_about_encoding(error: LookupError) -> bool:
    """Whether Python knows no such encoding of text. A missing key or index is our fault."""
    return not isinstance(error, KeyError | IndexError)
