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

    home: str
    start_date: str
    text_encoder: str
    lock_wait_s: float
    maturity_hours: float
    retrain_after: int
    hub_offline: bool
    settle_s: float
    community_quality: str
    community_resolution: float
    tie_weights: dict[str, float]

    @classmethod
    def from_settings(cls, settings: Settings) -> WarehouseResource:
        """The resource for these settings."""
        return cls(
            database=str(settings.warehouse),
            home=str(settings.home),
            start_date=settings.start_date.isoformat(),
            text_encoder=settings.text_encoder,
            lock_wait_s=settings.lock_wait_s,
            maturity_hours=settings.maturity.total_seconds() / 3600,
            retrain_after=settings.retrain_after,
            hub_offline=settings.hub_offline,
            settle_s=settings.settle_s,
            community_quality=settings.community_quality,
            community_resolution=settings.community_resolution,
            tie_weights=dict(settings.tie_weights),
        )

    @property
    def settings(self) -> Settings:
        """The settings that the resource was made from."""
        return Settings.from_env(
            {
                "INFLUENCE_HOME": self.home,
                "INFLUENCE_WAREHOUSE": self.database,
                "INFLUENCE_START_DATE": self.start_date,
                "INFLUENCE_TEXT_ENCODER": self.text_encoder,
                "INFLUENCE_LOCK_WAIT_S": str(self.lock_wait_s),
                "INFLUENCE_MATURITY_HOURS": str(self.maturity_hours),
                "INFLUENCE_RETRAIN_AFTER": str(self.retrain_after),
                "HF_HUB_OFFLINE": "1" if self.hub_offline else "0",
                "INFLUENCE_SETTLE_S": str(self.settle_s),
                "INFLUENCE_COMMUNITY_QUALITY": self.community_quality,
                "INFLUENCE_COMMUNITY_RESOLUTION": str(self.community_resolution),
                "INFLUENCE_TIE_WEIGHTS": ",".join(f"{k}={w}" for k, w in self.tie_weights.items()),
            }
        )

    def open(self) -> Warehouse:
        """The warehouse; connections are opened and closed by each of its methods."""
        return Warehouse(Path(self.database), self.lock_wait_s)
