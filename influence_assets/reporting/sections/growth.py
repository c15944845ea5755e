"""Section on growth: who gained the most followers."""

from __future__ import annotations

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
from influence_assets.reporting.sections.collected import BUILD

_ANCHOR, _TITLE = "growth", "Growth"


def growth(data: ReportData) -> Section:
    """Gains over the last weeks with data, a group per platform."""
    lead = (
        "Followers gained over the last 12 weeks with data, counted from the first to the last "
        "known number of each profile."
    )
    if data.growth.is_empty():
        text = "Nothing here yet, as no profile is known to have gained followers"
        return Section(_ANCHOR, _TITLE, lead, (empty(BUILD, text),))
    groups: list[Group] = []
    headline = ""
    for platform in data.platforms():
        frame = data.growth.filter(pl.col("platform") == platform)
        if not frame.is_empty():
            groups.append(_group(platform, frame, f"growth-{len(groups)}"))
            headline = headline or _headline(platform, frame)
    return Section(_ANCHOR, _TITLE, lead, tuple(groups), headline)


def _group(platform: str, frame: pl.DataFrame, name: str) -> Group:
    profiles = frame.unique("place", keep="first", maintain_order=True)
    blocks: tuple[Note | Chart | Table, ...] = (_table(profiles),)
    if frame["week_start"].n_unique() > 1:
        caption = _caption(frame, profiles)
        title = "Followers gained since the start of the window"
        label = f"{title}, {words.platform(platform)}. {caption}"
        blocks = (Chart(charts.growth(frame, name, label), title, caption), *blocks)
    return Group(words.platform(platform), blocks)


def _caption(frame: pl.DataFrame, profiles: pl.DataFrame) -> str:
    first = profiles.row(0, named=True)
    weeks = frame.sort("week_start")["week_start"]
    shown = min(len(profiles), 8)
    grown = profiles.filter(pl.col("followers_first") > 0).with_columns(
        (pl.col("gained") / pl.col("followers_first")).alias("rate")
    )
    text = (
        f"The {words.count(shown, 'profile')} that gained most, weeks of {words.day(weeks[0])} to "
        f"{words.day(weeks[-1])}. {_name(first)} leads with {words.signed(first['gained'])}, "
        f"from {words.number(first['followers_first'])} to {words.number(first['followers_last'])}"
    )
    fastest = grown.sort("rate", "place", descending=[True, False]).head(1).to_dicts()
    if fastest and fastest[0]["place"] != first["place"]:
        text += (
            f"; for its size {_name(fastest[0])} grew fastest, by "
            f"{words.percent(fastest[0]['rate'])}"
        )
    return f"{text}."


def _headline(platform: str, frame: pl.DataFrame) -> str:
    first = frame.row(0, named=True)
    return (
        f"On {words.platform(platform)} {_name(first)} gained the most followers: "
        f"{words.signed(first['gained'])} to {words.number(first['followers_last'])}."
    )


def _table(profiles: pl.DataFrame) -> Table:
    most = int(profiles["gained"].to_list()[0])
    columns = (
        Column("Profile", "short"),
        Column("Gained", "number"),
        Column("Growth", "number", "gain by the number at the start"),
        Column("Followers", "number", "last known number"),
    )
    rows = tuple(
        (
            Cell(_name(row), words.plain(row["profile_id"], 120), is_strong=True),
            Cell(words.signed(row["gained"]), words.exact(row["gained"]), row["gained"] / most),
            Cell(_rate(row["gained"], row["followers_first"])),
            Cell(words.number(row["followers_last"]), words.exact(row["followers_last"])),
        )
        for row in profiles.iter_rows(named=True)
    )
    return Table("", columns, rows)


def _rate(gained: int, before: int) -> str:
    return words.percent(gained / before) if before else words.NOTHING


def _name(row: dict[str, str]) -> str:
    return words.profile(row["handle"], row["profile_id"])
