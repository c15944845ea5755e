"""Centralities against NetworkX, on random weighted ties and on real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import polars as pl
import pytest

from influence_assets.domain.graph import centrality as measures
from influence_assets.domain.graph.centrality import centrality, near

from .making import frame, networkx_graph, networkx_mutual, page_ties, random_ties, real_ties

CLOSE = 1e-8
PRECISE = {"tol": 1e-13, "max_iter": 10_000}


@pytest.fixture
def ties() -> pl.DataFrame:
    return random_ties()


def assert_as_told(found: pl.DataFrame, oracle: dict[str, Any]) -> None:
    for name, values in oracle.items():
        expected = np.array([values[p] for p in found["profile_id"]], dtype=float)
        assert np.abs(found[name].to_numpy() - expected).max() < CLOSE, name


def cheap_oracle(ties: pl.DataFrame) -> dict[str, Any]:
    """What NetworkX can do on thousands of profiles."""
    graph, mutual = networkx_graph(ties), networkx_mutual(ties)
    hub, authority = nx.hits(graph, max_iter=10_000, tol=1e-14)
    eigenvector = nx.eigenvector_centrality_numpy(mutual, weight="weight")
    largest = max(eigenvector.values())
    return {
        "pagerank": nx.pagerank(graph, alpha=0.85, weight="weight", **PRECISE),
        "hub": hub,
        "authority": authority,
        "eigenvector": {p: v / largest for p, v in eigenvector.items()},
        "core_number": nx.core_number(mutual),
        "in_degree": dict(graph.in_degree()),
        "out_degree": dict(graph.out_degree()),
        "in_strength": dict(graph.in_degree(weight="weight")),
        "out_strength": dict(graph.out_degree(weight="weight")),
        "clustering": nx.clustering(mutual),
    }


def test_centralities_are_those_of_networkx(ties: pl.DataFrame) -> None:
    graph, mutual = networkx_graph(ties), networkx_mutual(ties)
    found = centrality(ties, seed=1)
    assert found.height == graph.number_of_nodes()
    assert found["betweenness_error"].max() == 0
    dear = {
        "betweenness": nx.betweenness_centrality(graph, normalized=True),
        "burt_constraint": nx.constraint(mutual, weight="weight"),
    }
    assert_as_told(found, cheap_oracle(ties) | dear)


def test_real_ties_are_measured_as_by_networkx(shared_data: Path) -> None:
    ties = real_ties(shared_data)
    assert_as_told(centrality(ties, seed=1), cheap_oracle(ties))
    # Betweenness takes NetworkX minutes on all of them: here the ties among 700 of them.
    names = ties["source_id"].unique().sort()[:700].implode()
    some = ties.filter(pl.col("source_id").is_in(names), pl.col("target_id").is_in(names))
    oracle = {"betweenness": nx.betweenness_centrality(networkx_graph(some), normalized=True)}
    assert_as_told(centrality(some, seed=1), oracle)


@pytest.mark.slow
def test_real_ties_in_full(shared_data: Path) -> None:
    ties = real_ties(shared_data)
    oracle = {
        "betweenness": nx.betweenness_centrality(networkx_graph(ties), normalized=True),
        "burt_constraint": nx.constraint(networkx_mutual(ties), weight="weight"),
    }
    assert_as_told(centrality(ties, seed=1), oracle)
    pages = page_ties(shared_data)
    oracle = cheap_oracle(pages)
    assert_as_told(centrality(pages, seed=1), oracle)


def test_sampled_betweenness_is_near_the_exact_one_and_tells_its_error(
    ties: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = centrality(ties, seed=1)["betweenness"].to_numpy()
    monkeypatch.setattr(measures, "EXACT_BETWEENNESS_NODES", 10)
    monkeypatch.setattr(measures, "SAMPLED_SOURCES", 60)
    misses, offs = [], []
    for seed in range(20):
        sampled = centrality(ties, seed)
        error = sampled["betweenness_error"].to_numpy()
        off = sampled["betweenness"].to_numpy() - exact
        offs.append(off)
        misses.append(np.abs(off[error > 0]) > 2 * error[error > 0])
    assert np.corrcoef(exact, exact + np.mean(offs, axis=0))[0, 1] > 0.99
    assert abs(np.mean(offs) / exact.mean()) < 0.01
    # One in twenty would lie further off than two standard errors, were it not for the parts:
    # of ten with six profiles each some have none of the few that matter.
    assert 0.02 < np.concatenate(misses).mean() < 0.2
    monkeypatch.setattr(measures, "SAMPLED_SOURCES", 120)
    everybody = centrality(ties, seed=1)
    assert np.abs(everybody["betweenness"].to_numpy() - exact).max() < CLOSE
    assert everybody["betweenness_error"].max() == 0


def test_a_profile_outside_the_main_part_is_no_hub() -> None:
    # A dense group of four, and a pair that only knows itself.
    group = [(a, b, 1.0) for a in "abcd" for b in "abcd" if a != b]
    found = centrality(frame([*group, ("x", "y", 1.0)]), seed=1)
    alone = found.filter(pl.col("profile_id").is_in(["x", "y"]))
    assert alone.select("hub", "authority", "eigenvector").sum().row(0) == (0, 0, 0)
    assert found["hub"].sum() == pytest.approx(1)
    assert found["eigenvector"].max() == pytest.approx(1)


def test_the_smallest_network() -> None:
    found = centrality(frame([("b", "a", 0.7)]), seed=1)
    assert found["hub"].to_list() == pytest.approx([0, 1])
    assert found["authority"].to_list() == pytest.approx([1, 0])
    assert found["eigenvector"].to_list() == pytest.approx([1, 1])


ALIKE = {
    "two triangles": [(p + a, p + b, 1.0) for p in "xy" for a, b in ("ab", "bc", "ca", "da")],
    "pairs": [(f"a{i:03d}", f"b{i:03d}", 1.0) for i in range(150)],
    "stars": [(f"l{i:02d}{j}", f"h{i:02d}", 1.0) for i in range(50) for j in range(5)],
    "a chain": [(f"p{i:03d}", f"p{i + 1:03d}", 1.0) for i in range(250)],
    "nearly alike": [(f"a{i:03d}", f"b{i:03d}", 1 + i % 7 * 1e-3) for i in range(150)],
}


@pytest.mark.parametrize("rows", ALIKE.values(), ids=ALIKE)
def test_of_parts_that_are_alike_none_goes_before_the_others(
    rows: list[tuple[str, str, float]],
) -> None:
    def leading(matrix: np.ndarray) -> np.ndarray:
        """The part of (1, …, 1) in the space of the largest eigenvalue, by dense algebra."""
        values, vectors = np.linalg.eigh(matrix)
        space = vectors[:, values > values[-1] * (1 - 1e-9)]
        return np.abs(space @ space.sum(axis=0))

    found = centrality(frame(rows), seed=1)
    ties = nx.to_numpy_array(networkx_graph(frame(rows)), found["profile_id"].to_list())
    authority, both = leading(ties.T @ ties), leading(ties + ties.T)
    hub = ties @ authority
    for name, oracle in (
        ("authority", authority / authority.sum()),
        ("hub", hub / hub.sum()),
        ("eigenvector", both / both.max()),
    ):
        assert np.abs(found[name].to_numpy() - oracle).max() < CLOSE, name
    assert centrality(frame(rows), seed=2).equals(found)


def test_near_is_the_personalised_pagerank_of_networkx(ties: pl.DataFrame) -> None:
    start = {"p003": 1, "p040": 1}
    oracle = nx.pagerank(
        networkx_graph(ties), alpha=0.85, personalization=start, weight="weight", **PRECISE
    )
    assert_as_told(near(ties, ["p040", "p003", "p003"]), {"pagerank": oracle})
    with pytest.raises(ValueError, match="no tie of nobody, nowhere"):
        near(ties, ["p003", "nowhere", "nobody"])


def test_the_order_of_rows_changes_nothing(ties: pl.DataFrame) -> None:
    shuffled = ties.sample(fraction=1, shuffle=True, seed=9)
    assert centrality(ties, 7).equals(centrality(shuffled, 7))
