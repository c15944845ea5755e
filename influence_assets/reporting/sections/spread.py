"""Section on what spreads: hashtags that take off, posts that break out, the largest cascades."""

from __future__ import annotations

from typing import Any

import polars as pl

from influence_assets.reporting import words
from influence_assets.reporting.blocks import Cell, Column, Group, Note, Section, Table, empty
from influence_assets.reporting.data import ReportData, of_platform
from influence_assets.reporting.sections.collected import BUILD

_KINDS = {
    "repost": "post passed on",
    "reply": "thread of replies",
    "text": "copied text",
    "hashtag": "hashtag",
}
_MEANINGS = {
    "posts": "likes, comments, shares and saves at the last reading",
    "usual": "at that age, by the author's posts of the 180 days before",
    "score": "distance of the two in robust standard deviations; 3.5 or more is out of the usual",
    "virality": "mean steps between two of its profiles: near 2 where the first reached all, "
    "larger where others passed it on",
    "expected": "by the rate of the eight weeks before",
    "dominance": "share of the commonest community among those who used it",
}


def what_spreads(data: ReportData) -> Section:
    """Hashtags of the last weeks, and posts and cascades as of today, a group per platform."""
    lead = (
        "Hashtags that more profiles took up than before, posts that did far better than their "
        "author's others or were passed on far, and the largest cascades: what went from profile "
        "to profile. None of it says why."
    )
    groups = []
    headline = ""
    for platform in data.platforms():
        posts = of_platform(data.viral_posts, platform)
        blocks = (
            _hashtags(of_platform(data.hashtags, platform)),
            _posts(posts),
            _cascades(of_platform(data.cascades, platform)),
        )
        groups.append(Group(words.platform(platform), blocks))
        headline = headline or _headline(platform, posts)
    return Section("spread", "What spreads", lead, tuple(groups) or (empty(BUILD),), headline)


def _headline(platform: str, posts: pl.DataFrame) -> str:
    scored = posts.drop_nulls("outlier_score").head(1)
    return "".join(
        f"The post that broke out the most on {words.platform(platform)}, by {_author(row)}, drew "
        f"an engagement of {words.number(row['engagement'])} where "
        f"{words.number(row['expected_engagement'])} is usual for its author."
        for row in scored.iter_rows(named=True)
    )


def _hashtags(frame: pl.DataFrame) -> Table | Note:
    if frame.is_empty():
        return Note("No hashtag took off in the last four weeks.")
    columns = (
        Column("Hashtag"),
        Column("Week of", "short"),
        Column("Profiles", "number", "who used it in that week"),
        Column("Expected", "number", _MEANINGS["expected"]),
        Column("Posts", "number"),
        Column("From one community", "number", _MEANINGS["dominance"]),
    )
    rows = tuple(
        (
            Cell(f"#{words.plain(row['hashtag'], 60)}", is_strong=True),
            Cell(words.day(row["week_start"])),
            Cell(words.number(row["profiles"]), words.exact(row["profiles"])),
            Cell(words.number(row["expected_profiles"])),
            Cell(words.number(row["posts"]), words.exact(row["posts"])),
            Cell(words.percent(row["community_dominance"])),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("Hashtags that took off in the last four weeks", columns, rows)


def _posts(frame: pl.DataFrame) -> Table | Note:
    if frame.is_empty():
        return Note("No post broke out.")
    columns = (
        Column("Post"),
        Column("By", "short"),
        Column("Published", "short"),
        Column("Engagement", "number", _MEANINGS["posts"]),
        Column("Usual", "number", _MEANINGS["usual"]),
        Column("Score", "number", _MEANINGS["score"]),
        Column("Profiles reached", "number", "in its cascade of reposts, the author among them"),
    )
    rows = tuple(
        (
            Cell(_text(row, row["post_id"]), link=words.safe_link(row["url"])),
            Cell(_author(row), words.plain(row["profile_id"], 120)),
            Cell(words.day(row["posted_at"])),
            Cell(words.number(row["engagement"]), _age(row["age_hours"])),
            Cell(words.number(row["expected_engagement"]), f"over {row['earlier_posts']} posts"),
            Cell(words.number(row["outlier_score"])),
            Cell(words.number(row["cascade_size"])),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("Posts that broke out", columns, rows)


def _cascades(frame: pl.DataFrame) -> Table | Note:
    if frame.is_empty():
        return Note("Nothing is known to have gone from profile to profile.")
    columns = (
        Column("What"),
        Column("Kind", "short"),
        Column("Begun by", "short"),
        Column("Began", "short"),
        Column("Profiles", "number"),
        Column("Depth", "number", "steps from the first to the farthest"),
        Column("Structural virality", "number", _MEANINGS["virality"]),
    )
    rows = tuple(
        (
            Cell(_item(row), words.plain(row["item_id"], 120), link=words.safe_link(row["url"])),
            Cell(_KINDS[row["cascade_kind"]]),
            Cell(words.profile(row["handle"], row["root_id"]), words.plain(row["root_id"], 120)),
            Cell(words.day(row["started_at"])),
            Cell(words.number(row["size"]), words.exact(row["size"])),
            Cell(words.number(row["depth"])),
            Cell(words.number(row["structural_virality"])),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("The largest cascades of each kind", columns, rows)


def _item(row: dict[str, Any]) -> str:
    if row["cascade_kind"] == "hashtag":
        return f"#{words.plain(row['item_id'], 60)}"
    return _text(row, row["item_id"])


def _text(row: dict[str, Any], name: str) -> str:
    return words.plain(row["text"], 110) or f"{words.plain(name, 40)}, without text"


def _author(row: dict[str, Any]) -> str:
    return words.profile(row["handle"], row["profile_id"])


def _age(hours: float | None) -> str:
    return "at an age that is not known" if hours is None else f"{words.number(hours)} hours old"
