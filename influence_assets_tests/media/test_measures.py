"""Measures of pictures against values by hand, other libraries, and planted text and faces."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFont
from scipy.fft import dctn

from influence_assets.media import measures
from influence_assets_tests.media.making import FLOWER, PORTRAIT, TEMPLE, encoded, scene


def plain(*colour: int) -> np.ndarray:
    return np.full((10, 20, 3), colour, np.uint8)


def opened(path: object) -> Image.Image:
    with Image.open(path) as image:  # type: ignore[arg-type]
        return image.convert("RGB")


def test_brightness_and_contrast_by_hand() -> None:
    assert measures.brightness(measures.luminance(plain(0, 0, 0))) == 0
    assert measures.brightness(measures.luminance(plain(255, 255, 255))) == pytest.approx(1)
    # The weights of the three colours, and the middle grey of sRGB.
    assert measures.brightness(measures.luminance(plain(0, 255, 0))) == pytest.approx(0.7152)
    assert measures.brightness(measures.luminance(plain(188, 188, 188))) == pytest.approx(
        0.5029, abs=1e-4
    )
    half = np.concatenate([plain(0, 0, 0), plain(255, 255, 255)])
    light = measures.luminance(half)
    assert (measures.brightness(light), measures.contrast(light)) == pytest.approx((0.5, 0.5))
    assert measures.contrast(measures.luminance(plain(90, 10, 3))) == pytest.approx(0, abs=1e-6)


def test_colourfulness_by_hand() -> None:
    assert measures.colourfulness(plain(77, 77, 77)) == 0
    # Red: rg = 255, yb = 127.5, no spread.
    assert measures.colourfulness(plain(255, 0, 0)) == pytest.approx(0.3 * np.hypot(255, 127.5))
    # Red and its opposite: rg ± 255, yb ± 127.5, the mean is nothing.
    both = np.concatenate([plain(255, 0, 0), plain(0, 255, 255)])
    assert measures.colourfulness(both) == pytest.approx(np.hypot(255, 127.5))
    grey, dull, lively = (
        measures.colourfulness(np.asarray(ImageEnhance.Color(opened(FLOWER)).enhance(share)))
        for share in (0, 0.5, 1)
    )
    assert grey < 1 < dull < lively


def hash_of(image: Image.Image) -> str:
    small = image.convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    return measures.perceptual_hash(np.asarray(small))


def apart(one: str, other: str) -> int:
    """In how many bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_the_hash_is_that_of_a_cosine_transform() -> None:
    grey = np.random.default_rng(0).integers(0, 255, (32, 32)).astype(float)
    waves = dctn(grey, type=2)[:8, :8]
    bits = "".join("1" if bit else "0" for bit in (waves > np.median(waves)).ravel())
    assert measures.perceptual_hash(grey) == f"{int(bits, 2):016x}"


def test_copies_have_nearly_the_same_hash_and_others_do_not() -> None:
    for path in (PORTRAIT, TEMPLE, FLOWER):
        image = opened(path)
        small = image.resize((image.width // 2, image.height // 2))
        packed = encoded(image, "JPEG", quality=20)
        light = ImageEnhance.Brightness(image).enhance(1.15)
        for copy in (small, opened(io.BytesIO(packed)), light):
            assert apart(hash_of(image), hash_of(copy)) <= 6
    hashes = [hash_of(scene(seed=n)) for n in range(8)]
    hashes += [hash_of(opened(p)) for p in (PORTRAIT, TEMPLE, FLOWER)]
    assert min(apart(a, b) for i, a in enumerate(hashes) for b in hashes[:i]) >= 14


def test_a_picture_without_anything_has_one_hash() -> None:
    # Not what the last digits of sums happen to be.
    assert {hash_of(Image.new("L", (50, 40), value)) for value in (1, 99, 255)} == {"8" + "0" * 15}


def grey_of(image: Image.Image, side: int = 512) -> np.ndarray:
    image = image.convert("L")
    image.thumbnail((side, side))
    return np.asarray(image)


def test_faces_are_counted() -> None:
    face = opened(PORTRAIT).resize((256, 256))
    assert measures.count_faces(grey_of(opened(PORTRAIT))) == 1
    group = Image.new("RGB", (512, 512))
    for place in ((0, 0), (256, 0), (0, 256), (256, 256)):
        group.paste(face, place)
    assert measures.count_faces(grey_of(group)) == 4
    for other in (opened(TEMPLE), opened(FLOWER), scene(512, 512)):
        assert measures.count_faces(grey_of(other)) == 0


def written(size: int, lines: int, ground: Image.Image | str) -> tuple[Image.Image, float]:
    """Lines of print of this height, and the share of the picture that they cover."""
    image = Image.new("RGB", (512, 512), ground) if isinstance(ground, str) else ground.copy()
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size)
    covered, top = 0.0, 10
    for _ in range(lines):
        text = "New summer look today only, link in bio for more of it"
        while draw.textlength(text, font=font) > 490:
            text = text[:-1]
        draw.text((10, top), text, "black" if ground == "white" else "white", font)
        left, upper, right, lower = draw.textbbox((10, top), text, font=font)
        covered += (right - left) * (lower - upper) / 512**2
        top += round(size * 1.3)
    return image, covered


@pytest.mark.parametrize("ground", ["white", "black", "#3366aa"])
@pytest.mark.parametrize(
    ("size", "lines"), [(14, 3), (14, 15), (24, 2), (24, 10), (40, 6), (72, 2)]
)
def test_print_on_a_plain_ground(ground: str, size: int, lines: int) -> None:
    image, covered = written(size, lines, ground)
    assert measures.text_area_share(grey_of(image)) == pytest.approx(covered, rel=1 / 3, abs=0.02)


def test_pictures_without_print_have_none() -> None:
    for image in (opened(PORTRAIT), opened(TEMPLE), opened(FLOWER), scene(512, 512)):
        assert measures.text_area_share(grey_of(image)) < 0.03
    # What the documentation says: over a busy photograph much is missed.
    image, covered = written(24, 10, opened(TEMPLE).resize((512, 512)))
    assert measures.text_area_share(grey_of(image)) < covered / 2
