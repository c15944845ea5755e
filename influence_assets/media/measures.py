"""What can be measured of a picture without a model of what it shows. Pure: arrays in, numbers out.

A picture is an array (height, width, 3) of sRGB bytes, red first, in the size in which it is
measured (`decode.WORK_PX`): what is said of text and faces depends on that size.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

HASH_SIDE = 32
"""pHash looks at a picture of 32 × 32 grey pixels, and at its 8 × 8 slowest waves."""


def luminance(pixels: Pixels) -> NDArray[np.float32]:
    """Relative luminance of each pixel, 0 to 1 (IEC 61966-2-1, ITU-R BT.709)."""
    value = np.arange(256) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    # Added in a fixed order: a product of matrices would differ in its last digits by machine.
    red, green, blue = ((linear * w).astype(np.float32) for w in (0.2126, 0.7152, 0.0722))
    light: NDArray[np.float32] = red[pixels[..., 0]] + green[pixels[..., 1]] + blue[pixels[..., 2]]
    return light


def brightness(light: NDArray[np.float32]) -> float:
    """The mean relative luminance: 0 for black, 1 for white."""
    return float(light.mean(dtype=np.float64))


def contrast(light: NDArray[np.float32]) -> float:
    """RMS contrast (Peli 1990, *Contrast in complex images*): its standard deviation, 0 to 0.5."""
    return float(light.std(dtype=np.float64))


def colourfulness(pixels: Pixels) -> float:
    """The third measure of Hasler & Süsstrunk (2003, *Measuring colorfulness in natural images*).

    0 for grey; in their scale 15 is slightly, 45 averagely and 82 highly colourful.
    """
    red, green, blue = (pixels[..., i].astype(np.float32) for i in range(3))
    axes = np.stack([red - green, (red + green) / 2 - blue])
    spread = axes.std(axis=(1, 2), dtype=np.float64)
    centre = axes.mean(axis=(1, 2), dtype=np.float64)
    return float(np.hypot(*spread) + 0.3 * np.hypot(*centre))


def perceptual_hash(grey: NDArray[Any]) -> str:
    """The 64 bits of pHash (Zauner 2010, *Implementation and benchmarking of perceptual image
    hash functions*) as 16 hexadecimal digits: which of the slowest waves exceed their median.

    The constant wave counts, as in the library ImageHash. Copies that were scaled, compressed
    or lightened differ in few bits; turned or cropped ones in many.

    Args:
        grey: HASH_SIDE × HASH_SIDE, 0 to 255.
    """
    waves = _waves() @ grey.astype(np.float64) @ _waves().T
    # Waves that are not there at all must not be told apart by the last digit of a sum.
    waves = waves.round(3)
    bits = (waves > np.median(waves)).ravel()
    return np.packbits(bits).tobytes().hex()


@cache
def _waves() -> NDArray[np.float64]:
    """The eight slowest waves of the discrete cosine transform (type II), one a row."""
    place = (2 * np.arange(HASH_SIDE) + 1) * np.pi / (2 * HASH_SIDE)
    waves: NDArray[np.float64] = 2 * np.cos(np.arange(8)[:, None] * place)
    return waves


def count_faces(grey: Pixels) -> int:
    """How many faces look into the camera (Viola & Jones 2001, OpenCV's frontal cascade `alt`).

    Where they are, and whose they are, is not kept. Faces from the side, dark or turned ones, and
    those below 40 pixels are missed; now and then a pattern is taken for one.
    """
    faces = _cascade().detectMultiScale(grey, scaleFactor=1.2, minNeighbors=4, minSize=(40, 40))
    return len(faces)


@cache
def _cascade() -> Any:
    import cv2
    from cv2 import data

    cascade = cv2.CascadeClassifier(data.haarcascades + "haarcascade_frontalface_alt.xml")
    if cascade.empty():
        raise RuntimeError("OpenCV has come without its cascade of frontal faces")
    return cascade


def text_area_share(grey: Pixels) -> float:
    """The share of the picture under lines of print, 0 to 1, by their strokes.

    The morphological gradient (Fabrizio, Marcotegui & Cord 2009 and others) shows strokes; what
    stands close in a row is joined to a line; a line is long, flat, and full of upright edges.
    On a plain ground it is within a third of the truth. Text over a busy photograph, handwriting,
    single words in very large letters and vertical lines are missed.
    """
    import cv2

    if min(grey.shape) < 256:
        return float(_lines(grey).mean())
    # Large letters are as near to each other as small ones in half the size.
    half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    found = _lines(grey)
    size = (grey.shape[1], grey.shape[0])
    found |= cv2.resize(_lines(half), size, interpolation=cv2.INTER_NEAREST)
    return float(found.mean())


MIN_STEP = 48
"""Print stands out from its ground by so many of 255 steps of grey."""


def _lines(grey: Pixels) -> Pixels:
    """1 where there is a line of print."""
    import cv2

    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    gradient = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, around)
    otsu, _ = cv2.threshold(gradient, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strokes: Pixels = (gradient > max(otsu, MIN_STEP)).astype(np.uint8)
    in_a_row = cv2.getStructuringElement(cv2.MORPH_RECT, (9, 1))
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, in_a_row)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(joined)
    lines = np.zeros_like(strokes)
    for left, top, width, height, area in boxes[1:]:
        box = (slice(top, top + height), slice(left, left + width))
        if _is_line(strokes[box], area / (width * height), len(grey)):
            lines[box] = 1
    return lines


def _is_line(strokes: Pixels, filled: float, picture_height: int) -> bool:
    """Whether a box holds a line of print: letters leave some of it empty, and have many edges."""
    height, width = strokes.shape
    is_flat = 6 <= height <= picture_height / 3 and width >= max(12, 1.5 * height)
    if not (is_flat and 0.45 < filled < 0.95):
        return False
    middle = strokes[height // 4 : max(height // 4 + 1, 3 * height // 4)]
    edges = np.abs(np.diff(middle.astype(np.int8), axis=1)).sum(axis=1).mean()
    return bool(edges >= 1.2 * width / height)
