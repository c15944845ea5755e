"""What is talked about, in the report: queries by hand, the section, and pictures."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from influence_assets.reporting import topic_pictures
from influence_assets.reporting.page import render_report
from influence_assets.reporting.pictures import MAX_BYTES

from .test_report_page import Page
from .world import W1, W2, Warehouse


def test_topics_of_the_last_four_weeks(world: Warehouse) -> None:
    columns = "place topic_id label posts texts share share_before platforms example_texts"
    # Of seven posts with a text four are about bread; what nobody posted about is left out.
    assert world.rows("topics", columns) == [
        (1, "bread", "bread, oven, crust", 4, 5, 4 / 7, None, ["ig"], ["text of p1", "text of p2"]),
        (2, "goal", "goal, derby", 2, 2, 2 / 7, None, ["ig"], []),
    ]


def test_the_change_is_against_the_four_weeks_before(world: Warehouse) -> None:
    weeks = [W2 + timedelta(weeks=n) for n in range(1, 5)]
    columns = "week_start topic_id label texts posts share platforms examples"
    world.put(
        "content.topics_weekly",
        columns,
        *((week, "goal", "goal", 1, 1, 1.0, ["ig"], []) for week in weeks),
    )
    posts = ((week, "ig", f"q{n}", "goal") for n, week in enumerate(weeks))
    world.put("content.post_topics_weekly", "week_start platform post_id topic_id", *posts)
    assert world.rows("topics", "topic_id share share_before") == [("goal", 1.0, 2 / 7)]


def test_a_week_without_a_topic_counts_as_no_share(world: Warehouse) -> None:
    assert world.rows("topic_weeks", "week_start place label share") == [
        (W1, 1, "bread, oven, crust", 0.6), (W1, 2, "goal, derby", 0.4), (W1, 3, "vote, rent", 0.0),
        (W2, 1, "bread, oven, crust", 0.5), (W2, 2, "goal, derby", 0.0), (W2, 3, "vote, rent", 0.0),
    ]  # fmt: skip


def test_what_rose_is_told_once(world: Warehouse) -> None:
    assert world.rows("topics_rising", "topic_id week_start profiles") == [("bread", W2, 8)]


def test_what_communities_talk_about(world: Warehouse) -> None:
    columns = "community_id posts topic_labels topic_shares sentiment_mean negative_share"
    # Of five posts three are about bread; of four whose feeling is known one is negative.
    assert world.rows("community_topics", columns) == [
        ("a", 5, ["bread, oven, crust", "goal, derby"], [0.6, 0.2], 0.25, 0.25),
        ("c", 1, [], [], None, None),
    ]


def test_the_section_tells_it(world: Warehouse) -> None:
    text = Page(render_report(world.report())).text.replace("\u00a0", " ")
    assert "The commonest topic of the last weeks is “bread, oven, crust” with 57 % of the" in text
    assert "the last to rise was “bread, oven, crust”" in text
    assert "the commonest was “bread, oven, crust” with 50 % of the posts" in text
    assert "bread, oven, crust (60 %); goal, derby (20 %)" in text
    assert "1.25 ×" in text
    assert "6 posts on Ig" in text
    assert "+0.25" in text


def test_pictures_of_topics_are_small_and_the_same_each_time(
    world: Warehouse, empty: Warehouse
) -> None:
    for source in (world, empty):
        weeks = source.run("topic_weeks")
        rows = source.run("community_topics").with_columns(name=pl.col("community_id"))
        drawn = [topic_pictures.shares_by_week(weeks, "t") for _ in range(2)]
        heat = [topic_pictures.topics_of_communities(rows, "t") for _ in range(2)]
        one = topic_pictures.shares_by_week(weeks.filter(pl.col("week_start") == W1), "t")
        for png in (*drawn, *heat, one):
            assert png.startswith(b"\x89PNG")
            assert len(png) < MAX_BYTES
        assert (drawn[0], heat[0]) == (drawn[1], heat[1])
