"""Algorithms for communities side by side, on one network, each run as often as the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from influence_assets.domain.graph.communities import Leiden, leiden, rand_index, stability
from influence_assets.domain.graph.ties import mutual, seeded

if TYPE_CHECKING:
    import igraph as ig

Find = Callable[["ig.Graph", int, Leiden], list[int]]


def compared(ties: pl.DataFrame, truth: Mapping[str, str], seed: int, how: Leiden) -> pl.DataFrame:
    """A row for each algorithm, the best of its runs by modularity.

    Args:
        ties: of the network.
        truth: the true group of profiles, as far as known; it takes no part in the search.
        seed: of the first run; the next has the number behind it.
        how: resolution, runs and iterations; quality is modularity for all.

    Returns:
        algorithm, communities, modularity, stability (mean adjusted Rand index between
        runs), truth_ari and truth_nmi (adjusted Rand index and normalised mutual information
        with the true groups; NULL without any), seconds for all runs.
    """
    network = mutual(ties)
    graph = network.graph()
    known = [i for i, name in enumerate(network.names) if name in truth]
    labels = {label: i for i, label in enumerate(sorted(set(truth.values())))}
    true = [labels[truth[network.names[i]]] for i in known]

    def rows() -> Iterator[dict[str, object]]:
        import igraph as ig

        for name, find in ALGORITHMS.items():
            started = time.perf_counter()
            runs = [find(graph, seed + run, how) for run in range(how.runs)]
            seconds = time.perf_counter() - started
            best = max(runs, key=lambda run: float(graph.modularity(run, weights="weight")))
            own = [best[i] for i in known]
            yield {
                "algorithm": name,
                "communities": len(set(best)),
                "modularity": graph.modularity(best, weights="weight"),
                "stability": stability(runs),
                "truth_ari": rand_index(own, true) if true else None,
                "truth_nmi": ig.compare_communities(own, true, "nmi") if true else None,
                "seconds": seconds,
            }

    return pl.DataFrame(list(rows()), schema_overrides=dict.fromkeys(_TRUTH, pl.Float64))


_TRUTH = ("truth_ari", "truth_nmi")


def _leiden(graph: ig.Graph, seed: int, how: Leiden) -> list[int]:
    return list(leiden(graph, seed, replace(how, quality="modularity")).membership)


def _louvain(graph: ig.Graph, seed: int, how: Leiden) -> list[int]:
    with seeded(seed):
        found = graph.community_multilevel(weights="weight", resolution=how.resolution)
    return list(found.membership)


def _label_propagation(graph: ig.Graph, seed: int, how: Leiden) -> list[int]:
    with seeded(seed):
        return list(graph.community_label_propagation(weights="weight").membership)


def _leidenalg(graph: ig.Graph, seed: int, how: Leiden) -> list[int]:
    import leidenalg

    found = leidenalg.find_partition(
        graph,
        leidenalg.RBConfigurationVertexPartition,  # modularity with a resolution
        weights="weight",
        resolution_parameter=how.resolution,
        n_iterations=how.iterations,
        seed=seed,
    )
    return list(found.membership)


ALGORITHMS: dict[str, Find] = {
    "leiden (igraph)": _leiden,
    "leiden (leidenalg)": _leidenalg,
    "louvain": _louvain,
    "label propagation": _label_propagation,
}
