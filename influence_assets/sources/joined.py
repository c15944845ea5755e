"""Files that are read together: a leading file and those beside it, as one.

Some exports keep a record in several files of the same order. What their reader gets is an
uncompressed TAR whose members are called `leader` and, by the keys of the mapping's `joins`,
the others that are there. The ledger knows the whole by the hash of that TAR, so that a
changed or a later neighbour makes a new version of it.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import IO, cast

from influence_assets.sources.decompress import decompressed
from influence_assets.sources.landing import Landed, landed_files

LEADER = "leader"
_CHUNK = 1 << 20


def joined(landed: Landed, joins: Mapping[str, Mapping[str, str]]) -> Landed:
    """The file with its neighbours, on disk or in the same archive.

    Args:
        joins: by the name of a member, which part of the leader's name becomes which.
    """
    names = {key: _renamed(landed.name, changes) for key, changes in joins.items()}
    wanted = {key: name for key, name in names.items() if name != landed.name}
    found = _neighbours(landed, set(wanted.values()))
    members = {LEADER: landed}
    members |= {key: found[name] for key, name in sorted(wanted.items()) if name in found}
    size = sum(member.size for member in members.values())
    return replace(landed, size=size, open=lambda: _tar(members), digest=None)


def _neighbours(landed: Landed, names: set[str]) -> dict[str, Landed]:
    """The files of these names in the folder of a file."""
    path = Path(landed.path)
    if path.is_file():
        beside = (path.with_name(name) for name in names)
        return {
            p.name: Landed(p.name, str(p), p.stat().st_size, lambda p=p: p.open("rb"))  # type: ignore[misc]
            for p in beside
            if p.is_file()
        }
    archive, _, member = landed.path.partition("!")
    folder = PurePosixPath(member).parent
    others = landed_files(Path(archive)) if Path(archive).is_file() else iter(())
    return {
        other.name: other
        for other in others
        if other.name in names
        and other.problem is None
        and PurePosixPath(other.path.partition("!")[2]).parent == folder
    }


def _renamed(name: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        name = name.replace(old, new)
    return name


def _tar(members: Mapping[str, Landed]) -> IO[bytes]:
    """The members in their order, without times or owners: the same files, the same bytes."""
    whole = cast(IO[bytes], TemporaryFile())  # noqa: SIM115 - the reader closes it
    with tarfile.open(fileobj=whole, mode="w:", format=tarfile.PAX_FORMAT) as archive:
        for name, member in members.items():
            with member.open() as raw, TemporaryFile() as plain:
                source = decompressed(raw, member.path)
                while chunk := source.read(_CHUNK):
                    plain.write(chunk)
                entry = tarfile.TarInfo(name)
                entry.size = plain.tell()
                plain.seek(0)
                archive.addfile(entry, plain)
    whole.seek(0)
    return whole
