"""What runs by itself: a daily refresh, a look at the landing folder, and retraining.

Sensors never open the warehouse: they look at the landing folder and at Dagster's event log.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from influence_assets.assets.shell import ROWS_ADDED, STALE_ONLY_TAGS
from influence_assets.landing import Unsettled
from influence_assets.landing_sensor import REFRESH_TAGS, landing_sensor
from influence_assets.planning import refresh, run_assets
from influence_assets.resources import WarehouseResource
from influence_assets.settings import Settings


class RefreshConfig(dg.Config):
    """How a refresh treats the landing folder."""

    unsettled: Unsettled = Unsettled.WAIT
    """What to do with files that may still be being written; the landing sensor knows better."""


@dg.op(description="Ingest what is new in the landing folder, then build what is stale.")
def refresh_warehouse(
    context: dg.OpExecutionContext, config: RefreshConfig, warehouse: WarehouseResource
) -> None:
    """Start a run for each stage, in this process, on this instance."""
    from influence_assets.build import build_defs

    settings = warehouse.settings
    defs = build_defs(settings)
    ingest_landing(context.instance, settings, config.unsettled)
    outcome = refresh(defs, context.instance, settings, tell=context.log.info)
    context.log.info(f"built: {outcome.built or 'nothing was stale'}")


def ingest_landing(instance: dg.DagsterInstance, settings: Settings, unsettled: Unsettled) -> None:
    """A run of the ingesting asset over the landing folder."""
    from influence_assets.build import build_defs

    config = {"ops": {"ingest": {"config": {"unsettled": unsettled.name}}}}
    assets = [["raw", "files"], ["raw", "quarantine"]]
    run_assets(build_defs(settings), instance, assets, {}, config)


@dg.job(name="refresh", tags=REFRESH_TAGS, description="Ingest new files and build what is stale.")
def refresh_job() -> None:
    """One op that starts a run for each stage."""
    refresh_warehouse()


def jobs() -> list[Any]:
    """Jobs that a person or an automation starts."""
    return [
        refresh_job,
        dg.define_asset_job(
            "ingest_files",
            dg.AssetSelection.assets(["raw", "files"], ["raw", "quarantine"]),
            description="Read the landing folder, or the path given in the config.",
        ),
        dg.define_asset_job(
            "retrain",
            dg.AssetSelection.groups("features", "models")
            | dg.AssetSelection.assets(
                ["content", "text_embeddings"], ["content", "near_duplicates"]
            ),
            description="Embed new texts, find copies, make features anew, train and score the "
            "models.",
        ),
    ]


def schedules() -> list[dg.ScheduleDefinition]:
    """The daily refresh, in the small hours (UTC), when the day before is complete."""
    return [
        dg.ScheduleDefinition(
            name="daily_refresh",
            job=refresh_job,
            cron_schedule="0 4 * * *",
            execution_timezone="UTC",
            description="Ingests what is new and builds what is stale, once a day. Off until "
            "somebody switches it on.",
            default_status=dg.DefaultScheduleStatus.STOPPED,
        )
    ]


def sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """The landing sensor and the retraining sensor."""

    @dg.sensor(
        name="retrain_sensor",
        job_name="retrain",
        minimum_interval_seconds=300,
        description=f"Trains anew when {settings.retrain_after} more posts have matured.",
    )
    def retrain_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        seen, waiting = _cursor(context.cursor)
        for record in _new_posts(context.instance, seen):
            seen = max(seen, record.storage_id)
            event = record.asset_materialization
            day = event.partition if event else None
            added = event.metadata.get(ROWS_ADDED) if event else None
            if day and added and isinstance(added.value, int):
                waiting[day] = waiting.get(day, 0) + added.value
        now = datetime.now(UTC)
        matured = matured_posts(waiting, now, settings.maturity)
        if matured < settings.retrain_after:
            context.update_cursor(json.dumps({"seen": seen, "waiting": waiting}))
            return dg.SkipReason(
                f"{matured} matured posts since the last training; {settings.retrain_after} wanted."
            )
        left = {d: n for d, n in waiting.items() if not _is_mature(d, now, settings.maturity)}
        context.update_cursor(json.dumps({"seen": seen, "waiting": left}))
        return dg.RunRequest(run_key=f"{seen}", tags=STALE_ONLY_TAGS)

    return [landing_sensor(settings, refresh_job), retrain_sensor]


def matured_posts(waiting: dict[str, int], now: datetime, maturity: timedelta) -> int:
    """Posts added since the last training whose counts can be taken as final."""
    return sum(n for day, n in waiting.items() if _is_mature(day, now, maturity))


def _is_mature(day: str, now: datetime, maturity: timedelta) -> bool:
    end = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)
    return end + maturity <= now


def _cursor(text: str | None) -> tuple[int, dict[str, int]]:
    if not text:
        return 0, {}
    state = json.loads(text)
    return int(state["seen"]), dict(state["waiting"])


def _new_posts(instance: dg.DagsterInstance, after: int) -> Sequence[dg.EventLogRecord]:
    """Materializations of core/posts since the cursor, oldest first, a bounded number."""
    return instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=dg.AssetKey(["core", "posts"]), after_storage_id=after),
        limit=5_000,
        ascending=True,
    ).records
