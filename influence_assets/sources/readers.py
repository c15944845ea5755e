"""From bytes to batches of records whose fields are still text, whatever the format.

Every record of a file is in exactly one batch: as a row of the frame, or as a reject.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import IO, cast

from influence_assets.sources.batches import BadFile, Batch
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.read_json import read_json_document, read_json_lines
from influence_assets.sources.read_table import read_csv, read_parquet

_READERS = {
    "csv": read_csv,
    "tsv": read_csv,
    "jsonl": read_json_lines,
    "json": read_json_document,
    "parquet": read_parquet,
}


def read_batches(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """The records of a file, about BATCH_BYTES at a time.

    Args:
        data: the file, opened at its start; gzip is known by its first bytes.
        name: what to call the file in an error.
        spec: format, encoding, and the fields that are wanted.

    Raises:
        BadFile: the bytes are not in the stated format or encoding, the file is cut
            short, or a field that the mapping names is not in it.
    """
    try:
        yield from _READERS[spec.format](_decompressed(data), name, spec)
    except UnicodeError as error:
        raise BadFile(
            f"{name} is not {spec.encoding} text ({error}). Say its real encoding in the "
            "mapping, e.g. `encoding: latin-1` or `encoding: utf-16`."
        ) from error
    except LookupError as error:
        raise BadFile(f"{name}: {error}. Correct `encoding:` in the mapping.") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadFile(f"{name} is damaged or cut short ({error}). Get it anew.") from error


def _decompressed(data: IO[bytes]) -> IO[bytes]:
    head = data.read(2)
    data.seek(0)
    return cast(IO[bytes], gzip.GzipFile(fileobj=data)) if head == b"\x1f\x8b" else data
