"""Networks to learn from: profiles of planted groups, and what each is told by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import chisquare

from influence_assets.domain.graph.learning.methods import Learners
from influence_assets.domain.graph.learning.sage import SageSettings
from influence_assets.domain.graph.learning.walks import Node2Vec
from influence_assets.domain.graph.ties import Network
from influence_assets.domain.popularity.trees import Hyperparameters
from influence_assets_tests.domain.graph.making import frame

QUICK = Learners(
    Node2Vec(dimensions=8, walks=3, length=10, epochs=1, steps=200),
    SageSettings(hidden=8, epochs=8),
    Hyperparameters(learning_rate=0.3, max_trees=20, min_trees=5, patience=5),
)
"""Enough to tell what is plain, in little time."""


def dense(network: Network) -> npt.NDArray[np.float64]:
    """Weights by source and target, entered one by one."""
    found = np.zeros((len(network.names),) * 2)
    for (source, target), weight in zip(network.ends, network.weight, strict=True):
        found[source, target] += weight
    return found


def grouped(
    profiles: int = 400, ties: int = 8_000, inside: float = 0.9, seed: int = 1
) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
    """Ties of two groups of equal size, and the group of each; most ties stay inside."""
    rng = np.random.default_rng(seed)
    group = np.arange(profiles) % 2
    source = rng.integers(0, profiles, ties)
    stays = rng.random(ties) < inside
    # A profile's number is odd or even as its group is.
    wanted = np.where(stays, group[source], 1 - group[source])
    target = 2 * rng.integers(0, profiles // 2, ties) + wanted
    pairs = sorted({(int(a), int(b)) for a, b in zip(source, target, strict=True) if a != b})
    return frame([(f"p{a:04d}", f"p{b:04d}", 1.0) for a, b in pairs]), group


def alike(counts: np.ndarray, chance: np.ndarray) -> bool:
    """Nothing where there is no chance, and a chi-square test that does not object."""
    assert counts[chance == 0].sum() == 0
    possible = chance > 0
    if possible.sum() == 1:
        return True
    expected = counts.sum() * chance[possible]
    return bool(chisquare(counts[possible], expected).pvalue > 1e-4)
