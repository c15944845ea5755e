"""Likeness as a table, and what it adds to communities and the map."""

from __future__ import annotations

import json
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score
from typer.testing import CliRunner

from influence_assets import targets
from influence_assets.assets.graph import (
    CENTRALITY,
    COMMUNITY_PROFILES,
    COMMUNITY_TIES,
    COMMUNITY_WORDS,
    EVENTS,
    communities_recipe,
    compute_centrality,
    compute_communities,
    compute_events,
    compute_layout,
    edges_recipe,
    layout_recipe,
)
from influence_assets.assets.proximity import compute_proximity, counted_ties, proximity_recipe
from influence_assets.assets.shell import Build, Compute
from influence_assets.assets.sql_tables import MEMORY_WEEKS, sql_compute
from influence_assets.build import build_defs
from influence_assets.cli import app
from influence_assets.cli_ingest import ingest_and_tell
from influence_assets.errors import UserError
from influence_assets.instance import open_instance
from influence_assets.planning import Request, recipes, refresh
from influence_assets.settings import LIKENESS_KINDS, TIE_KINDS, Settings
from influence_assets.storage.vectors import load_vectors
from influence_assets.storage.versions import Recipe, expected_versions
from influence_assets.storage.warehouse import Warehouse, record_version
from influence_assets_tests.sql_making import MON, NEXT, SUN, noon, post, put

ENCODER = "an-encoder"
"""Of which there is no copy here: its vectors are what a test says."""


def settings_of(home: Path, weights: str = "") -> Settings:
    return Settings.from_env(
        {
            "INFLUENCE_HOME": str(home),
            "INFLUENCE_TEXT_ENCODER": ENCODER,
            "INFLUENCE_TIE_WEIGHTS": weights,
        }
    )


def build(settings: Settings, recipe: Recipe, compute: Compute, *weeks: date) -> None:
    versions = {str(week): "v" for week in weeks or (MON,)}
    warehouse = Warehouse(settings.warehouse)
    compute(Build(recipe, warehouse, settings, versions, versions, "run", lambda _: None))


def build_proximity(settings: Settings, *weeks: date) -> None:
    build(settings, proximity_recipe(settings), compute_proximity, *weeks)


def store(settings: Settings, table: str, *rows: dict[str, Any]) -> None:
    with Warehouse(settings.warehouse).connect() as connection:
        put(connection, table, *rows)


def read(settings: Settings, table: str) -> pl.DataFrame:
    with Warehouse(settings.warehouse).connect() as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY ALL").pl()


# --- settings and recipes ---


def test_likeness_counts_nothing_unless_asked(tmp_path: Path) -> None:
    plain = settings_of(tmp_path)
    assert plain.likeness_weights == {"hashtag": 0, "similarity": 0}
    assert plain.edge_weights == dict.fromkeys(TIE_KINDS, 1.0)
    assert not plain.counts_likeness
    asked = settings_of(tmp_path, "follow=0.5, similarity=2")
    assert asked.likeness_weights == {"hashtag": 0, "similarity": 2}
    assert (asked.edge_weights["follow"], set(asked.edge_weights)) == (0.5, set(TIE_KINDS))
    assert asked.counts_likeness
    with pytest.raises(UserError, match="collab, hashtag, similarity"):
        settings_of(tmp_path, "hashtags=1")


def upstream(settings: Settings, table: str) -> set[str]:
    """Everything that a table is built from, near and far."""
    known, found, left = recipes(settings), set(), [table]
    while left:
        above = {u.table for u in known[left.pop()].upstream} & set(known) - found
        found |= above
        left += above
    return found


LIKENESS = {"graph.proximity_weekly", "content.text_embeddings"}


def test_communities_wait_for_likeness_only_where_it_counts(tmp_path: Path) -> None:
    plain, asked = settings_of(tmp_path), settings_of(tmp_path, "hashtag=1")
    for table in ("graph.communities_weekly", "graph.layout_weekly"):
        assert not upstream(plain, table) & LIKENESS
        assert upstream(asked, table) >= LIKENESS
    for settings in (plain, asked):
        # Who is central is told by ties alone.
        assert not upstream(settings, "graph.profile_centrality_weekly") & LIKENESS
        built: set[str] = set()
        for table, recipe in recipes(settings).items():
            above = {u.table for u in recipe.upstream if not u.table.startswith("raw.")}
            assert above <= built, table
            built.add(table)
    assert recipes(plain).keys() == recipes(asked).keys()
    order = list(recipes(plain))
    assert order.index("graph.layout_weekly") < order.index("content.text_embeddings")


@pytest.mark.parametrize("kind", LIKENESS_KINDS)
def test_another_weight_makes_communities_stale_and_ties_not(tmp_path: Path, kind: str) -> None:
    one, two = (recipes(settings_of(tmp_path, f"{kind}={n}")) for n in (1, 2))
    changed = {t for t in one if one[t].code_version != two[t].code_version}
    assert changed == {"graph.communities_weekly", "graph.layout_weekly"}


