"""Which profiles to start with so that something spreads as far as it can.

IMM (Tang, Shi, Xiao: Influence Maximization in Near-Linear Time, 2015), with the final sets
drawn anew (Chen 2018): from random profiles, who could have reached them is drawn backwards, and
the profiles that cover most of these sets are taken. With k profiles of equal cost the expected
spread is at least (1 - 1/e - EPSILON) of the best there is, with probability 1 - 1/n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from influence_assets.domain.graph.spread import CELLS, Arcs, Floats, Model, Numbers, cascade

EPSILON = 0.1

FEWEST_SETS = 200_000
"""More than the bound asks for where few seeds are wanted: with so many, what a choice is said to
reach is within some tenths of a percent, and near ties are seldom decided by chance."""


@dataclass(frozen=True)
class Wanted:
    """What to look for.

    Attributes:
        most: profiles at most.
        cost: of each profile, over 0; infinite for one that is not to be taken.
        budget: that the costs may sum to.
    """

    most: int
    cost: Floats
    budget: float


@dataclass(frozen=True)
class Chosen:
    """Profiles in the order in which they were chosen.

    Attributes:
        profiles: their numbers.
        gains: the expected number that each reaches beyond those before it.
        alone: the expected number that each reaches by itself.
    """

    profiles: list[int]
    gains: list[float]
    alone: list[float]


@dataclass(frozen=True)
class Sets:
    """Random sets of profiles that could have reached a random profile.

    Attributes:
        number: of sets.
        which: the set of each member, ascending.
        member: a profile's number.
    """

    number: int
    which: Numbers
    member: Numbers


def best_seeds(arcs: Arcs, wanted: Wanted, model: Model, rng: np.random.Generator) -> Chosen:
    """The profiles to start with; fewer than asked for where budget or profiles end."""
    size = len(arcs.names)
    prices = np.sort(wanted.cost[np.isfinite(wanted.cost)])
    most = min(wanted.most, int((np.cumsum(prices) <= wanted.budget).sum()))
    if most == 0:
        return Chosen([], [], [])
    needed = _sets_needed(arcs, wanted, most, model, rng)
    return covering(drawn(arcs, needed, model, rng), wanted, size)


def _sets_needed(
    arcs: Arcs, wanted: Wanted, most: int, model: Model, rng: np.random.Generator
) -> int:
    """How many sets bound the error: the first phase of IMM, a search for the spread's size."""
    size = len(arcs.names)
    log_n = math.log(max(size, 2))
    choices = math.lgamma(size + 1) - math.lgamma(most + 1) - math.lgamma(size - most + 1)
    power = 1 + math.log(2) / log_n
    rough = math.sqrt(2) * EPSILON
    effort = (2 + 2 / 3 * rough) * (choices + power * log_n + math.log(max(math.log2(size), 1)))
    effort *= size / rough**2
    bound = 1.0
    sets = Sets(0, np.zeros(0, np.int64), np.zeros(0, np.int64))
    for halving in range(1, max(int(math.log2(size)), 2)):
        guess = size / 2**halving
        sets = _joined(sets, drawn(arcs, math.ceil(effort / guess) - sets.number, model, rng))
        spread = sum(covering(sets, wanted, size).gains)
        if spread >= (1 + rough) * guess:
            bound = spread / (1 + rough)
            break
    part = 1 - 1 / math.e
    alpha = math.sqrt(power * log_n + math.log(2))
    beta = math.sqrt(part * (choices + power * log_n + math.log(2)))
    bounded = math.ceil(2 * size * (part * alpha + beta) ** 2 / EPSILON**2 / max(bound, most))
    return max(bounded, FEWEST_SETS)


