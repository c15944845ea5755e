"""What the ordinary ingest makes of a landing folder, to be compared with what was planted."""

from __future__ import annotations

from typing import Any

from influence_assets.assets.raw import IngestConfig, run_ingest
from influence_assets.settings import Settings
from influence_assets.storage.warehouse import Warehouse


def ingested(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """Ingest everything that has landed, and ask."""
    warehouse = Warehouse(settings.warehouse, 5)
    run_ingest(warehouse, settings, IngestConfig())
    with warehouse.connect() as connection:
        bad = connection.execute(
            "SELECT path, status, message, rows_quarantined FROM raw.files "
            "WHERE status NOT IN ('ingested', 'superseded') OR rows_quarantined > 0"
        ).fetchall()
        assert bad == [], bad
        return connection.execute(query).fetchall()
