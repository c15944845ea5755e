"""What a picture's bytes say of it, and the same bytes without metadata. Nothing is decoded.

Belongs here: which format, by the magic bytes alone; and what holds for all three. The formats
themselves are read in `jpeg`, `png` and `webp`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from influence_assets.media import jpeg, png, webp
from influence_assets.media.limits import MAX_BYTES
from influence_assets.media.looks import HEAD_BYTES, looks_like, picture_format
from influence_assets.media.parts import Read
from influence_assets.media.refused import Refused

SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}

_READERS = {"jpeg": jpeg.read_jpeg, "png": png.read_png, "webp": webp.read_webp}


@dataclass(frozen=True)
class Picture:
    """A picture that may be stored, and decoded elsewhere.

    Attributes:
        format: `jpeg`, `png` or `webp`.
        width_px, height_px: as it is shown, turned as `orientation` says.
        frames: of an animation; only the first is in `clean`.
        orientation: 1 to 8 as in EXIF; 1 is upright.
        clean: the bytes without metadata; the very same bytes where there is none.
    """

    format: str
    width_px: int
    height_px: int
    frames: int
    orientation: int
    clean: bytes

    @property
    def mime_type(self) -> str:
        """Type by content, e.g. image/jpeg."""
        return f"image/{self.format}"

    @property
    def suffix(self) -> str:
        """How the names of its files end."""
        return SUFFIXES[self.format]


def read_file(path: Path) -> Picture:
    """The same as `read_picture`; of a file that is too large nothing is read.

    Raises:
        Refused: it is not taken.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        # One byte more than may be: a file that grows meanwhile is refused all the same.
        data = file.read(MAX_BYTES + 1)
    return read_picture(data)


def read_picture(data: bytes) -> Picture:
    """Read the bytes of a file.

    Raises:
        Refused: it is not taken; the message says why.
    """
    if not data:
        raise Refused("empty")
    if len(data) > MAX_BYTES:
        raise Refused("too_many_bytes", f"it has more than {MAX_BYTES:,} bytes")
    name = picture_format(data)
    if not name:
        raise _no_picture(data)
    read: Read = _READERS[name](data)
    if behind := data[read.end :].strip(b"\0\r\n"):
        raise Refused(
            "bytes_behind",
            f"behind the picture there are {len(behind):,} bytes that look like "
            f"{looks_like(behind[:HEAD_BYTES])}",
        )
    is_turned = read.orientation >= 5
    return Picture(
        name,
        read.height if is_turned else read.width,
        read.width if is_turned else read.height,
        read.frames,
        read.orientation,
        read.clean,
    )


def _no_picture(data: bytes) -> Refused:
    what = looks_like(data[:HEAD_BYTES])
    for magic in (b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"\xff\xd8\xff\xdb", png.SIGNATURE):
        if (at := data.find(magic, 0, 1 << 16)) > 0 and what in ("unknown bytes", "text", "blanks"):
            return Refused("bytes_before", f"a picture begins only at byte {at:,}")
    return Refused("not_a_picture", f"it is no JPEG, PNG or WebP: it looks like {what}")
