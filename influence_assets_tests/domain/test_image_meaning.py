"""Tags from vectors, against counts by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.special import softmax as scipy_softmax

from influence_assets.domain.image_meaning import (
    LEAST_SCORE,
    MOST_TAGS,
    image_tags,
    mean_directions,
    softmax,
)

# Three words at right angles, and pictures that lean to them.
WORDS = np.eye(3, dtype=np.float32)
TAGS = ["bread", "car", "dog"]


def leaning(*weights: float) -> np.ndarray:
    vector = np.array(weights, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def tags_of(pictures: np.ndarray, scale: float) -> list[tuple[str, str, float]]:
    hashes = pl.Series(["b", "a", "c"][: len(pictures)])
    return image_tags(hashes, pictures, TAGS, WORDS, scale).rows()


def test_shares_are_those_of_scipy() -> None:
    values = np.random.default_rng(1).normal(0, 60, (40, 7)).astype(np.float32)
    assert softmax(values) == pytest.approx(scipy_softmax(values.astype(np.float64), axis=1))


def test_the_word_that_fits_is_the_tag() -> None:
    found = tags_of(np.stack([leaning(1, 0, 0), leaning(0, 0, 1)]), 100)
    assert [(h, t) for h, t, _ in found] == [("a", "dog"), ("b", "bread")]
    assert found[0][2] == pytest.approx(1)


def test_two_words_share_and_one_that_does_not_fit_is_left_out() -> None:
    found = tags_of(np.stack([leaning(2, 1, 0)]), 4)
    # exp(4 x 0.894), exp(4 x 0.447) and exp(0), over their sum.
    shares = np.exp([4 * 2 / 5**0.5, 4 / 5**0.5, 0])
    shares /= shares.sum()
    assert shares[2] < LEAST_SCORE < shares[1]
    assert [(t, pytest.approx(s)) for _, t, s in found] == [
        ("bread", shares[0]),
        ("car", shares[1]),
    ]


def test_at_most_five_and_equal_ones_by_name() -> None:
    words = np.eye(8, dtype=np.float32)
    picture = leaning(1, 1, 1, 1, 1, 1, 0.2, 0.1)[None]
    tags = ["h", "g", "f", "e", "d", "c", "b", "a"]
    found = image_tags(pl.Series(["x"]), picture, tags, words, 10)
    assert found["tag"].to_list() == ["c", "d", "e", "f", "g"]
    assert found.height == MOST_TAGS


def test_no_pictures_have_no_tags() -> None:
    found = image_tags(pl.Series([], dtype=pl.String), np.empty((0, 3), np.float32), TAGS, WORDS, 9)
    assert found.schema == {"content_hash": pl.String, "tag": pl.String, "score": pl.Float64}
    assert found.is_empty()


def test_many_pictures_are_taken_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = np.stack([leaning(*weights) for weights in np.random.default_rng(2).random((50, 3))])
    hashes = pl.Series([f"{i:02}" for i in range(50)])
    whole = image_tags(hashes, pictures, TAGS, WORDS, 8)
    monkeypatch.setattr("influence_assets.domain.image_meaning.AT_ONCE", 7)
    assert image_tags(hashes, pictures, TAGS, WORDS, 8).equals(whole)


def test_phrases_of_a_tag_count_together() -> None:
    vectors = np.stack([leaning(1, 0, 0), leaning(0, 0, 1), leaning(0, 1, 0)])
    found = mean_directions(vectors, np.array([1, 0, 1]))
    assert found == pytest.approx(np.stack([leaning(0, 0, 1), leaning(1, 1, 0)]))
