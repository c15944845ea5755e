"""Spread against every possible world of a small network, and seeds against all choices."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from influence_assets.domain.graph.seeds import Sets, Wanted, best_seeds, covering, drawn
from influence_assets.domain.graph.spread import Arcs, Model, audience, simulated

from .making import frame, random_ties

# Those who listen to `a` are b and c; d listens to both of them; e to d and b, and f to e.
SMALL = frame(
    [("b", "a", 1), ("c", "a", 1), ("d", "b", 1), ("d", "c", 3), ("e", "d", 1), ("e", "b", 1),
     ("f", "e", 2), ("f", "a", 6)]
)  # fmt: skip


def arcs_of(arcs: Arcs) -> list[tuple[int, int, float]]:
    own = np.repeat(np.arange(len(arcs.names)), np.diff(arcs.start))
    return list(zip(own.tolist(), arcs.end.tolist(), arcs.probability.tolist(), strict=True))


def reach(seeds: tuple[int, ...], live: set[tuple[int, int]]) -> int:
    found, todo = set(seeds), list(seeds)
    while todo:
        node = todo.pop()
        for source, end in live:
            if source == node and end not in found:
                found.add(end)
                todo.append(end)
    return len(found)


def worlds(arcs: Arcs, model: Model) -> list[tuple[float, set[tuple[int, int]]]]:
    """Every set of live arcs with its probability (Kempe et al., theorems 2.4 and 2.5)."""
    every = arcs_of(arcs)
    if model == "ic":
        choices = [[((s, e), p), (None, 1 - p)] for s, e, p in every]
    else:  # each profile hears from one of those that it listens to, or from none
        ends = sorted({e for _, e, _ in every})
        own = [[((s, e), p) for s, e, p in every if e == end] for end in ends]
        choices = [[*options, (None, 1 - sum(p for _, p in options))] for options in own]
    return [
        (float(np.prod([p for _, p in world])), {arc for arc, _ in world if arc})
        for world in itertools.product(*choices)
    ]


def exact(arcs: Arcs, seeds: tuple[int, ...], model: Model) -> float:
    return sum(p * reach(seeds, live) for p, live in worlds(arcs, model))


def halved(arcs: Arcs) -> Arcs:
    """With a rest to 1, so that in `lt` some may hear from nobody."""
    return Arcs(arcs.names, arcs.start, arcs.end, arcs.probability * 0.7)


def test_an_audience_shares_its_attention() -> None:
    arcs = audience(SMALL)
    names = arcs.names.to_list()
    told = {(names[s], names[e]): p for s, e, p in arcs_of(arcs)}
    assert told == pytest.approx(
        {("a", "b"): 1, ("a", "c"): 1, ("b", "d"): 0.25, ("c", "d"): 0.75, ("d", "e"): 0.5,
         ("b", "e"): 0.5, ("e", "f"): 0.25, ("a", "f"): 0.75}
    )  # fmt: skip
    back = {(e, s): p for s, e, p in arcs_of(arcs.turned)}
    assert back == {(s, e): p for s, e, p in arcs_of(arcs)}


@pytest.mark.parametrize("model", ["ic", "lt"])
@pytest.mark.parametrize("seeds", [(0,), (1,), (2, 4), (5,)])
def test_simulated_spread_is_that_of_all_worlds(model: Model, seeds: tuple[int, ...]) -> None:
    arcs = halved(audience(SMALL))
    found = simulated(arcs, seeds, model, 40_000, np.random.default_rng(1))
    error = found.std() / 200
    assert found.mean() == pytest.approx(exact(arcs, seeds, model), abs=4 * error + 1e-12)


@pytest.mark.parametrize("model", ["ic", "lt"])
def test_sets_drawn_backwards_tell_the_same_spread(model: Model) -> None:
    arcs = halved(audience(SMALL))
    sets = drawn(arcs, 60_000, model, np.random.default_rng(2))
    share = np.bincount(sets.member, minlength=6) / sets.number
    for profile in range(6):
        assert 6 * share[profile] == pytest.approx(exact(arcs, (profile,), model), abs=0.05)


def sets_of(*members: str) -> Sets:
    """Sets of profiles 0, 1, 2 …, told as digits."""
    which = np.repeat(np.arange(len(members)), [len(m) for m in members])
    return Sets(len(members), which, np.array([int(d) for m in members for d in m]))


def wanted(most: int, costs: list[float], budget: float = np.inf) -> Wanted:
    return Wanted(most, np.array(costs, dtype=float), budget)


def test_greedy_covers_what_is_not_covered_yet() -> None:
    # 0 and 1 are in four and three sets of ten, but together in as many as 0 alone.
    sets = sets_of("01", "01", "01", "0", "2", "2", "3", "3", "3", "")
    found = covering(sets, wanted(3, [1] * 4), size=4)
    assert found.profiles == [0, 3, 2]
    assert found.gains == pytest.approx([1.6, 1.2, 0.8])
    assert found.alone == pytest.approx([1.6, 1.2, 0.8])
    # Who is excluded is not even taken where nothing else is left.
    assert covering(sets, wanted(4, [1, np.inf, 1, np.inf]), size=4).profiles == [0, 2]


def test_a_budget_is_kept_and_a_dear_one_may_be_the_best() -> None:
    sets = sets_of("0", "0", "0", "0", "01", "2")
    # By gain for its cost 2 goes first, then 1; the budget is then too small for 0.
    cheap = covering(sets, wanted(3, [5, 0.5, 0.1], budget=5), size=3)
    assert cheap.profiles == [0]
    assert covering(sets, wanted(3, [5, 0.5, 0.1], budget=5.6), size=3).profiles == [2, 1, 0]
    assert covering(sets, wanted(3, [5, 0.5, 0.1], budget=0.05), size=3).profiles == []


@pytest.mark.parametrize("model", ["ic", "lt"])
def test_seeds_are_as_good_as_the_best_of_all_pairs(model: Model) -> None:
    ties = random_ties(14, 30, seed=4)
    arcs = audience(ties)
    size = len(arcs.names)
    rng = np.random.default_rng(3)
    found = best_seeds(arcs, wanted(2, [1.0] * size), model, rng)
    best = max(
        float(simulated(arcs, pair, model, 4_000, rng).mean())
        for pair in itertools.combinations(range(size), 2)
    )
    own = float(simulated(arcs, found.profiles, model, 20_000, rng).mean())
    assert own > 0.98 * best
    assert sum(found.gains) == pytest.approx(own, rel=0.03)


def test_nobody_who_is_excluded_is_chosen() -> None:
    arcs = audience(random_ties())
    cost = np.ones(len(arcs.names))
    first = best_seeds(arcs, Wanted(3, cost, np.inf), "ic", np.random.default_rng(1)).profiles
    cost[first] = np.inf
    others = best_seeds(arcs, Wanted(3, cost, np.inf), "ic", np.random.default_rng(1)).profiles
    assert len(others) == 3
    assert not set(first) & set(others)
    nobody = best_seeds(arcs, Wanted(3, cost * 9, 5.0), "ic", np.random.default_rng(1))
    assert nobody.profiles == []


@pytest.mark.slow
@pytest.mark.parametrize("model", ["ic", "lt"])
def test_spread_is_that_of_greedy_with_simulations(model: Model) -> None:
    """CELF (Leskovec et al. 2007) with 10,000 simulations of each candidate."""
    ties = random_ties(150, 500, seed=8).with_columns(pl.lit(1.0).alias("weight"))
    arcs = audience(ties)
    size, most = len(arcs.names), 5

    def spread(seeds: list[int]) -> float:
        return float(simulated(arcs, seeds, model, 10_000, np.random.default_rng(5)).mean())

    gains = sorted(((spread([v]), v) for v in range(size)), reverse=True)
    taken = [gains[0][1]]
    total, queue = gains[0][0], [(gain, v, 1) for gain, v in gains[1:]]
    while len(taken) < most:
        gain, v, at = queue.pop(0)
        if at == len(taken) and gain >= queue[0][0]:
            taken.append(v)
            total += gain
            continue
        queue.append((spread([*taken, v]) - total, v, len(taken)))
        queue.sort(reverse=True)
    found = best_seeds(arcs, wanted(most, [1.0] * size), model, np.random.default_rng(1))
    assert spread(found.profiles) > 0.99 * spread(taken)
