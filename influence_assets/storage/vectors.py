"""Vectors: files that an encoding run leaves batch by batch, and tables made of them.

A table holds the vectors of one encoder, as FLOAT[n]; those of another stay in their files and
need not be computed again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from influence_assets.contracts import TABLES
from influence_assets.storage import ddl
from influence_assets.storage.row_files import RowFiles, file_name
from influence_assets.storage.warehouse import Warehouse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class VectorFiles(RowFiles):
    """The files with the vectors of one encoder.

    Args:
        artifacts: the home's folder of artifacts.
        encoder_id: of the encoder; vectors of another lie elsewhere.
    """

    def __init__(self, artifacts: Path, encoder_id: str) -> None:
        self.encoder_id = encoder_id
        super().__init__(artifacts / "vectors" / file_name(encoder_id))

    def add(self, hashes: pl.Series, vectors: NDArray[np.float32]) -> None:
        """Keep a batch.

        Args:
            hashes: content_hash of each row of `vectors`.
            vectors: (n, dimensions).
        """
        self.add_rows(
            pl.DataFrame(
                {"content_hash": hashes, "vector": vectors},
                schema={
                    "content_hash": pl.String,
                    "vector": pl.Array(pl.Float32, vectors.shape[1]),
                },
            )
        )

    def read(self, wanted: pl.Series) -> pl.DataFrame:
        """content_hash and vector of those that are wanted and known, each once.

        Raises:
            UserError: a file is not what was written.
        """
        if not self.paths():
            return pl.DataFrame(schema={"content_hash": pl.String, "vector": pl.List(pl.Float32)})
        return super().read(wanted)


def load_vectors(warehouse: Warehouse, name: str, encoder_id: str, rows: pl.DataFrame) -> None:
    """Add vectors to a table in one transaction; those of another encoder leave it.

    Args:
        warehouse: the warehouse.
        name: a table with content_hash, encoder_id and vector.
        encoder_id: of the vectors.
        rows: content_hash and vector, an Array; what the table has already is left out.
    """
    with warehouse.connect() as connection:
        connection.execute("BEGIN")
        try:
            _make_room(connection, name, encoder_id, rows)
            connection.register("incoming", rows.to_arrow())
            connection.execute(
                f"INSERT INTO {name} BY NAME SELECT content_hash, $encoder_id AS encoder_id, "
                f"vector FROM incoming ANTI JOIN {name} USING (content_hash)",
                {"encoder_id": encoder_id},
            )
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _make_room(
    connection: duckdb.DuckDBPyConnection, name: str, encoder_id: str, rows: pl.DataFrame
) -> None:
    """Take out what is of another encoder; the type of the column follows the new vectors."""
    connection.execute(
        f"DELETE FROM {name} WHERE encoder_id <> $encoder_id", {"encoder_id": encoder_id}
    )
    if rows.is_empty():
        return
    types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {name}").fetchall()}
    dtype = rows.schema["vector"]
    assert isinstance(dtype, pl.Array)
    wanted = f"FLOAT[{dtype.size}]"
    if types["vector"] != wanted:
        connection.execute(f"DROP TABLE {name}")
        connection.execute(ddl.create_statement(TABLES[name], {"vector": wanted}))
