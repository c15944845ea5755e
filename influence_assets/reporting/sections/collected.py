"""Sections on what was collected: files, coverage over time, quarantine."""

from __future__ import annotations

from datetime import timedelta

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
from influence_assets.reporting.data import ReportData

INGEST = "influence ingest PATH"
BUILD = "influence build"
_MOST_PLATFORMS = 8
_MEASURES = {
    "posts": "posts",
    "profiles_observed": "profiles observed",
    "interactions": "acts or ties",
}


def came_in(data: ReportData) -> Section:
    """Files and records per source; every record is accounted for."""
    lead = (
        "Every record of every file either entered the warehouse or stands in quarantine "
        "with the rule that it broke: nothing is dropped."
    )
    title = "What came in"
    if data.files.is_empty():
        return Section("files", title, lead, (empty(INGEST),))
    total, good = int(data.files["rows_in"].sum()), int(data.files["rows_good"].sum())
    summary = (
        f"{words.count(int(data.files['files'].sum()), 'file')} from "
        f"{words.count(len(data.files), 'source')} held {words.count(total, 'record')}"
    )
    share = f"; {words.percent(good / total)} of them passed every rule" if total else ""
    blocks = [_totals_table(data.totals), _files_table(data.files)]
    folded = Group("Files turned away", (_refused_table(data.refused),), is_open=False)
    kept = tuple(block for block in blocks if block.rows)
    extra = (folded,) if len(data.refused) else ()
    return Section("files", title, lead, (*kept, *extra), f"{summary}{share}.")


def _totals_table(frame: pl.DataFrame) -> Table:
    columns = (
        Column("Platform", "short"),
        Column("Profiles", "number", "posted, were observed, or stand at an end of a tie"),
        Column("Posts", "number"),
        Column("Observations", "number", "readings of a post's or a profile's counts"),
        Column("Acts and ties", "number", "follows, mentions, replies, reposts …"),
        Column("From", "short"),
        Column("To", "short"),
    )
    rows = tuple(
        (
            Cell(words.platform(row["platform"]), is_strong=True),
            *(_count(row[c]) for c in ("profiles", "posts", "observations", "ties")),
            Cell(words.day(row["first_day"])),
            Cell(words.day(row["last_day"])),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("Per platform", columns, rows)


def _files_table(frame: pl.DataFrame) -> Table:
    columns = (
        Column("Source", "short"),
        Column("Files", "number"),
        Column("Size", "number"),
        Column("Records in", "number"),
        Column("Good", "number"),
        Column("In quarantine", "number"),
        Column("Files refused", "number"),
        Column("Last", "short"),
    )
    rows = tuple(
        (
            Cell(words.plain(row["source"], 40), is_strong=True),
            _count(row["files"]),
            Cell(words.byte_size(row["bytes"])),
            *(_count(row[c]) for c in ("rows_in", "rows_good", "rows_quarantined", "refused")),
            Cell(words.day(row["last_ingested_at"])),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("Per source", columns, rows)


def _refused_table(frame: pl.DataFrame) -> Table:
    columns = (Column("Source", "short"), Column("File"), Column("Size", "number"), Column("Why"))
    rows = tuple(
        (
            Cell(words.plain(row["source"], 40)),
            # The file's name says which one; the folder is nobody else's business.
            Cell(words.plain(row["path"].replace("\\", "/").rsplit("/", 1)[-1], 60)),
            Cell(words.byte_size(row["bytes"])),
            Cell(words.plain(row["message"], 240) or words.NOTHING),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("", columns, rows)


def coverage(data: ReportData) -> Section:
    """How much is known of each week."""
    lead = (
        "What is known of each week. A hole means that nothing was collected, "
        "and says nothing about what happened."
    )
    frame = data.coverage
    if frame.is_empty():
        nothing = empty(INGEST)
        if not data.totals.is_empty():
            nothing = Note("Nothing of what was collected tells its time.")
        return Section("coverage", "Coverage over time", lead, (nothing,))
    platforms = [p for p in data.platforms() if p in frame["platform"]][:_MOST_PLATFORMS]
    names = [words.platform(platform) for platform in platforms]
    caption = _coverage_caption(frame, platforms)
    title = "Posts, profiles and ties per week"
    label = f"{title}, a line for each of {words.listing(names)}. {caption}"
    svg = charts.coverage(frame, platforms, label)
    chart = Chart(svg, title, caption, legend=tuple(enumerate(names)))
    return Section("coverage", "Coverage over time", lead, (chart,))


def _coverage_caption(frame: pl.DataFrame, platforms: list[str]) -> str:
    sentences = []
    for platform in platforms:
        rows = frame.filter(pl.col("platform") == platform)
        first, last = rows["week_start"][0], rows["week_start"][-1]
        weeks = (last - first).days // 7 + 1
        known = (
            f"{words.platform(platform)}: {words.count(int(rows['posts'].sum()), 'post')} over "
            f"{words.count(weeks, 'week')} from {words.day(first)}"
        )
        holes = [_holes(rows, measure, name) for measure, name in _MEASURES.items()]
        sentences.append("; ".join(filter(None, [known, *holes])) + ".")
    return " ".join(sentences)


def _holes(rows: pl.DataFrame, measure: str, name: str) -> str:
    """Weeks without any of it, between the first and the last week that have some."""
    filled = rows.filter(pl.col(measure) > 0)["week_start"]
    if filled.is_empty():
        return f"no {name} at all"
    holes = sorted(
        {filled[0] + timedelta(weeks=i) for i in range((filled[-1] - filled[0]).days // 7)}
        - set(filled)
    )
    if not holes:
        return ""
    if len(holes) == 1:
        return f"no {name} in the week of {words.day(holes[0])}"
    return f"no {name} in {words.count(len(holes), 'week')} between"


def quarantine(data: ReportData) -> Section:
    """Which rules were broken, how often, with an example of each."""
    lead = "Records that broke a rule, kept as they came. An example stands beside each rule."
    title = "Quarantine"
    if data.files.is_empty():
        return Section("quarantine", title, lead, (empty(INGEST),))
    if data.quarantine.is_empty():
        note = Note(f"0 of {words.count(int(data.files['rows_in'].sum()), 'record')} broke a rule.")
        return Section("quarantine", title, lead, (note,))
    most = int(data.quarantine["records"].to_list()[0])
    columns = (
        Column("Source", "short"),
        Column("Table", "short"),
        Column("Rule"),
        Column("Records", "number"),
        Column("Example"),
    )
    rows = tuple(
        (
            Cell(words.plain(row["source"], 30) or "unknown"),
            Cell(words.plain(row["contract"], 30)),
            Cell(words.plain(row["rule"].replace("|", ": ").replace("_", " "), 50)),
            Cell(words.number(row["records"]), words.exact(row["records"]), row["records"] / most),
            Cell(words.plain(row["example_message"], 200)),
        )
        for row in data.quarantine.head(60).iter_rows(named=True)
    )
    return Section("quarantine", title, lead, (Table("", columns, rows),))


def _count(value: int) -> Cell:
    return Cell(words.number(value), words.exact(value))
