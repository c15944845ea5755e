"""Section on communities: the largest, how they grew or shrank, and what they lived through."""

from __future__ import annotations

from datetime import date

import polars as pl

from influence_assets.reporting import charts, network, words
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
from influence_assets.reporting.sections import lives
from influence_assets.reporting.sections.collected import BUILD

LABEL = 30
"""Letters of a label beside a picture."""


def communities(data: ReportData) -> Section:
    """The largest communities, what they are about, and their lives."""
    lead = (
        "Groups of profiles with more ties among themselves than to others (Leiden algorithm), "
        "followed from week to week and named after the hashtags or words that tell each from "
        "the others, else after its leading profile. Those of five members or more are told of. "
        "A community says who is tied to whom, not that its members agree."
    )
    groups: list[Group] = []
    headline = ""
    for platform in data.platforms():
        if of_platform(data.graph_totals, platform).is_empty():
            continue
        names = data.names_of_communities(platform)
        blocks = (
            *_largest(data, platform, names, f"communities-{len(groups)}"),
            lives.events(data, platform, names),
        )
        groups.append(Group(words.platform(platform), blocks))
        headline = headline or lives.headline(data, platform, names)
    blocks_or_none = tuple(groups) or (empty(BUILD),)
    return Section("communities", "Communities", lead, blocks_or_none, headline)


def colours_of(data: ReportData, platform: str) -> dict[str, int]:
    """Colour by community: the largest ones, the same in every picture of the platform."""
    largest = of_platform(data.communities, platform)["community_id"].to_list()
    return {community_id: i for i, community_id in enumerate(largest[: network.COLOURS])}


def _largest(
    data: ReportData, platform: str, names: dict[str, str], name: str
) -> tuple[Note | Chart | Table, ...]:
    frame = of_platform(data.communities, platform)
    if frame.is_empty():
        return (Note("No community has five members or more."),)
    colours = colours_of(data, platform)
    table = _table(frame, names, colours)
    sizes = of_platform(data.community_sizes, platform)
    if sizes["week_start"].n_unique() < 2:
        return (table,)
    short = {key: words.label(label, LABEL) for key, label in names.items()}
    caption = _sizes_caption(sizes, short)
    title = "Members per week"
    label = f"{title}, {words.platform(platform)}. {caption}"
    svg = charts.community_sizes(sizes, short, colours, name, label)
    return (Chart(svg, title, caption), table)


def _sizes_caption(sizes: pl.DataFrame, names: dict[str, str]) -> str:
    changes = (
        sizes.drop_nulls("size")
        .group_by("place", "community_id", maintain_order=True)
        .agg(
            pl.col("size").first().alias("first"),
            pl.col("size").last().alias("last"),
            pl.col("week_start").first(),
            (pl.col("size").last() - pl.col("size").first()).alias("change"),
        )
    )
    largest = changes.row(0, named=True)
    text = f"The largest, {_name(names, largest)}, has {words.count(largest['last'], 'member')}"
    order = [pl.col("change").abs(), pl.col("place")]
    mover = changes.sort(order, descending=[True, False]).row(0, named=True)
    if mover["change"]:
        who = "it also" if mover["place"] == largest["place"] else _name(names, mover)
        verb = "grew" if mover["change"] > 0 else "shrank"
        text += (
            f"; {who} {verb} the most, from "
            f"{words.number(mover['first'])} in the week of {words.day(mover['week_start'])} to "
            f"{words.number(mover['last'])}"
        )
    return f"{text}.{_breaks(sizes, changes['week_start'].to_list())}"


def _breaks(sizes: pl.DataFrame, starts: list[date]) -> str:
    """What it means that a line starts late or is broken, where one is."""
    text = ""
    if max(starts) > min(starts):
        text += " A line that starts late is a community that was not found before."
    if sizes["size"].null_count():
        text += " Where a line is broken, its community was gone for that time."
    return text


def _table(frame: pl.DataFrame, names: dict[str, str], colours: dict[str, int]) -> Table:
    columns = (
        Column("Community"),
        Column("Members", "number"),
        Column(
            "Tie weight kept inside", "number", "share of the members' tie weight that stays inside"
        ),
        Column("Leading profiles"),
        Column(
            "Languages", "short", "of its posts in 13 weeks, as a share of those that state one"
        ),
    )
    most = frame["size"].to_list()[0]
    rows = tuple(
        (
            Cell(
                words.plain(names.get(row["community_id"], row["community_id"]), 90),
                words.plain(row["community_id"], 120),
                colour=colours.get(row["community_id"]),
                is_strong=True,
            ),
            Cell(words.number(row["size"]), words.exact(row["size"]), row["size"] / most),
            Cell(words.percent(row["cohesion"])),
            Cell(", ".join(words.plain(name, 28) for name in row["leaders"])),
            Cell(_languages(row["languages"], row["language_shares"])),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("", columns, rows, "A coloured dot is the community, as in the network above.")


def _languages(languages: list[str], shares: list[float]) -> str:
    told = zip(languages, shares, strict=True)
    return ", ".join(f"{words.plain(k, 12)} {words.percent(v)}" for k, v in told) or words.NOTHING


def _name(names: dict[str, str], row: dict[str, str]) -> str:
    community_id = row["community_id"]
    return names.get(community_id, words.plain(community_id, LABEL))
