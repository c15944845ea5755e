"""Picture files for an encoder: decoded by some threads ahead of it, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from influence_assets.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

THREADS = 4
"""Pillow decodes and resizes outside Python's lock."""

BATCHES_AHEAD = 2


def load_picture(path: str | Path) -> Image:
    """The first frame of a picture, upright, in RGB; what is transparent becomes white.

    Raises:
        UserError: it is not there or is no picture.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            upright = ImageOps.exif_transpose(opened)
            if not upright.has_transparency_data:
                return upright.convert("RGB")
            ground = Image.new("RGBA", upright.size, "white")
            return Image.alpha_composite(ground, upright.convert("RGBA")).convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(
            f"The picture {path} cannot be read ({error}). Ingest the file it came from again with "
            "--replace, then build."
        ) from error


def decoded(
    paths: Sequence[str | Path], prepare: Callable[[Image], Any], batch: int
) -> Generator[list[Any], None, None]:
    """Prepared pictures in batches, in the order of the paths, while the next are decoded.

    Args:
        paths: of the files.
        prepare: what the encoder does with a picture.
        batch: pictures in a batch.

    Raises:
        UserError: a file is not there or is no picture.
    """

    def one(path: str | Path) -> Any:
        return prepare(load_picture(path))

    left = deque(paths)
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(THREADS, "decode") as pool:
        try:
            while left or waiting:
                while left and len(waiting) < (1 + BATCHES_AHEAD) * batch:
                    waiting.append(pool.submit(one, left.popleft()))
                yield [waiting.popleft().result() for _ in range(min(batch, len(waiting)))]
        finally:
            for future in waiting:
                future.cancel()
