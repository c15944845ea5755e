"""One run of one collector: from its configuration to a line in the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from influence_assets.collectors.child import GRACE_S
from influence_assets.collectors.config import Bucket, Collector, Folder, GalleryDl, Instaloader
from influence_assets.collectors.files import collect_files
from influence_assets.collectors.gallery_dl import GalleryDlProgram
from influence_assets.collectors.instaloader import InstaloaderProgram
from influence_assets.collectors.ledger import CollectLedger, Run
from influence_assets.collectors.outcome import Outcome, State
from influence_assets.collectors.places import Places
from influence_assets.collectors.programs import Job, collect_targets
from influence_assets.collectors.wikipedia import SOURCE, collect_lists
from influence_assets.errors import UserError

FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=24)


@dataclass(frozen=True)
class Home:
    """What of the home a collector needs.

    Attributes:
        folder: where collectors keep their ledger and what is under way.
        landing: the landing folder.
        environment: what a child process may see of our environment variables.
    """

    folder: Path
    landing: Path
    environment: Mapping[str, str]

    @property
    def ledger(self) -> CollectLedger:
        """The ledger of all collectors."""
        return CollectLedger.of(self.folder)


def collect(
    home: Home,
    name: str,
    config: Collector,
    day: date,
    *,
    is_urgent: bool = False,
    log: Callable[[str], None] = lambda _: None,
    grace_s: float = GRACE_S,
) -> Run:
    """Collect what is new and note how it went. A run of the same day goes on where one ended.

    Args:
        home: where things are.
        name: of the collector.
        config: what it collects.
        day: what the run counts for.
        is_urgent: also before the time that the server asked us to wait for.
        log: gets one line at a time.
        grace_s: time that a program has to end itself at the deadline.

    Raises:
        UserError: a file or a program is not there, or another run is at work.
    """
    started, ledger = datetime.now(UTC), home.ledger
    if not is_urgent and (waiting := ledger.waiting(name)):
        return replace(waiting, day=day, started_at=started, ended_at=started)
    places = Places(home.landing, home.folder / name, home.landing / into(name, config))
    until = time.monotonic() + config.deadline_minutes * 60
    with places.locked() as lock:
        job = Job(name, day, places, ledger, until, lock, home.environment, log, grace_s=grace_s)
        try:
            outcome = _collected(config, job)
        except UserError as error:
            failed = Outcome(State.FAILED, message=str(error))
            ledger.record_run(Run(name, day, failed, started, datetime.now(UTC)))
            raise
    if outcome.state is not State.OK and outcome.next_attempt is None:
        outcome = replace(outcome, next_attempt=_next_attempt(ledger.runs(name), datetime.now(UTC)))
    run = Run(name, day, outcome, started, datetime.now(UTC))
    ledger.record_run(run)
    return run


def _collected(config: Collector, job: Job) -> Outcome:
    if isinstance(config, GalleryDl):
        return collect_targets(GalleryDlProgram(config), config, job)
    if isinstance(config, Instaloader):
        return collect_targets(InstaloaderProgram(config), config, job)
    if isinstance(config, Folder | Bucket):
        return collect_files(config, job)
    return collect_lists(config, job)


def into(name: str, config: Collector) -> Path:
    """Where in the landing folder its items go: the first part says how they are read."""
    if isinstance(config, Folder | Bucket):
        return Path(config.into)
    if isinstance(config, GalleryDl | Instaloader):
        return Path(config.kind) / name
    return Path(SOURCE)


def _next_attempt(before: list[Run], now: datetime) -> datetime:
    """A good time to try again: later with each run in a row that was not well."""
    failures = 0
    for run in reversed(before):
        if run.outcome.state is State.OK:
            break
        failures += 1
    return now + min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures, 10))
