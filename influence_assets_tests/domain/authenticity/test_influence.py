"""Influence with votes, against NetworkX on a graph that holds the withheld shares as ties."""

from __future__ import annotations

import networkx as nx
import numpy as np
import polars as pl
import pytest

from influence_assets.domain.authenticity.influence import adjusted, votes
from influence_assets.domain.graph.centrality import centrality
from influence_assets_tests.domain.graph.making import frame, networkx_graph, random_ties

NOBODY = pl.DataFrame(schema={"profile_id": pl.String, "vote": pl.Float64})


def voting(**vote: float) -> pl.DataFrame:
    return pl.DataFrame({"profile_id": list(vote), "vote": list(vote.values())})


def by_networkx(ties: pl.DataFrame, vote: dict[str, float]) -> dict[str, float]:
    """Each source hands on its vote's share, and the rest to every profile by its vote."""
    graph = networkx_graph(ties)
    total = sum(vote.get(p, 1.0) for p in graph)
    out = dict(graph.out_degree(weight="weight"))
    spread = nx.DiGraph()
    spread.add_nodes_from(graph)
    for source in graph:
        if not out[source]:
            continue
        own = vote.get(source, 1.0)
        for target in graph:
            tie = graph.get_edge_data(source, target, {"weight": 0.0})["weight"] / out[source]
            weight = own * tie + (1 - own) * vote.get(target, 1.0) / total
            if weight:
                spread.add_edge(source, target, weight=weight)
    restart = {p: vote.get(p, 1.0) for p in graph}
    return nx.pagerank(spread, alpha=0.85, personalization=restart, tol=1e-13, max_iter=10_000)


def test_pagerank_is_that_of_networkx_on_the_reweighted_graph() -> None:
    # Some have no ties of their own: what they hold is handed on as everybody's restart.
    ties = random_ties().filter(~pl.col("source_id").is_in(["p005", "p007", "p010"]))
    vote = {f"p{i:03d}": 0.5 ** (1 + i % 3) for i in range(0, 120, 5)}
    found = adjusted(ties, voting(**vote))
    expected = by_networkx(ties, vote)
    assert found["pagerank_adjusted"].to_list() == pytest.approx(
        [expected[p] for p in found["profile_id"]], abs=1e-9
    )
    assert (found["pagerank"] - found["pagerank_adjusted"]).abs().max() > 1e-4  # type: ignore[operator]


def test_plain_figures_are_those_of_the_centralities() -> None:
    ties = random_ties(seed=8)
    found = adjusted(ties, voting(p003=0.5))
    place = centrality(ties, seed=1)
    for column in ("pagerank", "in_strength"):
        assert found[column].to_list() == pytest.approx(place[column].to_list(), abs=1e-12)


def test_without_evidence_nothing_changes() -> None:
    found = adjusted(random_ties(), NOBODY)
    assert found["pagerank_adjusted"].to_list() == pytest.approx(found["pagerank"].to_list())
    assert found["in_strength_adjusted"].to_list() == found["in_strength"].to_list()
    assert found["rank_change"].to_list() == [0] * found.height


def test_strength_and_ranks_by_hand() -> None:
    # Ten of a ring follow each other and `star`; five others follow `real`.
    ring = [(f"bot{i}", f"bot{(i + 1) % 10}", 1.0) for i in range(10)]
    ties = frame(
        ring + [(f"bot{i}", "star", 1.0) for i in range(10)]
        + [(f"fan{i}", "real", 2.0) for i in range(5)]
    )  # fmt: skip
    found = adjusted(ties, voting(**{f"bot{i}": 0.25 for i in range(10)}))
    rows = {row["profile_id"]: row for row in found.iter_rows(named=True)}
    assert (rows["star"]["in_strength"], rows["star"]["in_strength_adjusted"]) == (10.0, 2.5)
    assert (rows["real"]["in_strength"], rows["real"]["in_strength_adjusted"]) == (10.0, 10.0)
    assert rows["star"]["rank"] == 1 and rows["real"]["rank_adjusted"] == 1
    assert rows["real"]["rank_change"] == rows["real"]["rank"] - 1 > 0
    # Fans are equals, and share their place, one behind those before them.
    places = {rows[f"fan{i}"]["rank_adjusted"] for i in range(5)}
    assert len(places) == 1
    assert found["pagerank_adjusted"].sum() == pytest.approx(1.0)


def test_each_kind_of_evidence_halves_the_vote() -> None:
    evidence = pl.DataFrame(
        {
            "profile_id": ["a", "a", "b", "b", "c"],
            "kind": ["coordinated_posting", "growth_step"] + ["coordinated_posting"] * 2
            + ["growth_step"],
            "strength": [1.0, 1.0, 1.0, 1.0, 0.5],
        }
    )  # fmt: skip
    # Two kinds; two rows of one kind; a weaker one.
    assert votes(evidence).rows() == [("a", 0.25), ("b", 0.5), ("c", pytest.approx(np.sqrt(0.5)))]
