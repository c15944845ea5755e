"""The planted communities are found again from the ties, by igraph alone."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta

import igraph
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_assets.sample.communities import START, truth_frame
from influence_assets.sample.people import draw_profiles
from influence_assets.sample.posts import draw_posts
from influence_assets.sample.ties import draw_acts, draw_follows
from influence_assets.sample.world import Truth, World
from influence_assets_tests.sample import reading

WEEKS = 26
HALF_LIFE_WEEKS = 4
PLATFORMS = ("instagram", "twitter", "youtube")


def find_communities(ties: pl.DataFrame, platform: str, monday: date) -> dict[str, int]:
    """Leiden communities of one platform at the end of a week.

    A follow weighs 1 for ever; another act 0.5 ** (age in weeks / 4).
    """
    end = datetime.combine(monday + timedelta(weeks=1), time(), tzinfo=UTC)
    week = (pl.col("at").dt.truncate("1w").dt.date() - pl.lit(monday)).dt.total_days() // 7
    weight = (
        pl.when(pl.col("kind") == "follow").then(1.0).otherwise(0.5 ** (-week / HALF_LIFE_WEEKS))
    )
    edges = (
        ties.filter(pl.col("platform") == platform, pl.col("at") < end)
        .select(
            pl.min_horizontal("source", "target").alias("a"),
            pl.max_horizontal("source", "target").alias("b"),
            weight.alias("weight"),
        )
        .group_by("a", "b")
        .agg(pl.col("weight").sum())
        .sort("a", "b")
    )
    random.seed(0)  # igraph draws from Python's generator
    graph = igraph.Graph.TupleList(edges.iter_rows(), weights=True)
    found = graph.community_leiden(
        objective_function="modularity", weights="weight", n_iterations=-1
    )
    return dict(zip(graph.vs["name"], found.membership, strict=True))


def agreement(found: dict[str, int], truth: pl.DataFrame, platform: str, monday: date) -> float:
    """Adjusted Rand index between found and planted; a profile without ties is on its own."""
    here = truth.filter(platform=platform, week_start=monday)
    alone = [found.get(p, -1 - i) for i, p in enumerate(here["profile_id"])]
    return float(adjusted_rand_score(here["community"].to_list(), alone))


@pytest.fixture(scope="module")
def ties(world: World) -> pl.DataFrame:
    return reading.ties(world.landing)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_planted_communities_are_found_in_the_files(
    ties: pl.DataFrame, truth: Truth, platform: str
) -> None:
    monday = START + timedelta(weeks=WEEKS - 1)
    found = find_communities(ties, platform, monday)
    assert agreement(found, truth.communities, platform, monday) >= 0.95


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_planted_communities_are_found_for_other_seeds(seed: int) -> None:
    profiles = draw_profiles(24, seed)
    posts = draw_posts(profiles, WEEKS, seed)
    acts = draw_acts(profiles, posts, WEEKS, seed).rename({"occurred_at": "at"})
    follows = draw_follows(profiles, WEEKS, seed).rename({"since": "at"})
    columns = ["kind", "source", "target", "at"]
    ids = profiles["profile_id"]
    both = pl.concat(
        [acts.select(columns), follows.with_columns(kind=pl.lit("follow")).select(columns)]
    )
    drawn = both.with_columns(
        platform=profiles["platform"].gather(both["source"]),
        source=ids.gather(both["source"]),
        target=ids.gather(both["target"]),
        at=pl.col("at").dt.replace_time_zone("UTC"),
    )
    planted, monday = truth_frame(profiles, WEEKS), START + timedelta(weeks=WEEKS - 1)
    for platform in PLATFORMS:
        found = find_communities(drawn, platform, monday)
        assert agreement(found, planted, platform, monday) >= 0.95


@pytest.mark.parametrize("event", ["merge", "split"])
def test_the_event_shows_within_four_weeks_and_not_before(
    ties: pl.DataFrame, truth: Truth, event: str
) -> None:
    planted = truth.events.filter(event=event).row(0, named=True)
    platform, monday = planted["platform"], planted["week_start"]
    parts = [
        set(truth.communities.filter(platform=platform, community=part)["profile_id"])
        for part in planted["communities"]
    ]

    def is_one(week: date) -> bool:
        found = find_communities(ties, platform, week)
        labels = [[found[p] for p in part if p in found] for part in parts]
        first, second = (max(set(seen), key=seen.count) for seen in labels)
        return first == second

    before, after = (event == "split"), (event == "merge")
    for weeks in (1, 2, 4):
        assert is_one(monday - timedelta(weeks=weeks)) is before
    for weeks in (4, 6, 9):
        assert is_one(monday + timedelta(weeks=weeks)) is after


def test_planted_frame_names_the_whole_exactly_while_it_lasts(truth: Truth) -> None:
    for event in truth.events.filter(pl.col("event").is_in(["merge", "split"])).rows(named=True):
        weeks = truth.communities.filter(community=event["whole"])["week_start"]
        if event["event"] == "merge":
            assert weeks.min() == event["week_start"]
        else:
            assert weeks.max() == event["week_start"] - timedelta(weeks=1)


def test_truth_has_a_row_per_profile_and_week(truth: Truth, world: World) -> None:
    keys = truth.communities.select("platform", "profile_id", "week_start")
    assert len(keys) == keys.n_unique() == world.profiles * WEEKS


def test_follows_are_older_than_the_world_for_the_most_part(world: World) -> None:
    since = [r["since"] for _, r in reading.good(world.landing, "follows/follows.csv")]
    assert 0.65 < sum(s < START.isoformat() for s in since) / len(since) < 0.9
