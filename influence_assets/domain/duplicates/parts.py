"""Connected parts: what hangs together, directly or through others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl


def parts(pairs: pl.DataFrame, size: int) -> npt.NDArray[np.int32]:
    """The connected part of each of `size` things.

    Args:
        pairs: one, other (their numbers, from 0).
        size: how many there are; one that is in no pair is a part by itself.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = (pairs["one"].to_numpy(), pairs["other"].to_numpy())
    matrix = coo_array((np.ones(pairs.height, dtype=np.int8), ends), shape=(size, size))
    found: npt.NDArray[np.int32] = connected_components(matrix, directed=False)[1]
    return found
