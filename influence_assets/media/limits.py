"""How large a picture may be. What is larger is refused before any of it is decoded."""

from __future__ import annotations

from influence_assets.media.refused import Refused

MAX_BYTES = 30_000_000
"""Platforms take 8 to 20 MB; a photograph of 50 megapixels as JPEG has about 20."""

MAX_PIXELS = 50_000_000
"""The largest camera of a common telephone; decoded, such a picture takes 200 MB."""

MAX_WEBP_PIXELS = 25_000_000
"""A WebP is held twice while it is decoded; no platform serves one of more than 17 megapixels."""

MAX_PROGRESSIVE_PIXELS = 25_000_000
"""All waves of a progressive JPEG are held until its end: 6 bytes a pixel."""

MAX_SIDE_PX = 30_000
"""Longer strips are no pictures, and shrinking them takes odd amounts of memory."""

MAX_FRAMES = 1_000
"""Only the first is kept; who packs more into a file has something else in mind."""

MAX_PARTS = 10_000
"""Segments of a JPEG, chunks of a PNG or WebP. A PNG of 30 MB in chunks of 8 kB has 3,700."""

MAX_SCANS = 100
"""Of a progressive JPEG; encoders write about 10. Each scan goes over the whole picture again."""

MAX_METADATA_BYTES = 8_000_000
"""Large edits by image editors stay below; more is a file within a file."""

MAX_UNPACKED_BYTES = 4_000_000
"""What a compressed text or colour profile of a PNG may grow to; profiles have up to 3 MB."""


def check_size(width: int, height: int, most: int = MAX_PIXELS) -> None:
    """Refuse a picture of no pixels, or of too many."""
    if width < 1 or height < 1:
        raise Refused("malformed", f"its header says {width} × {height} pixels")
    if width * height > most or max(width, height) > MAX_SIDE_PX:
        raise Refused(
            "too_many_pixels",
            f"its header says {width:,} × {height:,} pixels; at most {most:,} are decoded, and "
            f"{MAX_SIDE_PX:,} a side",
        )
