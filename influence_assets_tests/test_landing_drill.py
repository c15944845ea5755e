"""The drill: a thousand landing events in bursts, and a daemon that is killed four times.

A real `dagster-daemon` runs on a home of its own with the project's dagster.yaml, definitions
and landing sensor. Each kill is a SIGKILL of its whole process group, so of the daemon, the
code server and the process of the run at once, at a moment that the instance shows: in the
ingest, as it commits and before the landing ledger is told, in a tick of the sensor that has
made a run and is handing it over, and in the building. What comes of it is compared with the
list that the events themselves kept.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterRunStatus, RunsFilter

from influence_assets.instance import dagster_home
from influence_assets.landing import landing_ledger
from influence_assets.landing_sensor import REFRESH_TAGS
from influence_assets.settings import Settings, project_file
from influence_assets.storage.landing_ledger import list_files
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.landing_events import Landing, Row
from influence_assets_tests.test_automation import MAPPING

pytestmark = pytest.mark.slow

EVENTS = 1_000
KILLS = 4

COMMIT_BYTES = 64 << 10
"""More than what making the tables writes, less than the rows of a burst."""

ACTIVE = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


class Daemon:
    """A `dagster-daemon` of this home, in a process group of its own."""

    def __init__(self, settings: Settings) -> None:
        self.kills = 0
        self._folder = dagster_home(settings)
        self._home = settings.home
        self._log = settings.home / "daemon.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(settings.home),
            "DAGSTER_HOME": str(self._folder),
            "INFLUENCE_HOME": str(settings.home),
            "INFLUENCE_SETTLE_S": str(settings.settle_s),
        }

    def dagster(self, module: str, *words: str) -> subprocess.Popen[bytes]:
        """A command of Dagster's on this home."""
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *words, "-w", str(project_file("workspace.yaml"))],
                cwd=self._home, env=self._environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def start(self) -> None:
        """Start it; the one before is gone."""
        assert self._process is None
        self._process = self.dagster("dagster._daemon", "run")

    def kill(self) -> None:
        """SIGKILL to the group, as a power cut; and nobody of it may be left."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        self.kills += 1
        wait_until(lambda: not self.left(), 10, "the killed processes are still there")

    def left(self) -> list[int]:
        """Processes that were started for this home, by what stands in their environment."""
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/environ")
            if f"DAGSTER_HOME={self._folder}\0".encode() in _bytes(path)
        ]

    def clean_up(self) -> None:
        """End what is left, in whatever group it may be."""
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)
        if self._process:
            self._process.wait()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it has ended, or is another user's


def wait_until(is_so: Callable[[], object], seconds: float, what: str, every: float = 0.25) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(every)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    (home / "landing" / "panel").mkdir(parents=True)
    (home / "landing" / "panel" / "mapping.yaml").write_text(MAPPING)
    return Settings.from_env({"INFLUENCE_HOME": str(home), "INFLUENCE_SETTLE_S": "1"})


@pytest.fixture
def daemon(settings: Settings) -> Iterator[Daemon]:
    made = Daemon(settings)
    try:
        yield made
    finally:
        made.clean_up()


@pytest.fixture
def instance(daemon: Daemon, settings: Settings) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(settings.dagster)) as opened:
        yield opened


# What the instance shows.


def is_in(instance: dg.DagsterInstance, table: str) -> bool:
    """Whether a run is under way that builds this table."""
    runs = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
    return any(dg.AssetKey(table.split(".")) in (r.asset_selection or ()) for r in runs)


def is_committing(settings: Settings) -> bool:
    """Whether many rows are on their way from DuckDB's log into its file."""
    log = settings.warehouse.with_name(f"{settings.warehouse.name}.wal")
    return log.exists() and log.stat().st_size > COMMIT_BYTES


def is_in_tick(instance: dg.DagsterInstance) -> bool:
    """Whether the sensor has made a run, and is handing it over or has just done so."""
    statuses = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.QUEUED]
    waiting = RunsFilter(tags=REFRESH_TAGS, statuses=statuses)
    return bool(instance.get_run_ids(waiting, limit=1))


