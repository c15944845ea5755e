"""Nearest texts against sorting all of them, and copies."""

from __future__ import annotations

import numpy as np
import pytest

from influence_assets.domain.topics import near

from .making import unit


@pytest.mark.parametrize("size", [40, 3_000])  # with and without looking at groups first
def test_the_nearest_are_those_of_a_full_sort(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "CELLS", 100_000)  # several blocks
    vectors = unit(np.random.default_rng(1).normal(size=(size, 24)))
    number, cosine = near.nearest(vectors, vectors, 7, np.arange(size))
    exact = vectors.astype(np.float64) @ vectors.T
    np.fill_diagonal(exact, -2)
    best = np.argsort(-exact, axis=1, kind="stable")[:, :7]
    # What is equal to five decimals may stand in another order.
    assert (number == best).mean() > 0.999
    np.testing.assert_allclose(cosine, np.take_along_axis(exact, best, 1), atol=1e-5)


def test_of_equally_near_ones_the_first_are_taken() -> None:
    vectors = unit(np.array([[1.0, 0], [0, 1], [0, 1], [0, 1]]))
    number, _ = near.nearest(vectors[:1], vectors[1:], 2)
    assert number.tolist() == [[0, 1]]


def test_copies_are_told_once_and_are_nobodys_neighbours() -> None:
    rng = np.random.default_rng(2)
    others = unit(rng.normal(size=(30, 24)))
    copies = unit(others[:1] + 0.01 * rng.normal(size=(40, 24)))
    found = near.neighbours(np.vstack([others, copies]), lambda size: min(5, size - 1), 0.95)
    # Forty copies are more than a text has neighbours: they are found in turns.
    assert found.kept.tolist() == list(range(30))
    assert found.original.tolist() == [*range(30), *[0] * 40]
    alone = near.neighbours(others, lambda size: min(5, size - 1), 0.95)
    assert np.array_equal(found.place, alone.place)
    np.testing.assert_allclose(found.cosine, alone.cosine, atol=1e-5)


def test_what_is_less_alike_is_no_copy() -> None:
    vectors = unit(np.array([[1.0, 0, 0], [0.94, np.sqrt(1 - 0.94**2), 0], [0, 0, 1]]))
    found = near.neighbours(vectors, lambda _: 1, 0.95)
    assert found.kept.tolist() == [0, 1, 2]
    assert near.neighbours(vectors, lambda _: 1, 0.93).original.tolist() == [0, 0, 1]
