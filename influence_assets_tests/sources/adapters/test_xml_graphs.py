"""GraphML and GEXF: nodes, edges, attributes; checked against NetworkX; bombs refused."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

import networkx as nx
import pytest

from influence_assets.sources.batches import BadFile
from influence_assets.sources.formats import xml_graphs
from influence_assets_tests.sources.adapters.recognised import (
    TODAY,
    Recognised,
    example,
    recognised,
)


def _ties(found: Recognised) -> list[tuple[str, str, float, datetime, bool]]:
    return [
        (r["source_id"], r["target_id"], r["weight"], r["occurred_at"], r["is_occurred_at_known"])
        for r in found.rows["interactions"]
    ]


def test_graphml_example() -> None:
    found = example("graphml", "small.graphml")
    assert found.source == "graphml"
    node = {"platform": "unknown", "observed_at": TODAY, "is_observed_at_known": False}
    assert found.rows["profile_snapshots"] == [
        {
            **node,
            "row_number": 1,
            "profile_id": "mara",
            "display_name": "Mara & Co",
            "followers": 1200,
        },
        {**node, "row_number": 2, "profile_id": "otto", "followers": 10},
    ]
    assert _ties(found) == [
        ("mara", "otto", 3.0, datetime(2023, 7, 22, 10), True),
        ("otto", "mara", 1.5, TODAY, False),
    ]
    assert found.quarantined == {5: "fits_no_feed"}


def test_gexf_example() -> None:
    found = example("gexf", "small.gexf")
    assert found.source == "gexf"
    mara, otto = found.rows["profile_snapshots"]
    assert (mara["profile_id"], mara["display_name"], mara["followers"], mara["category"]) == (
        "mara",
        "Mara Lind",
        1200,
        "music",
    )
    assert (otto["display_name"], otto["followers"]) == ("Otto", 5)
    assert _ties(found) == [
        ("mara", "otto", 2.0, datetime(2023, 7, 22), True),
        ("otto", "mara", 1.0, TODAY, False),  # start="7" is a tick, not a time
    ]
    assert found.quarantined == {5: "weight|min_exclusive"}


@pytest.mark.parametrize("form", ["graphml", "gexf"])
@pytest.mark.parametrize("directed", [True, False])
def test_as_networkx_reads_what_it_writes(tmp_path: Path, form: str, *, directed: bool) -> None:
    rng = random.Random(7)
    graph = nx.gnm_random_graph(60, 300, seed=7, directed=directed)
    for node in graph:
        graph.nodes[node]["label"] = f"Node <{node}> & co"
        graph.nodes[node]["followers"] = rng.randrange(10**6)
    for a, b in graph.edges:
        graph.edges[a, b]["weight"] = round(rng.uniform(0.1, 9), 6)
    path = tmp_path / f"weibo.{form}"
    {"graphml": nx.write_graphml_xml, "gexf": nx.write_gexf}[form](graph, path)
    again = {"graphml": nx.read_graphml, "gexf": nx.read_gexf}[form](path)
    found = recognised(path)
    assert (found.source, found.quarantined) == (form, {})
    ends = (lambda a, b: (a, b)) if directed else (lambda a, b: tuple(sorted((a, b))))
    assert {ends(t[0], t[1]): t[2] for t in _ties(found)} == {
        ends(a, b): d["weight"] for a, b, d in again.edges(data=True)
    }
    assert {r["profile_id"]: r["followers"] for r in found.rows["profile_snapshots"]} == {
        n: d["followers"] for n, d in again.nodes(data=True)
    }
    assert found.rows["profile_snapshots"][0]["display_name"] == "Node <0> & co"


BOMB = """<?xml version="1.0"?><!DOCTYPE graphml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<graphml><graph><node id="&b;"/></graph></graphml>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE graphml [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<graphml><graph><node id="1"><data key="k">&a;</data></node></graph></graphml>"""


@pytest.mark.parametrize("text", [BOMB, EXTERNAL])
def test_entities_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bomb.graphml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile, match="entities"):
        recognised(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<graphml><graph><node id='1'></graph></graphml>", "no well-formed XML"),
        ("<graphml><graph><node id='1'/>", "no well-formed XML"),
        ("<graphml>" + "<graph>" * 100, "deep"),
        ("<graphml><graph><node id='1'><data key='k'>" + "x" * 5000, "a text has more than"),
        ("<graphml><graph><node id='" + "x" * 300_000, "a tag has more than"),
    ],
)
def test_what_is_beyond_measure_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setattr(xml_graphs, "LONGEST_TEXT", 1000)
    monkeypatch.setattr(xml_graphs, "LONGEST_TAG", 100_000)
    path = tmp_path / "bad.graphml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile, match=message):
        recognised(path)


def test_names_of_igraph_and_labels_of_yed() -> None:
    # igraph numbers the nodes of each file anew: the number is no id of a profile.
    igraph = example("graphml", "igraph.graphml")
    assert igraph.cells("profile_snapshots", "profile_id") == [("ann",), ("bob",), ("n2",)]
    assert _ties(igraph) == [("ann", "bob", 2.0, TODAY, False)]
    assert igraph.quarantined == {5: "weight|min_exclusive"}
    yed = example("graphml", "yed.graphml")
    assert yed.cells("profile_snapshots", "profile_id", "display_name") == [
        ("n0", "Ann"),
        ("n1", "Bob"),
    ]
    assert _ties(yed) == [("n0", "n1", 1.0, TODAY, False)]


def test_the_first_of_several_times() -> None:
    found = example("gexf", "dynamic.gexf")
    assert _ties(found) == [
        ("a", "b", 1.0, datetime(2020, 1, 4), True),
        ("b", "a", 1.0, datetime(2020, 1, 1), True),
    ]
    assert found.quarantined == {5: "weight|min_exclusive"}
