"""Clusters of texts: planted ones, copies, what is too little, and a sample of many."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_assets.domain.topics import clusters as module
from influence_assets.domain.topics.clusters import clusters, shared_neighbours

from .making import SIZE, planted, unit


def agreement(texts: pl.DataFrame, rows: pl.DataFrame) -> float:
    both = texts.join(rows, on="text_key").drop_nulls("topic_id")
    return float(adjusted_rand_score(both["planted"], both["topic_id"]))


def test_planted_topics_are_found_whatever_the_order() -> None:
    texts = planted(8, 40)
    found = clusters(texts, 1)
    assert agreement(texts, found.rows) == pytest.approx(1)
    assert found.stability > 0.95
    assert found.rows["topic_id"].null_count() == 0
    assert found.rows["confidence"].min() > 0.9
    again = clusters(texts.sample(fraction=1, shuffle=True, seed=1), 1)
    assert again.rows.equals(found.rows)
    # The id is the smallest key of its texts.
    ids = found.rows.group_by("topic_id").agg(pl.col("text_key").min())
    assert ids["topic_id"].equals(ids["text_key"], check_names=False)


def with_vectors(keys: range, vectors: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        {"text_key": list(keys), "vector": unit(vectors), "planted": [99] * len(keys)},
        schema_overrides={"vector": pl.Array(pl.Float32, SIZE)},
    )


def test_many_copies_of_one_text_are_no_topic() -> None:
    rng = np.random.default_rng(5)
    others = planted(4, 60).select("text_key", "vector", "planted")
    one = rng.normal(size=(1, SIZE))
    copies = with_vectors(range(100), one + 0.01 * rng.normal(size=(100, SIZE)))
    found = clusters(pl.concat([others, copies]), 1)
    fate = copies.join(found.rows, on="text_key")["topic_id"]
    # All the same: in the topic of others, or in none.
    assert fate.n_unique() == 1
    alone = found.rows.filter(pl.col("topic_id").is_in(fate.drop_nulls().implode()))
    assert alone.height == 0 or alone.height > 100


def test_a_copy_has_the_topic_of_its_original() -> None:
    texts = planted(4, 60)
    vectors = texts["vector"].to_numpy()[:30]
    copies = with_vectors(range(30), vectors + 1e-3)
    found = clusters(pl.concat([texts.select(copies.columns), copies]), 1).rows
    topic = dict(found.select("text_key", "topic_id").iter_rows())
    assert [topic[n] for n in range(30)] == [topic[key] for key in texts["text_key"][:30]]


def test_what_is_near_to_nothing_has_no_topic() -> None:
    texts = planted(3, 60, spread=0.05)
    # At right angles to the middles of all that is there, and to each other.
    middles = texts["vector"].to_numpy()[::60]
    random = np.random.default_rng(3).normal(size=(5, SIZE))
    far = with_vectors(range(5), np.linalg.qr(np.vstack([middles, random]).T)[0].T[3:])
    found = clusters(pl.concat([texts.select(far.columns), far]), 1).rows
    alone = found.filter(pl.col("text_key") < 5)
    assert alone["topic_id"].null_count() == 5
    assert alone["confidence"].null_count() == 5


def test_few_texts_are_no_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = planted(2, 3)
    assert clusters(texts[:5], 1).rows["topic_id"].null_count() == 5
    assert clusters(texts[:0], 1).rows.height == 0
    monkeypatch.setattr(module, "LEAST_TEXTS", 41)
    assert clusters(planted(8, 40), 1).rows["topic_id"].null_count() == 320


def test_what_is_beyond_the_sample_joins_its_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = planted(6, 100)
    monkeypatch.setattr(module, "MOST_TEXTS", 250)
    found = clusters(texts, 1).rows
    beyond = found.sort("text_key")[250:]
    assert beyond["topic_id"].null_count() < 10
    assert agreement(texts, beyond) == pytest.approx(1)
    # The sample is that of the smallest keys: without the others it gives the same topics.
    sample = texts.sort("text_key")[:250]
    assert clusters(sample, 1).rows.equals(found.sort("text_key")[:250])


def test_a_clustering_goes_on_from_the_one_before() -> None:
    texts = planted(5, 60, spread=0.2)
    # As people know them: two of the planted topics are one.
    known = pl.when(pl.col("planted") == 4).then(3).otherwise("planted").cast(pl.String)
    before = texts.select("text_key", known.alias("topic_id"))
    loose = module.Leiden(resolution=0.05, runs=1, iterations=1)
    from_before = clusters(texts, 1, before, loose).rows
    assert from_before["topic_id"].n_unique() <= clusters(texts, 1).rows["topic_id"].n_unique()


def test_ties_weigh_what_two_have_in_common() -> None:
    # a - b - c in a row, d far off; each with its two nearest.
    number = np.array([[1, 2], [0, 2], [1, 0], [2, 1]])
    cosine = np.array([[0.9, 0.8], [0.9, 0.9], [0.9, 0.8], [0.4, 0.1]], dtype=np.float32)
    network = shared_neighbours(pl.Series([10, 11, 12, 13]), number, cosine)
    weights = {
        tuple(ends): weight
        for ends, weight in zip(network.ends.tolist(), network.weight, strict=True)
    }
    # {a,b,c} is the neighbourhood of all three; d's {d,c,b} shares two of four with c's. The tie
    # of d with b is below the least likeness.
    assert weights == {(0, 1): 1, (0, 2): 1, (1, 2): 1, (2, 3): 0.5}
