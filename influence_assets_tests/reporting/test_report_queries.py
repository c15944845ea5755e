"""Every query of the report, against answers counted by hand."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from influence_assets.reporting.data import QUERIES

from .world import NOW, SQL, W1, W2, W3, Warehouse


def test_every_file_has_its_frame() -> None:
    assert sorted(path.stem for path in SQL.glob("*.sql")) == sorted(QUERIES)


@pytest.mark.parametrize("name", QUERIES)
def test_query_says_what_a_row_is_and_is_one_select(name: str) -> None:
    text = (SQL / f"{name}.sql").read_text(encoding="utf-8")
    assert text.startswith("-- A row is ")
    assert re.search(r"^(SELECT|WITH)\b", text, re.MULTILINE)
    assert ";" not in re.sub(r"--.*", "", text)


@pytest.mark.parametrize("name", QUERIES)
def test_query_works_on_empty_tables(empty: Warehouse, name: str) -> None:
    assert empty.run(name).is_empty()


def test_files(world: Warehouse) -> None:
    columns = "source files refused bytes rows_in rows_good rows_quarantined last_ingested_at"
    assert world.rows("files", columns) == [
        ("api", 3, 1, 1570, 15, 12, 3, NOW),
        ("list", 1, 0, 20, 3, 3, 0, NOW),
    ]


def test_refused(world: Warehouse) -> None:
    assert world.rows("refused", "source message bytes") == [("api", "not JSON", 70)]


def test_quarantine_counts_and_shows_the_first_record(world: Warehouse) -> None:
    assert world.rows("quarantine", "source contract rule records files example_message") == [
        ("api", "core.posts", "likes|min", 3, 2, "first"),
        (None, "core.media", "kind", 1, 1, "orphan"),
    ]


def test_coverage_by_monday(world: Warehouse) -> None:
    # Posts of Tuesday to Saturday of the first week; the mention is of its Sunday.
    # Profile a was read twice in that week: it is one profile.
    assert world.rows("coverage", "platform week_start posts profiles_observed interactions") == [
        ("ig", W1, 5, 1, 1),
        ("ig", W2, 0, 1, 1),
        ("ig", W3, 0, 1, 0),
    ]


def test_totals(world: Warehouse) -> None:
    # Profiles: a, b, and d, which only replied. Readings: 10 of posts, 4 of profiles.
    columns = "platform profiles posts observations ties first_day last_day"
    assert world.rows("totals", columns) == [("ig", 3, 5, 14, 2, W1, W3)]


BOUND = (
    "core.post_metrics",
    "platform post_id observed_at observed_date is_observed_at_known likes",
)
SNAPSHOT = (
    "core.profile_snapshots",
    "platform profile_id observed_at observed_date is_observed_at_known followers",
)


def test_the_day_of_an_ingest_is_no_day_that_is_covered(world: Warehouse) -> None:
    # Counts of an export without its date: they are at most as old as the ingest of today.
    world.put(*BOUND, ("ig", "p1", NOW, NOW.date(), False, 10))
    world.put(*SNAPSHOT, ("ig", "a", NOW, NOW.date(), False, 170))
    assert world.rows("totals", "observations first_day last_day") == [(16, W1, W3)]
    assert world.rows("coverage", "week_start") == [(W1,), (W2,), (W3,)]


def test_where_no_time_is_known_the_bound_is_told(empty: Warehouse) -> None:
    empty.put(*SNAPSHOT, ("x", "a", NOW, NOW.date(), False, 170))
    assert empty.rows("totals", "platform first_day last_day") == [("x", NOW.date(), NOW.date())]
    assert empty.rows("coverage", "week_start") == []


def test_growth_bridges_a_hole_and_leaves_out_losses(world: Warehouse) -> None:
    columns = "place profile_id handle week_start followers_end followers_first gained"
    assert world.rows("growth", columns) == [
        (1, "a", "anna", W1, 100, 100, 60),
        (1, "a", "anna", W3, 160, 100, 60),
    ]


def test_growth_looks_at_the_last_twelve_weeks_with_data(empty: Warehouse) -> None:
    weeks = [date(2026, 1, 5) + timedelta(weeks=2 * i) for i in range(13)]
    for i, week in enumerate(weeks):
        # The first of thirteen weeks is out of the window: without it the gain is 11.
        followers = 1000 if i == 0 else 10 + i
        empty.put(
            "marts.profile_metrics_weekly",
            "platform profile_id week_start followers_end",
            ("ig", "a", week, followers),
        )
    rows = empty.run("growth")
    assert rows["gained"].unique().to_list() == [11]
    assert rows["week_start"].to_list() == weeks[1:]


def test_graph_totals(world: Warehouse) -> None:
    columns = "platform week_start profiles ties weight communities"
    assert world.rows("graph_totals", columns) == [("ig", W2, 3, 5, 10.0, 2)]


def test_top_profiles_of_the_last_week(world: Warehouse) -> None:
    columns = "place profile_id handle pagerank core_number community_id followers_end"
    assert world.rows("top_profiles", columns) == [
        # b has 180 followers in the week after the graph's: what counts is the 200 before.
        (1, "b", "ben", 0.5, 2, "a", 200),
        # The newest handle that is known, though a newer reading has none.
        (2, "a", "anna", 0.3, 2, "a", 100),
        (3, "c", None, 0.2, 1, "c", 50),
    ]


def test_communities(world: Warehouse) -> None:
    # Community a: 3 + 1 inside, 2 to c, 4 from d. Community c: nothing inside.
    assert world.rows("communities", "community_id size leaders inner_share") == [
        ("a", 2, ["@ben", "@anna"], 0.4),
        ("c", 1, ["c"], 0.0),
    ]


def test_community_sizes(world: Warehouse) -> None:
    assert world.rows("community_sizes", "place community_id week_start size") == [
        (1, "a", W1, 1),
        (1, "a", W2, 2),
        (2, "c", W2, 1),
    ]


def test_network_is_of_one_cut(world: Warehouse) -> None:
    nodes = world.rows("network_nodes", "place profile_id handle community_id")
    assert nodes == [(1, "b", "ben", "a"), (2, "a", "anna", "a"), (3, "c", None, "c")]
    # Both directions in one; no loop; nothing to d, which is no node.
    edges = world.rows("network_edges", "source_id target_id weight")
    assert edges == [("a", "b", 4.0), ("a", "c", 2.0)]


def test_network_is_cut_to_400_profiles(empty: Warehouse) -> None:
    columns = "week_start platform profile_id pagerank"
    people = [f"p{i:03}" for i in range(402)]
    ranks = [(W1, "ig", p, 1 / (i + 2)) for i, p in enumerate(people)]
    empty.put("graph.profile_centrality_weekly", columns, *ranks)
    ties = [(W1, "ig", "p000", p, 1.0) for p in people[1:]]
    empty.put("graph.edges_weekly", "week_start platform source_id target_id weight", *ties)
    assert world_ids(empty) == set(people[:400])
    assert len(empty.run("network_edges")) == 399


def world_ids(warehouse: Warehouse) -> set[str]:
    return set(warehouse.run("network_nodes")["profile_id"])


def test_spread_by_the_last_reading(world: Warehouse) -> None:
    # Likes 10, 10, 10, 10, 120: the median is 10, and one post is above it.
    columns = "place post_id handle likes median_likes author_posts ratio text"
    assert world.rows("spread", columns) == [
        (1, "p5", "anna", 120, 10.0, 5, 12.0, "text of p5"),
    ]


def test_spread_leaves_out_what_chance_alone_would_make(empty: Warehouse) -> None:
    # Four posts are too few; a median of 5 is too small; two posts per author at most.
    likes = {"few": [10, 10, 10, 900], "small": [5] * 5 + [900], "ok": [10] * 5 + [70, 80, 90]}
    for author, counts in likes.items():
        for i, count in enumerate(counts):
            post_id = f"{author}{i}"
            empty.put(
                "core.posts", "platform post_id profile_id posted_at",
                ("ig", post_id, author, NOW),
            )  # fmt: skip
            empty.put(
                "core.post_metrics", "platform post_id observed_at likes",
                ("ig", post_id, NOW, count),
            )  # fmt: skip
    assert world_posts(empty) == [("ok7", 9.0), ("ok6", 8.0)]


def world_posts(warehouse: Warehouse) -> list[tuple[str, float]]:
    return [(str(p), float(r)) for p, r in warehouse.rows("spread", "post_id ratio")]


def test_registry_leaves_out_the_retired(world: Warehouse) -> None:
    assert world.rows("registry", "model_id status features") == [("m1", "champion", 2)]


def test_evaluations_are_all_there(world: Warehouse) -> None:
    frame = world.run("evaluations")
    assert len(frame) == 15
    assert frame["protocol"].to_list() == ["T"] * 5 + ["C"] * 5 + ["R"] * 5


def test_importances_are_means_over_algorithms(world: Warehouse) -> None:
    rows = world.run("importances").sort("feature").rows(named=True)
    found = {r["feature"]: (r["share"], r["direction"], r["algorithms"]) for r in rows}
    assert found == {
        # (0.6 + 0.4) / 2; pushed up by 0.6 and down by 0.4.
        "followers_log": (pytest.approx(0.5), pytest.approx(0.2), 2),
        # Known to one algorithm of two.
        "hour": (pytest.approx(0.3), pytest.approx(-0.5), 2),
        "text_embedding": (pytest.approx(0.2), None, 2),
    }
