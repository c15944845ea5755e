"""`influence evaluate influence`: its labels, its week, its table, and what it says it misses."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from influence_assets.cli import app
from influence_assets.cli_influence import print_contest
from influence_assets.contracts import TABLES
from influence_assets.domain.graph.learning.contest import Contest
from influence_assets.domain.graph.learning.methods import METHODS
from influence_assets.errors import UserError
from influence_assets.graph_learning import Question, influence_contest, of_file
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests import sql_making
from influence_assets_tests.domain.graph.learning.making import QUICK, grouped
from influence_assets_tests.sql_making import MON, Tables
from influence_assets_tests.test_network import put

WEEKS = [MON + timedelta(weeks=i) for i in range(12)]
PROFILES = 60


def evaluate(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["evaluate", "influence", "--folds", "2", *arguments])
    if done.exception:
        raise done.exception
    return done.stdout


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Two groups of 30 in weeks 0, 2 and 11; group 1 has ten times the engagement of group 0."""
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    warehouse = Warehouse(Settings.from_env().warehouse)
    ties, _ = grouped(PROFILES, 900)
    put(warehouse, *((WEEKS[i], "x", ties) for i in (0, 2, 11)), (WEEKS[0], "y", ties))
    table = TABLES["marts.profile_metrics_weekly"].schema.create_empty().schema
    weeks = pl.DataFrame(
        [profile_week(i, week) for week in WEEKS for i in range(PROFILES)], schema=table
    )
    warehouse.replace(
        "marts.profile_metrics_weekly",
        weeks,
        {str(week): "v1" for week in WEEKS},
    )
    return warehouse


def quick(home: Warehouse, question: Question) -> dict[str, Any]:
    return influence_contest(home, question, Contest(folds=2, learners=QUICK), lambda _: None)


def profile_week(number: int, week: date) -> dict[str, Any]:
    per_post = 10.0 ** (1 + number % 2)
    return {
        "platform": "x", "profile_id": f"p{number:04d}", "week_start": week,
        "followers_end": None, "followers_change": None, "posts": 2,
        "engagement": 2 * per_post, "engagement_per_post": per_post, "reach": None,
        "impressions": None, "days_observed": 0,
    }  # fmt: skip


def test_later_labels_by_hand(tables: Tables) -> None:
    def week(profile: str, number: int, **more: Any) -> dict[str, Any]:
        row = {"platform": "x", "profile_id": profile, "week_start": WEEKS[number]}
        return row | {"days_observed": 1} | more

    sql_making.put(
        tables,
        "marts.profile_metrics_weekly",
        # The network's week is week 1: what is known by its end is no label.
        week("ann", 0, engagement_per_post=5_000.0, followers_end=9),
        week("ann", 1, engagement_per_post=5_000.0, followers_end=9),
        week("ann", 2, engagement_per_post=9.0, followers_end=99),
        week("ann", 3, followers_end=999),
        week("ann", 4, engagement_per_post=99.0),
        week("bob", 2, followers_end=0),
        week("cat", 1, engagement_per_post=3.0),
        week("dan", 2, engagement_per_post=3.0) | {"platform": "y"},
    )
    found = tables.execute(
        sql.select("graph.later_labels"), {"platform": "x", "week_start": WEEKS[1]}
    ).pl()
    ann, bob = found.rows(named=True)
    assert ann["engagement"] == pytest.approx((np.log(10) + np.log(100)) / 2)
    assert ann["followers"] == pytest.approx(np.log(1_000))
    assert (bob["profile_id"], bob["engagement"], bob["followers"]) == ("bob", None, 0.0)


def test_the_future_of_the_warehouse(home: Warehouse) -> None:
    # Eight weeks before week 11 is week 3, which has no network: week 2 has the last before it.
    told = json.loads(evaluate("--platform", "x", "--json"))
    assert (told["week_start"], told["target"], told["kind"]) == (
        str(WEEKS[2]),
        "engagement",
        "number",
    )
    assert (told["profiles"], told["labelled"], told["folds"]) == (60, 60, 2)
    by = {(row["method"], row["metric"]): row["value"] for row in told["scores"]}
    assert set(by) == {(m, k) for m in METHODS for k in ("spearman", "mae", "rmse")}
    # Half of the labels are log(11), half log(101).
    apart = (np.log(101) - np.log(11)) / 2
    assert by["mean or majority", "mae"] == pytest.approx(apart, rel=0.01)
    assert by["GraphSAGE with node2vec", "mae"] < apart


def test_names_are_classes_and_a_table_is_for_people(home: Warehouse, tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    ids = [f"p{i:04d}" for i in range(PROFILES)]
    names = ["odd" if i % 2 else "even" for i in range(PROFILES)]
    pl.DataFrame({"profile_id": [*ids, "nobody"], "label": [*names, "odd"]}).write_csv(file)
    console = Console(file=StringIO(), width=120)
    print_contest(quick(home, Question("y", None, file, "", is_mutual=True)), console)
    told = console.file.getvalue()  # type: ignore[attr-defined]
    lines = told.splitlines()
    assert "label of 60 of 60 profiles" in " ".join(lines[:2])
    assert [m for m in METHODS if any(line.strip().startswith(m) for line in lines)] == list(
        METHODS
    )
    assert "macro F1" in told


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["3", "0", "99"], np.log1p([3, 0, 99])),  # counts
        (["3.5", "0", "99"], np.array([3.5, 0, 99])),
        (["-3", "0", "99"], np.array([-3.0, 0, 99])),
        (["3", "x", "99"], None),
    ],
)
def test_what_kind_of_label_a_file_holds(labels: list[str], expected: np.ndarray | None) -> None:
    found = of_file(pl.DataFrame({"profile_id": ["a", "b", "c"], "label": labels}))["label"]
    if expected is None:
        assert found.to_list() == labels
    else:
        assert found.to_numpy() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--platform", "x", "--target", "fame"), "There is no target 'fame'"),
        (("--platform", "x", "--target", "followers"), "No profile of x has followers in any week"),
        (("--platform", "y"), "No profile of y has engagement in any week"),
        (("--platform", "x", "--week", str(WEEKS[11])), "none comes after the network's week of"),
    ],
)
def test_what_is_missing_is_told(home: Warehouse, arguments: tuple[str, ...], why: str) -> None:
    with pytest.raises(UserError, match=why):
        evaluate(*arguments)


def test_too_few_labels_are_told(home: Warehouse, tmp_path: Path) -> None:
    file = tmp_path / "few.csv"
    file.write_text("profile_id,label\np0001,a\np0002,b\n")
    with pytest.raises(UserError, match="2 profiles with a tie have a label: at least 50"):
        evaluate("--platform", "x", "--labels", str(file))
