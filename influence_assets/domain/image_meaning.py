"""From vectors to meaning: tags of pictures without examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float32]

LEAST_SCORE = 0.1
"""A tag has to have this share of all; among 80 words each has one in 80 by chance."""

MOST_TAGS = 5

AT_ONCE = 65_536
"""Pictures that are compared with the words at a time, which bounds the memory."""


def mean_directions(vectors: Floats, owner: npt.NDArray[np.int64]) -> Floats:
    """The unit vector of each owner's vectors together: of the phrases that stand for a tag.

    Args:
        vectors: unit vectors, (n, d).
        owner: number of the owner of each, from 0 and without gaps.
    """
    sums = np.zeros((int(owner.max()) + 1, vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, owner, vectors)
    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), dtype=np.float32)


def image_tags(
    hashes: pl.Series, pictures: Floats, tags: Sequence[str], words: Floats, scale: float
) -> pl.DataFrame:
    """The tags that fit each picture best, without having seen examples (Radford et al. 2021).

    Args:
        hashes: content_hash of each picture.
        pictures: their unit vectors, (n, d).
        tags: the vocabulary.
        words: unit vectors of the tags, (t, d).
        scale: what cosines are multiplied by: the encoder was trained with it.

    Returns:
        content_hash, tag and score, at most MOST_TAGS a picture, by content_hash and then the
        best first. A score is a share of the whole vocabulary, so it depends on it.
    """
    found = [pl.DataFrame(schema={"picture": pl.Int64, "number": pl.Int64, "score": pl.Float64})]
    for start in range(0, len(pictures), AT_ONCE):
        scores = softmax(scale * (pictures[start : start + AT_ONCE] @ words.T))
        picture, number = np.nonzero(scores >= LEAST_SCORE)
        found.append(
            pl.DataFrame(
                {
                    "picture": picture + start,
                    "number": number,
                    "score": scores[picture, number].astype(np.float64),
                }
            )
        )
    rows = pl.concat(found)
    named = rows.with_columns(
        content_hash=hashes.gather(rows["picture"]),
        tag=pl.Series(tags, dtype=pl.String).gather(rows["number"]),
    )
    ranked = named.sort("content_hash", "score", "tag", descending=[False, True, False])
    best = ranked.group_by("content_hash", maintain_order=True).head(MOST_TAGS)
    return best.select("content_hash", "tag", "score")


def softmax(values: Floats) -> npt.NDArray[np.float64]:
    """Shares that sum to 1 in each row, in the proportion of the exponentials."""
    exponentials = np.exp(values.astype(np.float64) - values.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
