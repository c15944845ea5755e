"""Vectors in files and in tables: nothing half written, nothing damaged, one encoder at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from influence_assets.errors import UserError
from influence_assets.storage.vectors import VectorFiles, load_vectors
from influence_assets.storage.warehouse import Warehouse

TABLE = "content.text_embeddings"


def key(n: int) -> str:
    return f"{n:064d}"


def keys(*numbers: int) -> pl.Series:
    return pl.Series("content_hash", [key(n) for n in numbers], dtype=pl.String)


def numbers_of(*numbers: int, size: int = 3) -> np.ndarray:
    return np.array([[n + place / 10 for place in range(size)] for n in numbers], dtype=np.float32)


def files(tmp_path: Path, name: str = "owner/model@abc/1") -> VectorFiles:
    return VectorFiles(tmp_path / "artifacts", name)


def held(warehouse: Warehouse) -> list[tuple[str, str, list[float]]]:
    rows = warehouse.read(TABLE, ["content_hash", "encoder_id", "vector"]).sort("content_hash")
    return [(h, e, [round(x, 4) for x in v]) for h, e, v in rows.rows()]


def test_what_was_added_is_read_again_each_once(tmp_path: Path) -> None:
    kept = files(tmp_path)
    assert kept.hashes().to_list() == []
    kept.add(keys(2, 1), numbers_of(2, 1))
    kept.add(keys(3, 2), numbers_of(3, 2))
    assert sorted(kept.hashes()) == [key(1), key(2), key(2), key(3)]
    found = kept.read(keys(1, 2, 9))
    assert found["content_hash"].to_list() == [key(1), key(2)]
    assert found["vector"].to_numpy() == pytest.approx(numbers_of(1, 2))


def test_a_half_written_file_does_not_count(tmp_path: Path) -> None:
    kept = files(tmp_path)
    kept.add(keys(1), numbers_of(1))
    (path,) = kept.paths()
    (path.parent / ("0" * 64 + ".part")).write_bytes(path.read_bytes()[:50])
    assert kept.hashes().to_list() == [key(1)]


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    kept = files(tmp_path)
    kept.add(keys(1), numbers_of(1))
    (path,) = kept.paths()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="is damaged"):
        kept.read(keys(1))


def test_encoders_keep_apart(tmp_path: Path) -> None:
    files(tmp_path, "a/b@1/2").add(keys(1), numbers_of(1))
    assert files(tmp_path, "a/b@1/3").hashes().is_empty()
    assert not files(tmp_path, "a/b@1/2").hashes().is_empty()


def test_the_table_takes_the_length_of_its_vectors(warehouse: Warehouse, tmp_path: Path) -> None:
    kept = files(tmp_path)
    kept.add(keys(1, 2), numbers_of(1, 2))
    load_vectors(warehouse, TABLE, "e", kept.read(keys(1)))
    load_vectors(warehouse, TABLE, "e", kept.read(keys(1, 2)))
    assert held(warehouse) == [(key(1), "e", [1, 1.1, 1.2]), (key(2), "e", [2, 2.1, 2.2])]
    with warehouse.connect() as connection:
        (dtype,) = connection.execute(
            "SELECT data_type FROM duckdb_columns() WHERE schema_name = 'content' AND "
            "table_name = 'text_embeddings' AND column_name = 'vector'"
        ).fetchone() or ("none",)
    assert dtype == "FLOAT[3]"
    # The next process does not take the type for that of another version.
    assert len(held(Warehouse(warehouse.path))) == 2


def test_another_encoder_takes_the_place_of_the_first(warehouse: Warehouse) -> None:
    for encoder, size in (("e", 3), ("f", 2)):
        vectors = numbers_of(1, 2, size=size)
        rows = pl.DataFrame({"content_hash": keys(1, 2), "vector": vectors})
        load_vectors(warehouse, TABLE, encoder, rows)
    assert held(warehouse) == [(key(1), "f", [1, 1.1]), (key(2), "f", [2, 2.1])]
    # Nothing of it either where the new one has nothing to say.
    load_vectors(warehouse, TABLE, "g", files(warehouse.path.parent).read(keys()))
    assert held(warehouse) == []


def test_an_error_leaves_the_table_as_it_was(warehouse: Warehouse) -> None:
    rows = pl.DataFrame({"content_hash": keys(1), "vector": numbers_of(1)})
    load_vectors(warehouse, TABLE, "e", rows)
    with pytest.raises(Exception, match="NOT NULL"):
        load_vectors(warehouse, TABLE, "f", pl.DataFrame(
            {"content_hash": [None], "vector": numbers_of(1, size=2)},
            schema_overrides={"content_hash": pl.String},
        ))  # fmt: skip
    assert held(warehouse) == [(key(1), "e", [1, 1.1, 1.2])]
