"""What every part of the tests may use: real exports, an empty warehouse on disk and in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from influence_assets.storage import ddl
from influence_assets.storage.warehouse import Warehouse


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real exports beside the repository."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real exports: {folder} is not there")
    return folder


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse that does not exist on disk yet."""
    return Warehouse(tmp_path / "warehouse.duckdb", lock_wait_s=0.2)


@pytest.fixture
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table of the contracts, empty, in memory."""
    with duckdb.connect() as connection:
        for statement in ddl.create_statements():
            connection.execute(statement)
        yield connection
