"""What readers hand on: records whose fields are still text, and rejects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from influence_assets.errors import UserError

ROW = "__row"
"""Column of a batch: place of the record in the file, from 1."""

RAW = "__raw"
"""Column of a batch: the record as it came, as text (JSON formats only)."""

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


@dataclass
class Batch:
    """Records of one file: `frame` has ROW, perhaps RAW, and a column for each field."""

    frame: pl.DataFrame
    rejects: list[Reject] = field(default_factory=list)

    def raw_rows(self, row_numbers: pl.Series) -> pl.DataFrame:
        """ROW and RAW (JSON text) of the records with these numbers."""
        rows = self.frame.join(row_numbers.to_frame(ROW), on=ROW, how="semi")
        if RAW in rows.columns:
            return rows.select(ROW, RAW)
        return rows.select(ROW, pl.struct(pl.exclude(ROW)).struct.json_encode().alias(RAW))


def require_fields(
    name: str, wanted: set[str], present: Iterable[str], optional: set[str]
) -> set[str]:
    """The optional fields that the file lacks.

    Raises:
        BadFile: it lacks one that is not optional.
    """
    known = list(present)
    lacking = wanted - set(known)
    if absent := sorted(lacking - optional):
        raise BadFile(
            f"{name} has no field {', '.join(absent)}, which the mapping names. It has "
            f"{', '.join(known) or 'none'}. Correct the mapping, or mark the column "
            "`optional: true` if some files lack it."
        )
    return lacking
