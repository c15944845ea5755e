"""Planted copies of texts are found, and nothing else."""

from __future__ import annotations

from hashlib import blake2b
from itertools import combinations

import networkx as nx
import numpy as np
import polars as pl

from influence_assets.domain.duplicates.texts import (
    MULTIPLIER,
    RESEMBLANCE,
    groups,
    hashed_shingles,
    normalised,
)


def found(*texts: str) -> list[set[int]]:
    """The groups of more than one text, by their places."""
    frame = pl.DataFrame({"content_hash": [f"h{n:04d}" for n in range(len(texts))], "text": texts})
    whole = groups(frame).with_columns(pl.col("content_hash").str.slice(1).cast(pl.Int64))
    parts = whole.group_by("group_id").agg("content_hash")["content_hash"].to_list()
    return sorted((set(p) for p in parts if len(p) > 1), key=min)


STORY = "the quick brown fox jumps over the lazy dog and runs away into the dark deep forest"


def test_what_makes_no_difference() -> None:
    plain = pl.DataFrame({"text": ["RT @Ann.b: Look  at\nTHIS www.x.org/a https://t.co/Ab1 @bob"]})
    assert plain.select(normalised(pl.col("text"))).item() == "look at this"
    assert found(STORY, f"RT @ann: {STORY.upper()} https://t.co/1", STORY.replace(" ", "\n")) == [
        {0, 1, 2}
    ]


def test_a_word_changed_and_another_text() -> None:
    changed = STORY.replace("jumps", "leaps")
    other = "nothing of that is said in this one although it has about as many words as well"
    assert found(other, STORY, changed) == [{1, 2}]
    # Half of it anew is another text.
    assert found(STORY, " ".join([*STORY.split()[:8], *other.split()[:8]])) == []


def test_hashes_are_those_of_plain_arithmetic() -> None:
    texts = ["ä b c ä b c d", STORY]

    def run(a: str, b: str, c: str) -> int:
        x, y, z = (
            int.from_bytes(blake2b(w.encode(), digest_size=8).digest(), "little") for w in (a, b, c)
        )
        return (x * MULTIPLIER**2 + y * MULTIPLIER + z) % 2**64

    words = [t.split() for t in texts]
    expected = {
        (n, run(*own[i : i + 3])) for n, own in enumerate(words) for i in range(len(own) - 2)
    }
    rows = hashed_shingles(pl.DataFrame({"doc": [0, 1], "plain": texts})).rows()
    assert rows == sorted(expected)
    assert len(rows) == 4 + 15


def test_short_texts_are_left_out() -> None:
    seven = "happy birthday to you my dear friend"
    assert groups(pl.DataFrame({"content_hash": ["a", "b"], "text": [seven, seven]})).is_empty()
    assert found(f"{seven} ann", f"{seven} ANN") == [{0, 1}]
    assert groups(pl.DataFrame(schema={"content_hash": pl.String, "text": pl.String})).is_empty()


def test_the_group_is_named_by_its_smallest_hash() -> None:
    frame = pl.DataFrame({"content_hash": ["m", "c", "x"], "text": [STORY, f"{STORY} now", STORY]})
    assert groups(frame).rows() == [("c", "c"), ("m", "c"), ("x", "c")]
    assert groups(frame[::-1]).equals(groups(frame))


def test_planted_copies_against_all_pairs() -> None:
    rng = np.random.default_rng(5)
    words = [f"w{n}" for n in range(400)]
    texts = []
    for _ in range(120):
        own = list(rng.choice(words, int(rng.integers(8, 30))))
        texts.append(own)
        for _ in range(int(rng.integers(0, 5))):
            # Words changed, put in and left out: from hardly to completely another text.
            copy = list(own)
            for place in rng.integers(0, len(copy), int(rng.integers(0, 5))):
                copy[place : place + int(rng.integers(0, 3))] = [str(rng.choice(words))]
            texts.append(copy)
    texts = [t for t in texts if len(t) >= 8]
    shingles = [{tuple(t[i : i + 3]) for i in range(len(t) - 2)} for t in texts]
    near = nx.Graph()
    for (i, a), (j, b) in combinations(enumerate(shingles), 2):
        if len(a & b) / len(a | b) >= RESEMBLANCE:
            near.add_edge(i, j)
    expected = sorted(nx.connected_components(near), key=min)
    assert len(expected) > 40
    assert found(*(" ".join(t) for t in texts)) == expected
