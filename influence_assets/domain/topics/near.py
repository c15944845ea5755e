"""The nearest of each text by the cosine of unit vectors: exact, block by block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

CELLS = 8_000_000
"""Pairs that are compared at once: this bounds the memory, at a few times 32 MB."""

DECIMALS = 5
"""Cosines are rounded to so many, so that what is equal but for rounding is equal."""

GROUP = 64


@dataclass(frozen=True)
class Neighbours:
    """The nearest of each text, copies of others aside.

    Attributes:
        kept: numbers of the texts that copy no earlier one, rising.
        original: of each text the place in `kept` of the one that it copies, or its own.
        place, cosine: (kept, count), the nearest of each by their place in `kept`, nearest first.
    """

    kept: Numbers
    original: Numbers
    place: Numbers
    cosine: Vectors


def neighbours(vectors: Vectors, count: Callable[[int], int], copy: float) -> Neighbours:
    """Who is nearest to whom among texts of which none is a copy of another.

    Args:
        vectors: of the texts, each of length 1.
        count: how many neighbours each of so many texts has.
        copy: cosine from which on a text is a copy of an earlier one that is near to it.
    """
    own = np.arange(len(vectors))
    kept, original = own, own
    place, cosine = nearest(vectors, vectors, count(len(own)), own)
    while True:
        own = np.arange(len(kept))
        first = np.where((cosine >= copy) & (place < own[:, None]), place, own[:, None]).min(axis=1)
        while not np.array_equal(first, first[first]):
            first = first[first]
        is_kept = first == own
        if is_kept.all():
            return Neighbours(kept, original, place, cosine)
        renumbered = np.cumsum(is_kept) - 1
        original = renumbered[first[original]]
        kept = kept[is_kept]
        most = count(len(kept))
        # Those that lose a neighbour look for one among what is left.
        lost = ~is_kept[place[is_kept]].all(axis=1)
        place, cosine = renumbered[place[is_kept]][:, :most], cosine[is_kept][:, :most]
        rows = np.flatnonzero(lost)
        place[rows], cosine[rows] = nearest(vectors[kept[rows]], vectors[kept], most, rows)


def nearest(
    texts: Vectors, others: Vectors, count: int, own: Numbers | None = None
) -> tuple[Numbers, Vectors]:
    """For each text the `count` nearest of the others: their numbers and cosines, nearest first.

    Args:
        texts, others: unit vectors, one a row.
        count: at most the number of others, less one where the texts are among them.
        own: the number of each text among the others: none is its own neighbour.
    """
    number = np.empty((len(texts), count), dtype=np.int64)
    cosine = np.empty((len(texts), count), dtype=np.float32)
    for rows in _blocks(len(texts), len(others)):
        values = texts[rows] @ others.T
        if own is not None:
            values[np.arange(len(values)), own[rows]] = -2
        number[rows], cosine[rows] = _largest(values, count)
    return number, cosine


def _blocks(rows: int, columns: int) -> list[slice]:
    at_once = max(1, CELLS // max(columns, 1))
    return [slice(start, min(start + at_once, rows)) for start in range(0, rows, at_once)]


def _largest(values: Vectors, count: int) -> tuple[Numbers, Vectors]:
    """Places and values of the `count` largest of each row, falling; of equal ones the first."""
    bound = _bound(values, count) - 10.0**-DECIMALS
    row, place = np.nonzero(values >= bound[:, None])
    value = np.round(values[row, place], DECIMALS)
    order = np.lexsort((place, -value, row))
    starts = np.searchsorted(row, np.arange(len(values)))
    kept = order[np.arange(len(row)) - starts[row] < count]
    return place[kept].reshape(-1, count), value[kept].reshape(-1, count)


def _bound(values: Vectors, count: int) -> Vectors:
    """A value for each row that at least `count` of it reach.

    The largest of each of many groups are values of the row too, and few to look through.
    """
    groups = values.shape[1] // GROUP
    if groups < 4 * count:
        top = values
    else:
        top = values[:, : groups * GROUP].reshape(len(values), GROUP, groups).max(axis=1)
    return np.asarray(np.partition(top, -count, axis=1)[:, -count])
