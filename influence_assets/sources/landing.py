"""Finding the files under a path, those in tar archives included.

An archive is read in place, member by member: nothing is unpacked to disk, and only
plain files in it count, so that a link or a path like `../x` in it can do no harm.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from influence_assets.errors import UserError

MEMBER_BYTES = 256 << 20
"""An archive member is held in memory; a larger one has to be unpacked by its owner."""


@dataclass(frozen=True)
class Landed:
    """A file to read: its name without folders, its path, and how to open it.

    `problem` says why an archive could not be read, or not to its end.
    """

    name: str
    path: str
    size: int
    open: Callable[[], IO[bytes]]
    problem: str | None = None

    def sha256(self) -> str:
        """SHA-256 of the bytes, in hexadecimal."""
        with self.open() as data:
            return hashlib.file_digest(data, "sha256").hexdigest()  # type: ignore[arg-type]


def landed_files(path: Path) -> Iterator[Landed]:
    """Every file at or under `path` in a fixed order; hidden files and `mapping.yaml` are left out.

    Raises:
        UserError: there is nothing at the path.
    """
    if not path.exists():
        raise UserError(f"There is nothing at {path}. Check the path given to `influence ingest`.")
    if path.is_file():
        yield from _file(path)
        return
    for found in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in found.relative_to(path).parts)
        if found.is_file() and not hidden and found.name != "mapping.yaml":
            yield from _file(found)


def _file(path: Path) -> Iterator[Landed]:
    if path.name.endswith((".tar", ".tar.gz", ".tgz")):
        yield from _members(path)
    else:
        yield Landed(path.name, str(path), path.stat().st_size, lambda: path.open("rb"))


def _members(path: Path) -> Iterator[Landed]:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if not member.isfile():
                    continue
                label = f"{path}!{member.name}"
                if member.size > MEMBER_BYTES:
                    raise tarfile.TarError(
                        f"{member.name} is larger than {MEMBER_BYTES >> 20} MB; unpack the archive "
                        "and ingest the folder"
                    )
                content = archive.extractfile(member)
                data = content.read() if content else b""
                name = member.name.rsplit("/", 1)[-1]
                yield Landed(name, label, len(data), lambda data=data: io.BytesIO(data))  # type: ignore[misc]
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        problem = f"{path} is no tar archive that can be read to its end ({error}). Get it anew."
        yield Landed(path.name, str(path), path.stat().st_size, lambda: path.open("rb"), problem)
