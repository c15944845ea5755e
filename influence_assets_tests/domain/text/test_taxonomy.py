"""Topics from vectors, in a world of four directions."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from influence_assets.domain.text.taxonomy import (
    LEAST_NEARNESS,
    MOST_TOPICS,
    TEMPERATURE,
    Taxonomy,
    topic_rows,
)

NAMES = ["a", "a", "b", "b", "c", "c", "d", "d"]


def unit(*rows: list[float]) -> np.ndarray:
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def phrases() -> np.ndarray:
    """Two around each axis; d's lie near to everything."""
    rng = np.random.default_rng(5)
    around = np.repeat(np.eye(4), 2, axis=0)
    around[6:] = 0.5 + 0.5 * around[6:]
    return unit(*(around + 0.1 * rng.standard_normal((8, 4))))


def test_nearness_by_hand() -> None:
    known = Taxonomy(NAMES, phrases())
    text = unit([1, 0.2, 0, 0])
    cosines = phrases() @ phrases().T
    nearest = cosines.reshape(8, 4, 2).max(axis=2)
    others = [[nearest[i, t] for i in range(8) if NAMES[i] != "abcd"[t]] for t in range(4)]
    centre = np.mean(others, axis=1)
    deviation = np.sqrt(np.mean((np.array(others) - centre[:, None]) ** 2))
    by_hand = ((text @ phrases().T).reshape(4, 2).max(axis=1) - centre) / deviation
    assert known.nearness(text)[0] == pytest.approx(by_hand, abs=1e-5)


def test_scores_are_a_softmax_of_what_is_near_enough() -> None:
    known = Taxonomy(NAMES, phrases())
    text = unit([1, 0.9, -0.5, -0.5])
    near, (scores,) = known.nearness(text)[0], known.scores(text)
    shares = np.exp(near / TEMPERATURE) / np.exp(near / TEMPERATURE).sum()
    assert scores == pytest.approx(np.where(near >= LEAST_NEARNESS, shares, 0))
    assert {t for t, s in zip("abcd", scores, strict=True) if s > 0} == {"a", "b"}


def test_a_topic_that_is_near_to_everything_wins_nothing_by_that() -> None:
    known = Taxonomy(NAMES, phrases())
    text = unit([0.8, 0, 0, 0.75])
    # As it lies, the text is as near to d as to a; d is near to most, so that says less.
    cosines = (text @ phrases().T).reshape(4, 2).max(axis=1)
    assert cosines[3] > cosines[0]
    assert known.topics[known.scores(text)[0].argmax()] == "a"


def test_a_text_has_the_same_topics_in_any_company_and_order() -> None:
    order = [5, 0, 7, 2, 1, 4, 6, 3]
    known = Taxonomy(NAMES, phrases())
    mixed = Taxonomy([NAMES[i] for i in order], phrases()[order])
    texts = unit([1, 0, 0, 0], [0, 1, 1, 0], [-1, -1, -1, -1])
    alone = np.vstack([mixed.scores(texts[i : i + 1]) for i in range(3)])
    assert known.scores(texts) == pytest.approx(alone, abs=1e-6)
    assert known.scores(texts)[2].sum() == 0  # far from all: no topic


def test_rows_hold_the_best_few_and_no_weak_ones() -> None:
    scores = np.array([[0.3, 0.3, 0.1, 0.3, 0.31], [0.1, 0.24, 0.0, 0.0, 0.25], [0.1] * 5])
    found = topic_rows(pl.Series(["x", "y", "z"]), list("abcde"), scores, 0.25)
    assert MOST_TOPICS == 3
    assert found.rows() == [("x", "e", 0.31), ("x", "a", 0.3), ("x", "b", 0.3), ("y", "e", 0.25)]


def test_no_texts_give_no_rows() -> None:
    found = topic_rows(pl.Series([], dtype=pl.String), ["a", "b"], np.zeros((0, 2)), 0.5)
    assert found.schema == {"content_hash": pl.String, "topic": pl.String, "score": pl.Float64}
    assert found.is_empty()
