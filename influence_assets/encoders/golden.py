"""Golden vectors: what an encoder gave for a fixed input, checked whenever it is loaded.

A wrong tokenizer, a wrong resizing or a damaged weight file changes a vector and is found before
anything is encoded. The vector to compare with comes with this package, lies beside the weights
as golden.json, or is noted when an encoder is first used.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from influence_assets.encoders.find import GOLDEN, Found
from influence_assets.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

Side = Literal["text", "image", "labels"]
"""What was encoded: a text, a picture, or a text by a classifier into probabilities of labels."""

TEXT = (
    "Fresh sourdough from the oven, crust & all 🍞 Who wants a slice? #Baking #SundayMood @bakery"
)
"""Cases, signs, an emoji and rare words: a tokenizer that differs shows."""

_INPUT: dict[Side, str] = {"text": "text", "image": "image", "labels": "text"}

LEAST_COSINE = 0.9995
"""Half precision keeps above 0.9999; resizing in another way falls below."""

_PACKAGED = Path(__file__).parent / "golden"


def picture() -> Image:
    """The fixed picture: wider than high, with fine stripes, a ramp and flat colour."""
    from PIL import Image

    x, y = np.meshgrid(np.arange(320), np.arange(200))
    stripes = np.where((x * 7 + y * 3) % 11 < 5, 220, 30)
    ramp = (x * 255) // 319
    flat = np.where((x - 230) ** 2 + (y - 80) ** 2 < 60**2, 200, 60)
    return Image.fromarray(np.stack([stripes, ramp, flat], axis=-1).astype(np.uint8), "RGB")


def check(found: Found, side: Side, vector: NDArray[np.float32], home: Path) -> None:
    """Compare a vector with the golden one, or note it where there is none yet.

    Args:
        found: the encoder.
        side: whether it is the vector of TEXT, of `picture`, or the probabilities for TEXT.
        vector: what the loaded encoder gives for it, of length 1.
        home: the home's folder of encoders; notes are kept below it.

    Raises:
        UserError: they differ.
    """
    noted = home / "golden" / f"{found.weights[:16]}.json"
    packaged = _PACKAGED / f"{found.weights[:16]}.json"
    for place in (packaged, found.folder / GOLDEN, noted):
        if (wanted := _read(place).get(side)) is not None:
            _compare(found, side, vector, np.asarray(wanted, dtype=np.float32), place)
            return
    write(noted, found.name, {side: vector})


def write(path: Path, name: str, vectors: dict[Side, NDArray[np.float32]]) -> None:
    """Note golden vectors of an encoder, beside those that are there."""
    kept = _read(path) | {"encoder": name}
    kept |= {side: [round(float(x), 6) for x in vector] for side, vector in vectors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(kept), encoding="utf-8")
    partial.replace(path)


def _read(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    told: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return told


def _compare(
    found: Found,
    side: Side,
    vector: NDArray[np.float32],
    wanted: NDArray[np.float32],
    place: Path,
) -> None:
    alike = float(vector @ wanted) if vector.shape == wanted.shape else 0.0
    # Also of a vector that is not a number.
    if not alike >= LEAST_COSINE:
        raise UserError(
            f"The encoder {found.name} in {found.folder} does not give what it should for a fixed "
            f"{_INPUT[side]} (cosine {alike:.4f} with the vector in {place}): its weights, its "
            "tokenizer or how it prepares inputs is not as it was. Fetch or save it anew; if the "
            "change is meant, delete that file."
        )
