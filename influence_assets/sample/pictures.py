"""Small pictures in the colours of a community.

Belongs here: drawing. Does not: where the files go (see `exports.gallery`).
"""

from __future__ import annotations

import random
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from influence_assets.sample.vocabulary import Topic

SIZE_PX = 96


def draw_picture(topic: Topic, subject: int, words: random.Random) -> bytes:
    """Draw a picture: a gradient of the topic's two colours with shapes by subject.

    Args:
        topic: gives the colours.
        subject: index of the subject, which decides the shapes.
        words: source of randomness; the same state gives the same bytes.

    Returns:
        A JPEG of SIZE_PX by SIZE_PX pixels.
    """
    first, second = (np.array(colour, dtype=np.float64) for colour in topic.colours)
    ramp = np.linspace(0, 1, SIZE_PX)
    slope = words.random()
    mix = (slope * ramp[:, None] + (1 - slope) * ramp[None, :])[..., None]
    light = words.uniform(0.85, 1.15)
    pixels = np.clip((first * (1 - mix) + second * mix) * light, 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels, "RGB")
    pencil = ImageDraw.Draw(image)
    for _ in range(words.randint(3, 6)):
        _shape(pencil, subject, topic.colours[words.randint(0, 1)], words)
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def _shape(
    pencil: ImageDraw.ImageDraw,
    subject: int,
    colour: tuple[int, int, int],
    words: random.Random,
) -> None:
    x, y = words.randint(0, SIZE_PX - 12), words.randint(0, SIZE_PX - 12)
    size = words.randint(10, 40)
    red, green, blue = (min(255, max(0, c + words.randint(-50, 50))) for c in colour)
    fill = (red, green, blue)
    if subject == 0:
        pencil.ellipse((x, y, x + size, y + size), fill=fill)
    elif subject == 1:
        pencil.rectangle((x, y, x + size, y + size // 2), fill=fill)
    elif subject == 2:
        pencil.polygon(((x, y + size), (x + size, y + size), (x + size // 2, y)), fill=fill)
    else:
        pencil.line((x, y, SIZE_PX - x, y + size), fill=fill, width=4)