def is_quiet(instance: dg.DagsterInstance, settings: Settings) -> bool:
    """Whether there is nothing to do, and the last refresh ended well."""
    if instance.get_run_ids(RunsFilter(statuses=ACTIVE), limit=1):
        return False
    last = instance.get_runs(RunsFilter(tags=REFRESH_TAGS), limit=1)
    noted = {name: line.state for name, line in landing_ledger(settings).lines().items()}
    is_done = noted == list_files(settings.landing)
    return is_done and bool(last) and last[0].status is DagsterRunStatus.SUCCESS


def stored(settings: Settings, table: str) -> Counter[Row]:
    with Warehouse(settings.warehouse).connect() as connection:
        rows = connection.execute(
            f"SELECT profile_id, CAST(observed_date AS VARCHAR), followers FROM {table}"
        ).fetchall()
    return Counter(rows)


def test_nothing_is_missed_or_doubled_by_a_daemon_that_is_killed(
    settings: Settings, daemon: Daemon, instance: dg.DagsterInstance, capsys: pytest.CaptureFixture
) -> None:
    started = time.monotonic()
    landing = Landing(settings.landing / "panel")
    assert daemon.dagster("dagster", "sensor", "start", "landing_sensor").wait(60) == 0

    def said(what: str) -> None:
        with capsys.disabled():
            sys.stderr.write(f"{time.monotonic() - started:6.1f} s  {what}\n")

    daemon.start()
    landing.burst(150)
    wait_until(settings.warehouse.exists, 90, "no ingest", 0.01)
    time.sleep(0.5)
    daemon.kill()
    said("killed in the ingest")
    assert stored(settings, "raw.profile_snapshots").total() == 0
    landing.burst(150)  # while nobody looks
    daemon.start()
    wait_until(lambda: is_in(instance, "raw.files"), 90, "the ingest is not tried again")
    wait_until(lambda: is_committing(settings), 90, "the ingest commits nothing", 0.001)
    daemon.kill()
    said("killed as the ingest commits")
    assert landing_ledger(settings).lines() == {}
    daemon.start()
    landing.burst(150)
    wait_until(lambda: is_quiet(instance, settings), 180, "the third start comes to no end")
    said("all is built")
    landing.burst(150)
    wait_until(lambda: is_in_tick(instance), 60, "no tick that asks for a refresh", 0.002)
    daemon.kill()
    said("killed in a tick")
    landing.burst(150)
    daemon.start()
    wait_until(lambda: is_in(instance, "core.profile_snapshots"), 120, "no building", 0.02)
    landing.burst(150)
    daemon.kill()
    said("killed in the building")
    daemon.start()
    landing.burst(EVENTS - landing.events.total())
    wait_until(lambda: is_quiet(instance, settings), 240, "the drill comes to no end")
    daemon.kill()

    found, expected = stored(settings, "raw.profile_snapshots"), landing.expected()
    figures = {
        "events": landing.events.total(),
        "kills": daemon.kills - 1,  # the last one only ends it
        "missed": (expected - found).total(),
        "duplicated": (found - expected).total(),
        "rows": expected.total(),
        "files": len(landing.digests),
        "refreshes": len(instance.get_run_ids(RunsFilter(tags=REFRESH_TAGS))),
        "seconds": round(time.monotonic() - started),
    }
    said(json.dumps(figures | landing.events))
    assert (figures["events"], figures["kills"]) == (EVENTS, KILLS)
    assert (figures["missed"], figures["duplicated"]) == (0, 0)
    assert_files(settings, landing)
    # Nor is anything left half-built.
    assert stored(settings, "core.profile_snapshots") == expected


def assert_files(settings: Settings, landing: Landing) -> None:
    """Each final version is ingested once, and of all that came before nothing is left."""
    with Warehouse(settings.warehouse).connect() as connection:
        lines = connection.execute("SELECT file_id, status, continues_file_id FROM raw.files")
        files = lines.fetchall()
        (rejected,) = connection.execute("SELECT count(*) FROM raw.quarantine").fetchone() or (0,)
    assert rejected == 0
    ingested = Counter(file_id for file_id, status, _ in files if status == "ingested")
    continued = {before for _, _, before in files if before}
    final = set(landing.digests.values())
    assert set(landing.digests.values()) <= set(ingested)
    assert set(ingested) - final <= continued
    assert set(ingested.values()) == {1}