def drawn(arcs: Arcs, number: int, model: Model, rng: np.random.Generator) -> Sets:
    """So many random sets."""
    size = len(arcs.names)
    at_once = max(1, CELLS // size)
    which, member = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first in range(0, number, at_once):
        batch = min(at_once, number - first)
        root = rng.integers(0, size, batch)
        own = np.arange(batch)
        if model == "ic":
            run, node = cascade(arcs.turned, own, root, batch, rng)
        else:
            run, node = _walks(arcs.turned, root, rng)
        order = np.argsort(run, kind="stable")
        which.append(run[order] + first)
        member.append(node[order])
    return Sets(number, np.concatenate(which), np.concatenate(member))


def _walks(back: Arcs, root: Numbers, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """For `lt`: from each profile back along one of its arcs, by weight, until one is met again."""
    size = len(back.names)
    total = np.concatenate([[0.0], np.cumsum(back.probability)])
    seen = np.zeros(len(root) * size, dtype=bool)
    run, node = np.arange(len(root)), root
    cells = [run * size + node]
    seen[cells[0]] = True
    while len(run):
        # The arc at a random place of the profile's own weights; beyond them the walk ends.
        place = total[back.start[node]] + rng.random(len(node))
        arc = np.searchsorted(total, place, side="right") - 1
        goes_on = arc < back.start[node + 1]
        run, node = run[goes_on], back.end[arc[goes_on]]
        cell = run * size + node
        new = ~seen[cell]
        run, node, cell = run[new], node[new], cell[new]
        seen[cell] = True
        cells.append(cell)
    return np.divmod(np.concatenate(cells), size)


def _joined(one: Sets, other: Sets) -> Sets:
    return Sets(
        one.number + other.number,
        np.concatenate([one.which, other.which + one.number]),
        np.concatenate([one.member, other.member]),
    )


def covering(sets: Sets, wanted: Wanted, size: int) -> Chosen:
    """Profiles that cover many sets for their cost, greedily; or the best single one.

    The better of the two is at least (1 - 1/sqrt(e)) of the best there is within the budget
    (Khuller, Moss, Naor 1999); of equal profiles the first in order is taken.
    """
    one_is_worth = size / max(sets.number, 1)
    alone = np.bincount(sets.member, minlength=size).astype(np.float64)
    by_ratio = _greedy(sets, wanted, alone)
    can_be_had = np.isfinite(wanted.cost) & (wanted.cost <= wanted.budget)
    within = np.where(can_be_had, alone, -1.0)
    single = int(np.argmax(within))
    if within[single] > sum(gain for _, gain in by_ratio):
        by_ratio = [(single, float(alone[single]))]
    return Chosen(
        [profile for profile, _ in by_ratio],
        [gain * one_is_worth for _, gain in by_ratio],
        [float(alone[profile]) * one_is_worth for profile, _ in by_ratio],
    )


def _greedy(sets: Sets, wanted: Wanted, alone: Floats) -> list[tuple[int, float]]:
    size = len(alone)
    order = np.argsort(sets.member, kind="stable")  # the sets of each profile
    starts = np.concatenate([[0], np.cumsum(np.bincount(sets.member, minlength=size))])
    set_starts = np.searchsorted(sets.which, np.arange(sets.number + 1))
    gain, left = alone.copy(), wanted.budget
    is_covered = np.zeros(sets.number, dtype=bool)
    taken: list[tuple[int, float]] = []
    cost = wanted.cost.copy()
    while len(taken) < wanted.most:
        worth = np.where(np.isfinite(cost) & (cost <= left), gain / cost, -1.0)
        best = int(np.argmax(worth))
        if worth[best] < 0:
            break
        taken.append((best, float(gain[best])))
        left -= cost[best]
        cost[best] = np.inf
        own = sets.which[order[starts[best] : starts[best + 1]]]
        new = own[~is_covered[own]]
        is_covered[new] = True
        lengths = set_starts[new + 1] - set_starts[new]
        before = np.cumsum(lengths) - lengths
        places = np.repeat(set_starts[new] - before, lengths) + np.arange(lengths.sum())
        gain -= np.bincount(sets.member[places], minlength=size)
    return taken
