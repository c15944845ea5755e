"""Section on posts that stand out against what is usual for their author."""

from __future__ import annotations

import polars as pl

from influence_assets.reporting import words
from influence_assets.reporting.blocks import Cell, Column, Group, Section, Table, empty
from influence_assets.reporting.data import ReportData
from influence_assets.reporting.sections.collected import BUILD

_ANCHOR, _TITLE = "spread", "What stands out"


def standing_out(data: ReportData) -> Section:
    """Posts with the most likes for their author."""
    lead = (
        "Posts whose likes stand furthest above the median of their author, by the last "
        "observation of each. Authors with fewer than five posts, or a median under ten likes, "
        "are left out; younger posts may still be rising."
    )
    if data.spread.is_empty():
        text = "Nothing here yet, as no post stands out among five or more of its author"
        return Section(_ANCHOR, _TITLE, lead, (empty(BUILD, text),))
    groups = []
    headline = ""
    for platform in data.platforms():
        frame = data.spread.filter(pl.col("platform") == platform)
        if frame.is_empty():
            continue
        groups.append(Group(words.platform(platform), (_table(frame),)))
        first = frame.row(0, named=True)
        headline = headline or (
            f"One post of {words.profile(first['handle'], first['profile_id'])} on "
            f"{words.platform(platform)} drew {words.number(first['ratio'])} times the likes "
            "usual for its author."
        )
    return Section(_ANCHOR, _TITLE, lead, tuple(groups), headline)


def _table(frame: pl.DataFrame) -> Table:
    columns = (
        Column("Post"),
        Column("By", "short"),
        Column("Published", "short"),
        Column("Likes", "number"),
        Column("Usual", "number", "median of the author's posts"),
        Column("Times usual", "number"),
    )
    most = frame["ratio"].to_list()[0]
    rows = tuple(
        (
            Cell(
                words.plain(row["text"], 110)
                or words.plain(f"{row['kind'] or 'post'} without text"),
                link=words.safe_link(row["url"]),
            ),
            Cell(
                words.profile(row["handle"], row["profile_id"]), words.plain(row["profile_id"], 120)
            ),
            Cell(words.day(row["posted_at"])),
            Cell(words.number(row["likes"]), words.exact(row["likes"])),
            Cell(words.number(row["median_likes"]), f"over {row['author_posts']} posts"),
            Cell(f"{words.number(row['ratio'])} ×", bar=row["ratio"] / most),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("", columns, rows)
