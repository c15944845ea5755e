"""Ingesting: the asset that reads landing files, and the raw tables that it fills.

`raw/files` and `raw/quarantine` are materialized by reading files. The tables of raw rows
are partitioned by the day of the event; each ingest reports the days that it added to.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg

from influence_assets.assets.shell import OWNERS, POOL, column_schema, log_materializations
from influence_assets.contracts import TABLES
from influence_assets.errors import UserError
from influence_assets.ingest import Job, ingest_path
from influence_assets.partitions import partitions_for
from influence_assets.resources import WarehouseResource
from influence_assets.settings import Settings
from influence_assets.sources.mapping import find_mapping
from influence_assets.sources.parse import Window
from influence_assets.storage.ledger import FileOutcome
from influence_assets.storage.warehouse import Warehouse

RAW_ROWS = (
    "raw.posts",
    "raw.post_metrics",
    "raw.profile_snapshots",
    "raw.interactions",
    "raw.media",
)


class IngestConfig(dg.Config):
    """What to ingest; by default everything in the landing folder that is new."""

    path: str = ""
    """A file or folder; empty: each folder of the landing folder, by its name."""

    source: str = ""
    """Name of a built-in mapping, or path of a mapping file; needed with `path`."""

    replace: bool = False
    """Read files anew that were ingested before, in place of their old rows."""


def raw_assets(start: date) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The ingesting asset, and the specs of the raw tables that it fills."""
    ledger = [
        dg.AssetSpec(
            TABLES[name].asset_path,
            group_name="raw",
            description=TABLES[name].description,
            metadata={"dagster/column_schema": column_schema(TABLES[name])},
            kinds={"python", "duckdb", "table"},
            owners=OWNERS,
            skippable=name == "raw.quarantine",
        )
        for name in ("raw.files", "raw.quarantine")
    ]
    rows = [
        dg.AssetSpec(
            TABLES[name].asset_path,
            deps=[["raw", "files"]],
            group_name="raw",
            description=f"{TABLES[name].description} Filled by materializing raw/files.",
            metadata={"dagster/column_schema": column_schema(TABLES[name])},
            partitions_def=partitions_for("day", start),
            kinds={"duckdb", "table"},
            owners=OWNERS,
        )
        for name in RAW_ROWS
    ]

    @dg.multi_asset(name="ingest", specs=ledger, pool=POOL)
    def ingest(
        context: dg.AssetExecutionContext, config: IngestConfig, warehouse: WarehouseResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        opened = warehouse.open()
        outcomes = run_ingest(opened, warehouse.settings, config, context.log.info)
        new = [o for o in outcomes if o.status == "ingested"]
        _report_days(context, opened, [o.file_id for o in new])
        quarantined = sum(o.rows_quarantined for o in new)
        counts = {
            "files": len(new),
            "files_known": sum(o.status == "known" for o in outcomes),
            "files_refused": sum(o.status == "refused" for o in outcomes),
            "rows_in": sum(o.rows_in for o in new),
            "rows_quarantined": quarantined,
        }
        yield dg.MaterializeResult(asset_key=["raw", "files"], metadata=counts)
        yield dg.MaterializeResult(
            asset_key=["raw", "quarantine"], metadata={"dagster/row_count": quarantined}
        )

    return [ingest, *rows]


def run_ingest(
    warehouse: Warehouse,
    settings: Settings,
    config: IngestConfig,
    log: Callable[[str], None] = lambda _: None,
) -> list[FileOutcome]:
    """Ingest what the config names and tell the outcome of each file."""
    window = Window(settings.start_date, datetime.now(UTC).date() + timedelta(days=1))
    outcomes: list[FileOutcome] = []
    for path, source, beside in _targets(settings, config):
        job = Job(find_mapping(source, beside), window, settings.media, config.replace)
        found = ingest_path(warehouse, path, job)
        log(f"raw: {source}, {len(found)} files, {sum(o.rows_in for o in found)} records")
        outcomes += found
    return outcomes


def _targets(settings: Settings, config: IngestConfig) -> list[tuple[Path, str, Path | None]]:
    if config.path:
        path = Path(config.path)
        own = path if path.is_dir() else path.parent
        if not config.source and not (own / "mapping.yaml").exists():
            raise UserError(
                f"How is {path} to be read? Name its mapping: `--source NAME` for a built-in one "
                "(`influence sources` lists them), `--source SPEC.yaml` for your own, or put a "
                "`mapping.yaml` beside it."
            )
        return [(path, config.source or own.name, None if config.source else own)]
    if not settings.landing.is_dir():
        return []
    folders = sorted(p for p in settings.landing.iterdir() if p.is_dir())
    return [(folder, folder.name, folder) for folder in folders if any(folder.iterdir())]


def _report_days(
    context: dg.AssetExecutionContext, warehouse: Warehouse, file_ids: list[str]
) -> None:
    """One materialization for each raw table and day that got rows."""
    for name in RAW_ROWS:
        day = TABLES[name].partition_column
        with warehouse.connect() as connection:
            days = connection.execute(
                f"SELECT CAST({day} AS VARCHAR), count(*) FROM {name} "
                "WHERE file_id IN (SELECT unnest($ids)) GROUP BY ALL ORDER BY ALL",
                {"ids": file_ids},
            ).fetchall()
        events = [
            dg.AssetMaterialization(
                name.split("."), partition=key, metadata={"dagster/partition_row_count": count}
            )
            for key, count in days
        ]
        log_materializations(context, events)
