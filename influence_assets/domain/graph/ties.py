"""From a frame of ties to graphs of igraph, and igraph's randomness under a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import igraph as ig  # loads matplotlib where that is installed: only where it runs


def directed_graph(ties: pl.DataFrame) -> ig.Graph:
    """An igraph graph with vertex attribute `name` in profile order and edge attribute `weight`."""
    import igraph as ig

    ties = ties.sort("source_id", "target_id")
    names = pl.concat([ties["source_id"], ties["target_id"]]).unique().sort()
    # A name's place among the sorted names: an Enum's numbers are just that, and quick to make.
    places = pl.Enum(names)
    ends = ties.select(pl.col("source_id", "target_id").cast(places).to_physical().cast(pl.Int64))
    graph = ig.Graph(n=len(names), edges=ends.to_numpy(), directed=True)
    graph.vs["name"] = names.to_list()
    graph.es["weight"] = ties["weight"].to_list()
    return graph


def undirected(graph: ig.Graph) -> ig.Graph:
    """The graph with both directions of a tie made one, their weights added."""
    return graph.as_undirected(mode="collapse", combine_edges="sum")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """igraph draws from Python's `random`: within this it has a generator of its own."""
    import igraph as ig

    ig.set_random_number_generator(random.Random(seed))
    try:
        yield
    finally:
        ig.set_random_number_generator(random)
