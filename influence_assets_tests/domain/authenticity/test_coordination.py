"""Coordinated posting: counts by brute force, planted groups, and a world without any."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from influence_assets.domain.authenticity.coordination import (
    Timing,
    coordination,
)

from .making import acts, campaign, random_world

DEFAULT = Timing()
EVERY = Timing(fewest=1, false_discoveries=1.0)


def by_brute_force(rows: list[tuple[str, str, float]], how: Timing) -> dict[tuple[str, str], tuple]:
    """Times together and expected by chance, post by post and block by block."""
    window, horizon, block = (t.total_seconds() / 60 for t in (how.window, how.horizon, how.block))
    near: dict[tuple[str, str], list[tuple[int, int]]] = {}
    apart: list[tuple[tuple[str, str], int, int]] = []
    owned: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    near_in: Counter[int] = Counter()
    for (i, (a, s, t)), (j, (b, r, u)) in combinations(enumerate(rows), 2):
        if a == b or t // block != u // block:
            continue
        pair, place = (min(a, b), max(a, b)), int(t // block)
        owned[place][pair] += 1
        if s == r and abs(t - u) <= window:
            near.setdefault(pair, []).append((i, j) if a < b else (j, i))
            near_in[place] += 1
        elif s == r and abs(t - u) <= horizon:
            apart.append((pair, *((i, j) if a < b else (j, i))))
    met = {(pair, post) for pair, own in near.items() for both in own for post in both}
    far = Counter(pair for pair, i, j in apart if not {(pair, i), (pair, j)} & met)

    def expected(pair: tuple[str, str]) -> float:
        shares = (near_in[place] * own[pair] / own.total() for place, own in owned.items())
        near_others = near_in.total() - len(near[pair]) + 1
        far_others = far.total() - far[pair] + (horizon - window) / window
        return max(sum(shares), far[pair] * near_others / far_others)

    return {
        pair: (min(len({p for p, _ in own}), len({p for _, p in own})), expected(pair))
        for pair, own in near.items()
    }


def found_in(rows: list[tuple[str, str, float]], how: Timing = DEFAULT) -> pl.DataFrame:
    return coordination(acts(rows), how).pairs


@pytest.mark.parametrize("seed", range(3))
def test_counts_and_chance_are_those_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [
        (f"p{rng.integers(8)}", f"t{rng.integers(12)}", float(rng.integers(0, 2_000)))
        for _ in range(400)
    ]
    truth = by_brute_force(rows, EVERY)
    found = {(r[0], r[1]): r[2:] for r in found_in(rows, EVERY).select(
        "profile_id", "other_profile_id", "observed", "expected").rows()}  # fmt: skip
    assert set(found) == set(truth)
    assert max(observed for observed, _ in truth.values()) >= 3
    for pair, (observed, expected) in truth.items():
        assert found[pair] == (observed, pytest.approx(expected))


def test_planted_group_is_found_whole_and_nobody_else() -> None:
    told = found_in(random_world(seed=5) + campaign(seed=6))
    bots = [f"bot{m}" for m in range(6)]
    assert set(told.select("profile_id", "other_profile_id").rows()) == set(combinations(bots, 2))
    assert told["observed"].to_list() == [8] * 15
    assert told["expected"].max() < 0.5  # type: ignore[operator]


def test_a_group_in_the_midst_of_what_everybody_posts() -> None:
    # One who copies another's posts a minute later: no thing is theirs alone.
    world = random_world(seed=7)
    copied = [("copycat", thing, at + 1) for who, thing, at in world if who == "p010"]
    told = found_in(world + copied)
    assert told.select("profile_id", "other_profile_id").rows() == [("copycat", "p010")]


def worlds_with_rows(how: Timing, topics: int = 1, worlds: int = 40) -> int:
    return sum(found_in(random_world(seed, topics), how).height > 0 for seed in range(worlds))


@pytest.mark.parametrize("topics", [1, 4])
def test_a_world_without_coordination_gives_rows_no_more_often_than_the_stated_level(
    topics: int,
) -> None:
    # Without any true discovery, the level is the chance of one row or more. At 0.05 five of
    # forty worlds are less than 5 % likely (binomial).
    assert worlds_with_rows(Timing(fewest=1), topics) <= 4


def test_it_could_be_otherwise() -> None:
    # Without a look at posts further apart, those who share a topic look alike, and over whole
    # weeks so do those who wake and sleep together: more than one of twenty.
    nothing_far = Timing(fewest=1, horizon=Timing().window)
    assert worlds_with_rows(nothing_far, topics=4, worlds=20) > 1
    assert worlds_with_rows(replace(nothing_far, block=timedelta(weeks=1)), worlds=20) > 1


def test_a_pair_that_nobody_else_resembles_is_not_explained_by_itself() -> None:
    # Ann and bob are the only ones who ever share a text: ten times at once, twice with a delay.
    # One of the ten texts they repeat together after half an hour.
    alone = [(f"p{i:02d}", f"own{i}{j}", 60.0 * j) for i in range(30) for j in range(100)]
    shared = [(who, f"s{j}", 400.0 * j + 1) for who in ("ann", "bob") for j in range(10)]
    late = [("ann", "a", 30.0), ("bob", "a", 50.0), ("ann", "b", 800.0), ("bob", "b", 830.0)]
    late += [("ann", "s0", 31.0), ("bob", "s0", 31.0)]
    (row,) = found_in(alone + shared + late).rows(named=True)
    # Two at a distance, at the ratio of evenly spread posts: 5 minutes to 55.
    assert (row["observed"], row["expected"]) == (11, pytest.approx(2 / 11))


def test_a_text_repeated_is_once() -> None:
    rows = [("ann", "t", float(i)) for i in range(4)] + [("bob", "t", 4.0)]
    (row,) = found_in(rows, EVERY).rows(named=True)
    assert row["observed"] == 1


def test_near_means_at_most_the_window_and_the_same_thing_of_another() -> None:
    rows = [("ann", "s", 10.0), ("bob", "s", 15.0), ("cid", "s", 20.1), ("dan", "t", 15.0)]
    assert found_in(rows, EVERY).select("profile_id", "other_profile_id").rows() == [("ann", "bob")]
    # Four in the afternoon is in another block than ten to four: 6 hours each, from midnight.
    assert found_in([("ann", "s", 359.0), ("bob", "s", 361.0)], EVERY).is_empty()


def test_each_kind_of_thing_is_judged_by_itself() -> None:
    links = acts([("ann", "t", 1.0), ("bob", "t", 2.0)], "link")
    both = pl.concat([links, acts([("ann", "t", 1.0), ("cid", "t", 2.0)])])
    told = coordination(both, EVERY).pairs
    assert told.select("what", "other_profile_id").rows() == [("link", "bob"), ("text", "cid")]
    # Two tests of the same p-value: once where chance gives once.
    assert told["q_value"].to_list() == pytest.approx([1 - np.exp(-1)] * 2)


def test_two_links_that_both_posts_hold_are_one_pair_of_posts() -> None:
    one = acts([("ann", "s", 1.0), ("bob", "s", 2.0), ("cid", "u", 3.0)], "link")
    twice = pl.concat([one, one.with_columns(pl.lit("t").alias("thing")).head(2)])
    (row,) = coordination(twice, EVERY).pairs.rows(named=True)
    # Of three pairs of posts one is near, and each pair of profiles owns one.
    assert (row["observed"], row["expected"]) == (1, pytest.approx(1 / 3))


def a_crowd(seed: int) -> list[tuple[str, str, float]]:
    """Sixty events of an hour with 120 posts each, among 480 on other things.

    Twenty fans post at every event, at any time of it, and so do a hundred of 600 others.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for event in range(60):
        some = rng.choice(600, 580, replace=False)
        who = [*(f"fan{i:02d}" for i in range(20)), *(f"p{i:03d}" for i in some)]
        minutes = event * 360 + rng.uniform(0, 60, 600)
        rows += [
            (name, f"event{event}" if i < 120 else f"own{event}-{i}", float(at))
            for i, (name, at) in enumerate(zip(who, minutes, strict=True))
        ]
    return rows


