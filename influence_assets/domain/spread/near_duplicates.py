"""Groups of texts that are nearly the same: copied, with a word changed or a link added.

Broder: On the Resemblance and Containment of Documents, 1997 (shingles, MinHash); Leskovec,
Rajaraman and Ullman: Mining of Massive Datasets, chapter 3 (bands).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

LEAST_WORDS = 8
"""Shorter texts are alike by chance: wishes, thanks, slogans."""

SHINGLE = 3
RESEMBLANCE = 0.6
"""Least share of the shingles of two texts that both have (Jaccard). One word changed in the
middle of twenty leaves 15 of 21 shingles, 0.71."""

BANDS, ROWS = 32, 3
"""Of two texts that are just alike enough, one pair in two thousand shares no band."""

SEED = 20_250_101

Hashes = npt.NDArray[np.uint64]


def groups(texts: pl.DataFrame) -> pl.DataFrame:
    """The group of each text that is nearly the same as another, or as itself but for its looks.

    Letters' case, links, mentions, a leading RT and white space make no difference. Groups are
    chained: the ends of one may be less alike than RESEMBLANCE. Words are what spaces part, so
    of texts in a script without spaces only those are found that have them.

    Args:
        texts: content_hash, text; each once.

    Returns:
        content_hash, group_id (the smallest content_hash of the group), of texts of at least
        LEAST_WORDS words; a text that is like no other is a group by itself.

    Draws its hash functions from a fixed seed: the same texts give the same groups.
    """
    plain = texts.select("content_hash", plain=normalised(pl.col("text"))).filter(
        pl.col("plain").str.count_matches(" ", literal=True) >= LEAST_WORDS - 1
    )
    distinct = plain.select(pl.col("plain").unique().sort()).with_row_index("doc")
    if distinct.is_empty():
        return pl.DataFrame(schema={"content_hash": pl.String, "group_id": pl.String})
    shingles = _shingles(distinct)
    pairs = _resembling(_candidates(_signatures(shingles)), shingles)
    part = pl.Series("part", _components(pairs, distinct.height))
    return (
        plain.join(distinct.with_columns(part), on="plain")
        .select("content_hash", pl.col("content_hash").min().over("part").alias("group_id"))
        .sort("content_hash")
    )


def normalised(text: pl.Expr) -> pl.Expr:
    """The words of a text, lower case, one space between them."""
    return (
        text.str.to_lowercase()
        .str.replace_all(r"https?://\S+|www\.\S+", " ")
        .str.replace_all(r"@[\w.]+:?", " ")
        .str.replace(r"^\s*rt\s", " ")
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )


def _shingles(distinct: pl.DataFrame) -> pl.DataFrame:
    """The hashes of the runs of SHINGLE words of each text, each once: doc, shingle."""
    words = distinct.select("doc", pl.col("plain").str.split(" ").alias("word")).explode("word")
    run = pl.concat_str([pl.col("word").shift(-n) for n in range(SHINGLE)], separator=" ")
    within = pl.col("doc").shift(1 - SHINGLE) == pl.col("doc")
    return (
        words.select("doc", run.hash(SEED).alias("shingle"), within.alias("within"))
        .filter("within")
        .select("doc", "shingle")
        .unique()
        .sort("doc", "shingle")
    )


def _signatures(shingles: pl.DataFrame) -> Hashes:
    """MinHash: by text, the smallest value of its shingles under each of the hash functions."""
    rng = np.random.default_rng(SEED)
    factors = rng.integers(0, 2**63, BANDS * ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    shifts = rng.integers(0, 2**63, BANDS * ROWS, dtype=np.uint64)
    values = shingles["shingle"].to_numpy()
    doc = shingles["doc"].to_numpy()
    starts = np.flatnonzero(np.diff(doc, prepend=-1))
    smallest = [
        # Products wrap around at 2^64, as they should.
        np.minimum.reduceat(values * factor + shift, starts)
        for factor, shift in zip(factors, shifts, strict=True)
    ]
    return np.stack(smallest)


def _candidates(signatures: Hashes) -> pl.DataFrame:
    """Pairs that share a band: one, other. Each text is paired with the first of its band only,
    so that a text copied a million times makes a million pairs and not their square."""
    found = []
    for band in signatures.reshape(BANDS, ROWS, -1):
        rows = pl.DataFrame(list(band), schema=[f"row_{n}" for n in range(ROWS)])
        docs = rows.with_row_index("other")
        first = pl.col("other").first().over(rows.columns)
        found.append(
            docs.select(first.alias("one"), "other").filter(pl.col("one") < pl.col("other"))
        )
    return pl.concat(found).unique().sort("one", "other")


def _resembling(pairs: pl.DataFrame, shingles: pl.DataFrame) -> pl.DataFrame:
    """Those of the pairs that are alike enough, by all of their shingles."""
    own = shingles.group_by("doc", maintain_order=True).agg("shingle")
    both = pl.col("shingle").list.set_intersection("shingle_right").list.len()
    either = pl.col("shingle").list.len() + pl.col("shingle_right").list.len() - both
    return (
        pairs.join(own, left_on="one", right_on="doc")
        .join(own, left_on="other", right_on="doc")
        .filter(both / either >= RESEMBLANCE)
        .select("one", "other")
    )


def _components(pairs: pl.DataFrame, size: int) -> npt.NDArray[np.int32]:
    """The connected part of each text."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = (pairs["one"].to_numpy(), pairs["other"].to_numpy())
    matrix = coo_array((np.ones(pairs.height, dtype=np.int8), ends), shape=(size, size))
    parts: npt.NDArray[np.int32] = connected_components(matrix, directed=False)[1]
    return parts
