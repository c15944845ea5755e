"""Runs whose process is gone: told apart from runs that work, and closed.

A process that is killed outright (out of memory, a power cut, `kill -9`) cannot say that its
run has ended. The run would stay `STARTED` for ever, keep the pool of the warehouse, and
every later run would wait for it. Dagster's run monitoring looks for such runs, but its
default launcher cannot tell it whether the process lives. The launcher here can; it is the
one that `dagster.yaml` names. Without a daemon the command line looks for itself.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster import DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._serdes import ConfigurableClassData

WORKER_TAG = "influence/worker"
"""Machine, process and start of the process in which the command line executes a run."""

_SLACK_S = 60.0
"""A process that began later than this after it reported itself is another with its number."""


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's default launcher, and an answer to whether a run's process still lives."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> WatchedRunLauncher:
        """Made by Dagster from dagster.yaml."""
        return cls(inst_data=inst_data)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Yes: that is what this launcher is for."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """`NOT_FOUND` where the process is known to be gone; where in doubt, `RUNNING`."""
        if is_worker_gone(self._instance, run):
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "its process is gone")
        return CheckRunHealthResult(WorkerStatus.RUNNING)


def close_lost_runs(instance: DagsterInstance) -> list[str]:
    """Mark runs whose process is gone as failed, free their pools, and return their ids."""
    started = instance.get_runs(
        RunsFilter(statuses=[DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING])
    )
    lost = [run for run in started if is_worker_gone(instance, run)]
    for run in lost:
        instance.report_run_failed(run, "The process of this run is gone: it was killed.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in lost]


def worker_tags() -> dict[str, str]:
    """Tags of a run that this process executes itself."""
    return {WORKER_TAG: f"{socket.gethostname()} {os.getpid()} {_ticks(os.getpid())}"}


def is_worker_gone(instance: DagsterInstance, run: DagsterRun) -> bool:
    """Whether the process of a started run is known to have ended; False where in doubt."""
    if mark := run.tags.get(WORKER_TAG):
        host, pid, ticks = mark.rsplit(" ", 2)
        return host == socket.gethostname() and not _is_same(int(pid), ticks)
    # A launched run: only a server of this machine has its workers among our processes.
    server = json.loads(run.tags.get(GRPC_INFO_TAG, "{}"))
    if server.get("host") != "localhost":
        return False
    reported = _reported_process(instance, run)
    return reported is not None and not _lives_since(*reported)


def _reported_process(instance: DagsterInstance, run: DagsterRun) -> tuple[int, float] | None:
    """The process that a launched run reported when it began, and when that was."""
    for entry in instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT):
        event = entry.dagster_event
        if event and (pid := event.engine_event_data.metadata.get("pid")) is not None:
            return int(str(pid.value)), entry.timestamp
    return None


def _is_same(pid: int, ticks: str) -> bool:
    """Whether the process lives that had this number and began at this tick."""
    return _is_alive(pid) and _ticks(pid) == ticks


def _lives_since(pid: int, reported: float) -> bool:
    if not _is_alive(pid):
        return False
    ticks = _ticks(pid)
    if not ticks:
        return True
    boot = next(
        line.split()[1] for line in Path("/proc/stat").read_text().splitlines() if "btime" in line
    )
    return int(boot) + int(ticks) / os.sysconf("SC_CLK_TCK") <= reported + _SLACK_S


def _is_alive(pid: int) -> bool:
    """Whether there is such a process that has not ended; a dead one may wait for its parent."""
    if sys.platform == "win32":
        return True  # signal 0 is no question there, so it stays in doubt
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it lives, and is another user's
    return _proc_stat(pid)[:1] not in (["Z"], ["X"])


def _ticks(pid: int) -> str:
    """When the process began, in clock ticks since boot; empty where the system does not tell."""
    fields = _proc_stat(pid)
    return fields[19] if fields else ""


def _proc_stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third (the state) on; empty where there is no /proc."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    # The second field, the program's name in brackets, may hold blanks and brackets.
    return text.rpartition(")")[2].split()
