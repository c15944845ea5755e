"""Effects of the single mentions, hashtags and words of a post, put together.

A post of several items is learnt from once per item. That is no regression: items
that always come together share the same effect, and the sum counts it twice. The
trees see sum, mean and number of uses and make of it what the data say.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.popularity.as_of import as_seen, count
from influence_assets.domain.popularity.effects import AUTHOR_HALF_LIFE, shrunken
from influence_assets.domain.popularity.prepare import AUTHOR, EVERYONE
from influence_assets.domain.text.marks import PICTOGRAPH

MOST_WORDS = 60
"""Later words of a long text say little more and cost time."""
_WORD = r"[\p{L}\p{N}'\x{2019}]{2,}|[?!\x{2026}]|" + PICTOGRAPH


def item_features(posts: pl.DataFrame) -> pl.DataFrame:
    """Effects of mentions, hashtags and words on surprise and level.

    Args:
        posts: as `prepare.prepare` gives them, with surprise (y - base) and lift
            (y - platform level), log units, NULL where unknown.

    Returns:
        One row per post, in their order; 0 for a post without such items. Names as in the contract.
    """
    words = pl.col("text").str.to_lowercase().str.extract_all(_WORD)
    lists = {
        "mention": pl.col("mentions").list.unique(maintain_order=True),
        "hashtag": pl.col("hashtags").list.unique(maintain_order=True),
        "word": words.list.unique(maintain_order=True).list.head(MOST_WORDS),
    }
    return pl.concat([_family(posts, name, e) for name, e in lists.items()], how="horizontal")


def _family(posts: pl.DataFrame, name: str, items: pl.Expr) -> pl.DataFrame:
    long = (
        posts.with_row_index("place")
        .select("place", AUTHOR, EVERYONE, "sees", "known", "surprise", "lift", items.alias("item"))
        .explode("item", empty_as_null=True, keep_nulls=True)
        .drop_nulls("item")
    )
    parts = [
        _effects(long, AUTHOR, "surprise", f"author_{name}", "effect"),
        _effects(long, EVERYONE, "surprise", f"platform_{name}", "effect"),
        # Uses are counted once: the levels rest on the same posts.
        _effects(long, EVERYONE, "lift", f"platform_{name}", "level").drop(f"platform_{name}_uses"),
    ]
    return _per_post(pl.concat(parts, how="horizontal"), long["place"].to_numpy(), posts.height)


def _per_post(effects: pl.DataFrame, place: npt.NDArray[np.uint32], rows: int) -> pl.DataFrame:
    """Sum and mean of the effects, and largest number of uses, over the items of each post.

    `place` ascends. A grouped sum of polars would add in an order that threads decide.
    """
    starts = np.flatnonzero(np.diff(place.astype(np.int64), prepend=-1))
    items = np.diff(starts, append=len(place))
    found: dict[str, npt.NDArray[np.float64]] = {}
    for column in effects.iter_columns():
        values = column.to_numpy()
        if column.name.endswith("_uses"):
            found[column.name] = np.log1p(_reduced(np.maximum, values, starts))
        else:
            total = _reduced(np.add, values, starts)
            found[f"{column.name}_sum"], found[f"{column.name}_mean"] = total, total / items
    full = {name: np.zeros(rows) for name in found}
    for name, values in found.items():
        full[name][place[starts]] = values
    return pl.DataFrame(full)


def _reduced(
    how: np.ufunc, values: npt.NDArray[np.float64], starts: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    # reduceat refuses an empty list of starts.
    return np.asarray(how.reduceat(values, starts)) if len(starts) else np.zeros(0)


def _effects(long: pl.DataFrame, scope: str, value: str, prefix: str, what: str) -> pl.DataFrame:
    statistics = {"mean": pl.col(value).ewm_mean(half_life=AUTHOR_HALF_LIFE), "n": count()}
    return as_seen(long, [scope, "item"], statistics, value).select(
        shrunken(pl.col("mean"), pl.col("n")).alias(f"{prefix}_{what}"),
        pl.col("n").fill_null(0).alias(f"{prefix}_uses"),
    )
