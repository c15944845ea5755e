"""The nearest of each profile by a similarity that is computed block by block.

Belongs here: who is nearest to whom once the similarities are there. Not what these are made of
(`proximity`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

NEAREST = 10

CELLS = 4_000_000
"""Pairs that are compared at once: this bounds the memory, at a few times 16 MB."""

DECIMALS = 6
"""Similarities are rounded to so many, so that what is equal but for rounding is equal."""

Numbers = npt.NDArray[np.int64]
Tickets = npt.NDArray[np.uint64]
Similarities = npt.NDArray[np.float32]

Compare = Callable[[slice], Similarities]
"""Similarity of some profiles, by number, with all: shape (those, all), from 0 to 1. It is
symmetric, and 0 where there is none or it is not known."""


def nearest_pairs(names: pl.Series, compare: Compare, nearest: int, cells: int) -> pl.DataFrame:
    """Pairs of which at least one has the other among its nearest.

    Time grows with the square of the profiles, memory does not. Among equally near profiles lots
    are drawn by both names: by their order, the first few names would be near to everybody.

    Args:
        names: of the profiles, in order.
        compare: tells how alike they are.
        nearest: how many a profile has at most.
        cells: pairs that are compared at once.

    Columns: profile_id, other_id (the larger name of the two) and weight, over 0 and at most 1.
    """
    size, tickets = len(names), names.hash(0).to_numpy()
    at_once = max(1, cells // max(size, 1))
    none = pl.DataFrame(schema={"one": pl.Int64, "other": pl.Int64, "weight": pl.Float64})
    found = [
        _nearest(compare(slice(first, first + at_once)), first, tickets, nearest)
        for first in range(0, size, at_once)
    ]
    ends = pl.min_horizontal("one", "other"), pl.max_horizontal("one", "other")
    pairs = (
        pl.concat([none, *found])
        .group_by(ends[0].alias("low"), ends[1].alias("high"))
        # Found from both ends a pair may differ in its last digit.
        .agg(pl.col("weight").max())
        .sort("low", "high")
    )
    return pl.DataFrame(
        {
            "profile_id": names.gather(pairs["low"]),
            "other_id": names.gather(pairs["high"]),
            "weight": pairs["weight"],
        }
    )


def _nearest(values: Similarities, first: int, tickets: Tickets, nearest: int) -> pl.DataFrame:
    """The nearest of the profiles from number `first` on: one, other, weight."""
    values = np.round(values, DECIMALS)
    here = np.arange(len(values))
    values[here, first + here] = 0
    most = min(nearest, values.shape[1])
    least = np.partition(values, -most, axis=1)[:, -most]
    row, other = np.nonzero((values >= least[:, None]) & (values > 0))
    weight, one = values[row, other], first + row
    order = np.lexsort((_lots(tickets[one], tickets[other]), -weight, row))
    starts = np.searchsorted(row, here)
    kept = order[np.arange(len(row)) - starts[row] < most]
    exact = np.round(weight[kept].astype(np.float64), DECIMALS)
    return pl.DataFrame({"one": one[kept], "other": other[kept], "weight": np.minimum(exact, 1.0)})


def _lots(one: Tickets, other: Tickets) -> Tickets:
    """A number for each pair, the same for both ends, that no order of names shines through
    (the finalizer of SplitMix64: Steele, Lea and Flood 2014)."""
    mixed = one ^ other
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
