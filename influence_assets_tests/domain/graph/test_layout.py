"""The map: communities apart from each other, neighbours close, and everybody where they were."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from influence_assets.domain.graph.communities import communities
from influence_assets.domain.graph.layout import places
from influence_assets.domain.graph.tracking import lasting_ids

from .making import frame, page_ties

NO_MAP = pl.DataFrame(
    schema={"profile_id": pl.String, "community_id": pl.String, "x": pl.Float64, "y": pl.Float64}
)
Names = npt.NDArray[np.int64]


def planted(groups: int, size: int, ties: int, seed: int) -> pl.DataFrame:
    """Nine in ten ties within a group; the others to the next group in the row."""
    rng = np.random.default_rng(seed)
    source = rng.integers(0, groups * size, ties)
    group = source // size + (rng.random(ties) < 0.1)
    target = (group % groups) * size + rng.integers(0, size, ties)
    rows = {(int(a), int(b)) for a, b in zip(source, target, strict=True) if a != b}
    return frame([(f"p{a:05d}", f"p{b:05d}", 1.0) for a, b in sorted(rows)])


def changed(ties: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    """The share of ties gone, and as many new ones between profiles that have ties."""
    names = pl.concat([ties["source_id"], ties["target_id"]])
    gone = rng.random(len(ties)) < share
    source, target = (names.gather(rng.integers(0, len(names), int(gone.sum()))) for _ in range(2))
    new = pl.DataFrame({"source_id": source, "target_id": target, "weight": 1.0})
    both = pl.concat([ties.filter(pl.Series(~gone)), new]).unique(["source_id", "target_id"])
    return both.filter(pl.col("source_id") != pl.col("target_id")).sort("source_id", "target_id")


def first_map(ties: pl.DataFrame) -> pl.DataFrame:
    found = communities(ties, 1)
    return places(ties, found, NO_MAP, 1).join(
        found.select("profile_id", "community_id"), on="profile_id"
    )


def next_map(ties: pl.DataFrame, before: pl.DataFrame, week: str) -> pl.DataFrame:
    found = communities(ties, 1, before=before)
    ids = dict(lasting_ids(found, before, before.clear(), week).iter_rows())
    found = found.select("profile_id", pl.col("community_id").replace_strict(ids))
    return places(ties, found, before, 1).join(found, on="profile_id")


def displacement(before: pl.DataFrame, now: pl.DataFrame) -> float:
    """Mean way of those on both maps, as a share of the width of the map before."""
    both = before.join(now, on="profile_id")
    way = np.hypot(both["x"] - both["x_right"], both["y"] - both["y_right"])
    return float(way.mean() / np.ptp(before["x"].to_numpy()))


def test_everybody_has_a_place_and_the_same_again() -> None:
    ties = planted(6, 30, 900, seed=2)
    once = first_map(ties)
    assert set(once["profile_id"]) == set(ties["source_id"]) | set(ties["target_id"])
    assert once.select(pl.col("x", "y").is_finite().all()).row(0) == (True, True)
    assert once.equals(first_map(ties.sample(fraction=1, shuffle=True, seed=3)))


def covered(drawn: pl.DataFrame) -> list[tuple[str, str]]:
    """Pairs of communities of five or more whose discs share more than their rims."""
    discs = drawn.group_by("community_id").agg(pl.col("x", "y").mean(), size=pl.len())
    rows = discs.filter(pl.col("size") >= 5).sort("community_id").rows()
    return [
        (one, other)
        for (one, x, y, n), (other, v, w, m) in itertools.combinations(rows, 2)
        if np.hypot(x - v, y - w) < 0.95 * (np.sqrt(n) + np.sqrt(m))
    ]


def test_no_community_covers_another() -> None:
    ties = planted(8, 40, 2500, seed=5)
    drawn = first_map(ties)
    assert drawn["community_id"].n_unique() == 8
    assert covered(drawn) == []
    # Two new ones that nobody of the map knows start at one place.
    new = [
        planted(1, 30, 300, seed=s).with_columns(pl.col("^.*_id$").str.replace("p", f"{s}q"))
        for s in (1, 2)
    ]
    later = next_map(pl.concat([ties, *new]), drawn, "w1")
    assert later["community_id"].n_unique() == 10
    assert covered(later) == []


def test_neighbours_are_closer_than_others_of_the_same_community() -> None:
    # Two halves of a group, each tied within, some ties between; the other group is apart.
    ties = planted(3, 60, 4000, seed=6)
    drawn = first_map(ties)
    at = drawn.select("profile_id", "community_id", "x", "y")
    ends = ties.join(at, left_on="source_id", right_on="profile_id").join(
        at, left_on="target_id", right_on="profile_id"
    )
    apart = np.hypot(ends["x"] - ends["x_right"], ends["y"] - ends["y_right"])
    rng = np.random.default_rng(1)
    points = drawn.select("x", "y").to_numpy()
    a, b = rng.integers(0, len(points), (2, 4000))
    assert apart.mean() < 0.6 * np.linalg.norm(points[a] - points[b], axis=1).mean()


def test_the_map_stays_put_while_ties_change() -> None:
    rng = np.random.default_rng(4)
    ties = planted(20, 100, 14_000, seed=7)
    drawn = first_map(ties)
    for week in range(5):
        ties = changed(ties, 0.02, rng)
        after = next_map(ties, drawn, f"w{week}")
        assert 0 < displacement(drawn, after) < 0.05
        drawn = after


def test_a_new_profile_stands_in_its_community() -> None:
    ties = planted(4, 30, 900, seed=8)
    drawn = first_map(ties)
    new = frame([("new", f"p{i:05d}", 1.0) for i in range(5)])
    after = next_map(pl.concat([ties, new]), drawn, "w1")
    centre = after.group_by("community_id").agg(pl.col("x", "y").mean(), size=pl.len())
    own = after.filter(profile_id="new").join(centre, on="community_id").row(0, named=True)
    away = np.hypot(own["x"] - own["x_right"], own["y"] - own["y_right"])
    assert away < 1.5 * np.sqrt(own["size"])


def test_small_and_single_communities_have_a_place_too() -> None:
    pair = first_map(frame([("a", "b", 1.0)]))
    assert pair.select(pl.col("x", "y").is_finite().all()).row(0) == (True, True)
    few = first_map(frame([("a", "b", 1.0), ("c", "d", 1.0), ("e", "f", 2.0)]))
    assert few.select("x", "y").n_unique() == 6


@pytest.mark.slow
def test_the_map_of_real_pages_stays_put(shared_data: Path) -> None:
    rng = np.random.default_rng(0)
    ties = page_ties(shared_data)
    drawn = first_map(ties)
    for week in range(4):
        ties = changed(ties, 0.02, rng)
        after = next_map(ties, drawn, f"w{week}")
        assert displacement(drawn, after) < 0.05
        drawn = after
