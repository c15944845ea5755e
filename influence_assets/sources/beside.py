"""Images and videos that lie beside their JSON sidecars, as gallery-dl leaves them."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from PIL import Image, UnidentifiedImageError

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
    """A media file and where it will be kept, relative to the media folder."""

    media_id: str
    mime_type: str
    width_px: int | None
    height_px: int | None
    path: str
    origin: Path


def media_beside(sidecar: str) -> MediaFile | None:
    """The file that a sidecar `x.jpg.json` describes, or None if it is not there.

    An image that cannot be decoded keeps its bytes and has no size.
    """
    origin = Path(sidecar.removesuffix(".json"))
    if sidecar == str(origin) or not origin.is_file():
        return None
    with origin.open("rb") as data:
        media_id = hashlib.file_digest(data, "sha256").hexdigest()
    mime_type = mimetypes.guess_type(origin.name)[0] or "application/octet-stream"
    width = height = None
    try:
        with Image.open(origin) as image:
            width, height = image.size
            mime_type = Image.MIME.get(image.format or "", mime_type)
    except (UnidentifiedImageError, Image.DecompressionBombError):
        pass  # a video, or a damaged picture: kept, without a size
    path = f"{media_id[:2]}/{media_id}{origin.suffix.lower()}"
    return MediaFile(media_id, mime_type, width, height, path, origin)


def beside_frame(found: dict[str, MediaFile]) -> pl.DataFrame:
    """One row for each sidecar (file_id) that has its media, with the columns of raw.media."""
    rows = [
        (file_id, m.media_id, m.mime_type, m.width_px, m.height_px, m.path)
        for file_id, m in found.items()
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
