"""Section on figures that call for a second look. It never says what a profile is."""

from __future__ import annotations

from influence_assets.reporting import words
from influence_assets.reporting.blocks import Cell, Column, Note, Section, Table, empty
from influence_assets.reporting.data import ReportData
from influence_assets.reporting.sections.collected import BUILD

_ANCHOR, _TITLE = "second-look", "For a second look"


def second_look(data: ReportData) -> Section:
    """The newest pieces of evidence, each in its own words."""
    lead = (
        "Figures of profiles that are out of line: who posts the same as others within minutes, "
        "followers that came or went at once, engagement far from that of peers. "
        "None of it is a verdict: fan clubs, newsrooms with two accounts and posts that went far "
        "look the same. Look before you conclude."
    )
    frame = data.evidence
    if frame.is_empty():
        text = "No figure is out of line, as far as what was collected can tell."
        block = Note(text) if data.platforms() else empty(BUILD)
        return Section(_ANCHOR, _TITLE, lead, (block,))
    columns = (Column("Profile", "short"), Column("Days", "short"), Column("What is out of line"))
    rows = tuple(
        (
            Cell(
                words.profile(row["handle"], row["profile_id"]),
                words.plain(row["profile_id"], 120),
                is_strong=True,
                note=words.platform(row["platform"]),
            ),
            Cell(f"{words.day(row['first_day'])} –", note=words.day(row["last_day"])),
            Cell(words.plain(row["evidence"], 600), words.column(row["evidence_kind"])),
        )
        for row in frame.iter_rows(named=True)
    )
    found = frame["pieces"].to_list()[0]
    caption = (
        f"The {words.count(len(rows), 'newest piece', 'newest pieces')} of {words.exact(found)}; "
        "influence network evidence lists those of a week."
        if found > len(rows)
        else ""
    )
    return Section(_ANCHOR, _TITLE, lead, (Table("", columns, rows, caption),))
