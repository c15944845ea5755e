"""Groups of pictures that are nearly the same: another size, another compression, a filter.

A perceptual hash tells where brightness lies in a picture, roughly (Zauner: Implementation and
Benchmarking of Perceptual Image Hash Functions, 2010). Two hashes that differ in few bits agree
in one of a few bands of bits (Norouzi, Punjani and Fleet: Fast Search in Hamming Space with
Multi-Index Hashing, 2012): only such pairs are compared, and none is missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.duplicates.parts import parts

MOST_BITS = 4
"""Bits of 64 in which the hashes of two copies may differ. Of 300 drawn pictures, recompression,
another size and another brightness changed at most 4; two that had nothing to do with each other
differed in 14 or more, two cards of one layout with other words in 8 or more."""

LEAST_COSINE = 0.9
"""Of the vectors of two copies, where both are known: the same outlines with other contents
are no copies."""

LEAST_SET = 16
"""Bits of a hash that are set, and that are not: a picture has about half of them. Of flat colour
and of a plain ramp nearly all are the same, and such hashes tell nothing of a picture."""

LEAST_CONTRAST = 0.01
"""Standard deviation of the luminance (0 to 1). In the hash of a picture with less is noise."""

MOST_FILES = 50
"""A hash that more files share is that of a logo, a template or an empty picture: it binds none."""

_AT_ONCE = 100_000
"""Pairs whose vectors are compared at once."""

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


def near_pairs(images: pl.DataFrame) -> pl.DataFrame:
    """Pairs of pictures whose hashes differ in at most MOST_BITS bits, every one of them.

    Args:
        images: content_hash (each once), perceptual_hash (16 hex digits, NULL if unknown),
            contrast.

    Returns:
        one, other (content_hash, the smaller first), in order.
    """
    telling = images.filter(
        pl.col("perceptual_hash").is_not_null() & (pl.col("contrast") >= LEAST_CONTRAST)
    ).sort("content_hash")
    telling = telling.filter(pl.len().over("perceptual_hash") <= MOST_FILES)
    hashes = telling["perceptual_hash"].str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
    bits_set = np.bitwise_count(hashes)
    kept = np.flatnonzero((bits_set >= LEAST_SET) & (bits_set <= 64 - LEAST_SET))
    names = telling["content_hash"].gather(kept)
    one, other = _close(hashes[kept])
    return pl.DataFrame({"one": names.gather(one), "other": names.gather(other)}).sort(
        "one", "other"
    )


def _close(hashes: Hashes) -> tuple[Places, Places]:
    """Places of the pairs of hashes that differ in at most MOST_BITS bits, the smaller first."""
    edges = np.linspace(0, 64, MOST_BITS + 2).astype(np.uint64)
    found = [np.zeros((2, 0), np.int64)]
    for low, high in pairwise(edges):
        band = (hashes >> low) & np.uint64((1 << int(high - low)) - 1)
        found += _close_in(hashes, band)
    # A pair may agree in several bands.
    pairs = np.unique(np.concatenate(found, axis=1), axis=1)
    return pairs[0], pairs[1]


def _close_in(hashes: Hashes, band: Hashes) -> Iterator[npt.NDArray[np.int64]]:
    """Such pairs among those that have the same band: each with the next, the next but one, …"""
    order = np.argsort(band, kind="stable")
    sorted_band, sorted_hashes = band[order], hashes[order]
    at, step = np.arange(len(order)), 1
    while True:
        at = at[at + step < len(order)]
        at = at[sorted_band[at] == sorted_band[at + step]]
        if not len(at):
            return
        differ = np.bitwise_count(sorted_hashes[at] ^ sorted_hashes[at + step])
        near = at[differ <= MOST_BITS]
        # The sort is stable: of equal bands the smaller place comes first.
        yield np.stack([order[near], order[near + step]])
        step += 1


def confirmed(pairs: pl.DataFrame, vectors: pl.DataFrame) -> pl.DataFrame:
    """Those of the pairs whose vectors are alike too; a pair without both vectors stays.

    Args:
        pairs: one, other.
        vectors: content_hash (each once), vector (unit, an Array).
    """
    places = vectors.select("content_hash").with_row_index("place")
    known = pairs.with_row_index("pair").join(
        places.rename({"content_hash": "one", "place": "place_one"}), on="one"
    )
    known = known.join(places.rename({"content_hash": "other", "place": "place_other"}), on="other")
    if known.is_empty():
        return pairs
    matrix = vectors["vector"].to_numpy()
    cosine = np.concatenate(
        [
            np.einsum("ij,ij->i", matrix[part["place_one"]], matrix[part["place_other"]])
            for part in known.iter_slices(_AT_ONCE)
        ]
    )
    unlike = known["pair"].filter(pl.Series(cosine < LEAST_COSINE))
    return pairs.filter(~pl.int_range(pl.len()).is_in(unlike.implode()))


def picture_groups(pairs: pl.DataFrame) -> pl.DataFrame:
    """The group of each picture that is in a pair.

    Groups are chained: the ends of one may differ in more bits than MOST_BITS.

    Args:
        pairs: one, other (content_hash).

    Returns:
        content_hash, picture_id (the smallest content_hash of the group), in order.
    """
    names = pl.concat([pairs["one"], pairs["other"]]).unique().sort().alias("content_hash")
    numbers = pl.DataFrame(names).with_row_index("number")
    ends = pairs.select(
        pl.col(side).replace_strict(names, numbers["number"], return_dtype=pl.UInt32)
        for side in ("one", "other")
    )
    part = pl.Series("part", parts(ends, len(names)))
    return numbers.select(
        "content_hash", pl.col("content_hash").min().over(part).alias("picture_id")
    )
