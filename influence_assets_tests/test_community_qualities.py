"""Weekly communities under each quality that a user may choose."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_assets.assets.graph import (
    communities_recipe,
    community_recipes,
    compute_communities,
    compute_events,
    layers_of,
    leiden_of,
)
from influence_assets.assets.shell import Build
from influence_assets.errors import UserError
from influence_assets.settings import QUALITIES, Settings
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.domain.graph.test_slices import planted
from influence_assets_tests.sql_making import MON

GROUPS = {f"p{i:02d}": i // 15 for i in range(60)}


def chosen(home: Path, quality: str, **more: str) -> Settings:
    names = {name.upper(): value for name, value in more.items()}
    variables = {"INFLUENCE_COMMUNITY_QUALITY": quality, **names}
    return Settings.from_env({"INFLUENCE_HOME": str(home), **variables})


def built(settings: Settings, gone: set[str]) -> Warehouse:
    """Five weeks of follows and replies; the profiles of `gone` leave after the third."""
    stay = {p: g for p, g in GROUPS.items() if p not in gone}
    ties = planted([GROUPS] * 3 + [stay] * 2, inside=0.95, across=0.02).with_columns(
        pl.lit("x").alias("platform"), follow_weight=0.5, reply_weight="weight",
        mention_weight=0.0, repost_weight=0.0, collab_weight=0.0, weight=1.5,
    )  # fmt: skip
    weeks = dict.fromkeys([str(MON + timedelta(weeks=n)) for n in range(5)], "v")
    warehouse = Warehouse(settings.warehouse)
    warehouse.replace("graph.edges_weekly", ties, weeks)
    recipes = {recipe.table: recipe for recipe in community_recipes(settings)}
    for table, compute in (
        ("graph.communities_weekly", compute_communities),
        ("graph.community_events", compute_events),
    ):
        compute(Build(recipes[table], warehouse, settings, weeks, weeks, "run", lambda _: None))
    return warehouse


@pytest.mark.parametrize("quality", QUALITIES)
def test_each_quality_gives_communities_whose_ids_and_events_last(
    tmp_path: Path, quality: str
) -> None:
    more = {"influence_community_resolution": "0.4"} if quality == "cpm" else {}
    settings = chosen(tmp_path, quality, **more)
    # Writing has checked the contract of both tables.
    warehouse = built(settings, gone={p for p, g in GROUPS.items() if g == 3})
    columns = ["week_start", "profile_id", "community_id", "community_size"]
    found = warehouse.read("graph.communities_weekly", columns).sort("week_start", "profile_id")
    assert found.group_by("week_start", maintain_order=True).len()["len"].to_list() == [
        60, 60, 60, 45, 45,
    ]  # fmt: skip
    for _, week in found.group_by("week_start"):
        truth = [GROUPS[p] for p in week["profile_id"]]
        assert adjusted_rand_score(truth, week["community_id"]) == 1.0
    assert found["community_id"].str.starts_with("2024-01-01/").all()
    events = warehouse.read("graph.community_events", ["week_start", "community_id", "event"])
    later = events.filter(pl.col("event") != "first_seen").rows()
    assert later == [(MON + timedelta(weeks=3), "2024-01-01/p45", "death")]


def test_another_quality_is_another_recipe(tmp_path: Path) -> None:
    recipes = [communities_recipe(chosen(tmp_path, quality)) for quality in QUALITIES]
    assert len({recipe.code_version for recipe in recipes}) == len(QUALITIES)


def test_layers_count_as_the_ties_do(tmp_path: Path) -> None:
    weights = {"influence_tie_weights": "follow=0.5,reply=2,repost=0,mention=0"}
    how = leiden_of(chosen(tmp_path, "multiplex", **weights))
    assert how.layers == {"follow_weight": 0.5, "reply_weight": 2.0, "collab_weight": 1.0}
    settings = chosen(tmp_path, "surprise")
    assert (leiden_of(settings).layers, len(layers_of(settings))) == ({}, 5)


def test_qualities_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Write modularity, cpm, surprise, significance or multipl"):
        chosen(tmp_path, "conductance")
    with pytest.raises(UserError, match="is surprise, which has no resolution"):
        chosen(tmp_path, "surprise", influence_community_resolution="2")
