"""Edge lists: with a header, Gephi's, and SNAP text without one."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets.sources.batches import BadFile
from influence_assets.sources.formats.edges import looks_like_edges
from influence_assets_tests.sources.adapters.recognised import (
    TODAY,
    Recognised,
    example,
    recognised,
)


def _ties(found: Recognised) -> list[tuple[str, str, float, datetime, bool]]:
    assert found.source == "edge_list"
    return [
        (r["source_id"], r["target_id"], r["weight"], r["occurred_at"], r["is_occurred_at_known"])
        for r in found.rows["interactions"]
    ]


def test_two_id_columns_and_the_platform_of_the_name() -> None:
    found = example("edge_list", "facebook_edges.csv")
    assert found.rows["interactions"][0] == {
        "row_number": 1,
        "platform": "facebook",
        "kind": "follow",
        "source_id": "0",
        "target_id": "18",
        "occurred_at": TODAY,
        "is_occurred_at_known": False,
        "weight": 1.0,
    }
    assert _ties(found)[1] == ("1", "1", 1.0, TODAY, False)  # a self-loop is kept
    assert found.quarantined == {3: "target_id|nullability"}


def test_the_day_of_collection_can_be_stated() -> None:
    collected = datetime(2017, 11, 1)
    found = example("edge_list", "facebook_edges.csv", read_at=collected)
    assert {(r[3], r[4]) for r in _ties(found)} == {(collected, True)}


def test_pages_and_their_class() -> None:
    found = example("edge_list", "facebook_target.csv")
    assert [
        (r["platform"], r["profile_id"], r["display_name"], r["category"])
        for r in found.rows["profile_snapshots"]
    ] == [
        ("facebook", "0", "The Lamp", "tvshow"),
        ("facebook", "1", "Town, Hall", "government"),
    ]
    assert found.quarantined == {3: "profile_id|nullability"}


def test_weights_and_times() -> None:
    found = example("edge_list", "weighted.csv")
    assert _ties(found) == [
        ("mara", "otto", 2.5, datetime(2023, 7, 22, 4, 26, 40), True),
        ("otto", "mara", 1.0, datetime(2023, 7, 22, 10), True),
    ]
    assert found.rows["interactions"][0]["platform"] == "unknown"
    assert found.quarantined == {3: "weight|min_exclusive"}


def test_gephis_edge_table() -> None:
    found = example("edge_list", "gephi.csv")
    assert _ties(found) == [("1", "2", 3.0, TODAY, False)]
    assert found.quarantined == {2: "weight_unreadable"}


def test_snap_text_with_comments() -> None:
    found = example("edge_list", "snap.txt")
    assert [t[:2] for t in _ties(found)] == [("0", "1"), ("0", "2"), ("2", "2")]
    assert found.quarantined == {3: "wrong_number_of_fields"}
    assert found.records == 4  # comments and the blank line are no records


def test_a_third_column_of_seconds_is_a_time() -> None:
    found = example("edge_list", "temporal.txt")
    assert _ties(found)[0] == ("1", "2", 1.0, datetime(2013, 10, 17, 20, 16, 1), True)
    assert len(_ties(found)) == 3  # ids need not be numbers once the format is known


@pytest.mark.parametrize(
    ("head", "is_list"),
    [
        (b"1,2\n3,4\n", True),
        (b"# a comment\n1 2 0.5\n3 4 1e-3\n", True),
        (b"1\t2\t-1\t1289241911.72836\n", True),
        (b"1;2;2020-05-01\n", True),
        (b"id_1,id_2\n1,2\n", False),  # a header
        (b"1,2\n3,4,5\n", False),
        (b"1\n2\n", False),
        (b"0 566 23498972,2515 120971777,\n", False),  # a cascade
        (b"%%MatrixMarket matrix\n3 3 2\n1 2\n", False),
        (b"a b\nc d\n", False),
        (b"", False),
    ],
)
def test_what_is_taken_for_a_list_of_edges(head: bytes, *, is_list: bool) -> None:
    assert looks_like_edges(head) is is_list


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "edges.txt"
    path.write_bytes(b"1 2\n" + b"3 " * 100_000)
    with pytest.raises(BadFile, match="more than 65536 characters"):
        recognised(path)


def test_the_real_pages(shared_data: Path) -> None:
    path = shared_data / "graph_musae_facebook" / "facebook_edges.csv"
    with path.open(newline="", encoding="utf-8") as data:
        truth = [(row["id_1"], row["id_2"]) for row in csv.DictReader(data)]
    found = recognised(path)
    assert [t[:2] for t in _ties(found)] == truth
    assert (found.records, found.quarantined) == (171_002, {})
    assert sum(a == b for a, b in truth) == 179
    assert {r["platform"] for r in found.rows["interactions"]} == {"facebook"}
    pages = recognised(path.with_name("facebook_target.csv"))
    with path.with_name("facebook_target.csv").open(newline="", encoding="utf-8") as data:
        classes = {row["id"]: row["page_type"] for row in csv.DictReader(data)}
    snapshots = pages.rows["profile_snapshots"]
    assert {r["profile_id"]: r["category"] for r in snapshots} == classes
    assert pages.records == len(classes) == 22_470


def test_the_real_list_without_a_header(shared_data: Path) -> None:
    path = shared_data / "cascades_christianity" / "edges.txt"
    truth = [tuple(line.split(",")) for line in path.read_text(encoding="ascii").splitlines()]
    found = recognised(path)
    assert [t[:2] for t in _ties(found)] == truth
    assert (found.records, found.quarantined) == (35_624, {})


def test_what_networkx_writes() -> None:
    found = example("edge_list", "networkx.edgelist")
    assert _ties(found) == [
        ("ann", "bob", 1.0, TODAY, False),
        ("bob", "cid", 2.5, datetime(2020, 1, 1), True),
    ]
    assert found.quarantined == {3: "weight|min_exclusive"}


def test_kinds_of_activity() -> None:
    found = example("edge_list", "activity.txt")
    assert found.cells("interactions", "kind", "source_id", "target_id", "occurred_at") == [
        ("mention", "1", "2", datetime(2012, 7, 1, 0, 2, 52)),
        ("reply", "1", "2", datetime(2012, 7, 1, 0, 2, 53)),
        ("repost", "3", "2", datetime(2012, 7, 1, 0, 6, 21)),
    ]


def test_free_spelling_and_decimal_commas() -> None:
    found = example("edge_list", "spellings.csv")
    assert _ties(found) == [("1", "2", 1.5, datetime(2020, 1, 1), True)]
    assert found.cells("interactions", "kind") == [("repost",)]
    assert found.quarantined == {2: "target_id_unreadable", 3: "kind_is_known"}


@pytest.mark.parametrize(
    "header",
    ["FromNodeId,ToNodeId", "source_id,target_id", "user1,user2", "u,v", ":START_ID,:END_ID"],
)
def test_more_names_of_two_ends(tmp_path: Path, header: str) -> None:
    path = tmp_path / "edges.csv"
    path.write_text(f"{header}\n1,2\n", encoding="utf-8")
    assert recognised(path).cells("interactions", "source_id", "target_id") == [("1", "2")]


def test_nodes_of_gephi() -> None:
    found = example("edge_list", "gephi_nodes.csv")
    assert found.cells("profile_snapshots", "profile_id", "display_name") == [("ann", "Ann A")]
    assert found.quarantined == {2: "profile_id|nullability"}


def test_a_program_is_no_edge_list() -> None:
    assert not looks_like_edges(b"window.__CONFIG = {'a': 1}\n")
