"""What the readers of the three formats share: what they give, and bounded unpacking."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from influence_assets.media.limits import (
    MAX_FRAMES,
    MAX_METADATA_BYTES,
    MAX_PARTS,
    MAX_UNPACKED_BYTES,
)
from influence_assets.media.refused import Refused


@dataclass(frozen=True)
class Read:
    """What a reader found.

    Attributes:
        width, height: as stored, before the orientation.
        frames: of an animation, 1 of a still picture.
        orientation: 1 to 8 as in EXIF.
        end: where in the file the picture ends.
        clean: the bytes up to there without metadata.
    """

    width: int
    height: int
    frames: int
    orientation: int
    end: int
    clean: bytes


def check_parts(count: int) -> None:
    """Refuse a file that is cut into too many parts."""
    if count > MAX_PARTS:
        raise Refused("too_many_parts", f"it is cut into more than {MAX_PARTS:,} parts")


def check_frames(count: int) -> None:
    """Refuse an animation of too many frames."""
    if count > MAX_FRAMES:
        raise Refused("too_many_frames", f"it has {count:,} frames; at most {MAX_FRAMES:,} may be")


def check_metadata(size: int) -> None:
    """Refuse metadata of so many bytes."""
    if size > MAX_METADATA_BYTES:
        raise Refused("too_much_metadata", f"it has more than {MAX_METADATA_BYTES:,} bytes of it")


def check_packed(packed: bytes) -> None:
    """Refuse what zlib would unpack to too much; no more than that is unpacked to know it."""
    try:
        unpacked = zlib.decompressobj().decompress(packed, MAX_UNPACKED_BYTES + 1)
    except zlib.error:
        return  # no reader gets more out of it
    if len(unpacked) > MAX_UNPACKED_BYTES:
        raise Refused(
            "too_much_metadata",
            f"{len(packed):,} bytes of it unpack to more than {MAX_UNPACKED_BYTES:,}",
        )
