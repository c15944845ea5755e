"""Decoding and measuring one picture. Runs in worker processes only, within their limits.

Belongs here: what Pillow and OpenCV are asked. Does not: who asks (`worker`), and what is
computed of the pixels (`measures`).
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps

from influence_assets.media import measures
from influence_assets.media.container import Picture, read_picture
from influence_assets.media.limits import MAX_BYTES, MAX_PIXELS
from influence_assets.media.refused import Refused

WORK_PX = 512
"""Longest side at which pictures are measured: a face of a twelfth of it has the 40 pixels that it
takes to be found, and a picture of a telephone takes no longer than a small one."""

THUMBNAIL_PX = 256

LARGE_PIXELS = 8_000_000
"""A picture with more is decoded while no other is."""

_BAND_ROWS = 64
_UNREADABLE = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, OverflowError,
    struct.error, zlib.error,
)  # fmt: skip
"""What Pillow raises over broken bytes; anything else ends the worker."""

_NO_MEMORY = -4
"""OpenCV's code for it."""

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


@dataclass(frozen=True)
class Decoded:
    """What was found out about a picture.

    Attributes:
        facts: columns of content.images.
        thumbnail: a JPEG.
    """

    facts: dict[str, Any]
    thumbnail: bytes


class TooLarge(Exception):  # noqa: N818 - it says what the picture is
    """A picture of more than LARGE_PIXELS, which needs more memory than there is now."""


def measure_file(path: Path, content_hash: str, may_be_large: bool) -> Decoded:
    """Decode the first frame of a stored picture and measure it.

    Args:
        path: of the file.
        content_hash: SHA-256 that its bytes must have.
        may_be_large: no other picture is being decoded.

    Raises:
        Refused: it is not taken.
        TooLarge: it has to be alone.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Refused("gone") from None
    if len(data) <= MAX_BYTES and hashlib.sha256(data).hexdigest() != content_hash:
        raise Refused("altered")
    picture = read_picture(data)
    if picture.width_px * picture.height_px > LARGE_PIXELS and not may_be_large:
        raise TooLarge
    try:
        shown = _small(picture)
    except MemoryError:
        raise Refused("out_of_memory") from None
    except cv2.error as error:
        is_memory = error.code == _NO_MEMORY
        raise Refused("out_of_memory" if is_memory else "undecodable", str(error)) from None
    except _UNREADABLE as error:
        raise Refused("undecodable", f"it cannot be decoded: {error}") from None
    return Decoded(_facts(picture, shown), thumbnail(shown))


def _facts(picture: Picture, shown: Image.Image) -> dict[str, Any]:
    pixels = np.asarray(shown)
    grey = shown.convert("L")
    light = measures.luminance(pixels)
    side = measures.HASH_SIDE
    few = grey.resize((side, side), Image.Resampling.LANCZOS)
    return {
        "mime_type": picture.mime_type,
        "width_px": picture.width_px,
        "height_px": picture.height_px,
        "frames": picture.frames,
        "perceptual_hash": measures.perceptual_hash(np.asarray(few)),
        "brightness": measures.brightness(light),
        "contrast": measures.contrast(light),
        "colourfulness": measures.colourfulness(pixels),
        "faces": measures.count_faces(np.asarray(grey)),
        "text_area_share": measures.text_area_share(np.asarray(grey)),
    }


def _small(picture: Picture) -> Image.Image:
    """The picture upright, on white, in RGB, at most WORK_PX long; small ones stay as they are."""
    with _opened(picture) as image:
        width, height = image.size
        shown = (height, width) if picture.orientation >= 5 else (width, height)
        if shown != (picture.width_px, picture.height_px):
            raise Refused("malformed", "the decoder finds another size than the header says")
        if picture.format == "jpeg":
            share = WORK_PX / max(width, height)
            # The decoder leaves out what is not needed for a picture of at least this size.
            image.draft(None, (max(1, int(width * share)), max(1, int(height * share))))
        image.load()
        small = _reduced(image)
    small.thumbnail((WORK_PX, WORK_PX), Image.Resampling.BICUBIC, reducing_gap=None)
    turn = _TURNS.get(picture.orientation)
    return small if turn is None else small.transpose(turn)


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _opened(picture: Picture) -> Image.Image:
    if picture.format != "webp":
        return Image.open(io.BytesIO(picture.clean), formats=(picture.format.upper(),))
    # Pillow decodes a WebP as an animation and holds it four times; OpenCV does not.
    pixels = cv2.imdecode(np.frombuffer(picture.clean, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise Refused("undecodable")
    mode, order = ("RGBA", "BGRA") if pixels.shape[2] == 4 else ("RGB", "BGR")
    size = (pixels.shape[1], pixels.shape[0])
    return Image.frombuffer(mode, size, pixels, "raw", order, 0, 1)


def _reduced(image: Image.Image) -> Image.Image:
    """In RGB on white, at most about twice WORK_PX long.

    Band by band: a large picture with transparency would be there three times over.
    """
    by = max(1, max(image.size) // (2 * WORK_PX))
    width, height = image.size
    small = Image.new("RGB", (-(-width // by), -(-height // by)))
    rows = _BAND_ROWS * by
    for top in range(0, height, rows):
        band = _on_white(image.crop((0, top, width, min(height, top + rows))))
        small.paste(band.reduce(by) if by > 1 else band, (0, top // by))
    return small


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(clear, mask=clear.getchannel("A"))
    return ground


def thumbnail(shown: Image.Image) -> bytes:
    """A JPEG of at most THUMBNAIL_PX a side."""
    small = shown.copy()
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BICUBIC)
    return _as_jpeg(small)


def contact_sheet(paths: list[Path], columns: int, side_px: int) -> bytes:
    """A JPEG with these thumbnails in rows, each cropped to a square of `side_px`."""
    gap = 4
    rows = -(-len(paths) // columns)
    size = (columns * (side_px + gap) + gap, rows * (side_px + gap) + gap)
    sheet = Image.new("RGB", size, "white")
    for place, path in enumerate(paths):
        with Image.open(path, formats=("JPEG",)) as image:
            tile = ImageOps.fit(image.convert("RGB"), (side_px, side_px))
        row, column = divmod(place, columns)
        sheet.paste(tile, (gap + column * (side_px + gap), gap + row * (side_px + gap)))
    return _as_jpeg(sheet)


def _as_jpeg(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=80)
    return data.getvalue()
