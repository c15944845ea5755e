"""Where a collector keeps things, and laying what it got in the landing folder, whole.

A collector works in a folder of its own in the home. What is finished is moved file by file,
each by a rename; the file that makes an item count (its sidecar) goes last, so that nobody
who reads the landing folder meanwhile finds a sidecar without its media. What a killed run
had finished is found there by the next one.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from influence_assets.collectors.ledger import CollectLedger, Item
from influence_assets.collectors.outcome import Counts
from influence_assets.errors import UserError

LOCK_WAIT_S = 3.0
"""A killed run's child notices within a second that it is alone; it holds the lock till then."""


@dataclass(frozen=True)
class Places:
    """The folders of one collector.

    Attributes:
        landing: the landing folder of the home.
        own: folder of this collector, with its archive and what is under way.
        into: where in the landing folder its items go.
    """

    landing: Path
    own: Path
    into: Path

    @property
    def staging(self) -> Path:
        """What is being fetched; never read by an ingest."""
        return self.own / "staging"

    @property
    def broken(self) -> Path:
        """Sidecars that a killed program left half-written, kept to be looked at."""
        return self.own / "broken"

    def landed_as(self, path: Path) -> str:
        """A path within the landing folder, as the ledger names it."""
        return path.relative_to(self.landing).as_posix()

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Keep other runs of this collector out; gives the descriptor of the lock.

        Raises:
            UserError: another run is at work.
        """
        self.staging.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.own / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            end = time.monotonic() + LOCK_WAIT_S
            while not _lock(handle):
                if time.monotonic() > end:
                    raise UserError(
                        f"The collector {self.own.name} is running already. Wait until it has "
                        "ended, or end that run."
                    )
                time.sleep(0.1)
            yield handle
        finally:
            os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True)
class Bundle:
    """The files of one finished item.

    Attributes:
        stem: what their paths, relative to the staging folder, have in common.
        tails: what comes after it, in the order in which the files are moved.
        told_by: the tail of the file whose bytes tell whether the item is one that we know.
    """

    stem: str
    tails: tuple[str, ...]
    told_by: str

    @property
    def name(self) -> str:
        """What the ledger calls the item: the path of the file that it is told by."""
        return f"{self.stem}{self.told_by}"

    @property
    def sidecar(self) -> str:
        """The file that makes the item count; moved last."""
        return f"{self.stem}{self.tails[-1]}"


class Lander:
    """Moves finished items of one collector to the landing folder, each once."""

    def __init__(self, places: Places, ledger: CollectLedger, collector: str, day: date) -> None:
        self._places = places
        self._ledger = ledger
        self._collector = collector
        self._day = day

    def land(self, bundle: Bundle) -> Counts:
        """Move an item, or drop it where the same one was landed before.

        A name that is taken by other bytes is not overwritten: the item gets another name.
        """
        sha256 = file_sha256(self._places.staging / bundle.name)
        known = self._ledger.item(self._collector, bundle.name)
        if known and known.sha256 == sha256:
            return self._drop(bundle)
        into = self._places.into
        stem = bundle.stem
        if known or (into / bundle.sidecar).exists():
            there = into / bundle.name
            if not known and there.is_file() and file_sha256(there) == sha256:
                self._note(bundle, sha256, stem)  # landed by a run killed before it could note it
                return self._drop(bundle)
            stem = f"{stem}-{sha256[:8]}"
        for tail in bundle.tails:
            target = into / f"{stem}{tail}"
            target.parent.mkdir(parents=True, exist_ok=True)
            move(self._places.staging / f"{bundle.stem}{tail}", target)
        self._note(bundle, sha256, stem)
        return Counts(new=1)

    def _note(self, bundle: Bundle, sha256: str, stem: str) -> None:
        landed = self._places.landed_as(self._places.into / f"{stem}{bundle.tails[-1]}")
        self._ledger.landed(self._collector, Item(bundle.name, "", sha256, landed), self._day)

    def _drop(self, bundle: Bundle) -> Counts:
        for tail in bundle.tails:
            (self._places.staging / f"{bundle.stem}{tail}").unlink()
        return Counts(known=1)

    def set_aside(self, path: Path) -> None:
        """Put a file that cannot be read where no later run trips over it."""
        self._places.broken.mkdir(parents=True, exist_ok=True)
        path.replace(self._places.broken / path.name)


def move(origin: Path, target: Path) -> None:
    """Move a file so that it is there whole or not at all; other file systems get a copy."""
    try:
        origin.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        partial = target.with_name(f".{target.name}.part")
        shutil.copy2(origin, partial)
        partial.replace(target)
        origin.unlink()


def write_whole(target: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    partial.write_bytes(data)
    partial.replace(target)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
