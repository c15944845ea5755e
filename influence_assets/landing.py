"""Reading files that others may still be writing, replacing or taking away.

Belongs here: what an ingest asks before it reads a file and before it commits what it read,
and what it tells the landing ledger afterwards. Parsing and the warehouse are elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import Enum
from pathlib import Path

from influence_assets.settings import Settings
from influence_assets.sources.landing import Landed
from influence_assets.storage.landing_ledger import (
    FileState,
    LandingLedger,
    Noted,
    file_state,
    list_files,
)
from influence_assets.storage.ledger import FileOutcome
from influence_assets.storage.warehouse import Warehouse


class Unsettled(Enum):
    """What to do with files of the landing folder that may still be being written."""

    READ = "read"
    """Read them: somebody who asks for it by hand says that they are whole."""

    WAIT = "wait"
    """Look again after the settling time, and read those that have not changed."""

    LEAVE = "leave"
    """Read only what the landing sensor found settled; it will ask again for the others."""


class FileChangedError(OSError):
    """A file is not as it was when it was listed or hashed; it can be tried again later."""


class Watch:
    """Looks at each file before it is read and after; of itself it leaves none out."""

    def __init__(self) -> None:
        self._before: dict[str, FileState | None] = {}

    def leaves_out(self, landed: Landed) -> bool:
        """Whether the file is not to be read now; to be asked before anything reads it."""
        self._before[landed.path] = _on_disk(landed.path)
        return False

    def file_id(self, landed: Landed) -> str:
        """The SHA-256 of the file.

        Raises:
            OSError: it is gone, or may not be read.
        """
        return landed.sha256()

    def check(self, paths: Iterable[str]) -> None:
        """Raise FileChangedError if one of these files is not as it was at first."""
        for path in paths:
            if self.has_changed(path):
                raise FileChangedError(f"{path} changed while it was read")

    def has_changed(self, path: str) -> bool:
        """Whether the file, or the archive that holds it, is not as it was before it was read."""
        return path in self._before and _on_disk(path) != self._before[path]


def _on_disk(path: str) -> FileState | None:
    """The state of a file, or of the archive in a path such as `x.tar!member`."""
    while (state := file_state(path)) is None and "!" in path:
        path = path.rpartition("!")[0]
    return state


def unread(outcome: FileOutcome, error: OSError) -> FileOutcome:
    """The outcome of a file that could not be read now, and may be another time."""
    message = f"{outcome.path} changed or could not be read ({error}); it is left for another time."
    return replace(
        outcome, status="unread", rows_in=0, rows_quarantined=0, message=message,
        continues_file_id=None,
    )  # fmt: skip


class LandingWatch(Watch):
    """A watch over the landing folder that knows its ledger and writes it.

    Args:
        settings: where the folder and the ledger are.
        warehouse: what the ledger has to agree with.
        unsettled: what to do with files that may still be being written.
        trust: take the content of files that have not changed to be what the ledger says.
        run_id: noted in the ledger's lines.
        sleep: for tests.
    """

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        unsettled: Unsettled = Unsettled.READ,
        *,
        trust: bool = True,
        run_id: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__()
        self._folder, self._run_id = settings.landing, run_id
        self._ledger = landing_ledger(settings)
        self._ledger.keep(_held(warehouse))
        self._lines: Mapping[str, Noted] = self._ledger.lines() if trust else {}
        self._listing = list_files(self._folder)
        self._takes_all = unsettled is Unsettled.READ
        self._waiting: frozenset[str] = frozenset()
        if not self._takes_all:
            self._settle(settings.settle_s, unsettled is Unsettled.WAIT, sleep)
        self._names = _by_path(self._folder, self._listing)
        self._ids: dict[str, str] = {}
        self._done: set[str] = set()

    def _settle(self, settle_s: float, wait: bool, sleep: Callable[[float], None]) -> None:
        look = self._ledger.look(self._listing, time.time(), settle_s)
        if wait and look.waiting:
            sleep(settle_s + 0.1)
            self._listing = list_files(self._folder)
            look = self._ledger.look(self._listing, time.time(), settle_s)
        self._waiting = frozenset(look.waiting)

    def folders(self) -> list[Path]:
        """What to ingest, folder by folder: those with files, and the landing folder itself.

        A folder whose mapping may still be being written has to wait with all that is in it.
        """
        waiting = {_top(name) for name in self._waiting if name == _mapping(name)}
        return [self._folder / top for top in sorted(set(map(_top, self._listing)) - waiting)]

    @property
    def waiting(self) -> int:
        """How many files are left for a later ingest."""
        return len(self._waiting)

    def leaves_out(self, landed: Landed) -> bool:
        """Whether the file, the mapping of its folder, or its media may yet change."""
        if super().leaves_out(landed) or self._takes_all:
            return False
        name = self._name(landed.path)
        if name is None or file_state(self._folder / name) != self._listing[name]:
            return True
        return not self._waiting.isdisjoint({name, name.removesuffix(".json"), _mapping(name)})

    def file_id(self, landed: Landed) -> str:
        """As the ledger has it, where the file is as it was; else by reading the file."""
        line = self._lines.get(self._names.get(landed.path, ""))
        trusted = line and self._before.get(landed.path) == line.state and line.file_id
        found = self._ids[landed.path] = trusted or super().file_id(landed)
        return found

    def record(self, outcomes: Iterable[FileOutcome]) -> None:
        """Note what became of files, once it is in the warehouse."""
        lines: dict[str, Noted] = {}
        for outcome in outcomes:
            name = self._name(outcome.path)
            if name is None:
                continue
            self._done.add(name)
            if outcome.status == "unread" and outcome.file_id:
                continue  # it, or the file of which it is a copy, changed: as if never seen
            # Only the hash of the file itself can be taken for known when it is seen again:
            # not that of a member of an archive, or of several files that are read as one.
            own = self._ids.get(outcome.path) == outcome.file_id and outcome.path in self._names
            file_id = outcome.file_id if own else None
            # An archive is refused if one of its members is.
            refused = name in lines and lines[name].status == "refused"
            # One that may not be read is asked for again when its owner has mended that.
            status = "refused" if refused or outcome.status == "unread" else outcome.status
            lines[name] = Noted(self._listing[name], file_id, status)
        self._write(lines)

    def refuse(self, folder: Path) -> None:
        """Note that nothing in this folder can be read until something in it changes."""
        top = "" if folder == self._folder else folder.name
        inside = {n for n in self._listing if _top(n) == top}
        self._done |= inside
        self._write({n: Noted(self._listing[n], None, "refused") for n in inside - self._waiting})

    def close(self) -> None:
        """Note every other file as seen and not read: no mapping describes it."""
        rest = self._listing.keys() - self._done - self._waiting
        self._write({n: Noted(self._listing[n], None, "ignored") for n in rest})

    def _write(self, lines: Mapping[str, Noted]) -> None:
        """Only of files that are still as they were listed: what changed since will be found."""
        same = {n: x for n, x in lines.items() if file_state(self._folder / n) == x.state}
        if same:
            self._ledger.record(same, self._run_id)

    def _name(self, path: str) -> str | None:
        """The listed file at a path, or the archive that a path `x.tar!member` lies in."""
        while path not in self._names:
            path, inner, _ = path.rpartition("!")
            if not inner:
                return None
        return self._names[path]


def _top(name: str) -> str:
    """The folder of the landing folder in which a file lies; empty for the landing folder."""
    return name.split("/", 1)[0] if "/" in name else ""


def _mapping(name: str) -> str:
    """Where the mapping of a file would lie."""
    return "/".join(filter(None, (_top(name), "mapping.yaml")))


def landing_ledger(settings: Settings) -> LandingLedger:
    """The ledger of this home."""
    return LandingLedger(settings.home / "landing.sqlite", settings.warehouse)


def _by_path(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Listed files by absolute path, as an ingest of their folder names them.

    An ingest resolves links in the path of the folder that it is given, not below it.
    """
    tops: dict[str, Path] = {}
    paths: dict[str, str] = {}
    for name in names:
        top, _, rest = name.partition("/")
        if top not in tops:
            tops[top] = (folder / top).resolve() if rest else folder.resolve() / top
        for start in (folder / top, tops[top]):
            paths[f"{start}/{rest}" if rest else str(start)] = name
    return paths


def _held(warehouse: Warehouse) -> set[str]:
    """Every content that the warehouse has dealt with, in whatever way."""
    with warehouse.connect() as connection:
        return {i for (i,) in connection.execute("SELECT file_id FROM raw.files").fetchall()}
