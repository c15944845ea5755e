"""Neighbours, draws from them, and who is held out, against dense matrices and counts."""

from __future__ import annotations

import numpy as np
import pytest

from influence_assets.domain.graph.learning.features import mean_vectors
from influence_assets.domain.graph.learning.sampling import (
    NOBODY,
    Side,
    cold_folds,
    joined,
    means,
    neighbours,
    split,
    without,
)
from influence_assets.domain.graph.ties import Network, both_ways, directed
from influence_assets_tests.domain.graph.making import frame, random_ties

from .making import alike, dense

SIDES: tuple[Side, ...] = ("out", "in", "both")


def small() -> Network:
    """Thirty profiles; the last has ties to others and none to it."""
    rows = random_ties(29, 90).rows()
    return directed(frame([*rows, ("p099", "p003", 2.0), ("p099", "p004", 0.5)]))


def weights(network: Network, side: Side) -> np.ndarray:
    table = dense(network)
    return {"out": table, "in": table.T, "both": table + table.T}[side]


@pytest.mark.parametrize("side", SIDES)
def test_neighbours_are_drawn_by_weight(side: Side) -> None:
    network = small()
    table, own = weights(network, side), neighbours(network, side)
    nodes = np.arange(len(table))
    drawn = own.draw(nodes, 3_000, np.random.default_rng(1))
    for node in nodes:
        counts = np.bincount(drawn[node] + 1, minlength=len(nodes) + 1)
        if not table[node].any():
            assert counts[NOBODY + 1] == 3_000
            continue
        assert alike(counts[1:], table[node] / table[node].sum())
        assert counts[1:].sum() == 3_000
    # p099 has nobody on that side.
    assert (drawn[-1] == NOBODY).all() == (side == "in")


@pytest.mark.parametrize("side", SIDES)
def test_who_is_tied_to_whom(side: Side) -> None:
    network = small()
    table, own = weights(network, side), neighbours(network, side)
    a, b = (np.ravel(i) for i in np.indices(table.shape))
    assert (own.has(a, b) == (table.ravel() > 0)).all()


@pytest.mark.parametrize("side", SIDES)
def test_means_are_weighted(side: Side) -> None:
    network, rng = small(), np.random.default_rng(2)
    table, values = weights(network, side), rng.normal(size=(30, 3))
    found = means(network, side) @ values
    for node, row in enumerate(table):
        expected = np.average(values, axis=0, weights=row) if row.any() else np.zeros(3)
        assert found[node] == pytest.approx(expected)


def test_vectors_are_means_of_known_neighbours_alone() -> None:
    # d is known to a (3) and, the other way round, to b (1); c has no vector.
    network = directed(frame([("a", "d", 3.0), ("d", "b", 1.0), ("c", "d", 5.0), ("c", "e", 1.0)]))
    vectors = np.array([[4.0], [8.0], [99.0], [99.0], [99.0]])
    found = mean_vectors(network, vectors, np.array([True, True, False, False, False]))
    assert found[3] == pytest.approx([5.0])
    # a's and b's only neighbour is d, c's are d and e: none of them has a vector.
    assert found[[0, 1, 2, 4]].tolist() == [[0.0]] * 4


def test_the_cold_are_gone_with_all_their_ties_and_nothing_else() -> None:
    network = small()
    cold = np.random.default_rng(3).random(30) < 0.3
    expected = dense(network)
    expected[cold] = 0
    expected[:, cold] = 0
    assert (dense(without(network, cold)) == expected).all()


def test_the_cold_join_with_their_ties_to_others() -> None:
    network = small()
    cold = np.random.default_rng(3).random(30) < 0.3
    expected = dense(network)
    assert expected[np.ix_(cold, cold)].any()
    expected[np.ix_(cold, cold)] = 0
    assert (dense(joined(network, cold)) == expected).all()


def test_each_is_cold_once_and_classes_are_spread() -> None:
    classes = np.repeat([0, 1, 2], [50, 23, 7])
    fold = cold_folds(classes, 5, seed=1)
    for label, count in ((0, 50), (1, 23), (2, 7)):
        sizes = np.bincount(fold[classes == label], minlength=5)
        assert (sizes.sum(), np.ptp(sizes) <= 1) == (count, True)
    assert np.ptp(np.bincount(fold)) == 0
    assert (fold == cold_folds(classes, 5, seed=1)).all()
    assert (fold != cold_folds(classes, 5, seed=2)).any()


def test_a_part_of_the_training_nodes_tells_when_to_stop() -> None:
    fitting, stopping = split(100, seed=1)
    assert (len(fitting), len(stopping)) == (85, 15)
    assert sorted([*fitting, *stopping]) == list(range(100))


def test_ties_that_hold_both_ways() -> None:
    ties = frame([("a", "b", 1.0), ("b", "a", 2.0), ("b", "c", 4.0)])
    found = both_ways(ties)
    assert found.rows() == [("a", "b", 3.0), ("b", "a", 3.0), ("b", "c", 4.0), ("c", "b", 4.0)]
