"""Small files that lie by a file and say what it does not, such as whose export it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from influence_assets.sources.landing import landed_files

SMALL_BYTES = 4 << 20
"""A larger neighbour is no such file."""


def small_files(name: str, beside: Sequence[str]) -> Iterator[bytes]:
    """The contents of those of `beside` that lie by the named file or in the folder above it.

    That is on disk, or in the same zip or tar file. What lies nearest comes last, and counts.
    """
    outer, _, member = name.partition("!")
    is_member = bool(member) and not Path(name).exists()
    place = Path(member if is_member else name)
    folders = (place.parent.parent, place.parent)
    contents: dict[Path, bytes] = dict.fromkeys((f / b for f in folders for b in beside), b"")
    if is_member:
        for landed in landed_files(Path(outer)):
            path = Path(landed.path.partition("!")[2])
            if path in contents and landed.problem is None and landed.size <= SMALL_BYTES:
                with landed.open() as content:
                    contents[path] = content.read()
    else:
        for path in contents:
            if path.is_file() and path.stat().st_size <= SMALL_BYTES:
                contents[path] = path.read_bytes()
    yield from contents.values()
