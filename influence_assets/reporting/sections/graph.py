"""Sections on the graph: the map, and its leading profiles."""

from __future__ import annotations

import polars as pl

from influence_assets.reporting import network, words
from influence_assets.reporting.blocks import (
    Cell,
    Chart,
    Column,
    Group,
    Section,
    Table,
    empty,
)
from influence_assets.reporting.data import ReportData, of_platform
from influence_assets.reporting.sections.collected import BUILD
from influence_assets.reporting.sections.communities import LABEL, colours_of

_HELP = {
    "pagerank": "share of a random walk along ties that ends up here",
    "in_strength": "sum of the weights of ties to the profile",
    "betweenness": "share of shortest paths between others that pass through",
    "core": "largest k such that it lies in a group where all have k ties",
}


def network_map(data: ReportData) -> Section:
    """A picture of each platform's graph in its last week."""
    lead = (
        "The profiles with the highest PageRank and the ties between them, in the last week. "
        "A larger dot is a higher PageRank, a colour a community. Communities with many ties "
        "are near each other, and within its own a profile leans towards those that it is tied "
        "to. The map goes on from that of the week before: who stays in a community is found "
        "where it was. Which way is up means nothing."
    )
    groups: list[Group] = []
    headline = ""
    for platform in data.platforms():
        nodes = of_platform(data.network_nodes, platform)
        if nodes.is_empty():
            continue
        edges = of_platform(data.network_edges, platform)
        colours = colours_of(data, platform)
        caption, finding = _map_caption(data, platform, nodes, edges)
        label = f"Network of {words.platform(platform)}. {caption}"
        svg = network.to_svg(network.arrange(nodes, edges, colours), label)
        legend = _legend(data, platform, colours, nodes)
        chart = Chart(svg, "", caption, legend, is_wide=False)
        groups.append(Group(words.platform(platform), (chart,)))
        headline = headline or finding
    return Section("network", "The network", lead, tuple(groups) or (empty(BUILD),), headline)


def _map_caption(
    data: ReportData, platform: str, nodes: pl.DataFrame, edges: pl.DataFrame
) -> tuple[str, str]:
    """What is seen, and the one finding of it."""
    total = of_platform(data.graph_totals, platform).row(0, named=True)
    first = nodes.row(0, named=True)
    rest = total["profiles"] - len(nodes)
    cut = f"the {len(nodes)} of {words.number(total['profiles'])}" if rest else f"all {len(nodes)}"
    leader = words.profile(first["handle"], first["profile_id"])
    caption = (
        f"Week of {words.day(total['week_start'])}: {cut} profiles and "
        f"{words.count(len(edges), 'linked pair')} of them. The whole graph has "
        f"{words.count(total['ties'], 'tie')} and "
        f"{words.count(total['communities'], 'community', 'communities')}. "
        f"{leader} stands highest with {words.percent(first['pagerank'])} of all PageRank."
    )
    finding = (
        f"The most central profile on {words.platform(platform)} is {leader}, in a network of "
        f"{words.count(total['profiles'], 'profile')}."
    )
    return caption, finding


def _legend(
    data: ReportData, platform: str, colours: dict[str, int], nodes: pl.DataFrame
) -> tuple[tuple[int | str, str], ...]:
    names = data.names_of_communities(platform)
    seen = nodes["community_id"].to_list()
    entries: list[tuple[int | str, str]] = [
        (i, words.label(names.get(community_id, community_id), LABEL))
        for community_id, i in colours.items()
        if community_id in seen
    ]
    if not entries:
        known = any(community_id is not None for community_id in seen)
        entries.append(
            ("muted", "communities of fewer than five" if known else "no community known")
        )
    elif any(community_id not in colours for community_id in seen):
        entries.append(("muted", "others"))
    return tuple(entries)


def top_profiles(data: ReportData) -> Section:
    """The leading profiles as a table."""
    lead = (
        "Ranked by PageRank: a profile counts for more the more it is linked to by profiles "
        "that count. It measures a place in the graph that was collected, not in the world."
    )
    groups: list[Group] = []
    for platform in data.platforms():
        frame = of_platform(data.top_profiles, platform)
        if not frame.is_empty():
            table = _profiles_table(frame, colours_of(data, platform))
            groups.append(Group(words.platform(platform), (table,)))
    return Section("profiles", "Top profiles", lead, tuple(groups) or (empty(BUILD),))


def _profiles_table(frame: pl.DataFrame, colours: dict[str, int]) -> Table:
    columns = (
        Column("", "number"),
        Column("Profile", "short"),
        Column("PageRank", "number", _HELP["pagerank"]),
        Column("Ties in", "number", "profiles with a tie to it"),
        Column("Strength in", "number", _HELP["in_strength"]),
        Column("Betweenness", "number", _HELP["betweenness"]),
        Column("Core", "number", _HELP["core"]),
        Column("Followers", "number", "last known number"),
    )
    most = frame["pagerank"].to_list()[0] or 1.0
    rows = tuple(
        (
            Cell(str(row["place"])),
            Cell(
                words.profile(row["handle"], row["profile_id"]),
                words.plain(row["profile_id"], 120),
                colour=colours.get(row["community_id"]),
                is_strong=True,
            ),
            Cell(words.percent(row["pagerank"]), bar=row["pagerank"] / most),
            Cell(words.number(row["in_degree"]), words.exact(row["in_degree"])),
            Cell(words.number(row["in_strength"])),
            Cell(words.percent(row["betweenness"])),
            Cell(words.number(row["core_number"])),
            Cell(words.number(row["followers_end"]), words.exact(row["followers_end"])),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("", columns, rows, "A coloured dot is the community, as in the network above.")