def test_weeks_with_posts_have_likeness_and_where_it_counts_a_network(
    tables: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    record_version(tables, "core.posts", str(SUN), "p", 1, "")
    record_version(tables, "core.interactions", str(NEXT), "i", 1, "")
    plain, asked = settings_of(tmp_path), settings_of(tmp_path, "hashtag=1")
    assert list(expected_versions(tables, edges_recipe(plain))) == [str(NEXT)]
    weeks = expected_versions(tables, edges_recipe(asked))
    assert list(weeks) == [str(MON), str(NEXT)]
    record_version(tables, "graph.edges_weekly", str(NEXT), "e", 1, "")
    found = expected_versions(tables, proximity_recipe(plain))
    assert list(found) == [str(MON), str(NEXT)]
    # Other ties in a week that is there change nothing of who is alike; other posts do.
    record_version(tables, "graph.edges_weekly", str(NEXT), "e2", 1, "")
    assert expected_versions(tables, proximity_recipe(plain)) == found
    record_version(tables, "core.posts", str(SUN), "p2", 1, "")
    now = expected_versions(tables, proximity_recipe(plain))
    assert all(now[week] != found[week] for week in found)
    # To the ties it matters only that there are posts.
    assert expected_versions(tables, edges_recipe(asked)) == weeks


# --- the table ---


def vector(text: str, *numbers: float) -> dict[str, Any]:
    hashed = sha256(text.encode()).hexdigest()
    return {"content_hash": hashed, "vector": list(numbers)}


@pytest.fixture
def posted(tmp_path: Path) -> Settings:
    """ann and bob share a hashtag, a language and a category; cid has nothing of theirs."""
    settings = settings_of(tmp_path)
    said = {
        "ann": {"hashtags": ["wet"], "language": "en", "text": "rain"},
        "bob": {"hashtags": ["wet"], "language": "en", "text": "shower"},
        "cid": {"hashtags": ["dry"], "language": "de", "text": "sun"},
    }
    store(settings, "core.posts", *(post(SUN, who, who) | own for who, own in said.items()))
    seen = {"platform": "x", "observed_at": noon(MON), "observed_date": MON, "country": "GB"}
    store(
        settings, "core.profile_snapshots",
        *(seen | {"profile_id": who, "category": "food" if who < "c" else "cars"} for who in said),
    )  # fmt: skip
    return settings


def version_of_week(settings: Settings) -> str:
    rows = read(settings, "meta.partitions").filter(table_name="graph.proximity_weekly")
    return str(rows["input_version"].item())


def test_without_vectors_the_other_facts_count(posted: Settings) -> None:
    build_proximity(posted)
    assert read(posted, "graph.proximity_weekly").rows() == [
        (MON, "x", "ann", "bob", 1.0, 1.0),
        (MON, "x", "ann", "cid", 0.0, round(1 / 3, 6)),  # the country, of three facts
        (MON, "x", "bob", "cid", 0.0, round(1 / 3, 6)),
    ]
    # It stays stale until each text has a vector, which then counts twice.
    assert version_of_week(posted) == "v without 3 texts"
    known = [vector("rain", 1, 0), vector("shower", 0.6, 0.8), vector("sun", 0, 1)]
    vectors = pl.DataFrame(known, schema_overrides={"vector": pl.Array(pl.Float32, 2)})
    load_vectors(Warehouse(posted.warehouse), "content.text_embeddings", "e", vectors)
    build_proximity(posted)
    assert version_of_week(posted) == "v"
    weights = read(posted, "graph.proximity_weekly")["similarity_weight"].to_list()
    assert weights == pytest.approx([(3 + 2 * 0.6) / 5, 1 / 5, (1 + 2 * 0.8) / 5], abs=1e-6)


def test_what_comes_later_changes_nothing(posted: Settings) -> None:
    build_proximity(posted)
    before = read(posted, "graph.proximity_weekly")
    store(posted, "core.posts", post(NEXT, "n", "cid") | {"hashtags": ["wet"], "language": "en"})
    seen = {"platform": "x", "profile_id": "cid", "observed_at": noon(NEXT), "observed_date": NEXT}
    store(posted, "core.profile_snapshots", seen | {"category": "food"})
    build_proximity(posted)
    assert read(posted, "graph.proximity_weekly").equals(before)
    build_proximity(posted, NEXT)
    assert not read(posted, "graph.proximity_weekly").filter(week_start=NEXT).equals(before)


def test_a_week_long_after_the_last_post_has_none(posted: Settings) -> None:
    build_proximity(posted, MON + timedelta(weeks=12), MON + timedelta(weeks=13))
    found = read(posted, "graph.proximity_weekly")["week_start"].unique().to_list()
    assert found == [MON + timedelta(weeks=12)]


def test_platforms_are_apart(posted: Settings) -> None:
    store(posted, "core.posts", post(SUN, "y", "ann") | {"platform": "y", "hashtags": ["wet"]})
    build_proximity(posted)
    assert read(posted, "graph.proximity_weekly")["platform"].unique().to_list() == ["x"]


# --- what it adds ---

GROUPS, SIZE = 3, 20


def planted(settings: Settings, ties: int) -> dict[str, int]:
    """Groups with hashtags of their own, and a tie within the group for some of the profiles."""
    rng = np.random.default_rng(6)
    group = {f"p{i:02d}": i // SIZE for i in range(GROUPS * SIZE)}
    own = {who: rng.choice(8, 3, replace=False) + 8 * label for who, label in group.items()}
    store(
        settings, "core.posts",
        *(post(SUN, who, who) | {"hashtags": [f"tag{t}" for t in tags] + ["all"]}
          for who, tags in own.items()),
    )  # fmt: skip
    names = sorted(group)
    kinds = dict.fromkeys((f"{kind}_weight" for kind in TIE_KINDS), 0.0)
    for i in rng.choice(len(names) - 1, ties, replace=False):
        source, target = names[i], names[i + 1]
        tie = {"week_start": MON, "platform": "x", "source_id": source, "target_id": target}
        store(settings, "graph.edges_weekly", tie | kinds | {"follow_weight": 1.0, "weight": 1.0})
    return group


def found_communities(settings: Settings) -> dict[str, str]:
    build(settings, communities_recipe(settings), compute_communities)
    found = read(settings, "graph.communities_weekly")
    return dict(found.select("profile_id", "community_id").iter_rows())


def agreement(group: dict[str, int], found: dict[str, str]) -> float:
    """Adjusted Rand index; who is in no community is one alone."""
    return adjusted_rand_score(list(group.values()), [found.get(who, who) for who in group])


def test_communities_that_ties_do_not_show(tmp_path: Path) -> None:
    plain, asked = settings_of(tmp_path), settings_of(tmp_path, "hashtag=1")
    group = planted(plain, ties=12)
    by_ties = found_communities(plain)
    assert len(by_ties) < len(group) / 2
    assert agreement(group, by_ties) < 0.1
    build_proximity(asked)
    with_likeness = found_communities(asked)
    assert set(with_likeness) == set(group)
    assert agreement(group, with_likeness) > 0.95


def test_a_tie_and_likeness_add_up(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "hashtag=0.5,similarity=2")
    kinds = dict.fromkeys((f"{kind}_weight" for kind in TIE_KINDS), 0.0)
    there, back = ({"source_id": s, "target_id": t, "weight": w} for s, t, w in
                   (("b", "a", 1.0), ("a", "b", 3.0)))  # fmt: skip
    when = {"week_start": MON, "platform": "x"}
    store(settings, "graph.edges_weekly", *(when | kinds | tie for tie in (there, back)))
    alike = when | {"profile_id": "a", "hashtag_weight": 0.5, "similarity_weight": 0.25}
    store(settings, "graph.proximity_weekly", alike | {"other_id": "b"}, alike | {"other_id": "c"})
    warehouse = Warehouse(settings.warehouse)
    counted = counted_ties(warehouse, settings, MON)
    assert counted.rows() == [("x", "a", "b", 4.75), ("x", "a", "c", 0.75)]
    without = counted_ties(warehouse, settings_of(tmp_path), MON)
    assert sorted(without.rows()) == [("x", "a", "b", 3.0), ("x", "b", "a", 1.0)]


@pytest.fixture(params=[0, 12])
def alike_world(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """All that is built on communities of likeness, with few ties or none, for two weeks."""
    settings = settings_of(tmp_path, "hashtag=1")
    planted(settings, ties=request.param)
    memory = {"memory_weeks": MEMORY_WEEKS}
    steps: list[tuple[Recipe, Compute]] = [
        (CENTRALITY, compute_centrality),
        (proximity_recipe(settings), compute_proximity),
        (communities_recipe(settings), compute_communities),
        (EVENTS, compute_events),
        (COMMUNITY_TIES, sql_compute(COMMUNITY_TIES)),
        (COMMUNITY_WORDS, sql_compute(COMMUNITY_WORDS, memory)),
        (COMMUNITY_PROFILES, sql_compute(COMMUNITY_PROFILES, memory)),
        (layout_recipe(settings), compute_layout),
    ]
    for recipe, compute in steps:
        build(settings, recipe, compute, MON, NEXT)
    return settings


def test_what_hangs_on_communities_copes_with_profiles_without_ties(
    alike_world: Settings,
) -> None:
    members = read(alike_world, "graph.communities_weekly")
    tied = read(alike_world, "graph.profile_centrality_weekly").filter(week_start=MON)
    assert tied.height < members.filter(week_start=MON).height == GROUPS * SIZE
    placed = read(alike_world, "graph.layout_weekly")
    where = ["week_start", "platform", "profile_id"]
    assert placed.select(where).equals(members.select(where))
    assert placed.select(pl.col("x", "y").is_finite().all()).row(0) == (True, True)
    events = read(alike_world, "graph.community_events")
    assert events["event"].to_list() == ["first_seen"] * GROUPS
    described = read(alike_world, "graph.community_profiles_weekly")
    # The second week has no tie at all.
    assert described["size"].to_list() == [SIZE] * GROUPS * 2
    assert described["label"].str.starts_with("#tag").all()
    by_week = described.group_by("week_start").agg(pl.col("cohesion").drop_nulls().len())
    cohesive = dict(by_week.iter_rows())
    assert cohesive[NEXT] == 0
    assert cohesive[MON] == (GROUPS if tied.height else 0)
    leaders = described.filter(week_start=MON)["leader_ids"].explode()
    assert len(leaders) == 5 * GROUPS
    # Who has a tie goes before who has none.
    first = tied.sort("pagerank", "profile_id", descending=[True, False])["profile_id"].head(1)
    assert first.is_in(leaders.implode()).all()


# --- influence network near --alike ---


def near(*words: str) -> Any:
    done = CliRunner().invoke(app, ["network", "near", *words, "--alike", "--json"])
    if done.exception:
        raise done.exception
    return json.loads(done.stdout)


def test_who_is_most_like_somebody(posted: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUENCE_HOME", str(posted.home))
    with pytest.raises(UserError, match="no network yet"):
        near("ann")
    build_proximity(posted)
    third = round(1 / 3, 6)
    told = near("cid", "--week", "2024-01-05")
    assert (told["week_start"], told["pairs"], told["near"]) == ("2024-01-01", 3, ["cid"])
    assert told["profiles"] == [
        {"profile_id": "ann", "hashtag_weight": 0.0, "similarity_weight": third},
        {"profile_id": "bob", "hashtag_weight": 0.0, "similarity_weight": third},
    ]
    assert near("cid", "--k", "1")["profiles"] == told["profiles"][:1]
    # To two profiles, the mean of both.
    (bob,) = near("ann", "cid")["profiles"]
    assert bob == {
        "profile_id": "bob", "hashtag_weight": 0.5, "similarity_weight": (1 + third) / 2
    }  # fmt: skip
    with pytest.raises(UserError, match="nobody of x is known to be like nemo"):
        near("ann", "nemo")
    shown = CliRunner().invoke(app, ["network", "near", "ann", "--alike"]).stdout
    assert "x, week of 2024-01-01: 3 pairs are alike" in shown
    assert shown.split()[-6:] == ["bob", "1.00", "1.00", "cid", "0.00", "0.33"]


# --- the whole way ---


def test_posts_alone_make_communities_and_a_map(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "hashtag=1")
    rows = [(f"p{i}", f"who{i}", f"#tag{i // 5}") for i in range(15)]
    lines = "\n".join(f"{post_id},{who},2024-01-0{1 + int(who[3:]) % 9},{tag}"
                      for post_id, who, tag in rows)  # fmt: skip
    (tmp_path / "posts.csv").write_text(f"id,who,day,said\n{lines}\n")
    (tmp_path / "posts.yaml").write_text(
        "platform: x\nfiles:\n  - format: csv\n    feeds:\n"
        "      - contract: posts\n"
        "        columns: {post_id: id, profile_id: who, posted_at: day, text: said,\n"
        "          hashtags: {field: said, list: ' ', strip: '#'}}\n"
    )
    asked = targets.Request((str(tmp_path / "posts.csv"),), str(tmp_path / "posts.yaml"))
    assert ingest_and_tell(settings, asked, False, None)["rows_good"] == 15
    network = Request("group:core or group:graph")
    with open_instance(settings) as instance:
        built = refresh(build_defs(settings), instance, settings, network).built
        again = refresh(build_defs(settings), instance, settings, network).built
    weeks = {built[f"graph.{name}_weekly"] for name in ("proximity", "communities", "layout")}
    assert weeks == {2}
    # Without vectors the weeks of likeness stay stale, and what hangs on them does not.
    assert again == {"graph.proximity_weekly": 2}
    last = read(settings, "graph.layout_weekly").filter(week_start=NEXT)
    assert last.height == 15
    found = read(settings, "graph.communities_weekly").filter(week_start=NEXT)
    members = found.group_by("community_id").agg(pl.col("profile_id"))["profile_id"]
    tags = {frozenset(own) for own in members}
    assert tags == {frozenset(f"who{i}" for i in range(n, n + 5)) for n in (0, 5, 10)}
