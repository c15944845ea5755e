"""Dagster's view of the warehouse and the home folder."""

from __future__ import annotations

from pathlib import Path

from dagster_duckdb import DuckDBResource

from influence_assets.settings import Settings
from influence_assets.storage.warehouse import Warehouse


class WarehouseResource(DuckDBResource):  # type: ignore[misc]  # untyped upstream
    """The embedded warehouse, with the home that its files lie in.

    `get_connection` is that of dagster-duckdb, for assets of your own; the project's
    assets use `open`, which replaces partitions atomically and checks contracts.
    """

    lock_wait_s: float
    variables: dict[str, str]

    @classmethod
    def from_settings(cls, settings: Settings) -> WarehouseResource:
        """The resource for these settings."""
        return cls(
            database=str(settings.warehouse),
            lock_wait_s=settings.lock_wait_s,
            variables=settings.variables(),
        )

    @property
    def settings(self) -> Settings:
        """The settings that the resource was made from."""
        return Settings.from_env(self.variables)

    def open(self) -> Warehouse:
        """The warehouse; connections are opened and closed by each of its methods."""
        return Warehouse(Path(self.database), self.lock_wait_s)
