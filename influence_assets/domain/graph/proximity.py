"""How alike profiles are, whether or not there is a tie between them.

Two measures: hashtags that both use, and facts about both. Likeness is no tie: nobody did anything
to anybody, and the two may never have met.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.graph.neighbours import CELLS, NEAREST, Similarities, nearest_pairs

MOST_USERS = 1_000
"""A hashtag that more profiles use is left out: it tells little, and costs the square of them."""

FACT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"language": 1.0, "country": 1.0, "category": 1.0, "hours": 0.5, "caption": 2.0}
)
"""What each fact counts in the mean. Set by judgement, not by a search: what people say tells most,
at what hours they post tells least."""

LEAST_FACTS = 3
"""Facts that two profiles must both have. With fewer all of a country and a category were alike."""

LEAST_POSTS = 5
"""Of fewer posts the hours are chance."""

HOURS_SPREAD = 2.0
"""Standard deviation, in hours, that each post's hour is smoothed by."""

Floats = npt.NDArray[np.float32]


def shared_hashtags(uses: pl.DataFrame, nearest: int = NEAREST, cells: int = CELLS) -> pl.DataFrame:
    """The profiles that use the same hashtags: cosine similarity of TF-IDF vectors.

    A hashtag counts (1 + ln posts) · ln(profiles / profiles that use it) (Manning, Raghavan and
    Schütze 2008, 6.4): one that everybody uses counts nothing. What more than MOST_USERS use
    is left out.

    Args:
        uses: profile_id, hashtag and posts, each pair once.
        nearest: how many a profile has at most.
        cells: pairs of profiles that are compared at once.

    Columns: profile_id, other_id, weight; see `nearest_pairs`.
    """
    from scipy.sparse import csr_array

    names = uses["profile_id"].unique().sort()
    users = pl.len().over("hashtag")
    score = (1 + pl.col("posts").log()) * (len(names) / users).log()
    counted = (
        uses.with_columns(score=score)
        .filter((users <= MOST_USERS) & (pl.col("score") > 0))
        .with_columns(
            score=pl.col("score") / (pl.col("score") ** 2).sum().sqrt().over("profile_id")
        )
        .sort("profile_id", "hashtag")
    )
    row = counted["profile_id"].cast(pl.Enum(names)).to_physical().to_numpy()
    column = counted["hashtag"].rank("dense").to_numpy().astype(np.int64) - 1
    shape = (len(names), column.max(initial=0) + 1)
    vectors = csr_array(
        (counted["score"].to_numpy().astype(np.float32), (row, column)), shape=shape
    )
    turned = vectors.T.tocsr()

    def compare(some: slice) -> Similarities:
        return np.asarray((vectors[some] @ turned).toarray())

    return nearest_pairs(names, compare, nearest, cells)


def mean_captions(uses: pl.DataFrame, vectors: pl.DataFrame) -> pl.DataFrame:
    """The mean of the vectors of each profile's texts: profile_id and caption (array).

    Args:
        uses: profile_id, content_hash and posts, each pair once.
        vectors: content_hash and vector (Array).
    """
    from scipy.sparse import csr_array

    if vectors.is_empty():
        return pl.DataFrame(schema={"profile_id": pl.String, "caption": pl.Array(pl.Float32, 1)})
    places = vectors.select("content_hash").with_row_index("place")
    known = uses.join(places, on="content_hash").sort("profile_id", "content_hash")
    names = known["profile_id"].unique().sort()
    row = known["profile_id"].cast(pl.Enum(names)).to_physical().to_numpy()
    share = known.select(pl.col("posts") / pl.col("posts").sum().over("profile_id")).to_series()
    # Added up in the order of the texts' hashes, whatever place their vectors have.
    order = np.arange(len(known))
    which = csr_array((share.to_numpy().astype(np.float32), (row, order)), (len(names), len(known)))
    matrix = vectors["vector"].to_numpy()
    means = which @ matrix[known["place"].to_numpy()]
    return pl.DataFrame({"profile_id": names, "caption": np.asarray(means, dtype=np.float32)})


