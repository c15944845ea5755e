"""What collectors did: one small SQLite file in the home, beside the warehouse and not in it.

Runs by collector and day, the items that were laid in the landing folder, and the last state
of each target. Every change is a transaction of its own: a run that is killed leaves what it
had finished.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from influence_assets.collectors.outcome import Counts, Outcome, State

_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    run INTEGER PRIMARY KEY,
    collector TEXT NOT NULL,
    day TEXT NOT NULL,
    state TEXT NOT NULL,
    items_new INTEGER NOT NULL,
    items_known INTEGER NOT NULL,
    items_failed INTEGER NOT NULL,
    message TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    next_attempt TEXT,
    parts TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_day ON runs (collector, day);
CREATE TABLE IF NOT EXISTS items (
    collector TEXT NOT NULL,
    item TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    landed_as TEXT NOT NULL,
    day TEXT NOT NULL,
    landed_at TEXT NOT NULL,
    PRIMARY KEY (collector, item)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS targets (
    collector TEXT NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (collector, target)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Item:
    """Something that was laid in the landing folder.

    Attributes:
        name: what it is called where it came from.
        fingerprint: how its origin says that it is unchanged (ETag, size, time), if it does.
        sha256: of its bytes.
        landed_as: path within the landing folder.
    """

    name: str
    fingerprint: str
    sha256: str
    landed_as: str


@dataclass(frozen=True)
class Run:
    """A line of the ledger: how one run ended, and when."""

    collector: str
    day: date
    outcome: Outcome
    started_at: datetime
    ended_at: datetime


class CollectLedger:
    """The ledger of one home."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of(cls, folder: Path) -> CollectLedger:
        """The ledger in the folder of the collectors."""
        return cls(folder / "ledger.sqlite3")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are committed together at the end."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=30)
        try:
            with connection:
                connection.executescript(_TABLES)
                yield connection
        finally:
            connection.close()

    def record_run(self, run: Run) -> None:
        """Add a run; earlier runs of the same day stay."""
        outcome = run.outcome
        row = (
            run.collector,
            run.day.isoformat(),
            outcome.state,
            outcome.counts.new,
            outcome.counts.known,
            outcome.counts.failed,
            outcome.message,
            _text(run.started_at),
            _text(run.ended_at),
            _text(outcome.next_attempt) if outcome.next_attempt else None,
            json.dumps(outcome.parts),
        )
        with self._open() as connection:
            connection.execute(
                "INSERT INTO runs (collector, day, state, items_new, items_known, items_failed, "
                "message, started_at, ended_at, next_attempt, parts) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def runs(self, collector: str, day: date | None = None) -> list[Run]:
        """Runs of a collector, oldest first."""
        if not self._path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute(
                "SELECT day, state, items_new, items_known, items_failed, message, started_at, "
                "ended_at, next_attempt, parts FROM runs WHERE collector = ? "
                "AND (? IS NULL OR day = ?) ORDER BY run",
                (collector, _day(day), _day(day)),
            ).fetchall()
        return [_run(collector, row) for row in rows]

    def waiting(self, collector: str) -> Run | None:
        """The last run, if its site asked us to wait and that time is not over."""
        runs = self.runs(collector)
        last = runs[-1].outcome if runs else None
        if last is None or last.state is not State.RATE_LIMITED or not last.next_attempt:
            return None
        if datetime.now(UTC) >= last.next_attempt:
            return None
        at = f"{last.next_attempt:%Y-%m-%d %H:%M}"
        message = f"not tried: the site asked us to slow down; the next try is at {at} UTC"
        return replace(runs[-1], outcome=replace(last, counts=Counts(), message=message))

    def item(self, collector: str, name: str) -> Item | None:
        """The item of this name, if it was landed before."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT item, fingerprint, sha256, landed_as FROM items "
                "WHERE collector = ? AND item = ?",
                (collector, name),
            ).fetchone()
        return Item(*row) if row else None

    def items(self, collector: str) -> list[Item]:
        """Every item of a collector, by name."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT item, fingerprint, sha256, landed_as FROM items "
                "WHERE collector = ? ORDER BY item",
                (collector,),
            ).fetchall()
        return [Item(*row) for row in rows]

    def landed(self, collector: str, item: Item, day: date) -> None:
        """Note that the item lies in the landing folder."""
        with self._open() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    collector,
                    item.name,
                    item.fingerprint,
                    item.sha256,
                    item.landed_as,
                    day.isoformat(),
                    _text(datetime.now(UTC)),
                ),
            )

    def target_state(self, collector: str, target: str) -> State | None:
        """How the last run of a target ended."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT state FROM targets WHERE collector = ? AND target = ?",
                (collector, target),
            ).fetchone()
        return State(row[0]) if row else None

    def record_target(self, collector: str, target: str, state: State) -> None:
        """Note how a target ended."""
        with self._open() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO targets VALUES (?, ?, ?, ?)",
                (collector, target, state, _text(datetime.now(UTC))),
            )


def _run(collector: str, row: tuple[str, ...]) -> Run:
    day, state, new, known, failed, message, started, ended, following, parts = row
    outcome = Outcome(
        State(state),
        Counts(int(new), int(known), int(failed)),
        message,
        datetime.fromisoformat(following) if following else None,
        {name: State(value) for name, value in json.loads(parts).items()},
    )
    return Run(
        collector,
        date.fromisoformat(day),
        outcome,
        datetime.fromisoformat(started),
        datetime.fromisoformat(ended),
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
