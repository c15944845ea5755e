"""The landing sensor: asks for a refresh until every file that has landed is in the ledger.

It keeps no state of its own that could be lost: each tick compares the landing folder with
the landing ledger, which the ingest writes. A tick or a run that is killed changes nothing
in that, so the next tick finds the same difference and asks again.
"""

from __future__ import annotations

import time
from itertools import takewhile
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from influence_assets.landing import Unsettled, landing_ledger
from influence_assets.settings import Settings
from influence_assets.storage.landing_ledger import Look, list_files

REFRESH_TAGS = {"influence/refresh": "true"}
"""The instance runs one refresh at a time (`tag_concurrency_limits` in dagster.yaml)."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 3600.0
"""Pause after a refresh that failed; it doubles with each further one that fails."""

TRIES = 5
"""Refreshes that may fail in a row, where all files are in the ledger and it is the building
that fails; then the sensor waits for another file."""

_ACTIVE = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def landing_sensor(
    settings: Settings, job: Any, op: str = "refresh_warehouse"
) -> dg.SensorDefinition:
    """The sensor of this home.

    Args:
        settings: where the landing folder is, and how long files take to settle.
        job: what is asked for.
        op: its op, which has a config field `unsettled`.
    """
    config = {"ops": {op: {"config": {"unsettled": Unsettled.LEAVE.name}}}}

    # Not the time between two looks: that is checked in the ledger. Three times as long
    # is sure to be long enough, so that each file waits for two looks and not for three.
    @dg.sensor(
        name="landing_sensor",
        job=job,
        minimum_interval_seconds=max(1, round(3 * settings.settle_s)),
        description="Starts a refresh when files in the landing folder are new or have changed, "
        "and have stayed as they are for the settling time. It asks again until the landing ledger "
        "has each of them, one refresh at a time, and at growing distance where refreshes fail.",
    )
    def _sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        now = time.time()
        look = landing_ledger(settings).look(list_files(settings.landing), now, settings.settle_s)
        if why := why_not_now(context.instance, look, now):
            return dg.SkipReason(why)
        names = ", ".join(sorted(look.settled)[:5])
        context.log.info(f"{len(look.settled)} new or changed files; the first: {names}")
        # No run key: Dagster would never again start a run with a key that had failed.
        return dg.RunRequest(run_config=config)

    return _sensor


def why_not_now(instance: dg.DagsterInstance, look: Look, now: float) -> str | None:
    """Why no refresh is to be asked for, or None if one is."""
    told = f"{len(look.settled)} new or changed files, {len(look.waiting)} not yet settled"
    if _is_refreshing(instance):
        return f"A refresh is queued or running; {told}."
    failed = _failures(instance)
    # Once more for a building that failed, though every file is in the ledger. But a person
    # who cancels a refresh wants it to stop.
    is_unbuilt = (
        0 < len(failed) < TRIES
        and failed[0].dagster_run.status is DagsterRunStatus.FAILURE
        and not look.waiting
    )
    if not look.settled and not is_unbuilt:
        return f"Nothing to ask for: {told}."
    if (pause := _pause(failed, now)) > 0:
        return f"{len(failed)} failed refreshes, the next in {pause:.0f} s; {told}."
    return None


def _is_refreshing(instance: dg.DagsterInstance) -> bool:
    """Whether one is under way. A run whose process was killed is closed by run monitoring."""
    return bool(instance.get_run_ids(RunsFilter(tags=REFRESH_TAGS, statuses=_ACTIVE), limit=1))


def _failures(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    """The refreshes that have failed or were cancelled since one succeeded, newest first."""
    records = instance.get_run_records(RunsFilter(tags=REFRESH_TAGS), limit=20)
    ends = (DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
    return list(takewhile(lambda r: r.dagster_run.status in ends, records))


def _pause(failed: list[dg.RunRecord], now: float) -> float:
    """Seconds until another refresh may be asked for."""
    if not failed:
        return 0.0
    pause = min(FIRST_PAUSE_S * 2 ** (len(failed) - 1), LONGEST_PAUSE_S)
    passed = now - (failed[0].end_time or failed[0].update_timestamp.timestamp())
    # A clock that was set back must not hold up the next refresh for longer than the pause.
    return pause - passed if passed >= 0 else 0.0
