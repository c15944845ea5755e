"""Every query of the report, against answers counted by hand."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from influence_assets.assets.report import RECIPE
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


def test_hashtags_of_the_last_four_weeks(world: Warehouse) -> None:
    # bake took off a week too early, walk did not.
    assert world.rows("hashtags", "place hashtag week_start profiles expected_profiles") == [
        (1, "grill", W2, 4, 1.0),
        (2, "cook", W2, 6, 2.5),
    ]


def test_viral_posts_with_what_they_say(world: Warehouse) -> None:
    columns = "place post_id profile_id handle text engagement expected_engagement cascade_size"
    assert world.rows("viral_posts", columns) == [
        (1, "p5", "a", "anna", "text of p5", 120, 10.4, 3),
        (2, "gone", "c", None, None, 70, None, 30),
    ]


def test_an_author_has_two_viral_posts_at_most(empty: Warehouse) -> None:
    empty.put("marts.viral_posts", "platform post_id profile_id outlier_score",
              ("ig", "a1", "a", 9.0), ("ig", "a2", "a", 8.0), ("ig", "a3", "a", 7.0),
              ("ig", "b1", "b", 4.0))  # fmt: skip
    assert empty.rows("viral_posts", "place post_id") == [(1, "a1"), (2, "a2"), (3, "b1")]


def test_cascades_with_what_began_them(world: Warehouse) -> None:
    assert world.rows("cascades", "cascade_kind item_id handle text size depth") == [
        ("repost", "p5", "anna", "text of p5", 3, 2),
        ("reply", "not collected", None, None, 2, 1),
        # Named by a hash: its text is what the root wrote at that time.
        ("text", "a hash", "anna", "text of p2", 2, 1),
        ("hashtag", "cook", "ben", None, 40, 6),
    ]


def test_three_cascades_of_each_kind_the_largest_first(empty: Warehouse) -> None:
    rows = [("ig", "hashtag", f"h{size}", "a", size) for size in (5, 9, 7, 8)]
    empty.put("marts.cascades", "platform kind item_id root_id size", *rows)
    assert empty.rows("cascades", "place item_id") == [(1, "h9"), (2, "h8"), (3, "h7")]


def test_evidence_newest_first_and_each_kind_in_turn(world: Warehouse) -> None:
    assert world.rows("evidence", "week_start profile_id evidence_kind pieces") == [
        (W2, "c", "engagement_low", 4),
        # Both steps are of that week; the one with a harmless explanation at hand comes last.
        (W2, "a", "growth_step", 4),
        (W2, "b", "growth_step", 4),
        (W1, "d", "engagement_low", 4),
    ]


def test_evidence_has_ten_rows_at_most(empty: Warehouse) -> None:
    rows = [(W1, "ig", f"p{i:02}", "growth_step", "gain", 1.0) for i in range(12)]
    empty.put("marts.authenticity_evidence_weekly",
              "week_start platform profile_id kind what strength", *rows)  # fmt: skip
    assert empty.rows("evidence", "profile_id pieces") == [(f"p{i:02}", 12) for i in range(10)]


def test_the_page_is_stale_when_anything_that_it_reads_is_built_anew() -> None:
    # Tables as landed have no version; the command `influence report` writes in any case.
    text = " ".join(path.read_text(encoding="utf-8") for path in SQL.glob("*.sql"))
    read = set(re.findall(r"(?:FROM|JOIN)\s+([a-z]+\.[a-z_]+)", text))
    upstream = {up.table for up in RECIPE.upstream}
    assert upstream == {table for table in read if not table.startswith("raw.")}
    assert {up.reach for up in RECIPE.upstream} == {"all"}


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
