"""WebP, chunk by chunk (RFC 9649): what is kept, and what is left out.

Kept are the picture, its transparency and its colour profile. EXIF, XMP and unknown chunks go.
Of an animation the first frame becomes the picture, as large as that frame is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from influence_assets.media.limits import MAX_WEBP_PIXELS, check_size
from influence_assets.media.parts import Read, check_frames, check_metadata, check_parts
from influence_assets.media.refused import Refused

_ICC, _ALPHA, _EXIF, _XMP, _ANIMATED = 0x20, 0x10, 0x08, 0x04, 0x02
_BITMAPS = (b"VP8 ", b"VP8L")
_STILL = {b"VP8X", b"ICCP", b"ALPH", *_BITMAPS}


@dataclass(frozen=True)
class _Chunk:
    kind: bytes
    body: memoryview
    whole: memoryview


def read_webp(data: bytes) -> Read:
    """Read a WebP up to its end.

    Raises:
        Refused: it is not taken.
    """
    end = int.from_bytes(data[4:8], "little") + 8
    if end > len(data):
        raise Refused("truncated", f"it says that it has {end:,} bytes, and has {len(data):,}")
    if end % 2 or end < 20:
        raise Refused("malformed", "its length is none of a WebP")
    chunks = list(_chunks(memoryview(data)[12:end]))
    check_metadata(sum(len(c.whole) for c in chunks if c.kind not in {*_STILL, b"ANIM", b"ANMF"}))
    frames = [c for c in chunks if c.kind == b"ANMF"]
    check_frames(len(frames))
    canvas = _canvas(chunks)
    if frames:
        profile = [c for c in chunks if c.kind == b"ICCP"]
        kept = [*profile, *_frame(frames[0], canvas)]
        width, height = _bitmap_size(kept)
        clean = _riff(_extended(kept, width, height))
        return Read(width, height, len(frames), 1, end, clean)
    width, height = _bitmap_size(chunks)
    if canvas and canvas != (width, height):
        raise Refused("malformed", f"its canvas is {canvas} and its picture {(width, height)}")
    kept = [c for c in chunks if c.kind in _STILL]
    is_same = len(kept) == len(chunks)
    return Read(width, height, 1, 1, end, data[:end] if is_same else _riff(_without_flags(kept)))


def _chunks(data: memoryview) -> Iterator[_Chunk]:
    at, count = 0, 0
    while at < len(data):
        count += 1
        check_parts(count)
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length
        if at + 8 > len(data) or end > len(data):
            raise Refused("truncated", f"a chunk claims {length:,} bytes, more than there are")
        padded = end + length % 2
        yield _Chunk(bytes(data[at : at + 4]), data[at + 8 : end], data[at:padded])
        at = padded


def _canvas(chunks: list[_Chunk]) -> tuple[int, int] | None:
    """The size of the canvas, where the file has one."""
    if chunks[0].kind != b"VP8X":
        return None
    if len(chunks[0].body) != 10:
        raise Refused("malformed", "its header has not the length of one")
    size = _size24(chunks[0].body[4:])
    check_size(*size, MAX_WEBP_PIXELS)
    return size


def _frame(frame: _Chunk, canvas: tuple[int, int] | None) -> list[_Chunk]:
    """The chunks of a frame of an animation."""
    if canvas is None or len(frame.body) < 16:
        raise Refused("malformed", "an animation without a header")
    x, y = (2 * int.from_bytes(frame.body[i : i + 3], "little") for i in (0, 3))
    width, height = _size24(frame.body[6:])
    if x + width > canvas[0] or y + height > canvas[1]:
        raise Refused("malformed", "its first frame is not within its canvas")
    found = [c for c in _chunks(frame.body[16:]) if c.kind in (b"ALPH", *_BITMAPS)]
    if _bitmap_size(found) != (width, height):
        raise Refused("malformed", "its first frame is not as large as it says")
    return found


def _bitmap_size(chunks: list[_Chunk]) -> tuple[int, int]:
    """The size that the one bitmap among the chunks states itself."""
    bitmaps = [c for c in chunks if c.kind in _BITMAPS]
    if len(bitmaps) != 1:
        raise Refused("malformed", f"it has {len(bitmaps)} pictures where one belongs")
    (bitmap,) = bitmaps
    size = _lossless_size(bitmap.body) if bitmap.kind == b"VP8L" else _lossy_size(bitmap.body)
    check_size(*size, MAX_WEBP_PIXELS)
    return size


def _lossy_size(body: memoryview) -> tuple[int, int]:
    if len(body) < 10 or body[0] & 1 or bytes(body[3:6]) != b"\x9d\x01\x2a":
        raise Refused("malformed", "its picture does not begin as one of VP8")
    if (int.from_bytes(body[:3], "little") >> 5) > len(body) - 10:
        raise Refused("truncated", "its picture claims bytes that are not there")
    width, height = (int.from_bytes(body[i : i + 2], "little") & 0x3FFF for i in (6, 8))
    return width, height


def _lossless_size(body: memoryview) -> tuple[int, int]:
    bits = int.from_bytes(body[1:5], "little")
    if len(body) < 5 or body[0] != 0x2F or bits >> 29:
        raise Refused("malformed", "its picture does not begin as one of VP8L")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _has_alpha(chunks: list[_Chunk]) -> bool:
    """Whether there is transparency: a chunk of its own, or a bit of the lossless header."""
    return any(c.kind == b"ALPH" or (c.kind == b"VP8L" and c.body[4] & 0x10) for c in chunks)


def _size24(body: memoryview) -> tuple[int, int]:
    return int.from_bytes(body[:3], "little") + 1, int.from_bytes(body[3:6], "little") + 1


def _extended(chunks: list[_Chunk], width: int, height: int) -> list[bytes | memoryview]:
    """These chunks with a header, where they need one."""
    kinds = {c.kind for c in chunks}
    whole: list[bytes | memoryview] = [c.whole for c in chunks]
    if not kinds & {b"ICCP", b"ALPH"}:
        return whole
    flags = (_ICC if b"ICCP" in kinds else 0) | (_ALPHA if _has_alpha(chunks) else 0)
    body = bytes([flags, 0, 0, 0]) + b"".join(
        (n - 1).to_bytes(3, "little") for n in (width, height)
    )
    return [b"VP8X\x0a\0\0\0" + body, *whole]


def _without_flags(chunks: list[_Chunk]) -> list[bytes | memoryview]:
    """These chunks, the first of which says no more that there is EXIF or XMP."""
    whole: list[bytes | memoryview] = [c.whole for c in chunks]
    if chunks[0].kind == b"VP8X":
        first = bytearray(whole[0])
        first[8] &= ~(_EXIF | _XMP | _ANIMATED) & 0xFF
        whole[0] = bytes(first)
    return whole


def _riff(chunks: list[bytes | memoryview]) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body
