"""The planted lives of communities are told again by the weekly network, through its assets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from influence_assets.assets.graph import (
    community_recipes,
    compute_communities,
    compute_events,
    edges_recipe,
)
from influence_assets.assets.shell import Build, Compute
from influence_assets.assets.sql_tables import FADING, sql_compute
from influence_assets.sample.communities import BLOCKS, START, events_frame
from influence_assets.sample.people import draw_profiles
from influence_assets.sample.posts import draw_posts
from influence_assets.sample.ties import draw_acts, draw_follows
from influence_assets.settings import Settings
from influence_assets.storage.versions import Recipe
from influence_assets.storage.warehouse import Warehouse

TOLERANCE = timedelta(weeks=4)
"""A merge or a split takes a half-life until new acts outweigh old ones."""


def interactions(profiles: pl.DataFrame, weeks: int, seed: int) -> pl.DataFrame:
    """What everybody did to whom, as rows of core.interactions."""
    posts = draw_posts(profiles, weeks, seed)
    acts = draw_acts(profiles, posts, weeks, seed).select(
        "kind", "source", "target", "occurred_at", post_id=pl.col("post").cast(pl.String)
    )
    follows = draw_follows(profiles, weeks, seed).select(
        "source", "target", occurred_at="since", kind=pl.lit("follow"), post_id=pl.lit("")
    )
    rows = pl.concat([acts, follows.select(acts.columns)])
    return rows.select(
        "kind", "occurred_at", "post_id",
        platform=profiles["platform"].gather(rows["source"]),
        source_id=profiles["profile_id"].gather(rows["source"]),
        target_id=profiles["profile_id"].gather(rows["target"]),
        occurred_date=pl.col("occurred_at").dt.date(),
        is_occurred_at_known=True,
        weight=1.0,
    )  # fmt: skip


def told(folder: Path, profiles: pl.DataFrame, weeks: int, seed: int) -> pl.DataFrame:
    """The events that the assets tell of, with the planted block of most members."""
    settings = Settings.from_env({"INFLUENCE_HOME": str(folder)})
    warehouse = Warehouse(settings.warehouse)
    acts = interactions(profiles, weeks, seed)
    with warehouse.connect() as connection:
        connection.register("drawn", acts.to_arrow())
        connection.execute("INSERT INTO core.interactions BY NAME SELECT * FROM drawn")
    mondays = [str(START + timedelta(weeks=w)) for w in range(-1, weeks)]
    edges = edges_recipe(settings)
    communities, events, *_ = community_recipes(settings)
    weights = {**FADING, **settings.edge_weights}
    steps: list[tuple[Recipe, Compute]] = [
        (edges, sql_compute(edges, weights)),
        (communities, compute_communities),
        (events, compute_events),
    ]
    versions = dict.fromkeys(mondays, "v")
    for recipe, compute in steps:
        compute(Build(recipe, warehouse, settings, versions, versions, "run", lambda _: None))
    key = ["week_start", "platform", "community_id"]
    found = warehouse.read("graph.community_events", [*key, "event"], since=START)
    members = warehouse.read("graph.communities_weekly", [*key, "profile_id"])
    blocks = profiles.select("platform", "profile_id", "block")
    most = (
        members.join(blocks, on=["platform", "profile_id"])
        .group_by("platform", "community_id", "block")
        .len()
        .sort("len", "block")
        .group_by("platform", "community_id")
        .agg(pl.col("block").last())
    )
    return found.join(most, on=["platform", "community_id"]).sort("week_start", "community_id")


def score(planted: pl.DataFrame, found: pl.DataFrame) -> tuple[int, int, int]:
    """How many planted events were told, how many were planted, and how many were told of.

    An event is told if one of its kind is, within four weeks, of a community most of
    whose members are of the planted one; each counts once.
    """
    open_ = planted.rows(named=True)
    hits = 0
    for event in found.iter_rows(named=True):
        name = f"{event['platform']}:{BLOCKS[event['block']].name}"
        for wanted in open_:
            if (
                wanted["event"] == event["event"]
                and name in wanted["communities"]
                and abs(wanted["week_start"] - event["week_start"]) <= TOLERANCE
            ):
                open_.remove(wanted)
                hits += 1
                break
    return hits, len(planted), len(found)


def f1(scores: list[tuple[int, int, int]]) -> float:
    hits, planted, found = (sum(column) for column in zip(*scores, strict=True))
    return float(2 * hits / (planted + found))


def test_every_kind_of_event_is_planted_in_the_sample_world() -> None:
    assert set(events_frame(26)["event"]) == {
        "birth", "growth", "contraction", "merge", "split", "death", "resurgence"
    }  # fmt: skip


@pytest.mark.parametrize("seed", [3])
def test_planted_lives_are_told(tmp_path: Path, seed: int) -> None:
    profiles = draw_profiles(24, seed)
    assert f1([score(events_frame(26), told(tmp_path, profiles, 26, seed))]) >= 0.9


@pytest.mark.slow
def test_planted_lives_are_told_in_other_worlds(tmp_path: Path) -> None:
    scores = []
    for seed, weeks, size in [
        (1, 26, 24),
        (2, 52, 24),
        (4, 26, 60),
        (5, 40, 40),
        (6, 52, 100),
        (11, 26, 16),
    ]:
        profiles = draw_profiles(size, seed)
        found = told(tmp_path / str(seed), profiles, weeks, seed)
        scores.append(score(events_frame(weeks), found))
    assert f1(scores) >= 0.9
