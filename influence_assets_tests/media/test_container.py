"""What is read of pictures without decoding them, and what is left of their bytes."""

from __future__ import annotations

import io
import random
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from influence_assets.media.container import Picture, read_picture
from influence_assets.media.refused import RULES, Refused
from influence_assets_tests.media.making import (
    PORTRAIT,
    TEMPLE,
    encoded,
    hostile,
    riff,
    scene,
    segment,
    webp_bitmap,
    webp_canvas,
    webp_frame,
    with_chunk,
    with_segments,
)


def pixels(data: bytes) -> np.ndarray:
    """By another reader, which also turns the picture as its EXIF says."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))


def read(data: bytes) -> Picture:
    """The picture, after checking that it was cleaned without loss, and once for all."""
    picture = read_picture(data)
    np.testing.assert_array_equal(pixels(picture.clean), pixels(data))
    again = read_picture(picture.clean)
    assert again.clean == picture.clean
    shown = pixels(data).shape
    assert (picture.height_px, picture.width_px) == shown[:2]
    assert again.orientation == picture.orientation
    return picture


PLAIN = {
    "jpeg": encoded(scene(), "JPEG"),
    "progressive": encoded(scene(200, 150), "JPEG", progressive=True, quality=95),
    "restarts": encoded(scene(200, 150), "JPEG", restart_marker_rows=1),
    "grey": encoded(scene().convert("L"), "JPEG"),
    "cmyk": encoded(scene().convert("CMYK"), "JPEG"),
    "profile": encoded(scene(), "JPEG", icc_profile=b"a profile"),
    "png": encoded(scene(), "PNG"),
    "palette": encoded(scene().convert("P"), "PNG", transparency=3),
    "webp": encoded(scene(), "WEBP"),
    "lossless": encoded(scene(), "WEBP", lossless=True),
    "clear": encoded(scene().convert("RGBA"), "WEBP", icc_profile=b"a profile"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_has_no_metadata_comes_back_byte_for_byte(name: str) -> None:
    picture = read(PLAIN[name])
    assert picture.clean == PLAIN[name]
    assert (picture.frames, picture.orientation) == (1, 1)


def test_real_photographs() -> None:
    # One carries EXIF and Photoshop's blocks; of the other only the comment goes.
    for path in (PORTRAIT, TEMPLE):
        data = path.read_bytes()
        assert len(read(data).clean) <= len(data)


SECRETS = (b"Jane", b"47.37", b"serial 0815")


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[0x010F], found[0x0131], found[0x013B] = "serial 0815", "47.37", "Jane"
    found[0x0112] = orientation
    return found


def with_everything(kind: str, orientation: int = 1) -> bytes:
    tags = exif(orientation)
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Author", "Jane")
        info.add_text("Place", "47.37", zip=True)
        info.add_itxt("Camera", "serial 0815")
        data = encoded(scene(), kind, pnginfo=info, exif=tags, dpi=(72, 72), icc_profile=b"a")
        return with_chunk(data, b"tIME", bytes(7))
    extra = {"xmp": b"<x:xmpmeta>Jane</x:xmpmeta>", "icc_profile": b"a profile"}
    if kind == "WEBP":
        return encoded(scene(), kind, exif=tags, **extra)
    data = encoded(scene(), kind, exif=tags, comment=b"Jane", **extra)
    return with_segments(data, segment(0xED, b"Photoshop 3.0\0Jane"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_metadata_go_and_colours_stay(kind: str) -> None:
    data = with_everything(kind)
    assert any(secret in data for secret in SECRETS)
    picture = read(data)
    assert not any(secret in picture.clean for secret in (*SECRETS, b"xmpmeta"))
    with Image.open(io.BytesIO(picture.clean)) as image:
        assert dict(image.getexif()) == {}
        assert image.info["icc_profile"]
    if kind == "WEBP":  # its header does not promise what is gone
        assert picture.clean[20] & 0x0C == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_keeps_how_it_is_turned_and_nothing_else(orientation: int) -> None:
    picture = read(with_everything("JPEG", orientation))
    assert picture.orientation == orientation
    with Image.open(io.BytesIO(picture.clean)) as image:
        assert dict(image.getexif()) == ({0x0112: orientation} if orientation > 1 else {})
    assert (picture.width_px > picture.height_px) == (orientation < 5)


def test_nothing_hides_in_the_segments_that_stay() -> None:
    # JFIF may bring a thumbnail, and Adobe's segment a tail: neither does a decoder need.
    data = PLAIN["jpeg"]
    thumbnail = segment(0xE0, data[6:18] + b"\x02\x02" + b"Jane........")
    hidden = b"\xff\xd8" + thumbnail + data[20:]
    assert read(hidden).clean == data
    assert read(with_segments(data, segment(0xEE, b"Adobe" + bytes(7) + b"Jane"))).clean == data


def test_padding_behind_a_picture_goes() -> None:
    assert read_picture(PLAIN["jpeg"] + bytes(100)).clean == PLAIN["jpeg"]


def test_an_animation_becomes_its_first_frame() -> None:
    first, *others = (scene(seed=n) for n in range(5))
    several = {"save_all": True, "append_images": others}
    picture = read_picture(encoded(first, "WEBP", **several, lossless=True))
    assert (picture.frames, picture.width_px, picture.height_px) == (5, 40, 30)
    np.testing.assert_array_equal(pixels(picture.clean)[..., :3], np.asarray(first))
    assert read_picture(picture.clean).frames == 1
    picture = read_picture(encoded(first, "PNG", **several))
    assert picture.frames == 5
    assert picture.clean == encoded(first, "PNG")


def test_the_first_frame_keeps_what_is_clear() -> None:
    # Lossy pictures hold transparency in a chunk of its own, which needs a header.
    image = scene().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    alone = encoded(image, "WEBP")
    alpha = alone[30 : alone.index(b"VP8 ")]
    kind, body = webp_bitmap(b"\0" * 12 + alone[alone.index(b"VP8 ") :])
    name, frame = webp_frame((kind, body), 40, 30)
    animated = riff(
        webp_canvas(40, 30, 0x12), (b"ANIM", bytes(6)), (name, frame[:16] + alpha + frame[16:])
    )
    clean = read_picture(animated).clean
    np.testing.assert_array_equal(pixels(clean), pixels(alone))


def test_a_frame_beyond_its_canvas() -> None:
    name, frame = webp_frame(webp_bitmap(PLAIN["lossless"]), 40, 30)
    moved = struct.pack("<I", 3)[:3] + frame[3:]
    with pytest.raises(Refused, match="not within its canvas"):
        read_picture(riff(webp_canvas(40, 30, 2), (name, moved)))


BROKEN = {n: (r, d) for n, (r, d) in hostile().items() if r != "undecodable"}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_refused_undecoded(name: str) -> None:
    rule, data = BROKEN[name]
    with pytest.raises(Refused) as refused:
        read_picture(data)
    assert refused.value.rule == rule
    assert refused.value.message


def test_what_a_polyglot_looks_like_is_told() -> None:
    told = {n: _message(d) for n, (_, d) in hostile().items() if "_behind" in n or "." in n}
    for name, what in {
        "zip_behind.jpg": "a ZIP archive", "page_behind.png": "a web page", "gif.jpg": "a GIF",
        "pdf_behind.jpg": "a PDF", "script_behind.webp": "a script", "svg.jpg": "an SVG",
        "bmp.jpg": "a BMP", "tiff.jpg": "a TIFF", "json.jpg": "JSON", "elf.png": "a program",
    }.items():  # fmt: skip
        assert what in told[name]


def _message(data: bytes) -> str:
    try:
        read_picture(data)
    except Refused as refused:
        return refused.message
    return ""


def test_damage_anywhere_is_refused_or_harmless() -> None:
    # Whatever is done to the bytes, the answer is a picture or a refusal, and soon.
    numbers = random.Random(7)
    for data in PLAIN.values():
        for _ in range(150):
            damaged = bytearray(data)
            for _ in range(numbers.randint(1, 8)):
                damaged[numbers.randrange(min(400, len(data)))] = numbers.randrange(256)
            cut = bytes(damaged[: numbers.choice((len(data), numbers.randrange(len(data))))])
            try:
                picture = read_picture(cut)
            except Refused as refused:
                assert refused.rule in RULES
            else:
                assert read_picture(picture.clean).clean == picture.clean