@pytest.mark.parametrize(("most_behind", "left_out"), [(8, 60), (119, 0)])
def test_fans_of_what_everybody_posts_are_no_group(most_behind: int, left_out: int) -> None:
    group = [(f"bot{m}", f"c{c}", 360.0 * c + 30 + m) for c in range(12) for m in range(4)]
    found = coordination(acts(a_crowd(seed=1) + group), Timing(most_behind=most_behind))
    bots = [f"bot{m}" for m in range(4)]
    told = found.pairs.select("profile_id", "other_profile_id").rows()
    assert set(told) == set(combinations(bots, 2))
    assert found.things_left_out == left_out


def test_a_thing_left_out_is_as_if_everybody_had_posted_something_else() -> None:
    rng = np.random.default_rng(4)
    rows = [
        (f"p{rng.integers(8)}", f"t{rng.integers(12)}", float(rng.integers(0, 2_000)))
        for _ in range(300)
    ]
    # Sixty in an hour; those of the next block, which are few, count.
    crowd = [(f"p{rng.integers(8)}", "t0", float(i)) for i in range(60)]
    how = replace(EVERY, most_behind=40)
    found = coordination(acts(rows + crowd), how)
    assert found.things_left_out == 1
    apart = [
        (who, f"own{i}" if thing == "t0" and at < 360 else thing, at)
        for i, (who, thing, at) in enumerate(rows + crowd)
    ]
    assert found.pairs.equals(found_in(apart, how))
    assert found_in(rows + crowd, replace(how, most_behind=90)).height > found.pairs.height


def test_nothing_to_judge() -> None:
    assert coordination(acts([])).pairs.is_empty()
    assert coordination(acts([("ann", "t", 1.0)])).pairs.is_empty()


def test_order_of_rows_does_not_matter() -> None:
    world = acts(random_world(seed=1) + campaign(seed=2, times=4))
    one, other = (
        coordination(w).pairs for w in (world, world.sample(fraction=1, shuffle=True, seed=3))
    )
    assert one.equals(other)
    assert one.height > 0


def test_the_window_can_be_chosen() -> None:
    rows = [("ann", "s", 10.0), ("bob", "s", 18.0)]
    assert found_in(rows, EVERY).is_empty()
    wide = Timing(window=timedelta(minutes=10), fewest=1, false_discoveries=1.0)
    assert found_in(rows, wide).height == 1
