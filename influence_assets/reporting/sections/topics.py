"""Section on what is talked about: discovered topics, those that rise, and whose they are."""

from __future__ import annotations

from typing import Any

import polars as pl

from influence_assets.reporting import charts, words
from influence_assets.reporting.blocks import (
    Cell,
    Chart,
    Column,
    Group,
    Note,
    Section,
    Table,
    empty,
)
from influence_assets.reporting.data import ReportData, of_platform
from influence_assets.reporting.sections.collected import BUILD

_ANCHOR, _TITLE = "topics", "What is talked about"
_LABEL = 60
_MEANINGS = {
    "share": "of the posts with a text in the last four weeks with topics",
    "change": "against the four weeks before, in percentage points",
    "texts": "different texts of 13 weeks",
    "expected": "by the rate of the eight weeks before",
    "engagement": "by what the same authors' posts usually draw; 1.2 is a fifth more",
    "community": "that wrote the most of its posts",
    "feeling": "mean sentiment from −1 (negative) to 1 (positive)",
}


def talked_about(data: ReportData) -> Section:
    """Topics of the last weeks over all platforms, then communities, a group per platform."""
    lead = (
        "Topics that were found in the texts: groups of texts that mean much the same (Leiden "
        "algorithm on each text's nearest neighbours), followed from week to week and named after "
        "the words, hashtags and emoji that tell each from the others. They are found, not given; "
        "a text that is near no group has no topic."
    )
    if data.topics.is_empty():
        return Section(_ANCHOR, _TITLE, lead, (empty(BUILD),))
    blocks: list[Note | Chart | Table | Group] = [
        *_shares(data.topic_weeks),
        _topics(data.topics),
        _rising(data),
    ]
    for platform in data.platforms():
        own = of_platform(data.community_topics, platform)
        if not own.is_empty():
            names = data.names_of_communities(platform)
            blocks.append(Group(words.platform(platform), (_communities(own, names),)))
    return Section(_ANCHOR, _TITLE, lead, tuple(blocks), _headline(data))


def _headline(data: ReportData) -> str:
    largest = data.topics.row(0, named=True)
    text = (
        f"The commonest topic of the last weeks is “{_name(largest)}” with "
        f"{words.percent(largest['share'])} of the posts"
    )
    if data.topics_rising.is_empty():
        return f"{text}."
    rising = data.topics_rising.row(0, named=True)
    return f"{text}; the last to rise was “{_name(rising)}”."


def _shares(frame: pl.DataFrame) -> tuple[Chart, ...]:
    if frame["week_start"].n_unique() < 2:
        return ()
    title = "Share of a week's posts, in per cent"
    ends = frame.filter(pl.col("week_start") == frame["week_start"].max())
    top = ends.sort("share", "place", descending=[True, False]).row(0, named=True)
    caption = (
        f"In the last week, that of {words.day(top['week_start'])}, the commonest was "
        f"“{_name(top)}” with {words.percent(top['share'])} of the posts. Shown are the commonest "
        "topics of the last eight weeks."
    )
    svg = charts.topic_shares(frame, "topic-shares", f"{title}. {caption}")
    return (Chart(svg, title, caption),)


def _topics(frame: pl.DataFrame) -> Table:
    columns = (
        Column("Topic"),
        Column("Share", "number", _MEANINGS["share"]),
        Column("Change", "number", _MEANINGS["change"]),
        Column("Posts", "number"),
        Column("Texts", "number", _MEANINGS["texts"]),
        Column("On", "short"),
        Column("For example"),
    )
    most = frame["share"].max()
    rows = tuple(
        (
            Cell(_name(row), words.plain(row["topic_id"], 60), is_strong=True),
            Cell(words.percent(row["share"]), "", row["share"] / most),
            Cell(_change(row["share"], row["share_before"])),
            Cell(words.number(row["posts"]), words.exact(row["posts"])),
            Cell(words.number(row["texts"]), words.exact(row["texts"])),
            Cell(", ".join(words.platform(p) for p in row["platforms"])),
            Cell(_example(row["example_texts"][:1]), _example(row["example_texts"][1:])),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("Topics of the last four weeks", columns, rows)


def _rising(data: ReportData) -> Table | Note:
    frame = data.topics_rising
    if frame.is_empty():
        return Note("No topic rose in the last four weeks.")
    columns = (
        Column("Topic"),
        Column("Week of", "short"),
        Column("Profiles", "number", "who posted about it in that week"),
        Column("Expected", "number", _MEANINGS["expected"]),
        Column("Posts", "number"),
        Column("Engagement", "number", _MEANINGS["engagement"]),
        Column("Community", "text", _MEANINGS["community"]),
    )
    rows = tuple(
        (
            Cell(_name(row), is_strong=True),
            Cell(words.day(row["week_start"])),
            Cell(words.number(row["profiles"]), words.exact(row["profiles"])),
            Cell(words.number(row["expected_profiles"])),
            Cell(words.number(row["posts"]), words.exact(row["posts"])),
            Cell(_times(row["engagement_ratio"])),
            _driver(data, row),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("Topics that rose in the last four weeks", columns, rows)


def _communities(frame: pl.DataFrame, names: dict[str, str]) -> Table:
    feels = frame["sentiment_mean"].is_not_null().any()
    columns = (
        Column("Community"),
        Column("Posts", "number", "in the last four weeks with content"),
        Column("Talks about"),
        *((Column("Feeling", "number", _MEANINGS["feeling"]),) if feels else ()),
    )
    rows = tuple(
        (
            Cell(_community(names, row["community_id"]), is_strong=True),
            Cell(words.number(row["posts"]), words.exact(row["posts"])),
            Cell(_talk(row["topic_labels"], row["topic_shares"])),
            *((Cell(_feeling(row["sentiment_mean"])),) if feels else ()),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("What communities talk about", columns, rows)


def _name(row: dict[str, Any]) -> str:
    return words.plain(row["label"], _LABEL)


def _change(share: float, before: float | None) -> str:
    if before is None:
        return words.NOTHING
    return f"{(share - before) * 100:+.1f} pp".replace("-", "−")


def _example(texts: list[str]) -> str:
    return " · ".join(words.plain(text, 110) for text in texts)


def _times(ratio: float | None) -> str:
    return words.NOTHING if ratio is None else f"{ratio:.2f} ×"


def _driver(data: ReportData, row: dict[str, Any]) -> Cell:
    if not row["community_ids"]:
        return Cell(words.NOTHING)
    platform = row["community_platforms"][0]
    name = _community(data.names_of_communities(platform), row["community_ids"][0])
    note = f"{words.count(row['community_posts'][0], 'post')} on {words.platform(platform)}"
    return Cell(name, note=note)


def _community(names: dict[str, str], community_id: str) -> str:
    return words.plain(names.get(community_id, community_id), _LABEL)


def _talk(labels: list[str], shares: list[float]) -> str:
    told = (
        f"{words.label(label, 40)} ({words.percent(share)})"
        for label, share in zip(labels[:3], shares[:3], strict=True)
    )
    return "; ".join(told) or words.NOTHING


def _feeling(mean: float | None) -> str:
    return words.NOTHING if mean is None else f"{mean:+.2f}".replace("-", "−")
