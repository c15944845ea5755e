"""What an ingest reads, and by which mapping: the paths given, or the landing folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from influence_assets.errors import UserError
from influence_assets.sources.catalog import built_in_names, find_mapping
from influence_assets.sources.choose import Chooser
from influence_assets.sources.mapping import Mapping

OWN_MAPPING = "mapping.yaml"
"""A mapping in a folder that holds for the files of this folder."""


@dataclass(frozen=True)
class Request:
    """What the user asks for.

    Attributes:
        paths: files and folders; none: the landing folder.
        source: a built-in mapping's name or a mapping file; empty: found by a look at each file.
        platform: of files that do not say theirs.
        read_at: when the exports were made, where they do not say it; ISO 8601.
    """

    paths: tuple[str, ...] = ()
    source: str = ""
    platform: str = ""
    read_at: str = ""


def targets(request: Request) -> list[tuple[Path, Chooser]]:
    """Each path that was given with the chooser that tells how its files are read.

    Raises:
        UserError: no such mapping, or a time that cannot be read.
    """
    asked = find_mapping(request.source) if request.source else None
    return [(Path(p), _chooser(asked or own_mapping(Path(p)), request)) for p in request.paths]


def landing_chooser(folder: Path, request: Request) -> Chooser:
    """How the files of a folder of the landing folder are read: by its mapping or its name.

    Raises:
        UserError: its mapping cannot be read.
    """
    return _chooser(own_mapping(folder) or _named_like(folder), request)


def _chooser(mapping: Mapping | None, request: Request) -> Chooser:
    return Chooser(mapping, request.platform or None, moment(request.read_at))


def own_mapping(path: Path) -> Mapping | None:
    """The mapping that lies in a folder, or beside a file."""
    folder = path if path.is_dir() else path.parent
    if not (folder / OWN_MAPPING).is_file():
        return None
    return find_mapping(str(folder / OWN_MAPPING), default_name=folder.name)


def _named_like(path: Path) -> Mapping | None:
    """The built-in mapping of a landing folder's name."""
    return find_mapping(path.name) if path.is_dir() and path.name in built_in_names() else None


def moment(text: str) -> datetime | None:
    """A time as the user writes it, in UTC; None for no text.

    Raises:
        UserError: it cannot be read.
    """
    if not text:
        return None
    try:
        stated = datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(
            f"`{text}` is no time. Write --read-at as 2025-03-31 or 2025-03-31T18:00:00Z."
        ) from error
    return stated.astimezone(UTC).replace(tzinfo=None) if stated.tzinfo else stated
