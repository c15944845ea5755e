"""Groups of texts that are nearly the same: copied, with a word changed or a link added.

Broder: On the Resemblance and Containment of Documents, 1997 (shingles, MinHash); Leskovec,
Rajaraman and Ullman: Mining of Massive Datasets, chapter 3 (bands).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.duplicates.parts import parts

LEAST_WORDS = 8
"""Shorter texts are alike by chance: wishes, thanks, slogans."""

SHINGLE = 3
RESEMBLANCE = 0.6
"""Least share of the shingles of two texts that both have (Jaccard). One word changed in the
middle of twenty leaves 15 of 21 shingles, 0.71."""

BANDS, ROWS = 32, 3
"""Of two texts that are just alike enough, one pair in two thousand shares no band."""

MULTIPLIER = 6_364_136_223_846_793_005
"""Of the rolling hash of a run of words (Karp and Rabin 1987); the number is Knuth's, for MMIX."""

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

    Its hash functions are fixed: the same texts give the same groups, with any version of a
    library.
    """
    plain = texts.select("content_hash", plain=normalised(pl.col("text"))).filter(
        pl.col("plain").str.count_matches(" ", literal=True) >= LEAST_WORDS - 1
    )
    distinct = plain.select(pl.col("plain").unique().sort()).with_row_index("doc")
    if distinct.is_empty():
        return pl.DataFrame(schema={"content_hash": pl.String, "group_id": pl.String})
    shingles = hashed_shingles(distinct)
    pairs = _resembling(_candidates(shingles), shingles)
    part = pl.Series("part", parts(pairs, distinct.height))
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


def hashed_shingles(distinct: pl.DataFrame) -> pl.DataFrame:
    """The hashes of the runs of SHINGLE words of each text, each once.

    A run is a number in base MULTIPLIER, modulo 2^64, whose digits are the hashes of its words.

    Args:
        distinct: doc, plain (words with one space between them).

    Returns:
        doc, shingle, in order.
    """
    words = distinct.select("doc", pl.col("plain").str.split(" ").alias("word")).explode("word")
    unique = words["word"].unique()
    known = pl.DataFrame({"word": unique, "hash": _hashes(unique)})
    word = words.join(known, on="word", maintain_order="left")["hash"].to_numpy()
    doc = words["doc"].to_numpy()
    runs = max(len(doc) - SHINGLE + 1, 0)
    shingle = np.zeros(runs, dtype=np.uint64)
    for n in range(SHINGLE):
        # Products wrap around at 2^64, as they should.
        shingle = shingle * np.uint64(MULTIPLIER) + word[n : n + runs]
    within = doc[:runs] == doc[SHINGLE - 1 :]
    return (
        pl.DataFrame({"doc": doc[:runs][within], "shingle": shingle[within]})
        .unique()
        .sort("doc", "shingle")
    )


def _hashes(words: Iterable[str]) -> Hashes:
    """The first eight bytes of the BLAKE2b of each; polars' and Python's own hashes may change."""
    digests = b"".join(blake2b(word.encode(), digest_size=8).digest() for word in words)
    return np.frombuffer(digests, dtype="<u8")


def _candidates(shingles: pl.DataFrame) -> pl.DataFrame:
    """Pairs that share a band: one, other. Each text is paired with the first of its band only,
    so that a text copied a million times makes a million pairs and not their square."""
    values = shingles["shingle"].to_numpy()
    starts = np.flatnonzero(np.diff(shingles["doc"].to_numpy(), prepend=-1))
    found = []
    # One band at a time: all of them at once would be a hundred numbers a text.
    for band in range(BANDS):
        rows = pl.DataFrame(_signature(values, starts, range(band * ROWS, (band + 1) * ROWS)))
        docs = rows.with_row_index("other")
        first = pl.col("other").first().over(rows.columns)
        found.append(
            docs.select(first.alias("one"), "other").filter(pl.col("one") < pl.col("other"))
        )
    return pl.concat(found).unique().sort("one", "other")


def _signature(
    values: Hashes, starts: npt.NDArray[np.int64], functions: Iterable[int]
) -> dict[str, Hashes]:
    """MinHash: by text, the smallest value of its shingles under each of the hash functions."""
    found = {}
    for n in functions:
        factor, shift = _hashes((f"factor {n}", f"shift {n}"))
        found[f"row_{n}"] = np.minimum.reduceat(values * (factor | np.uint64(1)) + shift, starts)
    return found


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
