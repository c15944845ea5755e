"""What had become known of a key by a given time: the only door to past labels.

Belongs here: the as-of lookup and running statistics seen through it. Every
feature that rests on labels goes through here, so that there is one place in
which a look into the future could hide. (`similar` applies the same rule to a
matrix of similarities.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.popularity.prepare import codes

Ints = npt.NDArray[np.int64]


def last_known(keys: Ints, sees: Ints, event_keys: Ints, event_known: Ints) -> pl.Series:
    """Position of the newest event of the same key that is visible.

    Args:
        keys: key of each row that looks back, shape (n,).
        sees: newest visible time of each row, shape (n,).
        event_keys: key of each event, shape (m,), ascending.
        event_known: time of each event, shape (m,), ascending within a key.

    Returns:
        Position into the events, NULL where none is visible, length n. Of events known at the
        same time it is the last.
    """
    if not len(event_keys):
        return pl.Series([None] * len(keys), dtype=pl.UInt32)
    # Key and rank of the time in one number turn the lookup into a single binary search.
    times = np.unique(event_known)
    width = len(times) + 1
    events = event_keys * width + np.searchsorted(times, event_known) + 1
    wanted = keys * width + np.searchsorted(times, sees, side="right")
    found = np.searchsorted(events, wanted, side="right") - 1
    visible = (found >= 0) & (event_keys[np.maximum(found, 0)] == keys)
    return pl.Series(np.where(visible, found, 0)).cast(pl.UInt32).set(pl.Series(~visible), None)


def as_seen(
    posts: pl.DataFrame,
    by: Sequence[str],
    statistics: Mapping[str, pl.Expr],
    value: str = "y",
) -> pl.DataFrame:
    """Running statistics over the matured posts of a key, as each post sees them.

    Args:
        posts: in order of time, with sees, known, the columns of `by` and `value`.
        by: key columns.
        statistics: expressions over a key's posts in order of time, each giving one value per
            post that rests on that post and those before.
        value: posts without it are left out; so are posts without a label.

    Returns:
        One row per post in the order of posts, one column per statistic; NULL where no matured
        post of the key is visible.
    """
    keyed = posts.with_columns(codes(posts.select(by)).alias("key"))
    events = (
        keyed.filter(pl.col("known").is_not_null() & pl.col(value).is_not_null())
        .sort("key", maintain_order=True)
        .select("key", "known", *(e.over("key").alias(n) for n, e in statistics.items()))
    )
    at = last_known(
        _ints(keyed["key"]), _ints(keyed["sees"]), _ints(events["key"]), _ints(events["known"])
    )
    return events.select(pl.col(name).gather(at) for name in statistics)


def _ints(values: pl.Series) -> Ints:
    return values.cast(pl.Int64).to_numpy()


def count() -> pl.Expr:
    """How many posts of the key there are up to this one."""
    return pl.int_range(1, pl.len() + 1).cast(pl.Float64)
