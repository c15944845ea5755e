"""Ties to test with: random ones, and the real ones of the shared exports."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl


def frame(rows: list[tuple[str, str, float]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["source_id", "target_id", "weight"], orient="row")


def random_ties(profiles: int = 120, ties: int = 800, seed: int = 3) -> pl.DataFrame:
    """Directed weighted ties, some both ways, none to itself."""
    rng = np.random.default_rng(seed)
    pairs = {(int(a), int(b)) for a, b in rng.integers(0, profiles, (ties, 2)) if a != b}
    return frame([(f"p{a:03d}", f"p{b:03d}", float(rng.uniform(0.1, 5))) for a, b in sorted(pairs)])


def real_ties(shared_data: Path) -> pl.DataFrame:
    """The directed ties below the cascades, each of weight 1."""
    path = shared_data / "cascades_christianity" / "edges.txt"
    ties = pl.read_csv(path, has_header=False, new_columns=["source_id", "target_id"])
    ties = ties.cast(pl.String).filter(pl.col("source_id") != pl.col("target_id")).unique()
    return ties.sort("source_id", "target_id").with_columns(pl.lit(1.0).alias("weight"))


def page_ties(shared_data: Path) -> pl.DataFrame:
    """The mutual ties of Facebook pages, told in one direction, each of weight 1."""
    path = shared_data / "graph_musae_facebook" / "facebook_edges.csv"
    ties = pl.read_csv(path, new_columns=["source_id", "target_id"]).cast(pl.String)
    ties = ties.filter(pl.col("source_id") != pl.col("target_id"))
    return ties.with_columns(pl.lit(1.0).alias("weight"))


def networkx_graph(ties: pl.DataFrame) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(ties.select("source_id", "target_id", "weight").rows())
    return graph


def networkx_mutual(ties: pl.DataFrame) -> nx.Graph:
    """Both directions of a tie made one, their weights added."""
    graph = nx.Graph()
    for source, target, weight in ties.select("source_id", "target_id", "weight").rows():
        before = graph.get_edge_data(source, target, {"weight": 0.0})["weight"]
        graph.add_edge(source, target, weight=before + weight)
    return graph
