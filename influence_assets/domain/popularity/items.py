"""Effects of the single mentions, hashtags and words of a post, put together.

A post of several items is learnt from once per item. That is no regression: items
that always come together share the same effect, and the sum counts it twice. The
trees see sum, mean and number of uses and make of it what the data say.
"""

from __future__ import annotations

import polars as pl

from influence_assets.domain.popularity.as_of import as_seen, count
from influence_assets.domain.popularity.effects import AUTHOR_HALF_LIFE, shrunken
from influence_assets.domain.popularity.prepare import AUTHOR, EVERYONE

MOST_WORDS = 60
"""Later words of a long text say little more and cost time."""
_WORD = r"[\p{L}\p{N}'\x{2019}]{2,}|[?!\x{2026}]|\p{Extended_Pictographic}"


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
        _effects(long, EVERYONE, "lift", f"platform_{name}", "level").select(
            pl.exclude(f"platform_{name}_uses")
        ),
    ]
    found = pl.concat([long.select("place"), *parts], how="horizontal").group_by("place").agg(
        *(pl.col(f"^.*_{name}_{what}$").sum().name.suffix("_sum") for what in ("effect", "level")),
        *(pl.col(f"^.*_{name}_{what}$").mean().name.suffix("_mean") for what in ("effect", "level")),
        pl.col(f"^.*_{name}_uses$").max().log1p(),
    )
    return (
        pl.select(pl.int_range(posts.height, dtype=pl.UInt32).alias("place"))
        .join(found, on="place", how="left", maintain_order="left")
        .drop("place")
        .with_columns(pl.all().fill_null(0.0))
    )


def _effects(long: pl.DataFrame, scope: str, value: str, prefix: str, what: str) -> pl.DataFrame:
    statistics = {"mean": pl.col(value).ewm_mean(half_life=AUTHOR_HALF_LIFE), "n": count()}
    return as_seen(long, [scope, "item"], statistics, value).select(
        shrunken(pl.col("mean"), pl.col("n")).alias(f"{prefix}_{what}"),
        pl.col("n").fill_null(0).alias(f"{prefix}_uses"),
    )
