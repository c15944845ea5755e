"""Walks against transition probabilities counted by hand; vectors of planted groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from influence_assets.domain.graph.learning.sampling import neighbours, without
from influence_assets.domain.graph.learning.walks import Node2Vec, biased_walks, node_vectors
from influence_assets.domain.graph.ties import directed
from influence_assets_tests.domain.graph.making import frame

from .making import alike, dense, grouped

# Two triangles that share c, and a tail; weights far apart.
TIES = frame(
    [
        ("a", "b", 1.0), ("b", "c", 2.0), ("c", "a", 4.0), ("c", "d", 1.0), ("d", "e", 3.0),
        ("e", "c", 0.5), ("e", "f", 2.0),
    ]
)  # fmt: skip


def second_order(table: np.ndarray, last: int, here: int, p: float, q: float) -> np.ndarray:
    """Chances of the next node: section 3.2.2 of Grover and Leskovec 2016, node by node."""
    chance = np.zeros(len(table))
    for there, weight in enumerate(table[here]):
        if there == last:
            chance[there] = weight / p
        elif table[last, there] > 0:
            chance[there] = weight
        else:
            chance[there] = weight / q
    return chance / chance.sum()


@pytest.mark.parametrize(("p", "q"), [(0.25, 4.0), (4.0, 0.25), (1.0, 1.0), (1.0, 0.5)])
def test_steps_have_the_chances_of_the_paper(p: float, q: float) -> None:
    network = directed(TIES)
    table = dense(network) + dense(network).T
    starts = np.tile(np.arange(6), 4_000)
    how = Node2Vec(length=4, back=p, away=q)
    walks = biased_walks(neighbours(network, "both"), starts, how, np.random.default_rng(1))
    assert (walks[:, 0] == starts).all()
    counts = np.zeros((6, 6, 6))
    for step in (0, 1):
        np.add.at(counts, tuple(walks[:, step : step + 3].T), 1)
    first = np.zeros((6, 6))
    np.add.at(first, tuple(walks[:, :2].T), 1)
    for node in range(6):
        assert alike(first[node], table[node] / table[node].sum())
    for last, here in np.argwhere(table > 0):
        assert alike(counts[last, here], second_order(table, last, here, p, q))


QUICK = Node2Vec(dimensions=16, walks=5, length=12)


def test_vectors_tell_planted_groups_apart() -> None:
    ties, group = grouped(200, 3_000)
    vectors = node_vectors(directed(ties), 1, QUICK)
    found = cross_val_score(LogisticRegression(), vectors / vectors.std(), group, cv=5)
    assert found.mean() > 0.95


def test_the_same_seed_gives_the_same_vectors_and_no_tie_gives_none() -> None:
    network = directed(grouped(60, 600)[0])
    cold = np.zeros(60, bool)
    cold[7] = True
    how = replace(QUICK, epochs=1, steps=20)
    one, again, other = (node_vectors(without(network, cold), seed, how) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()
    assert (one[7] == 0).all()
    assert one[np.arange(60) != 7].any(axis=1).all()
