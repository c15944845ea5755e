"""Evidence and adjusted influence as they are built, and `influence network evidence`."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from influence_assets.assets import authenticity
from influence_assets.assets.shell import Build, code_of
from influence_assets.cli import app
from influence_assets.contracts import TABLES
from influence_assets.domain.authenticity import influence
from influence_assets.errors import UserError
from influence_assets.evidence import evidence_of
from influence_assets.settings import Settings
from influence_assets.storage.versions import Recipe
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.domain.authenticity.making import START, WEEKS, campaign, random_world

FIRST = START.date()
LAST = FIRST + timedelta(weeks=WEEKS - 1)
BOTS = [f"bot{i}" for i in range(6)]
Rows = list[tuple[str, str, float]]


def fill(warehouse: Warehouse, name: str, rows: list[dict[str, Any]]) -> None:
    """Rows as they would stand in the warehouse; columns not given are NULL, times known."""
    schema = TABLES[name].schema.create_empty().schema
    known = dict.fromkeys((c for c in schema if c.endswith("_known")), True)
    frame = pl.DataFrame([known | row for row in rows], schema=schema)
    column = TABLES[name].partition_column
    days = frame[column].unique().sort().cast(pl.String) if column else pl.Series([""])
    warehouse.replace(name, frame, dict.fromkeys(days, "v1"))


def posts(rows: Rows) -> list[dict[str, Any]]:
    at = [START + timedelta(minutes=minutes) for _, _, minutes in rows]
    return [
        {
            "platform": "x", "post_id": f"{i:05d}", "profile_id": profile, "posted_at": time,
            "posted_date": time.date(), "text": f"{thing} is what everybody talks about today",
        }
        for i, ((profile, thing, _), time) in enumerate(zip(rows, at, strict=True))
    ]  # fmt: skip


def build(
    warehouse: Warehouse, recipe: Recipe, compute: Callable[[Build], Any], *weeks: date
) -> Any:
    settings = Settings.from_env()
    keys = {str(week): "v1" for week in weeks}
    return compute(Build(recipe, warehouse, settings, keys, keys, "run", lambda _: None))


def build_evidence(warehouse: Warehouse, *weeks: date) -> Any:
    recipe = authenticity.authenticity_recipes(Settings.from_env())[0]
    return build(warehouse, recipe, authenticity.compute_evidence, *weeks)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    return Warehouse(Settings.from_env().warehouse)


@pytest.fixture
def world(home: Warehouse) -> Warehouse:
    """Four weeks of posts with a planted group, its ties, and evidence of the last two weeks."""
    rows = random_world(seed=5) + campaign(seed=6)
    fill(home, "core.posts", posts(rows))
    kinds = dict.fromkeys((f"{k}_weight" for k in ("follow", "reply", "repost", "collab")), 0.0)
    edge = kinds | {"week_start": LAST, "platform": "x", "mention_weight": 1.0, "weight": 1.0}
    ends = [*((bot, "p001") for bot in BOTS), ("p003", "p002")]
    edges = [edge | {"source_id": source, "target_id": target} for source, target in ends]
    fill(home, "graph.edges_weekly", edges)
    build_evidence(home, LAST - timedelta(weeks=1), LAST)
    return home


def told(warehouse: Warehouse, week: date = LAST) -> pl.DataFrame:
    columns = list(TABLES["marts.authenticity_evidence_weekly"].columns)
    return warehouse.read(
        "marts.authenticity_evidence_weekly", columns, since=week, until=week
    ).sort("profile_id")


def test_the_planted_group_and_nobody_else(world: Warehouse) -> None:
    found = told(world)
    assert found["profile_id"].to_list() == BOTS
    assert set(found["kind"]) == {"coordinated_posting"}
    # As of the week before, fewer of their meetings had happened.
    before = told(world, LAST - timedelta(weeks=1))
    assert before["profile_id"].to_list() == BOTS
    assert 0 < before["observed"][0] < found["observed"][0]
    assert before["last_day"].max() < LAST  # type: ignore[operator]


def test_a_week_knows_nothing_of_what_came_later(world: Warehouse, tmp_path: Path) -> None:
    early = Warehouse(tmp_path / "early.duckdb")
    week = LAST - timedelta(weeks=1)
    rows = posts(random_world(seed=5) + campaign(seed=6))
    fill(early, "core.posts", [row for row in rows if row["posted_date"] < LAST])
    build_evidence(early, week)
    assert told(early, week).equals(told(world, week))


def test_a_week_without_news_has_no_rows(world: Warehouse) -> None:
    # The window would still hold what the group did.
    later = LAST + timedelta(weeks=1)
    assert build_evidence(world, later) == {"things_left_out": 0}
    assert told(world, later).is_empty()


def test_their_ties_count_half(world: Warehouse) -> None:
    build(world, authenticity.ADJUSTED, authenticity.compute_adjusted, LAST)
    columns = ["profile_id", "vote", "in_strength", "in_strength_adjusted", "rank", "rank_adjusted"]
    rows = {
        row[0]: row[1:] for row in world.read("graph.influence_adjusted_weekly", columns).rows()
    }
    assert {rows[bot][0] for bot in BOTS} == {0.5}
    assert rows["p001"][1:3] == (6.0, 3.0)
    assert rows["p002"][1:3] == (1.0, 1.0)
    assert rows["p001"][3] == 1


def test_influence_is_stale_when_any_code_that_it_uses_changes() -> None:
    lines = ast.walk(ast.parse(inspect.getsource(influence)))
    names = {str(line.module) for line in lines if isinstance(line, ast.ImportFrom)}
    used = sorted(name for name in names if name.startswith("influence_assets."))
    modules = [importlib.import_module(name) for name in used]
    assert authenticity.ADJUSTED.code_version == code_of(*modules, influence)


def run(*arguments: str) -> Any:
    done = CliRunner().invoke(app, ["network", "evidence", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_command_lists_the_last_week_or_that_of_a_day(world: Warehouse) -> None:
    rows = run()["evidence"]
    assert [row["profile_id"] for row in rows] == BOTS
    assert {row["week_start"] for row in rows} == {str(LAST)}
    (own,) = run("--profile", "bot2", "--platform", "x", "--week", str(LAST - timedelta(days=2)))[
        "evidence"
    ]
    assert (own["profile_id"], own["week_start"]) == ("bot2", str(LAST - timedelta(weeks=1)))
    assert sorted(own["other_profile_ids"]) == [bot for bot in BOTS if bot != "bot2"]
    assert run("--profile", "p001")["evidence"] == []
    shown = CliRunner().invoke(app, ["network", "evidence", "--profile", "bot2"]).stdout
    assert "never a verdict" in shown and "Posted the same text within 5 minutes" in shown


def test_the_command_says_what_is_missing(home: Warehouse) -> None:
    with pytest.raises(UserError, match="No evidence was looked for yet"):
        evidence_of(home, "", None, "")
    fill(home, "core.posts", posts([("ann", "t", 0.0)]))
    build_evidence(home, FIRST)
    assert (run()["week_start"], run()["evidence"]) == (str(FIRST), [])
    with pytest.raises(UserError, match="in the week of 2023-12-31; the weeks go from 2024-01-01"):
        evidence_of(home, "", FIRST - timedelta(days=1), "")


def test_the_last_week_is_the_last_that_was_looked_at(world: Warehouse) -> None:
    later = LAST + timedelta(weeks=1)
    build_evidence(world, later)
    assert (run()["week_start"], run()["evidence"]) == (str(later), [])
    shown = CliRunner().invoke(app, ["network", "evidence"]).stdout
    assert shown == f"Nothing is out of line in the week of {later}.\n"


def test_what_nobody_has_seen_is_not_in_line(world: Warehouse) -> None:
    fill(world, "core.profile_snapshots", [
        {"platform": "y", "profile_id": "yan", "observed_date": LAST, "followers": 1,
         "observed_at": START},
    ])  # fmt: skip
    # A reading is enough to be known.
    assert evidence_of(world, "y", None, "yan").rows.is_empty()
    assert evidence_of(world, "", None, "yan").rows.is_empty()
    with pytest.raises(UserError, match="a platform z, only of x, y"):
        evidence_of(world, "z", None, "")
    with pytest.raises(UserError, match="no post or reading of a profile nobody"):
        evidence_of(world, "", None, "nobody")
    with pytest.raises(UserError, match="no post or reading of a profile bot2 of y"):
        evidence_of(world, "y", None, "bot2")


def test_no_column_says_what_a_profile_is() -> None:
    for name in ("marts.authenticity_evidence_weekly", "graph.influence_adjusted_weekly"):
        assert [column for column in TABLES[name].columns if column.startswith("is_")] == []
