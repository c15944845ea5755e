"""Running gallery-dl and instaloader over their targets: attempts, waits, and what was landed.

The programs differ in their options and in what they leave on disk; that is a `Program`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from influence_assets.collectors import gentle
from influence_assets.collectors.backoff import delay_s
from influence_assets.collectors.child import GRACE_S, Ended, run_child
from influence_assets.collectors.config import GalleryDl, Instaloader
from influence_assets.collectors.judge import Verdict, judge, read_answers
from influence_assets.collectors.ledger import CollectLedger
from influence_assets.collectors.outcome import (
    AGAIN_SOON,
    SAME_SITE,
    Counts,
    Outcome,
    State,
    combined,
    plain_name,
)
from influence_assets.collectors.places import Bundle, Lander, Places
from influence_assets.errors import UserError

REQUEST_RETRIES = 2
"""How often one request is asked again before the program hears of the trouble."""


@dataclass(frozen=True)
class Job:
    """One run of one collector.

    Attributes:
        name: of the collector.
        day: what the run counts for.
        until: end of the run, by the clock of `time.monotonic`.
        lock: descriptor of the collector's lock; child processes hold it, too.
        environment: what a child process may see of ours.
        log: gets one line at a time.
    """

    name: str
    day: date
    places: Places
    ledger: CollectLedger
    until: float
    lock: int
    environment: Mapping[str, str]
    log: Callable[[str], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep
    grace_s: float = GRACE_S

    @property
    def seconds_left(self) -> float:
        """Until the deadline."""
        return self.until - time.monotonic()


@dataclass(frozen=True)
class Call:
    """The arguments of a program, and text for its standard input."""

    arguments: tuple[str, ...]
    stdin: str = ""


class Program(Protocol):
    """What differs between the programs."""

    @property
    def module(self) -> str:
        """The module that is run."""

    @property
    def wall_help(self) -> str:
        """What to do about a log-in wall."""

    def targets(self) -> dict[str, str]:
        """Each target with the site that it lies on."""

    def call(self, target: str, job: Job, was_whole: bool) -> Call:
        """How to fetch what is new of a target; `was_whole`: the last time nothing was missed."""

    def bundles(self, staging: Path) -> Iterator[Bundle]:
        """The finished items in the staging folder."""

    def broken(self, staging: Path) -> Iterator[Path]:
        """Sidecars that cannot be read."""

    def failed(self, ended: Ended) -> int:
        """How many items the program says that it could not get."""

    def says_wall(self, ended: Ended) -> bool:
        """Whether the exit code says that it was not let in."""

    def finish(self, target: str, job: Job, outcome: Outcome) -> None:
        """Called when a target is done with, for this run."""


def collect_targets(program: Program, config: GalleryDl | Instaloader, job: Job) -> Outcome:
    """Run the program for each target, one after another.

    Raises:
        UserError: the program, or a file that the configuration names, is not there.
    """
    if find_spec(program.module) is None:
        raise UserError(
            f"The collector {job.name} needs {program.module.replace('_', '-')}, which is not "
            "installed. Install it with `pip install 'influence-assets[collect]'`."
        )
    parts: list[tuple[str, Outcome]] = []
    shut: dict[str, Outcome] = {}
    rescued = _harvest(program, job)
    for target, site in program.targets().items():
        if site in shut:
            message = f"not tried, {site} did not let us: {shut[site].message}"
            outcome = Outcome(shut[site].state, message=message)
            outcome = replace(outcome, next_attempt=shut[site].next_attempt)
        else:
            outcome = _one_target(program, config, job, target)
            program.finish(target, job, outcome)
        if outcome.state in SAME_SITE:
            shut.setdefault(site, outcome)
        job.ledger.record_target(job.name, plain_name(target), outcome.state)
        parts.append((target, outcome))
    whole = combined(parts)
    return replace(whole, counts=whole.counts + replace(rescued, failed=0))


def _one_target(
    program: Program, config: GalleryDl | Instaloader, job: Job, target: str
) -> Outcome:
    """Attempts until it is whole, hopeless, or too late."""
    total = Counts()
    outcome = Outcome(State.DEADLINE, message="the deadline came before this was begun")
    was_whole = job.ledger.target_state(job.name, plain_name(target)) is State.OK
    # Not whole until it has ended well: so it stands if we are killed.
    job.ledger.record_target(job.name, plain_name(target), State.FAILED)
    for attempt in range(1, config.attempts + 1):
        if job.seconds_left <= 0:
            break
        verdict = _attempt(program, config, job, program.call(target, job, was_whole))
        was_whole = False
        outcome = verdict.outcome
        # What an attempt landed is known to the next one: it stays new in this run.
        known = outcome.counts.known if attempt == 1 else total.known
        total = Counts(total.new + outcome.counts.new, known, outcome.counts.failed)
        job.log(f"{job.name}: attempt {attempt}, {outcome.state}, {total.new} new")
        if verdict.is_final or outcome.state not in AGAIN_SOON or attempt == config.attempts:
            break
        wait = delay_s(attempt, config.backoff_s)
        if outcome.next_attempt:
            wait = max(wait, (outcome.next_attempt - datetime.now(UTC)).total_seconds())
        if wait >= job.seconds_left:
            break
        job.sleep(wait)
    return replace(outcome, counts=total)


def _attempt(program: Program, config: GalleryDl | Instaloader, job: Job, call: Call) -> Verdict:
    """One run of the program, and moving what it got."""
    events = job.places.own / "answers.jsonl"
    events.unlink(missing_ok=True)
    ended = run_child(
        _command(program, config, events, call),
        job.places.staging,
        job.environment,
        job.seconds_left,
        keep_open=job.lock,
        stdin=call.stdin,
        log=job.log,
        grace_s=job.grace_s,
    )
    landed = _harvest(program, job)
    counts = Counts(landed.new, landed.known + ended.skipped, landed.failed + program.failed(ended))
    return judge(
        ended,
        read_answers(events),
        counts,
        datetime.now(UTC),
        program.wall_help,
        program.says_wall(ended),
    )


def _command(
    program: Program, config: GalleryDl | Instaloader, events: Path, call: Call
) -> list[str]:
    """The child's command line; -P keeps our folder from shadowing the standard library."""
    manners = {
        "events": events,
        "pause": config.pause_s,
        "patience": config.patience_s,
        "retries": REQUEST_RETRIES,
        "backoff": config.backoff_s,
        "timeout": config.timeout_s,
    }
    options = [word for key, value in manners.items() for word in (f"--{key}", str(value))]
    return [sys.executable, "-P", gentle.__file__, *options, program.module, *call.arguments]


def _harvest(program: Program, job: Job) -> Counts:
    """Lay every finished item in the landing folder."""
    lander = Lander(job.places, job.ledger, job.name, job.day)
    aside = list(program.broken(job.places.staging))
    for path in aside:
        lander.set_aside(path)
    counts = Counts(failed=len(aside))
    for bundle in list(program.bundles(job.places.staging)):
        counts += lander.land(bundle)
    return counts
