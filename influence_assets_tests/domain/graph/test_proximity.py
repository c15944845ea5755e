"""Likeness against brute force, pair by pair."""

from __future__ import annotations

from math import log, sqrt
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.spatial.distance import cosine

from influence_assets.domain.graph import proximity
from influence_assets.domain.graph.proximity import (
    FACT_WEIGHTS,
    alike_profiles,
    likeness,
    mean_captions,
    shared_hashtags,
)

Pairs = dict[tuple[str, str], float]


def pairs(found: pl.DataFrame) -> Pairs:
    assert (found["profile_id"] < found["other_id"]).all()
    assert found.select("profile_id", "other_id").is_unique().all()
    return {(one, other): weight for one, other, weight in found.iter_rows()}


def nearest_of(similarity: Pairs, nearest: int) -> Pairs:
    """Pairs of which either has the other among its nearest, by sorting each one's others."""
    kept = set()
    for name in {name for pair in similarity for name in pair}:
        own = sorted((-value, pair) for pair, value in similarity.items() if name in pair)
        kept |= {pair for value, pair in own[:nearest] if value < 0}
    return {pair: similarity[pair] for pair in kept}


def hashtag_uses(profiles: int = 40, hashtags: int = 30, seed: int = 3) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, (profiles, hashtags), (profiles * 12, 2))
    frame = pl.DataFrame(
        [(f"p{a:02d}", f"tag{b}") for a, b in drawn],
        schema=["profile_id", "hashtag"],
        orient="row",
    )
    return frame.group_by("profile_id", "hashtag").agg(posts=pl.len()).sort(pl.all())


def test_shared_hashtags_are_cosines_of_tf_idf() -> None:
    uses = hashtag_uses()
    by_profile: dict[str, dict[str, int]] = {}
    for name, tag, posts in uses.iter_rows():
        by_profile.setdefault(name, {})[tag] = posts
    users = dict(uses.group_by("hashtag").len().iter_rows())
    vectors = {
        name: {t: (1 + log(n)) * log(len(by_profile) / users[t]) for t, n in own.items()}
        for name, own in by_profile.items()
    }
    expected = {
        (a, b): sum(w * vectors[b].get(t, 0) for t, w in vectors[a].items())
        / sqrt(sum(w * w for w in vectors[a].values()) * sum(w * w for w in vectors[b].values()))
        for a in vectors
        for b in vectors
        if a < b
    }
    assert pairs(shared_hashtags(uses, nearest=5)) == pytest.approx(
        nearest_of(expected, 5), abs=2e-6
    )


def test_what_everybody_uses_makes_nobody_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("a", "all"), ("b", "all"), ("c", "all"), ("a", "own"), ("b", "own"), ("c", "c")]
    uses = pl.DataFrame(rows, schema=["profile_id", "hashtag"], orient="row")
    uses = uses.with_columns(posts=1)
    assert pairs(shared_hashtags(uses)) == {("a", "b"): 1.0}
    # The same of one that more use than are worth comparing.
    assert shared_hashtags(uses.filter(pl.col("hashtag") != "c")).height == 1
    monkeypatch.setattr(proximity, "MOST_USERS", 1)
    assert shared_hashtags(uses).is_empty()
    assert shared_hashtags(uses.clear()).is_empty()


def some_facts(profiles: int = 60, seed: int = 4) -> pl.DataFrame:
    """Profiles of which each fact is unknown one time in five."""
    rng = np.random.default_rng(seed)

    def known(values: list[Any]) -> list[Any]:
        return [None if rng.random() < 0.2 else value for value in values]

    return pl.DataFrame(
        {
            "profile_id": [f"p{i:02d}" for i in range(profiles)],
            "language": known([("en", "de", "fr")[i] for i in rng.integers(0, 3, profiles)]),
            "country": known([("GB", "DE")[i] for i in rng.integers(0, 2, profiles)]),
            "category": known([("food", "cars")[i] for i in rng.integers(0, 2, profiles)]),
            "posts_by_hour": known(rng.poisson(0.4, (profiles, 24)).tolist()),
            "caption": known(rng.normal(size=(profiles, 5)).tolist()),
        },
        schema_overrides={"posts_by_hour": pl.List(pl.Int64), "caption": pl.Array(pl.Float32, 5)},
    )


def smoothed(posts: list[int]) -> list[float]:
    """Each post spread over the hours around its own, on a clock."""
    around = [[min(abs(a - b), 24 - abs(a - b)) for b in range(24)] for a in range(24)]
    return [
        sum(n * np.exp(-0.5 * (d / 2) ** 2) for n, d in zip(posts, row, strict=True))
        for row in around
    ]


def likeness_of(one: dict[str, Any], other: dict[str, Any]) -> float:
    """By the definition: the weighted mean over what is known of both."""
    found: dict[str, float] = {}
    for name in ("language", "country", "category"):
        if one[name] is not None and other[name] is not None:
            found[name] = float(one[name] == other[name])
    if all(who["posts_by_hour"] and sum(who["posts_by_hour"]) >= 5 for who in (one, other)):
        found["hours"] = 1 - cosine(*(smoothed(who["posts_by_hour"]) for who in (one, other)))
    if one["caption"] is not None and other["caption"] is not None:
        found["caption"] = max(1 - cosine(one["caption"], other["caption"]), 0)
    if len(found) < 3:
        return 0.0
    return sum(FACT_WEIGHTS[n] * v for n, v in found.items()) / sum(FACT_WEIGHTS[n] for n in found)


