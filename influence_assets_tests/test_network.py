"""`influence network`: which week is meant, who is near, and algorithms side by side."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import igraph as ig
import networkx as nx
import polars as pl
import pytest
from typer.testing import CliRunner

from influence_assets.cli import app
from influence_assets.domain.graph.centrality import places
from influence_assets.domain.graph.communities import communities
from influence_assets.domain.graph.compare import ALGORITHMS
from influence_assets.errors import UserError
from influence_assets.network import nearest, week_of
from influence_assets.settings import Settings
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.domain.graph.making import frame
from influence_assets_tests.domain.graph.test_communities import planted

MON = date(2024, 1, 1)
HOLE = MON + timedelta(weeks=1)
LAST = MON + timedelta(weeks=2)
MARCH = date(2024, 3, 4)
KINDS = ("follow_weight", "mention_weight", "reply_weight", "repost_weight", "collab_weight")


def put(warehouse: Warehouse, *ties: tuple[date, str, pl.DataFrame]) -> None:
    rows = pl.concat(
        frame.with_columns(
            pl.lit(week).alias("week_start"), pl.lit(platform).alias("platform"),
            *(pl.lit(0.0).alias(kind) for kind in KINDS[1:]), follow_weight="weight",
        )
        for week, platform, frame in ties
    )  # fmt: skip
    keys = {str(week): "v1" for week, _, _ in ties}
    warehouse.replace("graph.edges_weekly", rows, keys)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Four groups in the last week of `x`, two ties in the first, one tie of `y`."""
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    warehouse = Warehouse(Settings.from_env().warehouse)
    groups, _ = planted(weight_inside=60.0)
    few = pl.DataFrame({"source_id": ["a", "b"], "target_id": ["b", "c"], "weight": [1.0, 1.0]})
    put(warehouse, (MON, "x", few), (LAST, "x", groups), (MON, "y", few[:1]))
    return warehouse


