"""JPEG, segment by segment (ITU-T T.81, annex B): what is kept, and what is left out.

Kept are the picture itself, JFIF (APP0) without its thumbnail, colour profiles (APP2), and
Adobe's marker (APP14), which says how colours are coded. EXIF, XMP, IPTC, comments and every
other application's segment go; an orientation is written anew as the only tag of an EXIF.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from influence_assets.media.limits import MAX_PIXELS, MAX_PROGRESSIVE_PIXELS, MAX_SCANS, check_size
from influence_assets.media.parts import Read, check_metadata, check_parts
from influence_assets.media.refused import Refused

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_PROGRESSIVE = 0xC2
_SIZES = {0xC0, 0xC1, _PROGRESSIVE}
"""Baseline, extended and progressive. The others (lossless, arithmetic) hardly anyone reads."""
_OTHER_SIZES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_ALONE = {0x01, _SOI, *range(0xD0, 0xD8)}
_JFIF, _ADOBE = 14, 12
"""Bytes of these segments behind their length, without a thumbnail or anything else."""

_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]", re.DOTALL)
"""In a scan: a byte FF is followed by 00, and restart markers belong to it."""


_Bytes = bytes | memoryview


@dataclass
class _Found:
    """What the segments say so far."""

    width: int = 0
    height: int = 0
    scans: int = 0
    orientation: int = 1
    is_changed: bool = False
    metadata: int = 0
    kept: list[_Bytes] = field(default_factory=list)

    def drop(self, segment: _Bytes) -> None:
        self.metadata += len(segment)
        check_metadata(self.metadata)
        self.is_changed = True


def read_jpeg(data: bytes) -> Read:
    """Read a JPEG up to its end.

    Raises:
        Refused: it is not taken.
    """
    found = _Found()
    view = memoryview(data)  # a scan may be nearly all of the file: it is not copied
    at = 2
    for count in range(len(data)):
        check_parts(count)
        marker, body = _marker(data, at)
        if marker == _EOI:
            if not found.scans:
                raise Refused("malformed", "it has no picture between its beginning and its end")
            clean = data[:body] if not found.is_changed else _assembled(found, data[at:body])
            return Read(found.width, found.height, 1, found.orientation, body, clean)
        end = body + _length(data, body)
        if marker == _SOS:
            end = _end_of_scan(data, end, found)
            found.kept.append(view[at:end])
        else:
            _take(found, marker, view[at:end], data[body + 2 : end])
        at = end
    raise Refused("truncated")


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at a place, and where its segment's length stands."""
    if data[at : at + 1] != b"\xff":
        if at >= len(data):
            raise Refused("truncated", "it ends without an end marker")
        raise Refused("malformed", f"no marker where one belongs, at byte {at:,}")
    while data[at : at + 1] == b"\xff":
        at += 1
    if at >= len(data):
        raise Refused("truncated", "it ends without an end marker")
    marker = data[at]
    if marker in _ALONE or marker == 0:
        raise Refused("malformed", f"a marker {marker:02X} where none belongs, at byte {at:,}")
    return marker, at + 1


def _length(data: bytes, at: int) -> int:
    length = int.from_bytes(data[at : at + 2], "big")
    if at + 2 > len(data) or at + length > len(data):
        raise Refused("truncated", f"a segment at byte {at:,} claims bytes behind the file's end")
    if length < 2:
        raise Refused("malformed", f"a segment at byte {at:,} is shorter than its own length")
    return length


def _end_of_scan(data: bytes, at: int, found: _Found) -> int:
    if not found.width:
        raise Refused("malformed", "its picture begins before its size is told")
    found.scans += 1
    if found.scans > MAX_SCANS:
        raise Refused("too_many_parts", f"it goes over the picture more than {MAX_SCANS} times")
    end = _NEXT_MARKER.search(data, at)
    if end is None:
        raise Refused("truncated", "it ends within the picture")
    return end.start()


def _take(found: _Found, marker: int, segment: memoryview, body: bytes) -> None:
    """Keep a segment or leave it out."""
    if marker in _SIZES:
        if found.width:
            raise Refused("malformed", "it tells its size twice")
        found.height = int.from_bytes(body[1:3], "big")
        found.width = int.from_bytes(body[3:5], "big")
        is_progressive = marker == _PROGRESSIVE
        check_size(
            found.width, found.height, MAX_PROGRESSIVE_PIXELS if is_progressive else MAX_PIXELS
        )
    elif marker in _OTHER_SIZES:
        raise Refused("unsupported", f"it is coded as a JPEG of kind {marker:02X}")
    elif marker == _APP1 and body.startswith(b"Exif\0\0") and found.orientation == 1:
        found.orientation = _orientation(body[6:])
        if found.orientation == 1 or segment != only_orientation(found.orientation):
            found.drop(segment)
            return
    elif marker == _APP0 and body.startswith(b"JFIF\0") and len(body) > _JFIF:
        found.kept.append(b"\xff\xe0\x00\x10" + body[: _JFIF - 2] + b"\0\0")  # no thumbnail
        found.drop(segment)
        return
    elif _is_metadata(marker, body):
        found.drop(segment)
        return
    elif marker == _APP2:
        found.metadata += len(segment)
        check_metadata(found.metadata)
    found.kept.append(segment)


def _is_metadata(marker: int, body: bytes) -> bool:
    """Whether a segment is neither of the picture nor of its colours."""
    if marker == _APP0:
        return not (body.startswith(b"JFIF\0") and len(body) == _JFIF)
    if marker == _APP2:
        return not body.startswith(b"ICC_PROFILE\0")
    if marker == _APP14:
        return not (body.startswith(b"Adobe") and len(body) == _ADOBE)
    return _APP0 <= marker <= _APP15 or marker == _COM


def _assembled(found: _Found, end: bytes) -> bytes:
    kept = [s for s in found.kept if s[:2] != b"\xff\xe1"]
    tag = [only_orientation(found.orientation)] if found.orientation != 1 else []
    place = 1 if kept and kept[0][:2] == b"\xff\xe0" else 0
    return b"".join([b"\xff\xd8", *kept[:place], *tag, *kept[place:], end])


def only_orientation(orientation: int) -> bytes:
    """An EXIF segment with nothing but an orientation."""
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01" + orientation.to_bytes(2, "big") + b"\0\0"
    body = b"Exif\0\0MM\0*\0\0\0\x08\x00\x01" + entry + b"\0\0\0\0"
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def _orientation(tiff: bytes) -> int:
    """The tag 274 of the first directory; 1 where there is none that can be read."""
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None or len(tiff) < 10:
        return 1

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], "little" if order == "little" else "big")

    first = number(4, 4)
    for at in range(first + 2, first + 2 + 12 * number(first, 2), 12):
        if at + 12 > len(tiff):
            break
        if number(at, 2) == 274 and number(at + 2, 2) == 3:
            value = number(at + 8, 2)
            return value if 1 <= value <= 8 else 1
    return 1
