"""How posts of similar text did: a kernel regression on the text embeddings.

Nadaraya (1964) and Watson (1964), with weight exp((cosine - 1) / BANDWIDTH) and a
constant in the denominator that stands for "no effect". All matured posts take part
rather than the k nearest, whose ties would be broken by the order of the rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.popularity.prepare import AUTHOR

SIMILAR_POOL = 20_000
"""Newest matured posts that are compared with; older ones are left out to bound the cost."""
BANDWIDTH = 0.05
NO_EFFECT_WEIGHT = 0.002
"""About the weight of one post at a cosine of 0.69."""
_BLOCK = 1024
_NEVER = 2**62

F32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_NAMES = (
    "similar_author_effect",
    "similar_author_cosine",
    "similar_platform_effect",
    "similar_platform_level",
    "similar_platform_cosine",
)


def similar_features(
    posts: pl.DataFrame, embeddings: F32 | None, pool: int = SIMILAR_POOL
) -> pl.DataFrame:
    """Mean surprise and lift of similar matured posts, and how similar the nearest is.

    Args:
        posts: as `prepare.prepare` gives them, with surprise and lift (log units).
        embeddings: unit rows or rows of zeros, float32, shape (n, d), in the order of the posts.
        pool: newest matured posts (of the author, of the platform) that take part.

    Returns:
        One row per post, in their order. Effects are 0 and cosines NULL where no matured post is
        visible; all are NULL without embeddings.
    """
    if embeddings is None:
        return pl.DataFrame({n: pl.Series([None] * posts.height, dtype=pl.Float64) for n in _NAMES})
    values = posts.select(pl.col("surprise", "lift").fill_null(0.0).cast(pl.Float32)).to_numpy()
    # A label without a base (the very first posts) says nothing of an effect.
    known = pl.when(pl.col("surprise").is_not_null()).then("known").fill_null(_NEVER)
    clock = (_ints(posts["sees"]), _ints(posts.select(known).to_series()))
    everyone = _kernel_means(embeddings, values, *clock, pool)
    several = posts[AUTHOR].n_unique() > 1
    own = _by_author(posts, embeddings, values, clock, pool) if several else everyone
    columns = (own[:, 0], own[:, 2], everyone[:, 0], everyone[:, 1], everyone[:, 2])
    return pl.DataFrame(dict(zip(_NAMES, columns, strict=True))).with_columns(
        pl.all().cast(pl.Float64).fill_nan(None)
    )


def _ints(values: pl.Series) -> Ints:
    return values.cast(pl.Int64).to_numpy()


def _by_author(
    posts: pl.DataFrame, embeddings: F32, values: F32, clock: tuple[Ints, Ints], pool: int
) -> F32:
    # A loop over authors, each of whose posts are one matrix product.
    sees, known = clock
    found = np.empty((posts.height, 3), np.float32)
    authors = _ints(posts[AUTHOR])
    by_author = np.argsort(authors, kind="stable")
    ends = np.flatnonzero(np.diff(authors[by_author])) + 1
    for rows in np.split(by_author, ends):
        found[rows] = _kernel_means(embeddings[rows], values[rows], sees[rows], known[rows], pool)
    return found


def _kernel_means(embeddings: F32, values: F32, sees: Ints, known: Ints, pool: int) -> F32:
    """Kernel means of two values and the largest cosine, per row, shape (n, 3), float32.

    Rows are in order of time, and so are the times at which labels are known.
    """
    labelled = np.flatnonzero(known < _NEVER)
    events, ones = embeddings[labelled], np.ones((len(labelled), 1), np.float32)
    sums_of = np.hstack([values[labelled], ones])
    visible = np.searchsorted(known[labelled], sees, side="right")
    found = np.empty((len(sees), 3), np.float32)
    for low in range(0, len(sees), _BLOCK):
        rows = slice(low, low + _BLOCK)
        last = visible[rows]
        # Time only goes on: the block needs none but the columns between these two.
        first_column, end = max(int(last.min()) - pool, 0), int(last.max())
        if end == 0:
            found[rows] = (0.0, 0.0, np.nan)
            continue
        cosine = embeddings[rows] @ events[first_column:end].T
        column = np.arange(first_column, end)
        hidden = (column >= last[:, None]) | (column < last[:, None] - pool)
        cosine[hidden] = -np.inf
        nearest = cosine.max(axis=1)
        cosine -= 1.0
        cosine /= BANDWIDTH
        sums = np.exp(cosine, out=cosine) @ sums_of[first_column:end]
        found[rows, :2] = sums[:, :2] / (sums[:, 2:] + NO_EFFECT_WEIGHT)
        found[rows, 2] = np.where(np.isfinite(nearest), np.clip(nearest, 0.0, 1.0), np.nan)
    return found
