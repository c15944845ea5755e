"""The landing sensor: nothing is missed, whatever becomes of ticks and runs."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from influence_assets.assets.raw import IngestConfig, run_ingest
from influence_assets.automation import ingest_landing, refresh_job, sensors
from influence_assets.build import build_defs
from influence_assets.instance import open_instance
from influence_assets.landing import Unsettled, landing_ledger
from influence_assets.landing_sensor import REFRESH_TAGS, TRIES, why_not_now
from influence_assets.settings import Settings
from influence_assets.storage.landing_ledger import FileState, Look
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.test_automation import MAPPING

HEAD = "who,day,fans\n"
X, Y = f"{HEAD}x,2025-01-01,5\n", f"{HEAD}y,2025-01-02,6\n"
STATE = FileState(1, 1, 1)
NEW, WAITING, NOTHING = Look({"a": STATE}, {}), Look({}, {"a": STATE}), Look({}, {})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two looks in a row are enough for a file to settle."""
    home = tmp_path / "home"
    (home / "landing" / "panel").mkdir(parents=True)
    (home / "landing" / "panel" / "mapping.yaml").write_text(MAPPING)
    return Settings.from_env({"INFLUENCE_HOME": str(home), "INFLUENCE_SETTLE_S": "0"})


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    with open_instance(settings) as opened:
        yield opened


@pytest.fixture
def panel(settings: Settings) -> Path:
    return settings.landing / "panel"


def tick(settings: Settings, instance: dg.DagsterInstance) -> dg.RunRequest | None:
    """A tick without any cursor: what the sensor remembers lies in the landing ledger."""
    sensor = next(s for s in sensors(settings) if s.name == "landing_sensor")
    result = sensor(dg.build_sensor_context(instance))
    assert isinstance(result, dg.RunRequest | dg.SkipReason)
    return result if isinstance(result, dg.RunRequest) else None


def asks(settings: Settings, instance: dg.DagsterInstance) -> bool:
    """Whether the second of two ticks asks for a refresh."""
    tick(settings, instance)
    return tick(settings, instance) is not None


def ingest(settings: Settings, unsettled: Unsettled = Unsettled.LEAVE) -> dict[str, str]:
    """What the sensor's refresh does first; the outcome of each file by its name."""
    config = IngestConfig(unsettled=unsettled)
    outcomes = run_ingest(Warehouse(settings.warehouse), settings, config)
    return {Path(o.path).name: o.status for o in outcomes}


def rows(settings: Settings) -> list[str]:
    frame = Warehouse(settings.warehouse).read("raw.profile_snapshots", ["profile_id"])
    return sorted(frame["profile_id"].to_list())


def statuses(settings: Settings) -> dict[str, str]:
    return {n: line.status for n, line in landing_ledger(settings).lines().items()}


# From landing to the ledger.


