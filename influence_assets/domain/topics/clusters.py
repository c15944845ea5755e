"""Texts that are about the same: Leiden on the graph of nearest neighbours.

Each text is tied to its nearest by the cosine of their vectors; a tie weighs as much as the two
have neighbours in common (Jarvis and Patrick 1973; with Jaccard's index and communities as Levine
et al. 2015), so that a tie between two crowds weighs little. Clusters are communities of that graph
(Traag, Waltman, van Eck 2019), the best of several runs, gone on from those of before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.graph.communities import best_partition, inner_share
from influence_assets.domain.graph.leiden import Leiden
from influence_assets.domain.graph.ties import Network
from influence_assets.domain.topics.near import Neighbours, Numbers, Vectors, nearest, neighbours

MOST_TEXTS = 20_000
"""Texts that are clustered at most; others join the cluster of those that they are near to."""

NEAREST = 15
"""Neighbours of a text; of few texts fewer, or small topics would run together."""

FEWEST_NEAREST = 8
"""With five, crowds without any structure fall apart (measured on planted ones)."""

COPY = 0.95
"""Cosine from which on two texts are copies: one speaks for all."""

LEAST_LIKENESS = 0.3
"""Cosine below which a neighbour is none: texts that have nothing to do with each other."""

LEAST_TEXTS = 8
"""Texts, copies aside, that a topic has at least."""

LEAST_SHARE = 0.002
"""Share of all texts that a topic has at least."""

LEAST_CONFIDENCE = 0.3
"""Share of a text's ties that must lie in its topic; else it has none."""

HOW = Leiden(resolution=2.0, runs=10, iterations=6)

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """What clustering gives.

    Attributes:
        rows: text_key, topic_id (smallest text_key of its texts; NULL: none) and confidence (share
            of the text's ties that lie in its topic; NULL without one), by text_key.
        stability: mean adjusted Rand index between runs that began with different seeds.
    """

    rows: pl.DataFrame
    stability: float


def clusters(
    texts: pl.DataFrame, seed: int, before: pl.DataFrame | None = None, how: Leiden = HOW
) -> Found:
    """The topics of texts.

    Args:
        texts: text_key (a whole number that hangs on the text alone) and vector (an Array of
            length 1), each text once.
        seed: of the first run; the others have the numbers behind it.
        before: text_key and topic_id of an earlier clustering, to go on from.
        how: runs of Leiden.
    """
    ordered = texts.sort("text_key")
    keys = ordered["text_key"]
    if ordered.height <= FEWEST_NEAREST:
        return _named(keys, np.full(len(keys), -1), np.zeros(len(keys)), 1.0)
    vectors = ordered["vector"].to_numpy()
    # Keys are as good as drawn by lot: the smallest are a sample, and next week's is much the same.
    near = neighbours(vectors[:MOST_TEXTS], neighbours_of, COPY)
    if len(near.kept) <= FEWEST_NEAREST:
        return _named(keys, np.full(len(keys), -1), np.zeros(len(keys)), 1.0)
    label, share, stability = _partition(keys.gather(near.kept), near, seed, how, before)
    others = _joined(vectors[MOST_TEXTS:], vectors[near.kept], label)
    label = np.concatenate([label[near.original], others[0]])
    share = np.concatenate([share[near.original], others[1]])
    return _named(keys, np.where(share >= LEAST_CONFIDENCE, label, -1), share, stability)


def neighbours_of(size: int) -> int:
    """How many neighbours each of so many texts has."""
    return min(max(size // 40, FEWEST_NEAREST), NEAREST, size - 1)


def _partition(
    keys: pl.Series, near: Neighbours, seed: int, how: Leiden, before: pl.DataFrame | None
) -> tuple[Numbers, Shares, float]:
    """The cluster of each text, -1 for a small one; its confidence; and the stability."""
    network = shared_neighbours(keys, near.place, near.cosine)
    if not len(network.ends):
        return np.full(len(keys), -1), np.zeros(len(keys)), 1.0
    names = {"profile_id": "text_key", "community_id": "topic_id"}
    earlier = before.select(**names) if before is not None else None
    found = best_partition(network, seed, how, earlier)
    large = np.bincount(found.labels) >= max(LEAST_TEXTS, LEAST_SHARE * len(keys))
    with np.errstate(invalid="ignore"):  # a text without a tie
        share = np.nan_to_num(inner_share(network, found.labels))
    return np.where(large[found.labels], found.labels, -1), share, found.stability


def shared_neighbours(keys: pl.Series, number: Numbers, cosine: Vectors) -> Network:
    """Ties between texts of which one is among the nearest of the other.

    Args:
        keys: of the texts.
        number, cosine: the nearest of each, as `nearest` gives them.

    Returns:
        A tie's weight is Jaccard's index of the two neighbourhoods, each with its own text.
    """
    from scipy.sparse import csr_array

    size, count = number.shape
    one = np.repeat(np.arange(size), count)
    near = csr_array((np.ones(size * count), (one, number.ravel())), shape=(size, size))
    near.setdiag(1)
    alike = cosine.ravel() >= LEAST_LIKENESS
    ends = np.stack([one[alike], number.ravel()[alike]], axis=1)
    pairs = np.unique(ends.min(axis=1) * size + ends.max(axis=1))
    low, high = np.divmod(pairs, size)
    both = np.asarray(near[low].multiply(near[high]).sum(axis=1)).ravel()
    weight = both / (2 * (count + 1) - both)
    return Network(keys, np.stack([low, high], axis=1), weight, is_directed=False)


def _joined(vectors: Vectors, known: Vectors, label: Numbers) -> tuple[Numbers, Shares]:
    """The cluster of texts that were not clustered: that of most of their nearest, by cosine."""
    found = [
        _voted(vectors[start : start + MOST_TEXTS], known, label)
        for start in range(0, len(vectors), MOST_TEXTS)
    ]
    none: tuple[Numbers, Shares] = np.empty(0, dtype=np.int64), np.empty(0)
    labels, shares = zip(none, *found, strict=True)
    return np.concatenate(labels), np.concatenate(shares)


def _voted(vectors: Vectors, known: Vectors, label: Numbers) -> tuple[Numbers, Shares]:
    number, cosine = nearest(vectors, known, neighbours_of(len(known)))
    near = np.where(cosine >= LEAST_LIKENESS, cosine, 0).astype(np.float64)
    of = label[number]
    # A vote for each neighbour's own cluster; the row's largest wins, of equal ones the nearest's.
    votes = np.einsum("ij,ikj->ik", near, (of[:, :, None] == of[:, None, :]).astype(np.float64))
    best = np.where(of >= 0, votes, -1).argmax(axis=1)
    row = np.arange(len(vectors))
    total = near.sum(axis=1)
    share = np.divide(votes[row, best], total, out=np.zeros(len(total)), where=total > 0)
    return of[row, best], np.where(of[row, best] >= 0, share, 0.0)


def _named(keys: pl.Series, label: Numbers, share: Shares, stability: float) -> Found:
    has_topic = pl.col("label") >= 0
    rows = pl.DataFrame({"text_key": keys, "label": label, "confidence": np.minimum(share, 1.0)})
    return Found(
        rows.select(
            "text_key",
            pl.when(has_topic).then(pl.col("text_key").min().over("label")).alias("topic_id"),
            pl.when(has_topic).then("confidence").alias("confidence"),
        ),
        stability,
    )
