"""Writing export files, with planted faults, so that the same world gives the same bytes.

Belongs here: what every export module needs. Does not: the form of any one export.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import polars as pl

Fault = Literal[
    "unreadable_date",
    "date_1970",
    "negative_count",
    "overflowed_count",
    "missing_id",
    "missing_target",
    "extra_fields",
    "missing_fields",
    "broken_json",
]

FLAGGED: frozenset[Fault] = frozenset({"overflowed_count"})
"""Faults that do not cost the record: the count stays in raw and is flagged."""

OVERFLOWED = -2_147_483_296
"""What a count a little above 2^31 becomes in 32 bits."""


@dataclass(frozen=True)
class Data:
    """The whole world in memory; row numbers tie the frames together."""

    profiles: pl.DataFrame
    posts: pl.DataFrame
    """Facts and words of each post, side by side."""
    observations: pl.DataFrame
    follows: pl.DataFrame
    panel: pl.DataFrame
    seed: int


@dataclass(frozen=True)
class Written:
    """A file as written.

    Attributes:
        path: below the landing folder, with forward slashes.
        records: all records, those with a fault included.
        faults: row number (from 1, a header not counted) and fault of each such record.
    """

    path: str
    records: int
    faults: tuple[tuple[int, Fault], ...] = ()


Broken = tuple[Fault, str]
"""A broken record: its fault and its line."""


def mix_in(
    lines: Sequence[str], broken: Iterable[Broken], words: random.Random
) -> tuple[list[str], tuple[tuple[int, Fault], ...]]:
    """Insert broken lines at random places, without loss of a good one.

    Returns:
        All lines, and the row number of each broken one.
    """
    marked: list[tuple[str, Fault | None]] = [(line, None) for line in lines]
    for fault, line in broken:
        marked.insert(words.randint(0, len(marked)), (line, fault))
    faults = tuple((row, fault) for row, (_, fault) in enumerate(marked, 1) if fault is not None)
    return [line for line, _ in marked], faults


def write_text(
    landing: Path,
    path: str,
    lines: Sequence[str],
    header: str | None = None,
    faults: tuple[tuple[int, Fault], ...] = (),
) -> Written:
    """Write lines, gzipped where the name ends in .gz, without a time stamp."""
    text = "\n".join([header, *lines] if header is not None else lines) + "\n"
    data = text.encode("utf-8")
    write_bytes(landing / path, gzip.compress(data, 6, mtime=0) if path.endswith(".gz") else data)
    return Written(path, len(lines), faults)


def write_bytes(target: Path, data: bytes) -> None:
    """Write a file and the folders above it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def write_mapping(landing: Path, source: str) -> None:
    """Put the mapping of a source into its landing folder."""
    mapping = files("influence_assets.sample") / "mappings" / f"{source}.yaml"
    write_bytes(landing / source / "mapping.yaml", mapping.read_bytes())


def csv_line(values: Iterable[Any], delimiter: str = ",") -> str:
    """One CSV record without its line end; None is an empty field."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="").writerow(values)
    return buffer.getvalue()


def json_line(record: Any) -> str:
    """One JSON record on one line."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def profile_rows(data: Data) -> list[dict[str, Any]]:
    """Profiles as dictionaries; the place in the list is the row number."""
    return data.profiles.to_dicts()


def last_observations(data: Data) -> pl.DataFrame:
    """The last observation of each post, in the order of posts."""
    return data.observations.filter("is_last").sort("post")
