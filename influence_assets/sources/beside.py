"""Pictures and videos that lie beside their JSON sidecars, as gallery-dl leaves them."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from influence_assets.media.container import read_file
from influence_assets.media.looks import HEAD_BYTES, looks_like, picture_format, video_type
from influence_assets.media.refused import Refused

SCHEMA = {
    "file_id": pl.String,
    "media_id": pl.String,
    "mime_type": pl.String,
    "width_px": pl.Int64,
    "height_px": pl.Int64,
    "path": pl.String,
}


@dataclass(frozen=True)
class MediaFile:
    """A media file and where it will be kept, relative to the media folder.

    Attributes:
        media_id: SHA-256 of the bytes that are kept.
        origin: the file as it came.
        clean: the bytes to keep of a picture, which has no metadata any more; None: the file
            is kept as it came.
    """

    media_id: str
    mime_type: str
    width_px: int | None
    height_px: int | None
    path: str
    origin: Path
    clean: bytes | None = None


@dataclass(frozen=True)
class RefusedPicture:
    """A picture that is not kept, and the rule that it breaks (see `media.refused`)."""

    origin: Path
    rule: str
    message: str


def media_beside(sidecar: str) -> MediaFile | RefusedPicture | None:
    """The file that a sidecar `x.jpg.json` describes, or None if it is not there.

    What it is, its bytes say; only of a video or a sound its name is believed, for those are
    kept as they came.
    """
    origin = Path(sidecar.removesuffix(".json"))
    if sidecar == str(origin) or not origin.is_file():
        return None
    with origin.open("rb") as data:
        head = data.read(HEAD_BYTES)
    if moving := _moving(head, origin.name):
        with origin.open("rb") as data:
            media_id = hashlib.file_digest(data, "sha256").hexdigest()
        return MediaFile(media_id, moving, None, None, _path(media_id, origin.suffix), origin)
    try:
        picture = read_file(origin)
    except Refused as refused:
        return RefusedPicture(origin, refused.rule, refused.message)
    media_id = hashlib.sha256(picture.clean).hexdigest()
    size = (picture.width_px, picture.height_px)
    path = _path(media_id, picture.suffix)
    return MediaFile(media_id, picture.mime_type, *size, path, origin, picture.clean)


def _moving(head: bytes, name: str) -> str:
    """The type of a video or a sound; empty for all else, which has to be a picture."""
    named = mimetypes.guess_type(name)[0] or ""
    is_still = picture_format(head) or looks_like(head) == "a GIF"
    if named.startswith(("video/", "audio/")) and not is_still:
        return named
    return video_type(head)


def _path(media_id: str, suffix: str) -> str:
    return f"{media_id[:2]}/{media_id}{suffix.lower()}"


def beside_frame(found: Mapping[str, MediaFile]) -> pl.DataFrame:
    """One row for each sidecar (file_id) that has its media, with the columns of raw.media."""
    rows = [
        (file_id, m.media_id, m.mime_type, m.width_px, m.height_px, m.path)
        for file_id, m in found.items()
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
