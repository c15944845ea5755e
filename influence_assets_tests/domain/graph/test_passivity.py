"""Influence and passivity against the paper's equations, written out over dictionaries."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import polars as pl
import pytest

from influence_assets.domain.graph.passivity import influence_passivity


def responses(rows: list[tuple[str, str, float]]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={"source_id": pl.String, "target_id": pl.String, "responses": pl.Float64},
        orient="row",
    )


def posts(counts: dict[str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        {"profile_id": list(counts), "posts": list(counts.values())},
        schema={"profile_id": pl.String, "posts": pl.Float64},
    )


def by_the_paper(
    rows: list[tuple[str, str, float]], posted: dict[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Algorithm 1 of Romero et al. 2011: arcs (i, j), where j passed on what i wrote."""
    w = {(i, j): min(s / posted[i], 1.0) for j, i, s in rows}
    people = {p for arc in w for p in arc}
    accepted: dict[str, float] = defaultdict(float)
    rejected: dict[str, float] = defaultdict(float)
    for (i, j), share in w.items():
        accepted[j] += share
        rejected[i] += 1 - share
    influence, passivity = dict.fromkeys(people, 1.0), dict.fromkeys(people, 1.0)
    for _ in range(500):
        passivity = {
            p: sum((1 - s) / rejected[i] * influence[i] for (i, j), s in w.items() if j == p)
            for p in people
        }
        total = sum(passivity.values())
        passivity = {p: v / total for p, v in passivity.items()}
        influence = {
            p: sum(s / accepted[j] * passivity[j] for (i, j), s in w.items() if i == p)
            for p in people
        }
        total = sum(influence.values())
        influence = {p: v / total for p, v in influence.items()}
    return influence, passivity


def test_as_the_paper_has_it() -> None:
    rng = np.random.default_rng(2)
    people = [f"p{i:02d}" for i in range(25)]
    posted = {p: float(rng.integers(5, 40)) for p in people}
    pairs = {(a, b) for a, b in rng.choice(people, (120, 2)) if a != b}
    rows = [(str(a), str(b), float(rng.integers(1, 5))) for a, b in sorted(pairs)]
    influence, passivity = by_the_paper(rows, posted)
    found = influence_passivity(responses(rows), posts(posted))
    assert found["profile_id"].to_list() == sorted(influence)
    for row in found.to_dicts():
        assert row["influence"] == pytest.approx(influence[row["profile_id"]], abs=1e-9)
        assert row["passivity"] == pytest.approx(passivity[row["profile_id"]], abs=1e-9)


def test_to_move_the_passive_counts_more() -> None:
    # Both `loud` and `choosy` are answered five times of ten by two readers. Those of `loud`
    # answer everybody; those of `choosy` answer nobody else, and leave half of it.
    rows = [("easy", "loud", 5), ("quick", "loud", 5), ("hard", "choosy", 5), ("slow", "choosy", 5)]
    rows += [(reader, other, 9.0) for reader in ("easy", "quick") for other in ("o1", "o2", "o3")]
    posted = dict.fromkeys(("loud", "choosy", "o1", "o2", "o3"), 10.0)
    found = influence_passivity(responses([(a, b, float(n)) for a, b, n in rows]), posts(posted))
    value = dict(zip(found["profile_id"], found["influence"], strict=True))
    passive = dict(zip(found["profile_id"], found["passivity"], strict=True))
    assert value["choosy"] > value["loud"]
    assert passive["hard"] == passive["slow"] > passive["loud"] == 0


def test_posts_that_nobody_collected_count_as_the_most_responses() -> None:
    rows = [("a", "x", 4.0), ("b", "x", 2.0), ("a", "y", 1.0)]
    known = influence_passivity(responses(rows), posts({"x": 4.0, "y": 1.0}))
    for unknown in ({}, {"x": 1.0}):
        assert influence_passivity(responses(rows), posts(unknown)).equals(known)


def test_where_all_is_answered_nobody_is_passive() -> None:
    found = influence_passivity(responses([("a", "x", 3.0)]), posts({"x": 3.0}))
    assert found.rows() == [("a", 0.0, 0.0), ("x", 0.0, 0.0)]


def test_no_responses_give_no_rows() -> None:
    found = influence_passivity(responses([]), posts({"x": 3.0}))
    assert (found.height, found.dtypes) == (0, [pl.String, pl.Float64, pl.Float64])
