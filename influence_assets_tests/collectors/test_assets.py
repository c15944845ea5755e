"""Collectors as Dagster shows and runs them, and on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml
from typer.testing import CliRunner

from influence_assets.assets.collect import collect_assets, collect_schedules
from influence_assets.build import build_defs
from influence_assets.cli import app
from influence_assets.collectors.ledger import CollectLedger
from influence_assets.instance import open_instance
from influence_assets.settings import Settings

DEAD = "http://127.0.0.1:9"
"""Nobody listens on this port of this machine."""

GENTLE = {"attempts": 1, "backoff_s": 0.01, "pause_s": 0, "timeout_s": 1}


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = tmp_path / "origin"
    folder.mkdir()
    path = folder / "follows.csv"
    path.write_text("platform,follower,followed,since\ntwitter,a,b,2025-01-01\n")
    os.utime(path, (time.time() - 60, time.time() - 60))
    return folder


@pytest.fixture
def settings(tmp_path: Path, origin: Path) -> Settings:
    found = Settings.from_env({"INFLUENCE_HOME": str(tmp_path / "home")})
    configure(
        found,
        {
            "drop": {"kind": "folder", "path": str(origin), "into": "follow_edges", **GENTLE},
            "top": {"kind": "wikipedia", "pages": {"tiktok": f"{DEAD}/t"}, "at": "05:30", **GENTLE},
        },
    )
    return found


def configure(settings: Settings, collectors: dict[str, object]) -> None:
    settings.home.mkdir(exist_ok=True)
    settings.collect_config.write_text(yaml.safe_dump({"collectors": collectors}))


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    with open_instance(settings) as opened:
        yield opened


def run_job(
    defs: dg.Definitions, instance: dg.DagsterInstance, name: str, day: str
) -> dg.ExecuteInProcessResult:
    job = defs.resolve_job_def(f"collect_{name}")
    tags = {"influence/collect_once": "true"}
    return job.execute_in_process(
        instance=instance, partition_key=day, raise_on_error=False, tags=tags
    )


def test_what_is_configured_is_an_asset_and_nothing_else(settings: Settings) -> None:
    defs = build_defs(settings)
    dg.Definitions.validate_loadable(defs)
    specs = {s.key.to_user_string(): s for s in defs.resolve_all_asset_specs()}
    found = {name: spec for name, spec in specs.items() if name.startswith("collect/")}
    assert set(found) == {"collect/drop", "collect/top"}
    for spec in found.values():
        assert spec.description
        assert spec.owners
        assert spec.group_name == "collect"
        assert isinstance(spec.partitions_def, dg.DailyPartitionsDefinition)
    told = found["collect/top"].metadata
    assert told["collects"] == [f"{DEAD}/t"]
    assert told["lands_in"] == "landing/wikipedia_most_followed"
    assert told["daily_at_utc"] == "05:30"
    assert found["collect/drop"].metadata["lands_in"] == "landing/follow_edges"
    settings.collect_config.unlink()
    assert collect_assets(settings.start_date, settings) == []
    assert collect_schedules(settings) == []


def test_each_kind_has_a_pool_of_its_own(settings: Settings) -> None:
    pools = {
        next(iter(a.keys)).path[-1]: a.op.pool
        for a in collect_assets(settings.start_date, settings)
    }
    assert pools == {"drop": "collect_folder", "top": "collect_wikipedia"}


def test_schedules_are_off_and_ask_for_the_day_itself(settings: Settings) -> None:
    schedules = {s.name: s for s in collect_schedules(settings)}
    assert set(schedules) == {"collect_drop_daily", "collect_top_daily"}
    top = schedules["collect_top_daily"]
    assert top.cron_schedule == "30 5 * * *"
    assert {s.default_status for s in schedules.values()} == {dg.DefaultScheduleStatus.STOPPED}
    at = datetime(2025, 6, 1, 5, 30, tzinfo=UTC)
    request = top(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2025-06-01"


def test_a_collector_lays_files_where_the_ingest_finds_them(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    defs = build_defs(settings)
    result = run_job(defs, instance, "drop", "2025-06-01")
    assert result.success
    (event,) = result.asset_materializations_for_node("collect__drop")
    told = {name: value.value for name, value in event.metadata.items()}
    assert (told["state"], told["items_new"], told["items_failed"]) == ("ok", 1, 0)
    assert event.partition == "2025-06-01"
    assert [c.passed for c in result.get_asset_check_evaluations()] == [True]
    ingest = defs.resolve_job_def("ingest_files")
    assert ingest.execute_in_process(instance=instance).success
    again = run_job(defs, instance, "drop", "2025-06-01")
    (event,) = again.asset_materializations_for_node("collect__drop")
    assert event.metadata["items_known"].value == 1


def test_a_run_that_got_nothing_fails_with_its_reason_and_alone(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    defs = build_defs(settings)
    result = run_job(defs, instance, "top", "2025-06-01")
    assert not result.success
    failure = next(e for e in result.all_events if e.is_step_failure).step_failure_data
    assert failure.user_failure_data is not None
    assert "top: unreachable. tiktok:" in (failure.user_failure_data.description or "")
    assert failure.user_failure_data.metadata["state"].value == "unreachable"
    assert "next_attempt" in failure.user_failure_data.metadata
    assert run_job(defs, instance, "drop", "2025-06-01").success
    # The warehouse was not so much as made.
    assert not settings.warehouse.exists()


def test_many_days_in_one_run_are_collected_once(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    last = datetime.now(UTC).date()
    first = last - timedelta(days=20)
    tags = {
        "dagster/asset_partition_range_start": first.isoformat(),
        "dagster/asset_partition_range_end": last.isoformat(),
    }
    job = build_defs(settings).resolve_implicit_global_asset_job_def()
    key = dg.AssetKey(["collect", "drop"])
    result = job.execute_in_process(instance=instance, asset_selection=[key], tags=tags)
    assert result.success
    assert len(CollectLedger.of(settings.collect).runs("drop")) == 1
    assert len(instance.get_materialized_partitions(key)) == 21


def test_a_broken_configuration_takes_nothing_else_down(settings: Settings) -> None:
    settings.collect_config.write_text("collectors: {a: {kind: ftp}}")
    defs = build_defs(settings)
    specs = {s.key.to_user_string(): s for s in defs.resolve_all_asset_specs()}
    assert "core/posts" in specs
    assert [name for name in specs if name.startswith("collect/")] == ["collect/settings"]
    assert "is not understood" in (specs["collect/settings"].description or "")


LOADED = """
import json, sys
import influence_assets.definitions
print(json.dumps(sorted({m.split(".")[0] for m in sys.modules})))
"""


def test_looking_at_the_definitions_loads_no_client_and_writes_nothing(settings: Settings) -> None:
    environment = {"PATH": "", "INFLUENCE_HOME": str(settings.home)}
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=60, check=True,
        env=environment, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & {"gallery_dl", "instaloader", "s3fs", "aiobotocore", "botocore"}
    assert [p.name for p in settings.home.iterdir()] == ["collect.yaml"]


def invoke(settings: Settings, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["collect", *words], env={"INFLUENCE_HOME": str(settings.home)})
    return done.exit_code, done.stdout


def test_the_command_line(settings: Settings) -> None:
    code, text = invoke(settings, "--json")
    assert code == 0
    told = json.loads(text)["collectors"]
    assert [(c["collector"], c["state"]) for c in told] == [
        ("drop", "never run"),
        ("top", "never run"),
    ]
    code, text = invoke(settings, "drop", "--json")
    assert (code, json.loads(text)["items_new"]) == (0, 1)
    code, text = invoke(settings, "top", "--json", "--day", "2025-06-01")
    told = json.loads(text)
    assert (code, told["state"], told["day"]) == (1, "unreachable", "2025-06-01")
    code, text = invoke(settings)
    assert code == 0
    assert "unreachable" in text


def test_an_unknown_collector(settings: Settings) -> None:
    done = CliRunner().invoke(app, ["collect", "nope"], env={"INFLUENCE_HOME": str(settings.home)})
    assert "there are: drop, top" in str(done.exception)