def test_alike_is_the_mean_over_the_facts_that_both_have() -> None:
    facts = some_facts()
    rows = facts.to_dicts()
    expected = {
        (a["profile_id"], b["profile_id"]): likeness_of(a, b)
        for a in rows
        for b in rows
        if a["profile_id"] < b["profile_id"]
    }
    assert {0.0} < set(expected.values())
    found = pairs(alike_profiles(facts, nearest=60))
    assert found == pytest.approx({p: v for p, v in expected.items() if v > 0}, abs=2e-6)
    # Facts of so few values often tie; who of the equals is taken is not for this test.
    few = pairs(alike_profiles(facts, nearest=5))
    assert few.items() <= found.items()
    for name in facts["profile_id"]:
        values = sorted((v for pair, v in found.items() if name in pair), reverse=True)
        taken = sorted((v for pair, v in few.items() if name in pair), reverse=True)
        assert taken[:5] == values[:5]


@pytest.mark.parametrize("cells", [1, 100, 1_000])
def test_blocks_change_nothing(cells: int) -> None:
    uses, facts = hashtag_uses(), some_facts()
    whole = {"hashtags": pairs(shared_hashtags(uses)), "facts": pairs(alike_profiles(facts))}
    assert pairs(shared_hashtags(uses, cells=cells)) == pytest.approx(whole["hashtags"], abs=2e-6)
    assert pairs(alike_profiles(facts, cells=cells)) == pytest.approx(whole["facts"], abs=2e-6)


def test_the_order_of_rows_changes_nothing() -> None:
    uses, facts = hashtag_uses(), some_facts()
    mixed = [frame.sample(fraction=1, shuffle=True, seed=8) for frame in (uses, facts)]
    assert shared_hashtags(uses).equals(shared_hashtags(mixed[0]))
    assert alike_profiles(facts).equals(alike_profiles(mixed[1]))


def test_equals_are_drawn_by_lot_and_not_by_name() -> None:
    # All of 200 use the one hashtag; the others have one each of their own.
    rows = [(f"p{i:03d}", "same" if i < 200 else f"own{i}", 1) for i in range(400)]
    uses = pl.DataFrame(rows, schema=["profile_id", "hashtag", "posts"], orient="row")
    found = shared_hashtags(uses)
    assert set(found["weight"]) == {1.0}
    degree = pl.concat([found["profile_id"], found["other_id"]]).value_counts()["count"]
    assert (len(degree), degree.min()) == (200, 10)
    # Ten are chosen, and about ten choose it: a name that comes first is near to no more.
    assert degree.max() < 40  # type: ignore[operator]


def hours(*posted: int) -> list[int]:
    return [5 * posted.count(hour) for hour in range(24)]


def test_hours_go_around_the_clock() -> None:
    names = {
        "a": hours(23),
        "b": hours(1),
        "c": hours(11),
        "d": hours(3),
        "few": [0] * 20 + [1] * 4,
    }
    facts = pl.DataFrame(
        {
            "profile_id": list(names),
            "language": "en",
            "country": "GB",
            "category": "food",
            "posts_by_hour": list(names.values()),
            "caption": pl.Series([None] * 5, dtype=pl.Array(pl.Float32, 3)),
        }
    )
    only = dict.fromkeys(FACT_WEIGHTS, 0.0) | {"hours": 1.0}
    found = pairs(alike_profiles(facts, weights=only))
    # Two hours apart over midnight as two hours apart in the night; twelve are another world.
    assert found["a", "b"] == found["b", "d"] > 0.7
    assert found["b", "d"] > found["a", "d"] > 0.3
    assert found.get(("a", "c"), 0.0) < 1e-3
    assert not any("few" in pair for pair in found)


def test_two_facts_are_not_enough() -> None:
    facts = some_facts().with_columns(
        language=pl.lit(None, pl.String),
        country=pl.lit("GB"),
        category=pl.lit("food"),
        posts_by_hour=pl.lit(None, pl.List(pl.Int64)),
    )
    known = facts.drop_nulls("caption").height
    assert 0 < known < facts.height
    # With a caption it is three.
    found = alike_profiles(facts, nearest=100)
    assert found.height == known * (known - 1) / 2
    none = facts.with_columns(caption=pl.lit(None, pl.Array(pl.Float32, 5)))
    assert alike_profiles(none).is_empty()
    assert alike_profiles(facts.clear()).is_empty()


def test_captions_are_means_by_posts() -> None:
    uses = pl.DataFrame(
        [("b", "y", 1), ("a", "x", 3), ("a", "y", 1), ("a", "unknown", 9), ("c", "unknown", 1)],
        schema=["profile_id", "content_hash", "posts"],
        orient="row",
    )
    vectors = pl.DataFrame(
        {"content_hash": ["y", "x", "z"], "vector": [[0.0, 1.0], [1.0, 0.0], [5.0, 5.0]]},
        schema_overrides={"vector": pl.Array(pl.Float32, 2)},
    )
    found = mean_captions(uses, vectors)
    assert found.to_dict(as_series=False) == {
        "profile_id": ["a", "b"],
        "caption": [[0.75, 0.25], [0.0, 1.0]],
    }
    assert mean_captions(uses.reverse(), vectors.reverse()).equals(found)
    assert mean_captions(uses, vectors.clear()).is_empty()


def test_likeness_holds_both_measures() -> None:
    one = pl.DataFrame({"profile_id": ["a"], "other_id": ["b"], "weight": [0.5]})
    other = pl.DataFrame({"profile_id": ["a", "a"], "other_id": ["c", "b"], "weight": [0.25, 1.0]})
    assert likeness(one, other).rows() == [("a", "b", 0.5, 1.0), ("a", "c", 0.0, 0.25)]
