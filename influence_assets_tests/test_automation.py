"""Sensors and the refresh job, by real ticks on an instance of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from influence_assets.assets.shell import ROWS_ADDED
from influence_assets.automation import matured_posts, sensors
from influence_assets.build import build_defs
from influence_assets.instance import open_instance
from influence_assets.settings import Settings
from influence_assets.storage.warehouse import Warehouse

MAPPING = """
platform: twitter
files:
  - match: "*.csv"
    format: csv
    feeds:
      - contract: profile_snapshots
        columns: {profile_id: who, observed_at: day, followers: fans}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env(
        {
            "INFLUENCE_HOME": str(tmp_path / "home"),
            "INFLUENCE_RETRAIN_AFTER": "100",
            "INFLUENCE_SETTLE_S": "0",
        }
    )


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    with open_instance(settings) as opened:
        yield opened


def _tick(
    settings: Settings, name: str, instance: dg.DagsterInstance, cursor: str | None
) -> tuple[object, str]:
    sensor = next(s for s in sensors(settings) if s.name == name)
    context = dg.build_sensor_context(instance, cursor=cursor)
    return sensor(context), context.cursor or ""


def _land(settings: Settings, name: str, text: str) -> None:
    folder = settings.landing / "panel"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "mapping.yaml").exists():
        (folder / "mapping.yaml").write_text(MAPPING)
    (folder / name).write_text(text)


def test_the_refresh_job_ingests_and_builds_what_landed(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    _land(settings, "a.csv", "who,day,fans\nx,2025-01-01,5\nx,2025-01-09,7\n")
    job = build_defs(settings).resolve_job_def("refresh")
    # No posts, so nothing to embed: the run needs no encoder and trains nothing.
    assert job.execute_in_process(instance=instance).success
    rows = Warehouse(settings.warehouse).read(
        "marts.profile_metrics_weekly", ["week_start", "followers_end", "followers_change"]
    )
    assert [(str(w), f, c) for w, f, c in rows.sort("week_start").rows()] == [
        ("2024-12-30", 5, None),
        ("2025-01-06", 7, 2),
    ]
    shown = instance.get_materialized_partitions(dg.AssetKey(["core", "profile_snapshots"]))
    assert shown == {"2025-01-01", "2025-01-09"}


def _report_posts(instance: dg.DagsterInstance, day: str, added: int) -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(["core", "posts"], partition=day, metadata={ROWS_ADDED: added})
    )


def test_the_retrain_sensor_waits_for_enough_matured_posts(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    today = datetime.now(UTC).date().isoformat()
    _report_posts(instance, "2025-01-01", 60)
    _report_posts(instance, today, 500)  # not matured: their counts still grow
    result, cursor = _tick(settings, "retrain_sensor", instance, None)
    assert isinstance(result, dg.SkipReason)
    _report_posts(instance, "2025-01-02", 40)
    result, cursor = _tick(settings, "retrain_sensor", instance, cursor)
    assert isinstance(result, dg.RunRequest)
    # What was not mature yet is still waiting; what was used is not counted twice.
    assert json.loads(cursor)["waiting"] == {today: 500}
    result, _ = _tick(settings, "retrain_sensor", instance, cursor)
    assert isinstance(result, dg.SkipReason)


def test_a_day_matures_when_it_has_ended_and_the_counts_had_their_time() -> None:
    waiting = {"2025-01-01": 3, "2025-01-02": 4}
    two_days = timedelta(hours=48)
    assert matured_posts(waiting, datetime(2025, 1, 3, 23, tzinfo=UTC), two_days) == 0
    assert matured_posts(waiting, datetime(2025, 1, 4, tzinfo=UTC), two_days) == 3
    assert matured_posts(waiting, datetime(2025, 1, 5, tzinfo=UTC), two_days) == 7
