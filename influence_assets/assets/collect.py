"""Collectors as assets: one for each collector in collect.yaml, partitioned by day.

The keys are `collect/NAME` with the user's own names: what is not configured is not there, and
each collector has its days, its schedule and its history. They hold pools of their own, never
the warehouse's, and write files only; the landing sensor takes it from there.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, date
from typing import Any

import dagster as dg

from influence_assets.assets.shell import OWNERS
from influence_assets.collectors.config import (
    RESERVED,
    Bucket,
    CollectConfig,
    Collector,
    Folder,
    GalleryDl,
    Instaloader,
    read_config,
)
from influence_assets.collectors.ledger import Run
from influence_assets.collectors.outcome import State, redacted
from influence_assets.collectors.run import Home, collect, into
from influence_assets.errors import UserError
from influence_assets.partitions import partitions_for
from influence_assets.settings import Settings, child_environment

logger = logging.getLogger("influence_assets")

CHECK = "collected"
GROUP = "collect"

ONCE = "influence/collect_once"
"""Run tag: a person waits for it, so a run that failed is not tried again by itself."""

URGENT = "influence/collect_urgent"
"""Run tag: ask also before the time that a site wants us to wait for."""

RETRY = dg.RetryPolicy(
    max_retries=2, delay=300, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)

WORTH_RETRYING = frozenset({State.UNREACHABLE, State.FAILED})
"""Retried by Dagster within the run. A wall needs a person, a wait or a deadline the next day."""


WHAT = {
    "gallery_dl": "New posts of accounts and pages, by gallery-dl",
    "instaloader": "New posts and today's counts of Instagram profiles, by instaloader",
    "wikipedia": "Wikipedia's lists of the most-followed accounts, when they have changed",
    "folder": "New and changed files of a folder that others drop them in",
    "bucket": "New and changed objects of a bucket",
}
"""What each kind of collector brings."""


def home_of(settings: Settings) -> Home:
    """What collectors get to know of the home."""
    return Home(settings.collect, settings.landing, child_environment())


def collect_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """An asset for each collector; where collect.yaml cannot be read, one that says so.

    The rest of the project must load whatever a person wrote there.
    """
    try:
        config = read_config(settings.collect_config)
    except UserError as error:
        logger.warning("%s", error)
        return [_unreadable(str(error))]
    home = home_of(settings)
    return [_asset(name, c, start, home) for name, c in config.collectors.items()]


def collect_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The daily schedule of each collector; all are off until they are switched on."""
    try:
        config = read_config(settings.collect_config)
    except UserError:
        return []
    return [_schedule(name, config) for name in config.collectors]


def _asset(name: str, config: Collector, start: date, home: Home) -> dg.AssetsDefinition:
    key = [GROUP, name]

    @dg.asset(
        key=key,
        group_name=GROUP,
        partitions_def=partitions_for("day", config.start or start),
        # Many days in one run are collected once: the past cannot be asked for any more.
        backfill_policy=dg.BackfillPolicy.single_run(),
        description=f"{WHAT[config.kind]}, laid in the landing folder, where the ingest reads "
        "them. A partition is a day of collecting: run one that failed again, and it goes on where "
        "it ended. Nothing is fetched twice.",
        metadata={
            "collects": targets_of(config),
            "lands_in": f"landing/{into(name, config).as_posix()}",
            "daily_at_utc": config.at,
        },
        kinds={"python", config.kind.replace("_", "-")},
        owners=OWNERS,
        pool=f"collect_{config.kind}",
        retry_policy=RETRY,
        check_specs=[
            dg.AssetCheckSpec(
                CHECK, asset=key, description="Nothing that was asked for is missing."
            )
        ],
    )
    def collector(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        tags = context.run.tags
        run = collect(
            home,
            name,
            config,
            date.fromisoformat(max(context.partition_keys)),
            is_urgent=tags.get(URGENT) == "true",
            log=context.log.info,
        )
        yield result_of(run, may_retry=tags.get(ONCE) != "true")

    return collector


def targets_of(config: Collector) -> list[str]:
    """What is collected, as it may be shown."""
    if isinstance(config, GalleryDl):
        return [redacted(url) for url in config.urls]
    if isinstance(config, Instaloader):
        return list(config.profiles)
    if isinstance(config, Folder):
        return [str(config.path)]
    if isinstance(config, Bucket):
        return [redacted(config.url)]
    return [redacted(url) for url in config.addresses.values()]


def result_of(run: Run, may_retry: bool) -> dg.MaterializeResult[None]:
    """The materialization; a run that got nothing it was asked for fails, with its reasons.

    Raises:
        dg.Failure: the state is neither `ok` nor `partial`.
    """
    outcome = run.outcome
    metadata = metadata_of(run)
    if outcome.state not in (State.OK, State.PARTIAL):
        raise dg.Failure(
            f"{run.collector}: {outcome.state}. {outcome.message}",
            metadata=metadata,
            allow_retries=may_retry and outcome.state in WORTH_RETRYING,
        )
    check = dg.AssetCheckResult(
        asset_key=[GROUP, run.collector],
        check_name=CHECK,
        passed=outcome.state is State.OK,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )
    return dg.MaterializeResult(metadata=metadata, check_results=[check])


def metadata_of(run: Run) -> dict[str, Any]:
    """What the UI shows of a run."""
    outcome = run.outcome
    parts = {name: str(state) for name, state in outcome.parts.items()}
    return {
        "state": str(outcome.state),
        "items_new": outcome.counts.new,
        "items_known": outcome.counts.known,
        "items_failed": outcome.counts.failed,
        "message": outcome.message,
        "seconds": round((run.ended_at - run.started_at).total_seconds(), 1),
        **({"next_attempt": outcome.next_attempt.isoformat()} if outcome.next_attempt else {}),
        **({"targets": dg.MetadataValue.json(parts)} if parts else {}),
    }


def _schedule(name: str, config: CollectConfig) -> dg.ScheduleDefinition:
    """Today's partition, each day at the collector's hour (UTC)."""
    job = dg.define_asset_job(
        f"collect_{name}",
        dg.AssetSelection.assets([GROUP, name]),
        description=f"Runs the collector {name}; `influence collect {name}` does the same.",
    )

    @dg.schedule(
        name=f"collect_{name}_daily",
        job=job,
        cron_schedule=config.collectors[name].cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=f"Runs the collector {name} for today. Off until somebody switches it on.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.astimezone(UTC).date().isoformat()
        return dg.RunRequest(run_key=f"{name} {today}", partition_key=today)

    return daily


def _unreadable(message: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=[GROUP, RESERVED],
        group_name=GROUP,
        description=f"There are no collectors, for {message}",
        kinds={"yaml"},
        owners=OWNERS,
    )
    def settings() -> None:
        raise UserError(message)

    return settings
