"""PNG, chunk by chunk (W3C PNG, third edition): what is kept, and what is left out.

Kept are the chunks that make the picture and its colours. Texts, EXIF, the time, animation
chunks and unknown ones go: of an animated PNG the default image stays.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from influence_assets.media.limits import check_size
from influence_assets.media.parts import (
    Read,
    check_frames,
    check_metadata,
    check_packed,
    check_parts,
)
from influence_assets.media.refused import Refused

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_PICTURE = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_COLOURS = {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs", b"bKGD"}
_ONCE = {b"IHDR", b"PLTE", b"IEND", *_COLOURS}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


@dataclass(frozen=True)
class _Chunk:
    kind: bytes
    body: memoryview
    whole: memoryview
    end: int


def read_png(data: bytes) -> Read:
    """Read a PNG up to its end.

    Raises:
        Refused: it is not taken.
    """
    seen: set[bytes] = set()
    kept: list[bytes | memoryview] = [SIGNATURE]
    width = height = metadata = promised = shown = 0
    last = b""
    for chunk in _chunks(data):
        _check_order(chunk, seen, last)
        if chunk.kind == b"IHDR":
            width, height = _size(chunk.body)
        metadata += 0 if chunk.kind in _PICTURE or chunk.kind == b"fdAT" else len(chunk.whole)
        check_metadata(metadata)
        _check_unpacked(chunk)
        if chunk.kind == b"acTL":
            promised = int.from_bytes(chunk.body[:4], "big")
        shown += chunk.kind == b"fcTL"
        check_frames(max(promised, shown))
        if chunk.kind in _PICTURE | _COLOURS:
            kept.append(chunk.whole)
        seen.add(chunk.kind)
        last = chunk.kind
        if chunk.kind == b"IEND":
            if b"IDAT" not in seen:
                raise Refused("malformed", "it has no picture between its beginning and its end")
            is_same = sum(map(len, kept)) == chunk.end
            clean = data[: chunk.end] if is_same else b"".join(kept)
            return Read(width, height, max(promised, shown, 1), 1, chunk.end, clean)
    raise Refused("truncated", "it ends without an end chunk")


def _chunks(data: bytes) -> Iterator[_Chunk]:
    view = memoryview(data)  # a chunk may be nearly all of the file: it is not copied
    at, count = len(SIGNATURE), 0
    while at < len(data):
        count += 1
        check_parts(count)
        length = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        end = at + length + 12
        if end > len(data):
            raise Refused(
                "truncated", f"a chunk at byte {at:,} claims {length:,} bytes, more than there are"
            )
        if not kind.isalpha():
            raise Refused("malformed", f"a chunk at byte {at:,} has no proper name")
        body = view[at + 8 : end - 4]
        if zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(data[end - 4 : end], "big"):
            raise Refused(
                "bad_checksum", f"the checksum of {kind.decode()} at byte {at:,} is wrong"
            )
        yield _Chunk(kind, body, view[at:end], end)
        at = end


def _check_order(chunk: _Chunk, seen: set[bytes], last: bytes) -> None:
    kind = chunk.kind
    if not seen and kind != b"IHDR":
        raise Refused("malformed", "it does not begin with its header")
    if kind in _ONCE & seen:
        raise Refused("malformed", f"it has two chunks {kind.decode()}")
    if kind == b"IDAT" and b"IDAT" in seen and last != b"IDAT":
        raise Refused("malformed", "other chunks stand within its picture")
    if kind[:1].isupper() and kind not in _PICTURE:
        raise Refused("unsupported", f"it needs a chunk {kind.decode()}, which PNG does not have")
    if kind == b"IEND" and chunk.body:
        raise Refused("malformed", "its end chunk is not empty")


def _size(header: memoryview) -> tuple[int, int]:
    if len(header) != 13:
        raise Refused("malformed", "its header has not the length of one")
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    depth, colour, packing, filtering, interlacing = header[8:]
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering or interlacing > 1:
        raise Refused("malformed", "its header says what PNG does not have")
    check_size(width, height)
    return width, height


def _check_unpacked(chunk: _Chunk) -> None:
    """Compressed texts are left out unread, colour profiles are kept: neither may be a bomb."""
    if chunk.kind not in (b"zTXt", b"iCCP", b"iTXt"):
        return
    _keyword, _, rest = bytes(chunk.body).partition(b"\0")
    if chunk.kind != b"iTXt":
        check_packed(rest[1:])
    elif rest[:1] == b"\x01":
        check_packed(rest[2:].split(b"\0", 2)[-1])
