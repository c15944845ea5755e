"""Each profile's place in the network: many measures, each with its source.

Strength, PageRank, hubs, authorities, eigenvector centrality and constraint use the weights;
degree, betweenness, core number and clustering count ties only: a weight says how strong a
tie is, not how long. What each measure does and does not tell stands in `docs/network.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.graph.passivity import influence_passivity
from influence_assets.domain.graph.ties import Network, directed, mutual

if TYPE_CHECKING:
    import igraph as ig

Floats = npt.NDArray[np.float64]

EXACT_BETWEENNESS_NODES = 3_000
"""Up to here betweenness is exact; above, it is estimated from SAMPLED_SOURCES profiles."""

SAMPLED_SOURCES = 500
SAMPLE_PARTS = 10
"""The sample is drawn in so many parts; how they differ tells the error of their mean."""

LANCZOS_STEPS = 40
MOST_RESTARTS = 200
TOLERANCE = 1e-12
"""Of an eigenvector: what its product may be off, as a share of the eigenvalue. Where the leading
values are too near to be told apart in MOST_RESTARTS, it is what the steps have come to."""

DAMPING = 0.85


def places(edges: pl.DataFrame, posted: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Each profile's row of `graph.profile_centrality_weekly`, but for the week and platform.

    Args:
        edges: ties with source_id, target_id, weight, repost_weight and reply_weight.
        posted: faded number of posts by profile: profile_id, posts.
        seed: of the profiles drawn for betweenness.
    """
    found = centrality(edges, seed)
    responses = edges.select(
        "source_id",
        "target_id",
        (pl.col("repost_weight") + pl.col("reply_weight")).alias("responses"),
    ).filter(pl.col("responses") > 0)
    response = influence_passivity(responses, posted)
    return found.join(response, on="profile_id", how="left", maintain_order="left")


def centrality(ties: pl.DataFrame, seed: int) -> pl.DataFrame:
    """What follows from the ties alone: profile_id and a column for each measure.

    Above EXACT_BETWEENNESS_NODES profiles, betweenness is estimated from SAMPLED_SOURCES
    source profiles drawn with `seed` (Brandes and Pich 2007), and betweenness_error is the
    standard error of the estimate; up to there the error is 0.

    Hubs, authorities and eigenvector centrality are those of the part of the network with
    the largest eigenvalue: a profile that is not tied to it has 0.
    """
    network, both_ways = directed(ties), mutual(ties)
    graph, undirected = network.graph(), both_ways.graph()
    betweenness, error = _betweenness(graph, seed)
    return pl.DataFrame(
        {
            "profile_id": network.names,
            "in_degree": graph.indegree(),
            "out_degree": graph.outdegree(),
            "in_strength": graph.strength(mode="in", weights="weight"),
            "out_strength": graph.strength(mode="out", weights="weight"),
            "pagerank": graph.pagerank(weights="weight", damping=DAMPING),
            "betweenness": betweenness,
            "betweenness_error": error,
            **_spectral(network, both_ways),
            "core_number": undirected.coreness(),
            "clustering": undirected.transitivity_local_undirected(mode="zero"),
            "burt_constraint": undirected.constraint(weights="weight"),
        },
        schema_overrides={"in_strength": pl.Float64, "out_strength": pl.Float64},
    )


def near(ties: pl.DataFrame, profiles: Sequence[str]) -> pl.DataFrame:
    """PageRank that starts anew at these profiles only: how near each profile is to them.

    Columns: profile_id, pagerank (sums to 1 over all profiles). Haveliwala 2002.

    Raises:
        ValueError: one of the profiles has no tie.
    """
    network = directed(ties)
    place = {name: i for i, name in enumerate(network.names)}
    if unknown := sorted(set(profiles) - set(place)):
        raise ValueError(f"no tie of {', '.join(unknown)}")
    found = network.graph().personalized_pagerank(
        weights="weight", damping=DAMPING, reset_vertices=sorted(place[p] for p in set(profiles))
    )
    return pl.DataFrame({"profile_id": network.names, "pagerank": found})


def _betweenness(graph: ig.Graph, seed: int) -> tuple[Floats, Floats]:
    """Shortest paths through each profile as a share of all ordered pairs of others."""
    n = int(graph.vcount())
    pairs = max((n - 1) * (n - 2), 1)
    if n <= EXACT_BETWEENNESS_NODES:
        return np.asarray(graph.betweenness(directed=True)) / pairs, np.zeros(n)
    drawn = np.random.default_rng(seed).choice(n, SAMPLED_SOURCES, replace=False)
    # Each source's paths, times the number of sources, estimate the whole.
    parts = np.stack(
        [
            np.asarray(graph.betweenness(directed=True, sources=np.sort(part).tolist()))
            * (n / len(part) / pairs)
            for part in np.array_split(drawn, SAMPLE_PARTS)
        ]
    )
    # Without replacement: the error shrinks to 0 as the sample grows to all profiles.
    left = 1 - SAMPLED_SOURCES / n
    error = parts.std(axis=0, ddof=1) / np.sqrt(SAMPLE_PARTS) * np.sqrt(left)
    return parts.mean(axis=0), error


def _spectral(network: Network, both_ways: Network) -> dict[str, Floats]:
    """Hubs and authorities (each of unit sum), and eigenvector centrality (largest is 1)."""
    ties, both = network.matrix(), both_ways.matrix()
    authority = _principal(ties.T, ties)
    hub = ties @ authority
    eigenvector = _principal(both + both.T)
    return {
        "hub": hub / hub.sum(),
        "authority": authority / authority.sum(),
        "eigenvector": eigenvector / eigenvector.max(),
    }


def _principal(*factors: Any) -> Floats:
    """The leading eigenvector of a product of sparse matrices that is symmetric, non-negative.

    Where several are leading, as with two parts that are alike, it is what the power iteration
    from equal values ends at: the part of (1, …, 1) that lies in their space. So it is found
    by Lanczos steps from there (Lanczos 1950), each made orthogonal to all before it. igraph and
    ARPACK go on at random once such a space is exhausted, and give any vector of it.
    """

    def product(vector: Floats) -> Floats:
        return np.asarray(reduce(lambda v, factor: factor @ v, reversed(factors), vector))

    size = factors[0].shape[0]
    found = np.full(size, 1 / np.sqrt(size))
    for _ in range(MOST_RESTARTS):
        found, value = _lanczos(product, found)
        if np.linalg.norm(product(found) - value * found) <= TOLERANCE * value:
            break
    found = np.abs(found)
    # What rounding leaves where there is nothing.
    return np.where(found < 1e-12 * found.max(), 0.0, found)


def _lanczos(product: Callable[[Floats], Floats], start: Floats) -> tuple[Floats, float]:
    """The best vector, of unit length, and value that LANCZOS_STEPS from a start can tell."""
    from scipy.linalg import eigh_tridiagonal

    basis, diagonal, beside = start[None, :], [], []
    while True:
        new = product(basis[-1])
        diagonal.append(float(new @ basis[-1]))
        for _ in range(2):  # once leaves too much of what is there already
            new -= basis.T @ (basis @ new)
        length = float(np.linalg.norm(new))
        if length <= TOLERANCE * max(diagonal) or len(diagonal) == LANCZOS_STEPS:
            break
        beside.append(length)
        basis = np.vstack([basis, new / length])
    values, vectors = eigh_tridiagonal(diagonal, beside)
    found = vectors[:, -1] @ basis
    return found / np.linalg.norm(found), float(values[-1])
