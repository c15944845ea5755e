"""How far something spreads from given profiles: two models, simulated.

Kempe, Kleinberg and Tardos: Maximizing the Spread of Influence through a Social Network, 2003.
What a profile posts reaches those who have a tie to it, so spread runs against the ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.graph.ties import directed

Model = Literal["ic", "lt"]
"""`ic`, independent cascade: whoever is reached has one chance at each that it can reach.
`lt`, linear threshold: a profile is reached when those of its ties that are weigh enough."""

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CELLS = 2_000_000
"""Runs times profiles that are simulated at once: what a processor's cache holds."""


@dataclass(frozen=True)
class Arcs:
    """Ways that something can take, each with its probability, or weight in `lt`.

    Attributes:
        names: profile ids in their order; a profile's number is its place.
        start: the arcs of profile i are start[i] to start[i + 1].
        end: the other end of each arc.
        probability: of each arc, over 0 and at most 1.
    """

    names: pl.Series
    start: Numbers
    end: Numbers
    probability: Floats

    @cached_property
    def turned(self) -> Arcs:
        """The same arcs, each from its other end."""
        own = np.repeat(np.arange(len(self.names)), np.diff(self.start))
        order = np.argsort(self.end, kind="stable")
        counts = np.bincount(self.end, minlength=len(self.names))
        start = np.concatenate([[0], np.cumsum(counts)])
        return Arcs(self.names, start, own[order], self.probability[order])

    def of(self, profiles: Numbers) -> tuple[Numbers, Numbers]:
        """For each arc of each of these profiles: the place in `profiles`, and the arc."""
        first, counts = self.start[profiles], np.diff(self.start)[profiles]
        which = np.repeat(np.arange(len(profiles)), counts)
        before = np.cumsum(counts) - counts
        return which, first[which] + np.arange(len(which)) - before[which]


def audience(ties: pl.DataFrame) -> Arcs:
    """Arcs from each profile to those that have a tie to it.

    The probability is the tie's share of all the weight that its source gives: who pays
    attention to many is reached by each of them less (the weighted cascade of Kempe et al.,
    with weights). The shares of a profile sum to 1, as `lt` needs.
    """
    network = directed(ties)
    source, target = network.ends[:, 0], network.ends[:, 1]
    given = np.bincount(source, network.weight, len(network.names))
    order = np.lexsort((source, target))
    counts = np.bincount(target, minlength=len(network.names))
    start = np.concatenate([[0], np.cumsum(counts)])
    return Arcs(network.names, start, source[order], (network.weight / given[source])[order])


def simulated(
    arcs: Arcs, seeds: Sequence[int], model: Model, runs: int, rng: np.random.Generator
) -> Numbers:
    """How many profiles each of the runs reaches, the seeds among them."""
    size = len(arcs.names)
    at_once = max(1, CELLS // size)
    found = []
    for first in range(0, runs, at_once):
        batch = min(at_once, runs - first)
        run = np.repeat(np.arange(batch), len(seeds))
        node = np.tile(np.asarray(seeds, dtype=np.int64), batch)
        reached = (
            cascade(arcs, run, node, batch, rng)[0]
            if model == "ic"
            else _threshold(arcs, run, node, batch, rng)
        )
        found.append(np.bincount(reached, minlength=batch))
    return np.concatenate(found)


def cascade(
    arcs: Arcs, run: Numbers, node: Numbers, runs: int, rng: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Who is reached in each run of an independent cascade, from these profiles on.

    Returns:
        Pairs of run and profile, those at the start among them.
    """
    size = len(arcs.names)
    seen, mark = np.zeros(runs * size, dtype=bool), np.empty(runs * size, dtype=np.int64)
    fresh = _distinct(run * size + node, mark)
    seen[fresh] = True
    reached = [fresh]
    while len(fresh):
        which, arc = arcs.of(fresh % size)
        live = rng.random(len(arc)) < arcs.probability[arc]
        from_cell = fresh[which[live]]
        met = from_cell - from_cell % size + arcs.end[arc[live]]
        fresh = _distinct(met[~seen[met]], mark)
        seen[fresh] = True
        reached.append(fresh)
    return _pairs(np.concatenate(reached), size)


def _distinct(cells: Numbers, mark: Numbers) -> Numbers:
    """Each cell once; quicker than sorting them. `mark` is room for any cell's number."""
    places = np.arange(len(cells))
    mark[cells] = places
    kept: Numbers = cells[mark[cells] == places]
    return kept


def _threshold(
    arcs: Arcs, run: Numbers, node: Numbers, runs: int, rng: np.random.Generator
) -> Numbers:
    """The runs in which profiles are reached, once for each of them, by linear threshold."""
    size = len(arcs.names)
    threshold, weight = rng.random(runs * size), np.zeros(runs * size)
    mark = np.empty(runs * size, dtype=np.int64)
    fresh = _distinct(run * size + node, mark)
    threshold[fresh] = np.inf  # reached, and not to be reached again
    reached = [fresh]
    while len(fresh):
        which, arc = arcs.of(fresh % size)
        place = fresh[which] - fresh[which] % size + arcs.end[arc]
        np.add.at(weight, place, arcs.probability[arc])
        met = _distinct(place, mark)
        fresh = met[weight[met] >= threshold[met]]
        threshold[fresh] = np.inf
        reached.append(fresh)
    return _pairs(np.concatenate(reached), size)[0]


def _pairs(cells: Numbers, size: int) -> tuple[Numbers, Numbers]:
    return np.divmod(cells, size)
