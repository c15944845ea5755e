"""Diffusion trees and their measures: small ones by hand, others against brute force."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl
import pytest

from influence_assets.domain.spread.cascades import diffusion_trees, measures
from influence_assets_tests.domain.spread.making import (
    ADOPTION,
    TIE,
    adoptions,
    by_hand,
    friends_of,
    real_cascades,
    ties,
)

SHAPE = ("size", "depth", "breadth", "structural_virality")
NONE = ties()


def parents(rows: pl.DataFrame, known: pl.DataFrame = NONE) -> dict[str, str | None]:
    found = diffusion_trees(rows, known)
    return dict(found.select("profile_id", "parent_id").iter_rows())


# --- who had it from whom ---


def test_the_parent_is_the_latest_earlier_adopter_that_one_has_a_tie_to() -> None:
    rows = adoptions([("r", 0), ("a", 5), ("b", 8), ("c", 9)])
    # c knows both a and b; what b said came last. b knows c, who came later.
    assert parents(rows, ties("ca", "cb", "cr", "bc", "ba")) == {
        "r": None, "a": "r", "b": "a", "c": "b",
    }  # fmt: skip
    # A tie is one from the adopter: that a knows c tells nothing of c.
    assert parents(rows, ties("ac", "bc"))["c"] == "r"


def test_who_knows_nobody_earlier_hangs_on_the_root() -> None:
    assert parents(adoptions([("r", 0), ("a", 5), ("b", 8)]), ties("bx", "xa")) == {
        "r": None, "a": "r", "b": "r",
    }  # fmt: skip


def test_adopters_of_the_same_second() -> None:
    rows = adoptions([("r", 0), ("z", 5), ("a", 5), ("m", 5), ("q", 6)])
    # Nobody had it from somebody of the same second, and of two that q knows the smaller id counts.
    found = parents(rows, ties("az", "za", "mz", "qz", "qm"))
    assert found == {"r": None, "a": "r", "m": "r", "z": "r", "q": "m"}
    # The root is earlier than everybody, also than who is told to be as early.
    assert parents(adoptions([("r", 0), ("a", 0)]), ties("ar"))["a"] == "r"


def test_a_tie_that_is_younger_than_the_adoption_does_not_count() -> None:
    at = [datetime(2024, 1, 1, hour) for hour in (0, 1, 2)]
    rows = adoptions([("r", 0), ("a", 3_600), ("b", 7_200)]).with_columns(
        pl.Series("adopted_at", at)
    )
    assert parents(rows, ties("ba", since=at[1]))["b"] == "a"
    assert parents(rows, ties("ba", since=at[2]))["b"] == "r"
    assert parents(rows, ties("ba"))["b"] == "a"
    # Where no moment is told, what is known of ties has to do.
    undated = rows.with_columns(pl.lit(None, pl.Datetime("us")).alias("adopted_at"))
    assert parents(undated, ties("ba", since=at[2]))["b"] == "a"


def test_what_the_source_tells_goes_before_ties() -> None:
    rows = adoptions([("r", 0), ("a", 5), ("b", 8), ("c", 9)], told={"c": "a", "b": "nobody"})
    # Somebody who is not in the cascade is no parent.
    assert parents(rows, ties("cb", "ba")) == {"r": None, "a": "r", "b": "a", "c": "a"}


def test_adopters_of_unknown_time() -> None:
    rows = adoptions([("r", 0), ("a", None), ("b", 8), ("c", None)], told={"c": "b"})
    assert parents(rows, ties("ab", "ba")) == {"r": None, "a": "r", "b": "r", "c": "b"}


def test_circles_are_cut_at_their_earliest() -> None:
    told = {"a": "b", "b": "c", "c": "a", "d": "c", "e": "f", "f": "e", "g": "g"}
    parts = [("r", 0), ("b", 1), ("c", 1), *((p, 2) for p in "adefg")]
    assert parents(adoptions(parts, told=told)) == {
        "r": None, "b": "r", "c": "a", "a": "b", "d": "c", "e": "r", "f": "e", "g": "r",
    }  # fmt: skip


def test_a_profile_counts_once_by_its_first_adoption() -> None:
    rows = adoptions([("r", 0), ("a", 9), ("a", 3), ("b", 5), ("r", 7), ("c", 8)])
    found = diffusion_trees(rows, ties("ba", "cr"))
    assert found.rows() == [
        (0, "r", 0, None, 0), (0, "a", 3, "r", 1), (0, "b", 5, "a", 2), (0, "c", 8, "r", 1),
    ]  # fmt: skip


def test_cascades_do_not_mix_and_row_order_does_not_matter() -> None:
    rows = adoptions([("r", 0), ("a", 1), ("b", 2)], [("a", 0), ("b", 1), ("r", 2)])
    known = ties("ba", "ra", "rb")
    found = diffusion_trees(rows, known)
    assert found["parent_id"].to_list() == [None, "r", "a", None, "a", "b"]
    assert diffusion_trees(rows[::-1], known[::-1]).equals(found)


# --- shape and speed ---


def measured(rows: pl.DataFrame, known: pl.DataFrame = NONE) -> list[tuple[object, ...]]:
    return measures(diffusion_trees(rows, known)).select(*SHAPE).rows()


def test_a_star_a_chain_and_one_alone() -> None:
    five = [("r", 0), *((p, float(n)) for n, p in enumerate("abcd", 1))]
    # Of the ten pairs of a star four are one apart and six two; in a chain the mean is (n + 1) / 3.
    assert measured(adoptions(five)) == [(5, 1, 4, pytest.approx(1.6))]
    assert measured(adoptions(five), ties("ba", "cb", "dc")) == [(5, 4, 1, pytest.approx(2))]
    assert measured(adoptions([("r", 0)])) == [(1, 0, 1, None)]


def test_speed() -> None:
    rows = adoptions(
        [("r", 0), ("a", 60), ("b", 3_600), ("c", 3_601), ("d", 90_000)],
        # Half of four are two, of five, three. Unknown times come last.
        [("r", 0), ("a", 10), ("b", 20), ("c", None)],
        [("r", 0), ("a", None), ("b", None), ("c", None)],
    )
    speed = ("half_size_s", "adopters_first_hour", "adopters_first_day")
    assert measures(diffusion_trees(rows, NONE)).select(*speed).rows() == [
        (3_600, 2, 3), (10, 2, 2), (None, None, None),
    ]  # fmt: skip


def test_nothing_gives_nothing() -> None:
    empty = pl.DataFrame(schema=ADOPTION)
    assert measures(diffusion_trees(empty, NONE)).height == 0


@pytest.mark.parametrize("seed", range(5))
def test_random_trees_against_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, expected = [], []
    for cascade, size in enumerate(rng.integers(2, 60, 12)):
        # Told parents, each an earlier or a later number: any tree, from stars to chains.
        reach = int(rng.integers(1, size + 1))
        above = {n: int(rng.integers(max(0, n - reach), n)) for n in range(1, size)}
        name = [f"p{n:02d}" for n in rng.permutation(size)]
        rows += [
            {"cascade": cascade, "profile_id": name[n], "is_root": n == 0,
             "after_s": float(rng.integers(0, 9)), "parent_id": name[above[n]] if n else None}
            for n in range(size)
        ]  # fmt: skip
        tree = nx.Graph(above.items())
        far = nx.single_source_shortest_path_length(tree, 0)
        pairs = size * (size - 1) / 2
        breadth = np.bincount(list(far.values())).max()
        expected.append((size, max(far.values()), breadth, nx.wiener_index(tree) / pairs))
    found = measured(pl.DataFrame(rows, schema=ADOPTION))
    np.testing.assert_allclose(np.array(found), np.array(expected))


def test_a_chain_of_many_is_no_trouble() -> None:
    size = 30_000
    rows = pl.DataFrame({"n": range(size)}).select(
        cascade=0, profile_id=pl.col("n").cast(pl.String), is_root=pl.col("n") == 0,
        adopted_at=pl.lit(None, pl.Datetime("us")), after_s=pl.col("n").cast(pl.Float64),
        parent_id=pl.when(pl.col("n") > 0).then((pl.col("n") - 1).cast(pl.String)),
    )  # fmt: skip
    assert measured(rows) == [(size, size - 1, 1, pytest.approx((size + 1) / 3))]


@pytest.mark.parametrize("seed", range(3))
def test_random_cascades_over_ties_against_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = {(f"{a}", f"{b}") for a, b in rng.integers(0, 40, (250, 2))}
    # Few seconds, so that many adopt at once.
    cascades = [
        [("0", 0.0), *((f"{u}", float(rng.integers(1, 8))) for u in rng.integers(0, 40, 25))]
        for _ in range(20)
    ]
    known = pl.DataFrame([(*p, None) for p in sorted(pairs)], schema=TIE, orient="row")
    found = measured(adoptions(*cascades), known)
    friends = friends_of(pairs)
    expected = [tuple(by_hand(parts, friends)[c] for c in SHAPE) for parts in cascades]
    np.testing.assert_allclose(np.array(found), np.array(expected))


def test_the_real_cascades_against_brute_force(shared_data: Path) -> None:
    cascades = real_cascades(shared_data)
    text = (shared_data / "cascades_christianity" / "edges.txt").read_text(encoding="ascii")
    pairs = sorted({tuple(line.split(",")) for line in text.split()})
    known = pl.DataFrame([(*p, None) for p in pairs], schema=TIE, orient="row")
    found = measured(adoptions(*cascades), known)
    friends = friends_of(pairs)
    expected = [tuple(by_hand(parts, friends)[c] for c in SHAPE) for parts in cascades]
    assert len(found) == 589
    np.testing.assert_allclose(np.array(found), np.array(expected))
    # The ties matter: without them all would be stars.
    assert max(depth for _, depth, _, _ in found) > 5
