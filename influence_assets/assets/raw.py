"""Ingesting: the asset that reads landing files, and the raw tables that it fills.

`raw/files` and `raw/quarantine` are materialized by reading files. The tables of raw rows
are partitioned by the day of the event; each ingest reports the days that it added to.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
from pydantic import Field

from influence_assets.assets.declared import column_schema
from influence_assets.assets.shell import (
    OWNERS,
    POOL,
    log_materializations,
)
from influence_assets.contracts import TABLES
from influence_assets.errors import UserError
from influence_assets.ingest import Job, ingest_path
from influence_assets.landing import LandingWatch, Unsettled
from influence_assets.partitions import partitions_for
from influence_assets.resources import WarehouseResource
from influence_assets.retry import retry, retry_job
from influence_assets.settings import Settings
from influence_assets.sources.batches import BadFile
from influence_assets.sources.choose import Chooser
from influence_assets.sources.feeds import Window
from influence_assets.storage.ledger import FileOutcome
from influence_assets.storage.warehouse import Warehouse
from influence_assets.targets import Request, landing_chooser, targets

RAW_ROWS = (
    "raw.posts",
    "raw.post_metrics",
    "raw.profile_snapshots",
    "raw.interactions",
    "raw.media",
)


class IngestConfig(dg.Config):
    """What to ingest; by default everything in the landing folder that is new."""

    paths: list[str] = Field(default=[])
    """Files and folders; none: everything in the landing folder."""

    source: str = ""
    """Name of a built-in mapping, or path of a mapping file; empty: found by a look at each."""

    platform: str = ""
    """Platform of files that do not say theirs."""

    read_at: str = ""
    """When the exports were made (ISO 8601), where they do not say it themselves."""

    replace: bool = False
    """Read files anew that were ingested before, in place of their old rows."""

    unsettled: Unsettled = Unsettled.READ
    """What to do with files of the landing folder that may still be being written."""

    retry_quarantined: bool = False
    """Read no file, but quarantined records again: those of `rule` and `file`, or all."""

    rule: str = ""
    file: str = ""


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
        if config.retry_quarantined:
            yield from _retry(context, opened, warehouse.settings, config)
            return
        outcomes = run_ingest(opened, warehouse.settings, config, context.log.info)
        new = [o for o in outcomes if o.status == "ingested"]
        _report_days(context, opened, [o.file_id for o in new])
        quarantined = sum(o.rows_quarantined for o in new)
        counts = {
            "files": len(new),
            "files_known": sum(o.status == "known" for o in outcomes),
            "files_refused": sum(o.status == "refused" for o in outcomes),
            "files_unread": sum(o.status == "unread" for o in outcomes),
            "rows_in": sum(o.rows_in for o in new),
            "rows_quarantined": quarantined,
        }
        yield dg.MaterializeResult(asset_key=["raw", "files"], metadata=counts)
        yield dg.MaterializeResult(
            asset_key=["raw", "quarantine"], metadata={"dagster/row_count": quarantined}
        )

    return [ingest, *rows]


def _retry(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    settings: Settings,
    config: IngestConfig,
) -> Iterator[dg.MaterializeResult[None]]:
    """Move the quarantined records that can be read now; the run tells what became of each file."""
    done = retry(warehouse, retry_job(settings, _request(config), config.rule, config.file))
    _report_days(context, warehouse, [r.file_id for r in done if r.moved])
    told = {"retried": dg.MetadataValue.json([asdict(r) for r in done])}
    yield dg.MaterializeResult(asset_key=["raw", "files"], metadata=told)
    left = warehouse.count("raw.quarantine")
    yield dg.MaterializeResult(
        asset_key=["raw", "quarantine"], metadata={"dagster/row_count": left}
    )


def _request(config: IngestConfig) -> Request:
    return Request(tuple(config.paths), config.source, config.platform, config.read_at)


def run_ingest(
    warehouse: Warehouse,
    settings: Settings,
    config: IngestConfig,
    log: Callable[[str], None] = lambda _: None,
) -> list[FileOutcome]:
    """Ingest what the config names and tell the outcome of each file."""
    if not config.paths:
        return _ingest_landing(warehouse, settings, config, log)
    outcomes: list[FileOutcome] = []
    for path, chooser in targets(_request(config)):
        found = ingest_path(warehouse, path, _job(settings, config, chooser))
        log(_told(path, found))
        outcomes += found
    return outcomes


def _ingest_landing(
    warehouse: Warehouse, settings: Settings, config: IngestConfig, log: Callable[[str], None]
) -> list[FileOutcome]:
    """Each folder by itself: one that cannot be read at all does not keep the others waiting."""
    watch = LandingWatch(settings, warehouse, config.unsettled, trust=not config.replace)
    outcomes: list[FileOutcome] = []
    errors: list[UserError] = []
    for folder in watch.folders():
        try:
            chooser = landing_chooser(folder, _request(config))
        except UserError as error:
            watch.refuse(folder)
            errors.append(error)
            continue
        job = replace(
            _job(settings, config, chooser), watch=watch, below=folder != settings.landing
        )
        try:
            found = ingest_path(warehouse, folder, job)
        except BadFile as error:  # it holds a mapping only, or nothing that its mapping reads
            watch.refuse(folder)
            log(f"raw: {error}")
            continue
        watch.record(found)
        log(_told(folder, found))
        outcomes += found
    watch.close()
    log(f"raw: {watch.waiting} files of the landing folder are still being written")
    for bad in errors:
        log(f"raw: {bad}")
    if errors and config.unsettled is Unsettled.READ:
        raise errors[0]
    return outcomes


def _job(settings: Settings, config: IngestConfig, chooser: Chooser) -> Job:
    window = Window(settings.start_date, datetime.now(UTC).date() + timedelta(days=1))
    return Job(chooser, window, settings.media, config.replace)


def _told(path: Path, outcomes: list[FileOutcome]) -> str:
    unread = [o.message or "" for o in outcomes if o.status == "unread"]
    records = sum(o.rows_in for o in outcomes)
    return "; ".join([f"raw: {path.name}, {len(outcomes)} files, {records} records", *unread[:5]])


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