def test_it_asks_until_the_file_is_in_the_ledger(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text(X)
    assert tick(settings, instance) is None  # one look is not enough
    # Whatever becomes of the request, the next tick finds the same difference.
    assert [tick(settings, instance) is not None for _ in range(3)] == [True] * 3
    assert ingest(settings) == {"a.csv": "ingested"}
    assert not asks(settings, instance)
    assert statuses(settings) == {"panel/a.csv": "ingested", "panel/mapping.yaml": "ignored"}


def test_the_request_has_no_key_and_fits_the_job(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text(X)
    tick(settings, instance)
    request = tick(settings, instance)
    assert request is not None and request.run_key is None
    # The panel builds without an encoder or a training.
    job = build_defs(settings).resolve_job_def("refresh")
    assert job.execute_in_process(instance=instance, run_config=request.run_config).success
    assert rows(settings) == ["x"]
    assert not asks(settings, instance)


def test_a_file_that_is_still_being_written_is_left_alone(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text(X)
    assert asks(settings, instance)
    # Both land after the looks that led to this run: it must not touch them.
    (panel / "b.csv").write_text(f"{HEAD}y,2025-")
    with (panel / "a.csv").open("a") as more:
        more.write("z,2025-01-0")
    assert ingest(settings) == {}
    (panel / "b.csv").write_text(Y)
    with (panel / "a.csv").open("a") as more:
        more.write("3,7\n")
    assert asks(settings, instance)
    assert ingest(settings) == {"a.csv": "ingested", "b.csv": "ingested"}
    assert rows(settings) == ["x", "y", "z"]
    assert not asks(settings, instance)


def test_a_file_replaced_under_the_same_name_is_a_new_version(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text(X)
    assert asks(settings, instance)
    ingest(settings)
    # Of the same size and with the old times, as `cp -p` leaves it.
    stat = (panel / "a.csv").stat()
    time.sleep(0.02)
    (panel / ".a").write_text(X.replace("x", "w"))
    os.utime(panel / ".a", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (panel / ".a").replace(panel / "a.csv")
    assert asks(settings, instance)
    assert ingest(settings) == {"a.csv": "ingested"}
    assert rows(settings) == ["w"]
    assert not asks(settings, instance)


@pytest.mark.parametrize("seconds", [0, 4_102_444_800])
def test_files_from_the_past_and_from_the_future(
    settings: Settings, instance: dg.DagsterInstance, panel: Path, seconds: int
) -> None:
    (panel / "a.csv").write_text(X)
    os.utime(panel / "a.csv", (seconds, seconds))
    assert asks(settings, instance)
    assert ingest(settings) == {"a.csv": "ingested"}
    assert not asks(settings, instance)


def test_a_refused_file_is_not_asked_for_again_until_it_changes(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text("nothing,that,fits\n1,2,3\n")
    assert asks(settings, instance)
    assert ingest(settings) == {"a.csv": "refused"}
    assert not asks(settings, instance)
    (panel / "a.csv").write_text(X)
    assert asks(settings, instance)
    assert ingest(settings) == {"a.csv": "ingested"}


def test_a_mended_mapping_is_a_reason_to_ask(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    other = settings.landing / "other"
    other.mkdir()
    (other / "mapping.yaml").write_text("files: [")
    (other / "b.csv").write_text(Y)
    (panel / "a.csv").write_text(X)
    assert asks(settings, instance)
    # One folder that cannot be read at all does not keep the others waiting.
    assert ingest(settings) == {"a.csv": "ingested"}
    assert statuses(settings)["other/b.csv"] == "refused"
    assert not asks(settings, instance)
    (other / "mapping.yaml").write_text(MAPPING)
    assert asks(settings, instance)
    assert ingest(settings)["b.csv"] == "ingested"
    assert rows(settings) == ["x", "y"]


def test_a_file_that_no_mapping_describes_is_seen_once(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text(X)
    (panel / "notes.txt").write_text("for Ann")
    assert asks(settings, instance)
    ingest(settings)
    assert statuses(settings)["panel/notes.txt"] == "ignored"
    assert not asks(settings, instance)


def test_a_deleted_file_is_forgotten_and_its_rows_stay(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text(X)
    assert asks(settings, instance)
    ingest(settings)
    (panel / "a.csv").unlink()
    assert not asks(settings, instance)
    assert set(statuses(settings)) == {"panel/mapping.yaml"}
    assert rows(settings) == ["x"]


def test_a_lost_ledger_costs_a_refresh_and_no_row(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    # As after a kill between the commit in the warehouse and the line in the ledger.
    (panel / "a.csv").write_text(X)
    ingest(settings, Unsettled.READ)
    (settings.home / "landing.sqlite").unlink()
    assert asks(settings, instance)
    assert ingest(settings) == {"a.csv": "known"}
    assert rows(settings) == ["x"]
    assert not asks(settings, instance)


def test_a_lost_warehouse_is_filled_anew(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text(X)
    assert asks(settings, instance)
    ingest(settings)
    settings.warehouse.unlink()
    assert asks(settings, instance)
    assert ingest(settings) == {"a.csv": "ingested"}
    assert rows(settings) == ["x"]
    assert not asks(settings, instance)


def test_rows_that_were_taken_out_come_back_with_the_next_ingest(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text(X)
    assert asks(settings, instance)
    ingest(settings)
    with Warehouse(settings.warehouse).connect() as connection:
        for table in ("raw.files", "raw.file_versions", "raw.profile_snapshots"):
            connection.execute(f"DELETE FROM {table}")
    assert ingest(settings) == {"a.csv": "ingested"}
    assert rows(settings) == ["x"]


def test_a_landing_folder_that_is_taken_away_and_put_back(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text(X)
    assert asks(settings, instance)
    ingest(settings)
    away = settings.home / "away"
    settings.landing.rename(away)
    assert not asks(settings, instance)
    shutil.copytree(away, settings.landing)
    assert asks(settings, instance)
    assert ingest(settings) == {"a.csv": "known"}
    assert not asks(settings, instance)


def test_without_the_sensor_a_refresh_waits_for_files_to_settle(
    settings: Settings, instance: dg.DagsterInstance, panel: Path
) -> None:
    (panel / "a.csv").write_text(X)
    ingest_landing(instance, settings, Unsettled.WAIT)
    assert rows(settings) == ["x"]


# Runs under way, and runs that failed.


def add_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> dg.DagsterRun:
    run = instance.create_run_for_job(refresh_job, tags=REFRESH_TAGS)
    if status is dg.DagsterRunStatus.FAILURE:
        instance.report_run_failed(run, "for the test")
    elif status is dg.DagsterRunStatus.CANCELED:
        instance.report_run_canceled(run, "for the test")
    elif status is not dg.DagsterRunStatus.NOT_STARTED:
        event = {
            dg.DagsterRunStatus.STARTING: dg.DagsterEventType.RUN_STARTING,
            dg.DagsterRunStatus.STARTED: dg.DagsterEventType.RUN_START,
            dg.DagsterRunStatus.SUCCESS: dg.DagsterEventType.RUN_SUCCESS,
        }[status]
        instance.report_dagster_event(
            dg.DagsterEvent(event_type_value=event.value, job_name="refresh"), run.run_id
        )
    found = instance.get_run_by_id(run.run_id)
    assert found is not None and found.status is status
    return found


@pytest.mark.parametrize("status", ["NOT_STARTED", "STARTING", "STARTED"])
def test_one_refresh_at_a_time(instance: dg.DagsterInstance, status: str) -> None:
    run = add_run(instance, dg.DagsterRunStatus(status))
    assert "queued or running" in (why_not_now(instance, NEW, time.time()) or "")
    # When it is over, what is still new is asked for.
    instance.report_dagster_event(
        dg.DagsterEvent(event_type_value="PIPELINE_SUCCESS", job_name="refresh"), run.run_id
    )
    assert why_not_now(instance, NEW, time.time()) is None


def test_other_jobs_do_not_count(instance: dg.DagsterInstance) -> None:
    run = instance.create_run_for_job(refresh_job)
    instance.report_run_failed(run)
    assert why_not_now(instance, NEW, time.time()) is None


def test_failed_refreshes_are_asked_for_again_at_growing_distance(
    instance: dg.DagsterInstance,
) -> None:
    for pause in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        add_run(instance, dg.DagsterRunStatus.FAILURE)
        now = time.time()
        assert "failed refreshes" in (why_not_now(instance, NEW, now + pause - 3) or "")
        assert why_not_now(instance, NEW, now + pause) is None
    add_run(instance, dg.DagsterRunStatus.SUCCESS)
    assert why_not_now(instance, NEW, time.time()) is None


def test_a_clock_that_was_set_back_holds_nothing_up(instance: dg.DagsterInstance) -> None:
    add_run(instance, dg.DagsterRunStatus.FAILURE)
    assert why_not_now(instance, NEW, time.time() - 86_400) is None


def test_a_building_that_failed_is_tried_again_a_few_times(instance: dg.DagsterInstance) -> None:
    later = time.time() + 100_000
    assert why_not_now(instance, NOTHING, later) is not None
    for _ in range(TRIES - 1):
        add_run(instance, dg.DagsterRunStatus.FAILURE)
        assert why_not_now(instance, NOTHING, later) is None
    assert why_not_now(instance, WAITING, later) is not None  # the next files come first
    add_run(instance, dg.DagsterRunStatus.FAILURE)
    assert why_not_now(instance, NOTHING, later) is not None
    assert why_not_now(instance, NEW, later) is None


def test_a_cancelled_refresh_is_not_started_again_for_itself(
    instance: dg.DagsterInstance,
) -> None:
    add_run(instance, dg.DagsterRunStatus.CANCELED)
    later = time.time() + 100_000
    assert why_not_now(instance, NOTHING, later) is not None
    assert why_not_now(instance, NEW, later) is None
