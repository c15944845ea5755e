"""Parquet files that long computing leaves batch by batch, so that a killed run keeps what it did.

A file is named after the SHA-256 of its bytes and appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import re
from io import BytesIO
from pathlib import Path

import polars as pl

from influence_assets.errors import UserError


def file_name(identity: str) -> str:
    """A folder's name for what was computed in one way."""
    return re.sub(r"[^\w.@-]", "-", identity)


class RowFiles:
    """The files with rows that were computed in one way, each with a content_hash.

    Args:
        folder: theirs alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def paths(self) -> list[Path]:
        """Every whole file."""
        return sorted(self.folder.glob("*.parquet"))

    def hashes(self) -> pl.Series:
        """content_hash of every row in the files."""
        if not self.paths():
            return pl.Series("content_hash", [], dtype=pl.String)
        return pl.scan_parquet(self.paths()).select("content_hash").collect()["content_hash"]

    def add_rows(self, rows: pl.DataFrame) -> None:
        """Keep a batch."""
        data = BytesIO()
        rows.write_parquet(data, compression="zstd", compression_level=1)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{hashlib.sha256(data.getvalue()).hexdigest()}.parquet"
        partial = path.with_suffix(".part")
        partial.write_bytes(data.getvalue())
        partial.replace(path)

    def read(self, wanted: pl.Series) -> pl.DataFrame:
        """The rows of those that are wanted and known, each once; there must be a file.

        Raises:
            UserError: a file is not what was written.
        """
        found = pl.concat(self._checked(path) for path in self.paths())
        rows = found.unique("content_hash", keep="first", maintain_order=True)
        return rows.filter(pl.col("content_hash").is_in(wanted.implode())).sort("content_hash")

    def clear(self) -> None:
        """Delete the files: what was in them is kept elsewhere."""
        for path in self.paths():
            path.unlink()

    def _checked(self, path: Path) -> pl.DataFrame:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != path.stem:
            raise UserError(
                f"{path} is damaged: its SHA-256 is not that in its name. Delete it; what was in "
                "it is encoded anew."
            )
        return pl.read_parquet(BytesIO(data))
