"""What the ingest has seen of the landing folder, file by file: the sensor's cursor.

Belongs here: the listing of the folder and a small SQLite file in the home. The landing
sensor compares the two; so it needs neither the warehouse nor a clock to know what is new.
The file holds nothing that cannot be found again: without it, the next ingest reads every
file by its content, adds no row, and writes it anew.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

_BROKEN = {11, 26}
"""SQLite's codes for a damaged file and for a file that is none of its own."""

_LOCK_WAIT_S = 30.0

_TABLES = """
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,
    file_id TEXT, status TEXT NOT NULL, run_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS looks (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER,
    since REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class FileState(NamedTuple):
    """What a look at a file tells without reading it.

    The modification time alone would not do: `cp -p`, `rsync -t` and `unzip` set it back.
    The change time cannot be set, and renaming a file into place changes it. The times are
    compared with each other only, never with a clock. Not the inode: some network and FUSE
    file systems number anew at will, and every file would seem to change.
    """

    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> FileState:
        """The state that a stat call tells."""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


class Noted(NamedTuple):
    """A line of the ledger: the state in which a file was dealt with, and how that ended."""

    state: FileState
    file_id: str | None
    status: str


class Look(NamedTuple):
    """What differs from the ledger: `settled` is whole, `waiting` may still be being written."""

    settled: dict[str, FileState]
    waiting: dict[str, FileState]


def file_state(path: str | Path) -> FileState | None:
    """The state of a file; None where there is none, or none that may be looked at."""
    try:
        return FileState.of(os.stat(path))  # noqa: PTH116  # called for each of 100,000 files
    except (OSError, ValueError):
        return None


def list_files(folder: Path) -> dict[str, FileState]:
    """Every file below the folder by its relative path, but hidden ones.

    Files and folders that vanish meanwhile, or may not be read, are left out. A folder of
    the first level may be a link to elsewhere; deeper ones are not followed, as a ring of
    links has no end.
    """
    found: dict[str, FileState] = {}
    stack = [""]
    while stack:
        inner = stack.pop()
        try:
            with os.scandir(folder / inner) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    name = f"{inner}/{entry.name}" if inner else entry.name
                    if entry.is_dir(follow_symlinks=not inner):
                        stack.append(name)
                    elif entry.is_file() and (state := file_state(entry.path)):
                        found[name] = state
        except OSError:
            continue
    return found


class LandingLedger:
    """The lines of the landing ledger.

    Args:
        path: the SQLite file; made when first written.
        warehouse: the warehouse that the lines speak of. Of another one, or one that was
            deleted or restored, they say nothing.
    """

    def __init__(self, path: Path, warehouse: Path) -> None:
        self.path = path
        self._warehouse = warehouse

    def lines(self) -> dict[str, Noted]:
        """What is known of each path; nothing, where the warehouse is not the one it knew."""
        if not self.path.exists():
            return {}
        with self._transaction() as connection:
            return self._lines(connection)

    def look(self, listing: Mapping[str, FileState], now: float, settle_s: float) -> Look:
        """Compare a listing of the folder with the ledger and with the look before.

        A file has settled when this look finds it as one at least `settle_s` earlier did.
        `now` is only ever compared with the times of other looks. Paths that are gone are
        forgotten: should they come back, they are new.
        """
        with self._transaction() as connection:
            lines = self._lines(connection)
            differing = {
                path: state
                for path, state in listing.items()
                if path not in lines or lines[path].state != state
            }
            before: dict[str, tuple[FileState, float]] = {
                os.fsdecode(path): (FileState(*state), since)
                for path, *state, since in connection.execute("SELECT * FROM looks")
            }
            # A clock that was set back must not keep a file waiting for ever.
            unmoved = {
                path: since
                for path, (state, since) in before.items()
                if differing.get(path) == state and since <= now
            }
            _delete(connection, "looks", before.keys() - unmoved.keys())
            _delete(connection, "files", lines.keys() - listing.keys())
            connection.executemany(
                "INSERT INTO looks VALUES (?, ?, ?, ?, ?)",
                [(_stored(p), *state, now) for p, state in differing.items() if p not in unmoved],
            )
        settled = {p: differing[p] for p, since in unmoved.items() if now - since >= settle_s}
        return Look(settled, {p: s for p, s in differing.items() if p not in settled})

    def record(self, lines: Mapping[str, Noted], run_id: str = "") -> None:
        """Write lines, in one transaction; lines that spoke of another warehouse go."""
        with self._transaction() as connection:
            if self._warehouse_id() != _stored_id(connection):
                connection.execute("DELETE FROM files")
                connection.execute(
                    "REPLACE INTO about VALUES ('warehouse', ?)", [self._warehouse_id()]
                )
            connection.executemany(
                "REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(_stored(p), *n.state, n.file_id, n.status, run_id) for p, n in lines.items()],
            )

    def keep(self, file_ids: set[str]) -> int:
        """Forget the lines of contents that the warehouse does not have; how many there were.

        Rows can go without a landing file that changes: a backup that was put back, a table
        that was emptied by hand. The sensor then finds the files to be new.
        """
        if not self.path.exists():
            return 0
        with self._transaction() as connection:
            lost = {
                path
                for path, noted in self._lines(connection).items()
                if noted.file_id is not None and noted.file_id not in file_ids
            }
            _delete(connection, "files", lost)
        return len(lost)

    def _lines(self, connection: sqlite3.Connection) -> dict[str, Noted]:
        if self._warehouse_id() != _stored_id(connection):
            return {}
        rows = connection.execute(
            "SELECT path, size, mtime_ns, ctime_ns, file_id, status FROM files"
        )
        return {
            os.fsdecode(path): Noted(FileState(*state), file_id, status)
            for path, *state, file_id, status in rows
        }

    def _warehouse_id(self) -> str:
        """Path and inode: a warehouse that was deleted, or put back from a backup, is another."""
        try:
            return f"{self._warehouse} {self._warehouse.stat().st_ino}"
        except OSError:
            return ""

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def _open(self) -> sqlite3.Connection:
        """A connection; a damaged file is put aside, as all that it held can be found again."""
        connection = sqlite3.connect(self.path, timeout=_LOCK_WAIT_S)
        try:
            connection.executescript(_TABLES)
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found == ("ok",):
                return connection
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in _BROKEN:
                connection.close()
                raise
        connection.close()
        self.path.replace(self.path.with_suffix(".damaged"))
        connection = sqlite3.connect(self.path, timeout=_LOCK_WAIT_S)
        connection.executescript(_TABLES)
        return connection


def _stored_id(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT value FROM about WHERE name = 'warehouse'").fetchone()
    return row[0] if row else None


def _stored(path: str) -> str | bytes:
    """The path as SQLite takes it: text, or bytes where they are no UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def _delete(connection: sqlite3.Connection, table: str, paths: Iterable[str]) -> None:
    connection.executemany(f"DELETE FROM {table} WHERE path = ?", [(_stored(p),) for p in paths])