def run(*arguments: str) -> Any:
    done = CliRunner().invoke(app, ["network", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_last_week_or_the_one_that_holds_a_day(home: Warehouse) -> None:
    assert week_of(home, "x", None).week_start == LAST
    early = week_of(home, "x", MON + timedelta(days=6))
    assert (early.week_start, early.ties.height) == (MON, 2)
    assert week_of(home, "y", None).ties.rows() == [("a", "b", 1.0)]


@pytest.mark.parametrize(
    ("platform", "day", "why"),
    [
        ("", None, "Say which network with --platform: x, y"),
        ("z", None, "There is no network of z, only of x, y"),
        ("x", HOLE, "no network of x for the week of 2024-01-08; the weeks go from 2024-01-01"),
        ("x", MON - timedelta(days=1), "no network of x for the week of 2023-12-31"),
    ],
)
def test_a_week_that_is_not_there(
    home: Warehouse, platform: str, day: date | None, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        week_of(home, platform, day)


def test_nothing_built_yet(warehouse: Warehouse) -> None:
    with pytest.raises(UserError, match="There is no network yet"):
        week_of(warehouse, "", None)


def test_near_are_those_of_the_own_group(home: Warehouse) -> None:
    told = run("near", "p003", "--platform", "x", "--k", "24")
    assert (told["week_start"], told["ties"]) == ("2024-01-15", 3000)
    # The groups are p000–p024, p025–p049 and so on.
    assert {row["profile_id"] for row in told["profiles"]} == {
        f"p{i:03d}" for i in range(25) if i != 3
    }
    shares = [row["pagerank"] for row in told["profiles"]]
    assert shares == sorted(shares, reverse=True)
    with pytest.raises(UserError, match="week of 2024-01-15 x has no tie of nobody"):
        nearest(week_of(home, "x", None), ["nobody"], 5)


def test_compare_with_true_groups(home: Warehouse, tmp_path: Path) -> None:
    truth = tmp_path / "truth.csv"
    _, label = planted(weight_inside=60.0)
    pl.DataFrame({"profile_id": list(label), "label": list(label.values())}).write_csv(truth)
    told = run("compare", "--platform", "x", "--truth", str(truth), "--runs", "2")
    found = {row["algorithm"]: row["truth_ari"] for row in told["algorithms"]}
    # It leaves out the weights, by which alone the groups differ.
    assert found.pop("significance") < 1
    assert found == pytest.approx(dict.fromkeys(ALGORITHMS.keys() - {"significance"}, 1.0))
    assert run("compare", "--platform", "x", "--runs", "2")["algorithms"][0]["truth_ari"] is None
    for text, why in (
        ("id,label\np003,1\n", "has the columns id, label"),
        ("profile_id,label\nnobody,1\n", "speaks of no profile"),
    ):
        truth.write_text(text)
        done = CliRunner().invoke(
            app, ["network", "compare", "--platform", "x", "--truth", str(truth)]
        )
        assert isinstance(done.exception, UserError)
        assert why in str(done.exception)


def seeds(*arguments: str) -> Any:
    done = CliRunner().invoke(app, ["seeds", "--platform", "x", *arguments, "--json"])
    if done.exception:
        raise done.exception
    return json.loads(done.stdout)


def test_seeds_of_four_groups_are_one_of_each(home: Warehouse) -> None:
    told = seeds("--k", "4")
    names = [row["profile_id"] for row in told["profiles"]]
    assert {int(name[1:]) // 25 for name in names} == {0, 1, 2, 3}
    gains = [row["gain"] for row in told["profiles"]]
    assert gains == sorted(gains, reverse=True)
    assert sum(gains) == pytest.approx(told["spread"]["mean"], rel=0.03)
    assert told["spread"]["low"] < told["spread"]["mean"] < told["spread"]["high"]
    first, last = told["profiles"][0], told["profiles"][-1]
    assert (first["overlap"], first["gain"]) == (0, first["alone"])
    assert last["overlap"] == pytest.approx(1 - last["gain"] / last["alone"])
    for simple in ("most ties", "highest PageRank"):
        assert told["beside"][simple]["mean"] < told["spread"]["high"]
    assert seeds("--k", "4") == told


def test_seeds_within_a_budget(home: Warehouse, tmp_path: Path) -> None:
    fees = tmp_path / "fees.csv"
    fees.write_text("profile_id,cost\np001,300\np002,100\np030,150\nelsewhere,1\n")
    told = seeds("--k", "3", "--budget", "260", "--costs", str(fees))
    assert {r["profile_id"]: r["cost"] for r in told["profiles"]} == {"p002": 100, "p030": 150}
    told = seeds("--k", "3", "--costs", str(fees), "--exclude", "p030")
    assert {row["profile_id"] for row in told["profiles"]} == {"p001", "p002"}


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        ("profile_id,cost\np001,300\n", ["--budget", "20"], "buys nobody: the cheapest .* 300"),
        ("profile_id,cost\np001,0\n", [], "a cost of 0 or less"),
        ("profile_id,cost\nelsewhere,5\n", [], "speaks of no profile"),
        ("profile_id,fee\np001,5\n", [], "has the columns profile_id, fee"),
        ("profile_id,cost\np001,cheap\n", [], "cannot be read as CSV"),
        ("profile_id,cost\np001,5\n", ["--exclude", "p001"], "nobody left to choose"),
        ("profile_id,cost\np001,5\n", ["--exclude", "nobody"], "no tie of nobody"),
    ],
)
def test_seeds_that_cannot_be_had(
    home: Warehouse, tmp_path: Path, text: str, options: list[str], why: str
) -> None:
    (tmp_path / "fees.csv").write_text(text)
    with pytest.raises(UserError, match=why):
        seeds("--costs", str(tmp_path / "fees.csv"), *options)


@pytest.fixture
def measured(home: Warehouse) -> Warehouse:
    """With the places and communities of the last week."""
    week = week_of(home, "x", None)
    key = {str(LAST): "v1"}
    when = pl.lit(LAST).alias("week_start"), pl.lit("x").alias("platform")
    edges = week.ties.with_columns(
        pl.lit(0.0).alias("repost_weight"), pl.lit(0.0).alias("reply_weight")
    )
    posts = pl.DataFrame(schema={"profile_id": pl.String, "posts": pl.Float64})
    rows = places(edges, posts, 1).with_columns(when)
    home.replace("graph.profile_centrality_weekly", rows, key)
    rows = communities(week.ties, 1).with_columns(when)
    home.replace("graph.communities_weekly", rows, key)
    return home


def test_export_is_read_by_others(measured: Warehouse, tmp_path: Path) -> None:
    files = [
        run("export", str(tmp_path / "out" / f"week.{form}"), "--platform", "x")["files"]
        for form in ("gexf", "graphml", "parquet", "csv")
    ]
    assert [len(own) for own in files] == [1, 1, 2, 2]
    ties = week_of(measured, "x", None).ties.sort("source_id", "target_id")
    expected = {(s, t): w for s, t, w in ties.iter_rows()}
    gexf = nx.read_gexf(files[0][0])
    assert {(s, t): w for s, t, w in gexf.edges(data="weight")} == expected
    graphml = ig.Graph.Read_GraphML(files[1][0])
    names = graphml.vs["id"]
    assert {(names[e.source], names[e.target]): e["weight"] for e in graphml.es} == expected
    for read, (nodes, told) in ((pl.read_parquet, files[2]), (pl.read_csv, files[3])):
        assert read(told).select("source_id", "target_id", "weight").rows() == ties.rows()
        found = read(nodes)
        assert found.height == gexf.number_of_nodes() == graphml.vcount()
        own = found.filter(pl.col("profile_id") == "p030").row(0, named=True)
        assert own["community_size"] == 25
        # A value that nobody knows is left out of the one, and empty in the other.
        assert own["influence"] is None
        assert "influence" not in gexf.nodes["p030"]
        assert gexf.nodes["p030"]["pagerank"] == own["pagerank"]
        assert gexf.nodes["p030"]["community_id"] == own["community_id"]


def test_export_that_cannot_be(measured: Warehouse, tmp_path: Path) -> None:
    for words, why in (
        ([str(tmp_path / "week.xlsx"), "--platform", "x"], "ends with none of .gexf, .graphml"),
        ([str(tmp_path / "week.gexf"), "--platform", "y"], "centralities of y .* are not built"),
    ):
        done = CliRunner().invoke(app, ["network", "export", *words])
        assert isinstance(done.exception, UserError)
        assert re.search(why, str(done.exception))


@pytest.fixture
def three_weeks(home: Warehouse) -> Warehouse:
    """Three weeks of `z` in the same two groups, but for `a4`, in the second one for a week."""

    def clique(*members: str) -> list[tuple[str, str, float]]:
        return [(a, b, 1.0) for a in members for b in members if a < b]

    first, second = [f"a{i}" for i in range(5)], [f"b{i}" for i in range(5)]
    same = clique(*first) + clique(*second)
    odd = clique(*first[:4]) + clique(*second) + [("a4", other, 1.0) for other in ("a0", *second)]
    weeks = [frame(rows) for rows in (same, odd, same)]
    put(home, *((MARCH + timedelta(weeks=n), "z", ties) for n, ties in enumerate(weeks)))
    return home


def test_slices_tell_how_often_profiles_change(three_weeks: Warehouse, tmp_path: Path) -> None:
    out = tmp_path / "new" / "members.parquet"
    weekly = [
        pl.DataFrame({"profile_id": [f"{g}{i}" for g in "ab" for i in range(5)]})
        .with_columns(
            pl.lit(MARCH + timedelta(weeks=n)).alias("week_start"), pl.lit("z").alias("platform"),
            community_id=pl.col("profile_id").str.head(1), group_id=pl.lit("g"), community_size=5,
            membership_strength=1.0, partition_modularity=0.5, partition_stability=1.0,
        )
        # By the weekly ids `a0` comes to `b`, and stays; those of the third week are not built.
        .with_columns(
            pl.when((pl.col("profile_id") == "a0") & bool(n)).then(pl.lit("b"))
            .otherwise("community_id").alias("community_id")
        )
        for n in range(2)
    ]  # fmt: skip
    keys = {str(MARCH + timedelta(weeks=n)): "v1" for n in range(2)}
    three_weeks.replace("graph.communities_weekly", pl.concat(weekly), keys)
    told = run("slices", "--platform", "z", "--coupling", "0.1", "--out", str(out))
    assert [w["week_start"] for w in told["weeks"]] == ["2024-03-04", "2024-03-11", "2024-03-18"]
    assert [w["profiles"] for w in told["weeks"]] == [10] * 3
    assert [w["communities"] for w in told["weeks"]] == [2] * 3
    assert [w["stayed"] for w in told["weeks"]] == [0, 10, 10]
    assert [w["changed"] for w in told["weeks"]] == [None, 0.1, 0.1]
    assert [w["weekly_changed"] for w in told["weeks"]] == [None, 0.1, None]
    assert (told["changed"], told["weekly_changed"]) == (0.1, 0.1)
    rows = pl.read_parquet(out)
    assert rows.columns == ["week_start", "profile_id", "community_id"]
    own = rows.filter(profile_id="a4")["community_id"].to_list()
    assert own == ["2024-03-04/a0", "2024-03-04/b0", "2024-03-04/a0"]
    assert told["file"] == str(out)


def test_coupled_strongly_nobody_changes(three_weeks: Warehouse) -> None:
    told = run("slices", "--platform", "z", "--coupling", "5")
    assert (told["changed"], told["weekly_changed"]) == (0.0, None)
    # Days stand for their weeks.
    told = run("slices", "--platform", "z", "--from", "2024-03-10", "--to", "2024-03-12")
    assert [w["week_start"] for w in told["weeks"]] == ["2024-03-04", "2024-03-11"]
    shown = CliRunner().invoke(app, ["network", "slices", "--platform", "z", "--coupling", "5"])
    assert re.search(r"2024-03-11 +10 +2 +0.0% +–", shown.stdout)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--platform", "x", "--to", "2024-01-08"], "x has 1 weeks of a network there"),
        (["--platform", "z", "--from", "soon"], "--from is 'soon', which is no date"),
        (["--platform", "z", "--out", "rows.csv"], "rows.csv does not end with .parquet"),
    ],
)
def test_slices_that_cannot_be(three_weeks: Warehouse, options: list[str], why: str) -> None:
    done = CliRunner().invoke(app, ["network", "slices", *options])
    assert isinstance(done.exception, UserError)
    assert why in str(done.exception)


def test_for_people(home: Warehouse) -> None:
    shown = CliRunner().invoke(app, ["network", "near", "a", "--platform", "y"]).stdout
    assert "y, week of 2024-01-01: 1 ties" in shown
    assert shown.split()[-2:] == ["b", "45.95%"]
    shown = (
        CliRunner().invoke(app, ["seeds", "--platform", "y", "--k", "1", "--model", "lt"]).stdout
    )
    assert "together: 2.0 profiles (2.0 to 2.0)" in shown
    shown = CliRunner().invoke(app, ["network", "compare", "--platform", "x", "--runs", "2"]).stdout
    assert "label propagation" in shown