def alike_profiles(
    facts: pl.DataFrame,
    nearest: int = NEAREST,
    cells: int = CELLS,
    weights: Mapping[str, float] = FACT_WEIGHTS,
) -> pl.DataFrame:
    """The profiles that most facts agree on: a weighted mean over the facts that both have.

    Language, country and category agree (1) or do not (0). Hours and captions are as alike as the
    cosine of their vectors says, those of the hours smoothed around the clock; below 0 it
    counts as 0. Two profiles with fewer than LEAST_FACTS facts in common are not compared.

    Args:
        facts: profile_id (each once), language, country, category, posts_by_hour (24 counts, UTC)
            and caption (an array); NULL where it is not known.
        nearest: how many a profile has at most.
        cells: pairs of profiles that are compared at once.
        weights: what each fact counts.

    Columns: profile_id, other_id, weight; see `nearest_pairs`.
    """
    facts = facts.sort("profile_id")
    codes = {name: _codes(facts[name]) for name in ("language", "country", "category")}
    vectors = {"hours": _hours(facts["posts_by_hour"]), "caption": _units(facts["caption"])}
    known = np.stack(
        [
            *(code >= 0 for code in codes.values()),
            *(rows.any(axis=1) for rows in vectors.values()),
        ],
        axis=1,
    ).astype(np.float32)
    weighted = known * np.array([weights[name] for name in (*codes, *vectors)], dtype=np.float32)

    def compare(some: slice) -> Similarities:
        total = np.zeros((len(known[some]), len(known)), dtype=np.float32)
        for name, code in codes.items():
            own = np.where(code[some] >= 0, code[some], -2)  # what is not known agrees with nothing
            total += np.float32(weights[name]) * (own[:, None] == code)
        for name, rows in vectors.items():
            cosine = rows[some] @ rows.T
            total += np.float32(weights[name]) * np.maximum(cosine, 0, out=cosine)
        enough = known[some] @ known.T >= LEAST_FACTS
        both = weighted[some] @ known.T
        mean = np.zeros_like(total)
        np.divide(total, both, out=mean, where=enough & (both > 0))
        return mean

    return nearest_pairs(facts["profile_id"], compare, nearest, cells)


def likeness(hashtags: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Both measures side by side: profile_id, other_id, hashtag_weight and similarity_weight, 0
    where two profiles are not near by one of them."""
    ends = ["profile_id", "other_id"]
    both = hashtags.rename({"weight": "hashtag_weight"}).join(
        facts.rename({"weight": "similarity_weight"}), on=ends, how="full", coalesce=True
    )
    filled = both.with_columns(pl.col("hashtag_weight", "similarity_weight").fill_null(0.0))
    return filled.sort(ends)


def with_likeness(
    ties: pl.DataFrame, pairs: pl.DataFrame, weights: Mapping[str, float]
) -> pl.DataFrame:
    """Ties, both directions made one, and what likeness adds to them, of several platforms.

    Args:
        ties: platform, source_id, target_id and weight.
        pairs: platform, profile_id, other_id, hashtag_weight and similarity_weight.
        weights: what each of the measures counts: hashtag, similarity.

    Columns: platform, source_id (the smaller id of the two), target_id, weight.
    """
    ends = ["platform", "source_id", "target_id"]
    low = pl.min_horizontal("source_id", "target_id").alias("source_id")
    high = pl.max_horizontal("source_id", "target_id").alias("target_id")
    added = weights["hashtag"] * pl.col("hashtag_weight") + (
        weights["similarity"] * pl.col("similarity_weight")
    )
    alike = pairs.select(
        "platform", source_id="profile_id", target_id="other_id", weight=added
    ).filter(pl.col("weight") > 0)
    # Each sum is of two weights at most: it does not depend on the order.
    mutual = ties.group_by("platform", low, high).agg(pl.col("weight").sum())
    return (
        pl.concat([mutual.select(alike.columns), alike])
        .group_by(ends)
        .agg(pl.col("weight").sum())
        .sort(ends)
    )


def _codes(values: pl.Series) -> npt.NDArray[np.int32]:
    """A number for each value, -1 where there is none."""
    ranks = values.rank("dense").cast(pl.Int32) - 1
    return np.asarray(ranks.fill_null(-1).to_numpy())


def _hours(counts: pl.Series) -> Floats:
    """Unit vectors of the hours, smoothed around the clock; zeros where there are too few posts."""
    posts = counts.fill_null([0] * 24).list.to_array(24).to_numpy().astype(np.float64)
    apart = np.abs(np.arange(24)[:, None] - np.arange(24))
    apart = np.minimum(apart, 24 - apart)
    smooth = posts @ np.exp(-0.5 * np.square(apart / HOURS_SPREAD))
    return _unit(np.where(posts.sum(axis=1, keepdims=True) < LEAST_POSTS, 0, smooth))


def _units(vectors: pl.Series) -> Floats:
    """Unit vectors; zeros where there is none."""
    found = np.zeros((len(vectors), vectors.dtype.shape[0]), dtype=np.float64)  # type: ignore[attr-defined]
    found[vectors.is_not_null().to_numpy()] = vectors.drop_nulls().to_numpy()
    return _unit(found)


def _unit(rows: npt.NDArray[np.float64]) -> Floats:
    length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.where(length > 0, length, 1), dtype=np.float32)
