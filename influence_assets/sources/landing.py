"""Finding the files under a path, those in archives included (see `archives`)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from influence_assets.errors import UserError


@dataclass(frozen=True)
class Landed:
    """A file to read: its name without folders, its path, and how to open it.

    Attributes:
        name: without folders.
        path: on disk; of a member, the archive's with `!` and the path within.
        size: in bytes.
        open: opens it at its start; what comes back can seek unless it is a large member.
        problem: why the file cannot be read at all: an archive that is damaged, or a member
            that must not be followed. `open` then gives bytes that stand for it.
        digest: its SHA-256, if known already.
    """

    name: str
    path: str
    size: int
    open: Callable[[], IO[bytes]]
    problem: str | None = None
    digest: str | None = None

    def sha256(self) -> str:
        """SHA-256 of the bytes, in hexadecimal."""
        if self.digest is not None:
            return self.digest
        with self.open() as data:
            return hashlib.file_digest(data, "sha256").hexdigest()  # type: ignore[arg-type]


def landed_files(path: Path, below: bool = True) -> Iterator[Landed]:
    """Every file at or under `path` in a fixed order; hidden files and `mapping.yaml` are left out.

    A file that vanishes meanwhile is left out; one that may not be read is told all the
    same, and opening it says so.

    Args:
        path: a file or a folder.
        below: also the files in the folders of the folder.

    Raises:
        UserError: there is nothing at the path.
    """
    if not path.exists():
        raise UserError(f"There is nothing at {path}. Check the path given to `influence ingest`.")
    if path.is_file():
        yield from _file(path)
        return
    for found in sorted(_below(path) if below else path.iterdir()):
        if found.is_file() and not is_left_out(found.relative_to(path).parts):
            yield from _file(found)


def _below(folder: Path) -> Iterator[Path]:
    """Every file below a folder. Unlike `rglob`, it does not mind folders that vanish meanwhile."""
    for top, _, files in os.walk(folder):
        yield from (Path(top, name) for name in files)


def is_left_out(parts: tuple[str, ...]) -> bool:
    """Whether a file is hidden, by its own name or by a folder's, or a mapping."""
    return parts[-1] == "mapping.yaml" or any(
        part.startswith(".") or part == "__MACOSX" for part in parts
    )


def _file(path: Path) -> Iterator[Landed]:
    from influence_assets.sources.archives import members  # it makes Landed files

    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    try:
        found = members(path)
    except OSError:
        found = None  # it may not be read, or is gone by now: whoever opens it is told
    if found is None:
        yield Landed(path.name, str(path), size, lambda: path.open("rb"))
    else:
        yield from found
