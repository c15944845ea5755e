"""What readers hand on: records whose fields are still text, and rejects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from influence_assets.errors import UserError
from influence_assets.sources.mapping import FileSpec

ROW = "__row"
"""Column of a batch: place of the record in the file, from 1."""

RAW = "__raw"
"""Column of `Batch.raw_rows`: the record as it came, as JSON text. A frame may have it too."""

BATCH_BYTES = 8 << 20
"""About how much text a batch holds: what bounds the memory of an ingest."""


class BadFile(UserError):  # noqa: N818 - it names the file, as UserError names the user
    """A file that has to be refused whole; the message says why."""


@dataclass(frozen=True)
class Reject:
    """A record that could not even be split into fields."""

    row_number: int
    rule: str
    message: str
    raw_row: str


@dataclass(frozen=True)
class Lines:
    """The lines of a batch as they came, cut apart only where one is asked for.

    Attributes:
        first: number of the first record.
        block: the lines, joined; blank ones are no records.
    """

    first: int
    block: bytes

    def split(self) -> list[bytes]:
        """The lines that are not blank."""
        return [line for line in self.block.split(b"\n") if line and not line.isspace()]


@dataclass
class Batch:
    """Records of one file: `frame` has ROW and a column for each field.

    `lines` are there where a record is a line of JSON; else its fields are all of it.
    """

    frame: pl.DataFrame
    rejects: list[Reject] = field(default_factory=list)
    lines: Lines | None = None

    def raw_rows(self, row_numbers: pl.Series) -> pl.DataFrame:
        """ROW and RAW (JSON text) of the records with these numbers."""
        if self.lines is None:
            rows = self.frame.join(row_numbers.to_frame(ROW), on=ROW, how="semi")
            if RAW in rows.columns:
                return rows.select(ROW, RAW)
            return rows.select(ROW, pl.struct(pl.exclude(ROW)).struct.json_encode().alias(RAW))
        numbers = sorted(set(row_numbers))
        lines = self.lines.split() if numbers else []
        texts = [lines[n - self.lines.first].decode().strip() for n in numbers]
        return pl.DataFrame({ROW: numbers, RAW: texts}, schema={ROW: pl.Int64, RAW: pl.String})


def require_fields(name: str, spec: FileSpec, present: Iterable[str]) -> set[str]:
    """The fields of the mapping that the file lacks and may lack.

    Raises:
        BadFile: it lacks one that is not optional.
    """
    known = list(present)
    if absent := spec.missing(known):
        raise BadFile(
            f"{name} has no field {', '.join(absent)}, which the mapping names. It has "
            f"{', '.join(known) or 'none'}. Correct the mapping, or mark the column "
            "`optional: true` if some files lack it."
        )
    return spec.fields() - set(known)
