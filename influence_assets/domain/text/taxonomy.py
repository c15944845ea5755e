"""Which topics of a fixed list a text has: from vectors alone, or from a classifier.

A topic is known by phrases. How near a text is to a topic is its cosine with the nearest of them.
Some topics are near to everything, and what counts as near differs between encoders: so nearness
is measured in deviations from the topic's usual one, which the phrases of all other topics tell.
It depends on nothing else: a text has the same topics whatever texts stand beside it.

The numbers below were set on every second one of the labelled captions of the tests, with
all-MiniLM-L6-v2; docs/content.md tells how good they are on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEMPERATURE = 0.6
"""In deviations: one more makes a topic about five times as probable as another."""

LEAST_NEARNESS = 1.0
"""In deviations: a text that is nearer to no topic than other topics' phrases are has none."""

LEAST_SCORE = 0.25

LEAST_PROBABILITY = 0.5
"""Of a classifier."""

MOST_TOPICS = 3


class Taxonomy:
    """Topics with the vectors of their phrases.

    Args:
        names: the topic of each phrase; at least two topics.
        vectors: (phrases, dimensions), of length 1.
    """

    def __init__(self, names: Sequence[str], vectors: NDArray[np.float32]) -> None:
        self.topics = sorted(set(names))
        self._of = np.array([self.topics.index(name) for name in names])
        self._phrases = vectors
        others = self._of[:, None] != np.arange(len(self.topics))
        usual = np.where(others, self._cosines(vectors), np.nan)
        self._centre = np.nanmean(usual, axis=0)
        self._deviation = float(np.nanstd(usual - self._centre))

    def _cosines(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """(texts, topics): cosine with the nearest phrase."""
        all_cosines = (vectors @ self._phrases.T).astype(np.float64)
        each = [all_cosines[:, self._of == n].max(axis=1) for n in range(len(self.topics))]
        return np.stack(each, axis=1)

    def nearness(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """(texts, topics): how much nearer than usual, in deviations."""
        near: NDArray[np.float64] = (self._cosines(vectors) - self._centre) / self._deviation
        return near

    def scores(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """(texts, topics): softmax of nearness, 0 where it is below LEAST_NEARNESS."""
        near = self.nearness(vectors)
        powers = np.exp((near - near.max(axis=1, keepdims=True)) / TEMPERATURE)
        shares = powers / powers.sum(axis=1, keepdims=True)
        return np.where(near >= LEAST_NEARNESS, shares, 0.0)


def topic_rows(
    hashes: pl.Series, topics: Sequence[str], scores: NDArray[np.floating], least: float
) -> pl.DataFrame:
    """content_hash, topic, score: the topics of each text with at least this score, the best
    MOST_TOPICS of them; of two with the same score the one that comes first in `topics`.

    Args:
        hashes: content_hash of each row of `scores`.
        topics: of its columns.
        scores: (texts, topics).
        least: score.
    """
    best = np.argsort(-scores, axis=1, kind="stable")[:, :MOST_TOPICS]
    found = np.take_along_axis(scores, best, axis=1)
    text, place = np.nonzero(found >= least)
    names = pl.Series("topic", list(topics), dtype=pl.String)
    return pl.DataFrame(
        {
            "content_hash": hashes.gather(text),
            "topic": names.gather(best[text, place]),
            "score": pl.Series(found[text, place], dtype=pl.Float64),
        }
    )
