"""Vectors: files that an encoding run leaves batch by batch, and tables made of them.

A table holds the vectors of one encoder, as FLOAT[n]; those of another stay in their files and
need not be computed again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from influence_assets.contracts import TABLES
from influence_assets.errors import UserError
from influence_assets.storage import ddl, sql
from influence_assets.storage.row_files import RowFiles, file_name
from influence_assets.storage.warehouse import Warehouse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LENGTH_IN_SQL = 384
"""SELECTs that compare vectors are written for this length, the default text encoder's."""


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


def encoder_in(warehouse: Warehouse, name: str) -> str | None:
    """Id of the encoder whose vectors a table holds; None where it holds none.

    Raises:
        UserError: there is no warehouse yet.
    """
    with warehouse.connect(read_only=True) as connection:
        if _length(connection, name) is None:
            return None
        found = connection.execute(f"SELECT encoder_id FROM {name} LIMIT 1").fetchone()
    return None if found is None else str(found[0])


def nearest(
    warehouse: Warehouse,
    name: str,
    select: str,
    vector: NDArray[np.float32],
    parameters: Mapping[str, Any],
) -> pl.DataFrame:
    """The rows of a SELECT that compares a table's vectors with one, inside DuckDB.

    Args:
        warehouse: the warehouse.
        name: the table, with vectors in it.
        select: under `sql/`; takes $vector and casts it to FLOAT[LENGTH_IN_SQL].
        vector: what is compared with.
        parameters: the SELECT's others.

    Raises:
        UserError: the vectors of the table have another length.
    """
    with warehouse.connect(read_only=True) as connection:
        length = _length(connection, name)
        if length != len(vector):
            raise UserError(
                f"{name} holds vectors of {length} numbers, and the encoder gives {len(vector)}: "
                "they are of another encoder. Run `influence build --select group:content`."
            )
        statement = sql.select(select).replace(f"FLOAT[{LENGTH_IN_SQL}]", f"FLOAT[{length:d}]")
        return connection.execute(statement, {**parameters, "vector": vector.tolist()}).pl()


def _length(connection: duckdb.DuckDBPyConnection, name: str) -> int | None:
    """The length of a table's vectors; None if there is no such table, or it never had any."""
    found = connection.execute(
        "SELECT data_type FROM duckdb_columns() WHERE schema_name || '.' || table_name = $name "
        "AND column_name = 'vector'",
        {"name": name},
    ).fetchone()
    matched = re.fullmatch(r"FLOAT\[(\d+)\]", found[0]) if found else None
    return int(matched[1]) if matched else None
