"""From a frame of ties to graphs of igraph, and igraph's randomness under a seed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    import igraph as ig  # loads matplotlib where that is installed: only where it runs


Numbers = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """Profiles by number, and ties between the numbers.

    Attributes:
        names: profile ids in their order; a profile's number is its place.
        ends: an array (ties, 2) of source and target.
        weight: of each tie.
        is_directed: else a pair of profiles has one tie, its smaller number first.
        kinds: parts of the weight of each tie, by name; they are 0 where a tie has none of it.
    """

    names: pl.Series
    ends: Numbers
    weight: Weights
    is_directed: bool
    kinds: Mapping[str, Weights] = field(default_factory=dict)

    def graph(self) -> ig.Graph:
        """The same as a graph of igraph, with the edge attribute `weight` and one for each kind."""
        import igraph as ig

        graph = ig.Graph(n=len(self.names), edges=self.ends, directed=self.is_directed)
        for name, weight in {"weight": self.weight, **self.kinds}.items():
            graph.es[name] = weight.tolist()
        return graph

    def matrix(self) -> Any:
        """The weights as a sparse matrix of source and target."""
        from scipy.sparse import csr_array

        size = len(self.names)
        return csr_array((self.weight, (self.ends[:, 0], self.ends[:, 1])), shape=(size, size))


def directed(ties: pl.DataFrame) -> Network:
    """Ties as they are."""
    names, source, target = _numbered(ties)
    key = source * len(names) + target
    order = np.argsort(key, kind="stable")
    return _network(names, key[order], ties["weight"].to_numpy()[order], is_directed=True)


def mutual(ties: pl.DataFrame, kinds: Iterable[str] = ()) -> Network:
    """Both directions of a tie made one, their weights added, and those of the columns `kinds`."""
    names, source, target = _numbered(ties)
    key = np.minimum(source, target) * len(names) + np.maximum(source, target)
    pairs, place = np.unique(key, return_inverse=True)

    def added(column: str) -> Weights:
        # Two weights at most: their sum does not depend on the order.
        return np.bincount(place, ties[column].to_numpy()).astype(np.float64)

    found = _network(names, pairs, added("weight"), is_directed=False)
    return replace(found, kinds={kind: added(kind) for kind in kinds})


def both_ways(ties: pl.DataFrame) -> pl.DataFrame:
    """Each tie in both directions, for networks that tell a mutual tie once."""
    turned = ties.select(
        pl.col("target_id").alias("source_id"), pl.col("source_id").alias("target_id"), "weight"
    )
    pairs = pl.concat([ties.select(turned.columns), turned]).group_by("source_id", "target_id")
    # Two weights at most: their sum does not depend on the order.
    return pairs.agg(pl.col("weight").sum()).sort("source_id", "target_id")


def _numbered(ties: pl.DataFrame) -> tuple[pl.Series, Numbers, Numbers]:
    """The profiles in their order, and the numbers of each tie's source and target."""
    names = pl.concat([ties["source_id"].unique(), ties["target_id"].unique()]).unique().sort()
    # The number of a category is its place among the names.
    number = pl.Enum(names)
    source, target = (
        ties[end].cast(number).to_physical().to_numpy().astype(np.int64)
        for end in ("source_id", "target_id")
    )
    return names, source, target


def _network(names: pl.Series, key: Numbers, weight: Weights, is_directed: bool) -> Network:
    ends = np.stack(np.divmod(key, len(names)), axis=1)
    return Network(names, ends, weight, is_directed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """igraph draws from Python's `random`: within this it has a generator of its own."""
    import igraph as ig

    ig.set_random_number_generator(random.Random(seed))
    try:
        yield
    finally:
        ig.set_random_number_generator(random)
