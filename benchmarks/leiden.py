"""The weekly community step on a planted network against bare igraph and bare leidenalg.

Ours: from a frame of directed weighted ties between named profiles to the rows of
`graph.communities_weekly`: several runs of Leiden, the best kept, its stability, ids, strengths.
Peers: the same number of runs with as many iterations, from arrays of numbered ends, and
nothing else. Prints one JSON object on its last line; `--scale 0.05` makes it smaller.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import time

import igraph as ig
import leidenalg
import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.graph.communities import communities
from influence_assets.domain.graph.leiden import Leiden

PROFILES = 200_000
TIES = 1_400_000
GROUP = 200
INSIDE = 0.65
HOW = Leiden()
SEED = 7

Ends = npt.NDArray[np.int64]


def planted(scale: float) -> tuple[Ends, npt.NDArray[np.float64]]:
    """Ties of which 65 in 100 stay within groups of about 200 profiles, with weights 1 to 4."""
    rng = np.random.default_rng(SEED)
    profiles, ties = int(PROFILES * scale), int(TIES * scale)
    label = rng.integers(0, profiles // GROUP, profiles)
    order = np.argsort(label, kind="stable")
    size = np.bincount(label)
    start = np.cumsum(size) - size
    source = rng.integers(0, profiles, ties)
    group = label[source]
    member = order[start[group] + (rng.random(ties) * size[group]).astype(np.int64)]
    target = np.where(rng.random(ties) < INSIDE, member, rng.integers(0, profiles, ties))
    ends = np.unique(np.stack([source, target], axis=1)[source != target], axis=0)
    return ends, rng.integers(1, 5, len(ends)).astype(np.float64)


def frame_of(ends: Ends, weight: npt.NDArray[np.float64]) -> pl.DataFrame:
    names = pl.select(
        pl.format("profile_{}", pl.lit(ends[:, end])).alias(name)
        for end, name in enumerate(("source_id", "target_id"))
    )
    return names.with_columns(pl.Series("weight", weight))


def bare_graph(ends: Ends, weight: npt.NDArray[np.float64]) -> ig.Graph:
    graph = ig.Graph(n=int(ends.max()) + 1, edges=ends, directed=False)
    graph.es["weight"] = weight.tolist()
    return graph


def ours(ties: pl.DataFrame) -> tuple[float, float]:
    """Seconds, and the modularity that was found."""
    started = time.perf_counter()
    found = communities(ties, SEED, HOW)
    seconds = time.perf_counter() - started
    return seconds, float(found["partition_modularity"][0])


def bare_igraph(ends: Ends, weight: npt.NDArray[np.float64]) -> tuple[float, float]:
    started = time.perf_counter()
    graph = bare_graph(ends, weight)
    found = []
    for run in range(HOW.runs):
        random.seed(SEED + run)
        found.append(
            graph.community_leiden(
                objective_function="modularity", weights="weight", n_iterations=HOW.iterations
            )
        )
    seconds = time.perf_counter() - started
    return seconds, max(graph.modularity(f.membership, weights="weight") for f in found)


def bare_leidenalg(ends: Ends, weight: npt.NDArray[np.float64]) -> tuple[float, float]:
    started = time.perf_counter()
    graph = bare_graph(ends, weight)
    found = [
        leidenalg.find_partition(
            graph,
            leidenalg.ModularityVertexPartition,
            weights="weight",
            n_iterations=HOW.iterations,
            seed=SEED + run,
        )
        for run in range(HOW.runs)
    ]
    seconds = time.perf_counter() - started
    return seconds, max(graph.modularity(f.membership, weights="weight") for f in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    ends, weight = planted(options.scale)
    ties = frame_of(ends, weight)
    mine, bare, found, peers = [], [], [], []
    for pair in range(options.pairs):
        seconds, modularity = ours(ties)
        mine.append(seconds)
        found.append(modularity)
        seconds, modularity = bare_igraph(ends, weight)
        bare.append(seconds)
        peers.append(modularity)
        print(f"pair {pair + 1}: {mine[-1]:.1f} s, igraph {bare[-1]:.1f} s", file=sys.stderr)
    ratios = [m / b for m, b in zip(mine, bare, strict=True)]
    slow, modularity = bare_leidenalg(ends, weight)
    peers.append(modularity)
    print(f"leidenalg {slow:.1f} s", file=sys.stderr)
    print(
        json.dumps(
            {
                "figure": "leiden",
                "ratio": round(statistics.median(ratios), 3),
                "ours_s": round(statistics.median(mine), 2),
                "peer_s": round(statistics.median(bare), 2),
                "peer": "igraph, community_leiden with the same runs and iterations",
                "leidenalg_ratio": round(slow / statistics.median(mine), 2),
                "leidenalg_s": round(slow, 2),
                "modularity": round(min(found), 5),
                "peer_modularity": round(max(peers), 5),
                "runs": HOW.runs,
                "iterations": HOW.iterations,
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "rows": len(ends),
            }
        )
    )


if __name__ == "__main__":
    main()
