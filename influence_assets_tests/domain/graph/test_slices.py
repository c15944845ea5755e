"""Weeks found together: against each week alone, planted drifts, and leidenalg's own function."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import leidenalg
import networkx as nx
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_assets.domain.graph.leiden import Leiden
from influence_assets.domain.graph.slices import slices
from influence_assets.domain.graph.ties import mutual

from .making import frame, networkx_mutual, random_ties

MON = date(2024, 1, 1)
Groups = Mapping[str, int]


def at(number: int) -> date:
    return MON + timedelta(weeks=number)


def planted(groups: list[Groups], inside: float = 0.5, across: float = 0.05) -> pl.DataFrame:
    """Ties of weight 1 in each week, likely within a group and seldom across."""
    rng = np.random.default_rng(6)
    weeks = []
    for number, group in enumerate(groups):
        rows = [
            (a, b, 1.0)
            for a in group
            for b in group
            if a < b and rng.random() < (inside if group[a] == group[b] else across)
        ]
        weeks.append(frame(rows).with_columns(week_start=pl.lit(at(number))))
    return pl.concat(weeks)


def static(size: int = 15) -> dict[str, int]:
    return {f"p{i:02d}": i // size for i in range(3 * size)}


def ids(found: pl.DataFrame, profile: str) -> list[str]:
    return found.filter(profile_id=profile)["community_id"].to_list()


def test_what_stays_keeps_its_id() -> None:
    found = slices(planted([static()] * 4), 1)
    assert found.columns == ["week_start", "profile_id", "community_id"]
    assert found.select("week_start", "profile_id").is_sorted
    by_group = {profile: f"2024-01-01/p{15 * g:02d}" for profile, g in static().items()}
    assert found["community_id"].to_list() == [by_group[p] for p in found["profile_id"]]
    assert found.height == 4 * 45


def noisy_week() -> pl.DataFrame:
    """Five weeks; in the third `p00` has two ties to its own group and three to another."""
    ties = planted([static()] * 5)
    odd = pl.col("week_start") == at(2)
    ties = ties.filter(~(odd & pl.any_horizontal(pl.col("source_id", "target_id") == "p00")))
    rows = [("p00", other, 1.0) for other in ("p01", "p02", "p15", "p16", "p17")]
    return pl.concat([ties, frame(rows).with_columns(week_start=pl.lit(at(2)))])


def test_coupling_decides_whether_a_noisy_week_counts() -> None:
    own, other = "2024-01-01/p00", "2024-01-01/p15"
    strong = slices(noisy_week(), 1, coupling=5.0)
    assert ids(strong, "p00") == [own] * 5
    weak = slices(noisy_week(), 1, coupling=0.1)
    assert ids(weak, "p00") == [own, own, other, own, own]


def test_who_moves_for_good_moves() -> None:
    moved = static() | {"p00": 2}
    found = slices(planted([static(), static(), moved, moved]), 1)
    assert ids(found, "p00") == ["2024-01-01/p00"] * 2 + ["2024-01-01/p30"] * 2
    # The community that it left has its id by its first week all the same.
    assert ids(found, "p01") == ["2024-01-01/p00"] * 4


def test_without_coupling_each_week_is_by_itself() -> None:
    ties = planted([static()] * 3, across=0.02)
    found = slices(ties, 1, coupling=0.0)
    for number, (_, week) in enumerate(ties.group_by("week_start", maintain_order=True)):
        graph = mutual(week).graph()
        alone = leidenalg.find_partition(
            graph, leidenalg.ModularityVertexPartition, weights="weight", seed=3, n_iterations=3
        )
        own = found.filter(week_start=at(number))["community_id"]
        assert adjusted_rand_score(alone.membership, own) == 1.0
        assert own.str.starts_with(f"{at(number)}/").all()


def test_profiles_that_come_and_go() -> None:
    everybody = static()
    # A few leave for the second week, and a group is born in the third.
    some = {p: g for p, g in everybody.items() if p not in ("p03", "p20", "p44")}
    born = everybody | {f"q{i:02d}": 3 for i in range(15)}
    found = slices(planted([everybody, some, born, born]), 1, coupling=2.0)
    assert [len(ids(found, p)) for p in ("p03", "p04", "q00")] == [3, 4, 2]
    assert ids(found, "p03") == ["2024-01-01/p00"] * 3
    assert ids(found, "p20") == ["2024-01-01/p15"] * 3
    assert ids(found, "q07") == ["2024-01-15/q00"] * 2


def test_the_same_as_leidenalgs_own_function() -> None:
    ties = planted([static(), static() | {"p00": 2}, static()], inside=0.3, across=0.1)
    graphs = []
    for _, week in ties.group_by("week_start", maintain_order=True):
        network = mutual(week)
        graphs.append(network.graph())
        graphs[-1].vs["id"] = network.names.to_list()
    own, _ = leidenalg.find_partition_temporal(
        graphs, leidenalg.RBConfigurationVertexPartition, interslice_weight=0.7, seed=8,
        n_iterations=3,
    )  # fmt: skip
    found = slices(ties, 8, coupling=0.7, how=Leiden(runs=1))
    flat = [label for week in own for label in week]
    assert adjusted_rand_score(flat, found["community_id"]) == 1.0
    assert 1 < len(set(flat)) < 45


def test_no_community_is_in_pieces_in_any_week() -> None:
    # In the second week nothing but the first holds the two halves together.
    whole = [(a, b, 1.0) for a in "abcdef" for b in "abcdef" if a < b]
    halves = [("a", "b", 1.0), ("b", "c", 1.0), ("d", "e", 1.0), ("e", "f", 1.0), ("d", "f", 1.0)]
    others = [("x", "y", 1.0), ("y", "z", 1.0), ("x", "z", 1.0)]
    apart = [*halves, ("c", "g", 1.0), *others]
    ties = pl.concat(
        frame(rows).with_columns(week_start=pl.lit(at(number)))
        for number, rows in enumerate([whole + others, apart, apart, whole + others])
    )
    found = slices(ties, 1, coupling=10.0)
    # The half without a new member has more in common with the whole: it carries on.
    assert ids(found, "f") == ["2024-01-01/a"] * 4
    assert ids(found, "a") == ["2024-01-01/a", "2024-01-08/a", "2024-01-08/a", "2024-01-01/a"]
    assert ids(found, "g") == ["2024-01-08/a"] * 2


@pytest.mark.parametrize("seed", range(3))
def test_connected_and_the_same_again(seed: int) -> None:
    ties = pl.concat(
        random_ties(100, 220, 10 * seed + number).with_columns(week_start=pl.lit(at(number)))
        for number in range(4)
    )
    found = slices(ties, seed)
    for (week, _), members in found.group_by("week_start", "community_id"):
        of_week = networkx_mutual(ties.filter(week_start=week))
        assert nx.is_connected(of_week.subgraph(members["profile_id"]))
    assert slices(ties.sample(fraction=1, shuffle=True, seed=1), seed).equals(found)
    assert found.select("week_start", "profile_id").is_unique().all()


def test_the_best_run_is_kept() -> None:
    ties = pl.concat(
        random_ties(60, 200, number).with_columns(week_start=pl.lit(at(number)))
        for number in range(3)
    )
    together = slices(ties, 4, how=Leiden(runs=4))
    alone = [slices(ties, seed, how=Leiden(runs=1)) for seed in (4, 5, 6, 7)]
    assert sum(together.equals(one) for one in alone) >= 1
    assert not all(together.equals(one) for one in alone)
