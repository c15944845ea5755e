"""Pictures that are nearly the same, against all pairs and on drawn pictures."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import numpy.typing as npt
import polars as pl
from PIL import Image
from scipy.fft import dct

from influence_assets.domain.duplicates.pictures import (
    LEAST_COSINE,
    MOST_BITS,
    MOST_FILES,
    confirmed,
    near_pairs,
    picture_groups,
)


def images(*hashes: int, contrast: float = 0.2) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "content_hash": [f"h{n:04d}" for n in range(len(hashes))],
            "perceptual_hash": [f"{h:016x}" for h in hashes],
            "contrast": contrast,
        },
        schema_overrides={"content_hash": pl.String, "perceptual_hash": pl.String},
    )


def found(frame: pl.DataFrame) -> set[tuple[int, int]]:
    return {(int(a[1:]), int(b[1:])) for a, b in near_pairs(frame).rows()}


def half_set(rng: np.random.Generator) -> int:
    return sum(1 << int(b) for b in rng.choice(64, 32, replace=False))


def test_every_near_pair_is_found_and_no_other() -> None:
    rng = np.random.default_rng(3)
    hashes = []
    for _ in range(60):
        first = half_set(rng)
        hashes.append(first)
        for _ in range(5):
            # From no bit changed to twice the bound.
            bits = rng.choice(64, int(rng.integers(0, 2 * MOST_BITS + 1)), replace=False)
            hashes.append(first ^ sum(1 << int(b) for b in bits))
    expected = {
        (i, j)
        for j in range(len(hashes))
        for i in range(j)
        if (hashes[i] ^ hashes[j]).bit_count() <= MOST_BITS
    }
    assert len(expected) > 150
    frame = images(*hashes)
    assert found(frame) == expected
    assert near_pairs(frame.sample(fraction=1, shuffle=True, seed=1)).equals(near_pairs(frame))


def test_empty_pictures_are_not_alike() -> None:
    # Flat colour, a ramp, and noise of a picture without contrast.
    assert found(images(1 << 63, 1 << 63, 0, (1 << 64) - 1)) == set()
    mixed = half_set(np.random.default_rng(1))
    assert found(images(mixed, mixed, contrast=0.0)) == set()
    assert found(images(mixed, mixed)) == {(0, 1)}
    assert near_pairs(images()).is_empty()
    unknown = images(mixed, mixed).with_columns(perceptual_hash=pl.lit(None, pl.String))
    assert near_pairs(unknown).is_empty()


def test_what_many_files_share_binds_none() -> None:
    logo, other = (half_set(np.random.default_rng(n)) for n in (1, 2))
    assert len(found(images(*[logo] * MOST_FILES))) == MOST_FILES * (MOST_FILES - 1) // 2
    assert found(images(*[logo] * (MOST_FILES + 1), other, other)) == {(51, 52)}


def test_vectors_confirm() -> None:
    angles = {"h0000": 0.0, "h0001": np.arccos(LEAST_COSINE) - 0.01, "h0002": 1.0}
    vectors = pl.DataFrame(
        {
            "content_hash": list(angles),
            "vector": np.array([[np.cos(a), np.sin(a)] for a in angles.values()], np.float32),
        }
    )
    pairs = pl.DataFrame(
        [("h0000", "h0001"), ("h0000", "h0002"), ("h0000", "h0003"), ("h0001", "h0003")],
        schema=["one", "other"],
        orient="row",
    )
    # The last two have only one vector: the hash decides.
    assert confirmed(pairs, vectors).rows() == [pairs.row(n) for n in (0, 2, 3)]
    assert confirmed(pairs, vectors.clear()).equals(pairs)


def test_groups_are_chained_and_named_after_the_smallest() -> None:
    pairs = pl.DataFrame(
        [("b", "d"), ("a", "c"), ("c", "e")], schema=["one", "other"], orient="row"
    )
    assert dict(picture_groups(pairs).rows()) == {
        "a": "a", "b": "b", "c": "a", "d": "b", "e": "a",
    }  # fmt: skip
    assert picture_groups(pairs.clear()).is_empty()


def drawn(rng: np.random.Generator) -> Image.Image:
    """Patches of colour, large and small."""
    layers: npt.NDArray[np.float64] = np.zeros((200, 200, 3))
    for cells in (4, 8, 16, 32):
        patches = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        layers += np.asarray(patches.resize((200, 200))) / cells**0.5
    return Image.fromarray((layers / layers.max() * 255).astype(np.uint8))


def hashed(picture: Image.Image) -> int:
    """Zauner's hash: the 8 by 8 lowest frequencies, above their median or not."""
    grey = np.asarray(picture.convert("L").resize((32, 32)), dtype=np.float64)
    low = dct(dct(grey, axis=0), axis=1)[:8, :8].ravel()
    return int("".join(str(int(b)) for b in low > np.median(low)), 2)


def test_pictures_in_another_quality_size_and_brightness() -> None:
    rng = np.random.default_rng(8)
    hashes = []
    for _ in range(12):
        own = drawn(rng)
        jpeg = BytesIO()
        own.save(jpeg, "JPEG", quality=40)
        copies = (Image.open(jpeg), own.resize((120, 120)), own.point(lambda v: v * 0.8 + 30))
        hashes += [hashed(p) for p in (own, *copies)]
    groups = picture_groups(near_pairs(images(*hashes)))
    assert groups.height == len(hashes)
    expected = [f"h{n - n % 4:04d}" for n in range(len(hashes))]
    assert groups["picture_id"].to_list() == expected
    # Flat colours have nothing in common but that they are flat.
    flat = [hashed(Image.new("RGB", (64, 64), (v, 255 - v, 90))) for v in range(0, 250, 25)]
    assert found(images(*flat)) == set()
