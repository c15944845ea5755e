"""Sections on the graph: the map, its leading profiles, its communities."""

from __future__ import annotations

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
from influence_assets.reporting.data import ReportData
from influence_assets.reporting.sections.collected import BUILD

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
        "A larger dot is a higher PageRank, a colour a community; profiles with strong ties, "
        "and those of one community, are drawn close to each other. "
        "Which way is up, and how far apart distant parts stand, means nothing."
    )
    groups: list[Group] = []
    headline = ""
    for platform in data.platforms():
        nodes = _of(data.network_nodes, platform)
        if nodes.is_empty():
            continue
        edges = _of(data.network_edges, platform)
        colours = _colours(data, platform)
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
    total = _of(data.graph_totals, platform).row(0, named=True)
    first = nodes.row(0, named=True)
    rest = total["profiles"] - len(nodes)
    cut = f"the {len(nodes)} of {words.number(total['profiles'])}" if rest else f"all {len(nodes)}"
    linked = set(edges["source_id"]) | set(edges["target_id"])
    alone = len(nodes) - len(linked)
    rows = f" The {alone} without a tie to another stand in rows below." if alone else ""
    leader = words.profile(first["handle"], first["profile_id"])
    caption = (
        f"Week of {words.day(total['week_start'])}: {cut} profiles and "
        f"{words.count(len(edges), 'linked pair')} of them. The whole graph has "
        f"{words.count(total['ties'], 'tie')} and "
        f"{words.count(total['communities'], 'community', 'communities')}. "
        f"{leader} stands highest with {words.percent(first['pagerank'])} of all PageRank.{rows}"
    )
    finding = (
        f"The most central profile on {words.platform(platform)} is {leader}, in a network of "
        f"{words.count(total['profiles'], 'profile')}."
    )
    return caption, finding


def _legend(
    data: ReportData, platform: str, colours: dict[str, int], nodes: pl.DataFrame
) -> tuple[tuple[int | str, str], ...]:
    names = _community_names(data, platform)
    seen = nodes["community_id"]
    entries: list[tuple[int | str, str]] = [
        (i, names[community_id]) for community_id, i in colours.items() if community_id in seen
    ]
    if not entries or any(c not in colours for c in seen.to_list()):
        entries.append(("muted", "others" if entries else "no community known"))
    return tuple(entries)


def top_profiles(data: ReportData) -> Section:
    """The leading profiles as a table."""
    lead = (
        "Ranked by PageRank: a profile counts for more the more it is linked to by profiles "
        "that count. It measures a place in the graph that was collected, not in the world."
    )
    groups: list[Group] = []
    for platform in data.platforms():
        frame = _of(data.top_profiles, platform)
        if not frame.is_empty():
            table = _profiles_table(frame, _colours(data, platform))
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


def communities(data: ReportData) -> Section:
    """The largest communities, and how they grew or shrank."""
    lead = (
        "Groups of profiles with more ties among themselves than to others, found anew each "
        "week by the Leiden algorithm and named here after their most central member."
    )
    groups: list[Group] = []
    for platform in data.platforms():
        frame = _of(data.communities, platform)
        if not frame.is_empty():
            blocks = _community_blocks(data, platform, frame, f"communities-{len(groups)}")
            groups.append(Group(words.platform(platform), blocks))
    return Section("communities", "Communities", lead, tuple(groups) or (empty(BUILD),))


def _community_blocks(
    data: ReportData, platform: str, frame: pl.DataFrame, name: str
) -> tuple[Note | Chart | Table, ...]:
    sizes = _of(data.community_sizes, platform)
    colours, names = _colours(data, platform), _community_names(data, platform)
    table = _communities_table(frame, colours)
    if sizes["week_start"].n_unique() < 2:
        return (table,)
    caption = _sizes_caption(sizes, names)
    title = "Members per week"
    label = f"{title}, {words.platform(platform)}. {caption}"
    svg = charts.community_sizes(sizes, names, colours, name, label)
    return (Chart(svg, title, caption), table)


def _sizes_caption(sizes: pl.DataFrame, names: dict[str, str]) -> str:
    changes = sizes.group_by("place", "community_id", maintain_order=True).agg(
        pl.col("size").first().alias("first"),
        pl.col("size").last().alias("last"),
        pl.col("week_start").first(),
        (pl.col("size").last() - pl.col("size").first()).alias("change"),
    )
    largest = changes.row(0, named=True)
    name = names[largest["community_id"]]
    text = f"The largest, {name}, has {words.count(largest['last'], 'member')}"
    mover = changes.sort(pl.col("change").abs(), "place", descending=[True, False]).row(
        0, named=True
    )
    if mover["change"]:
        community_id = mover["community_id"]
        is_largest = mover["place"] == largest["place"]
        who = "it also" if is_largest else names.get(community_id, words.plain(community_id, 26))
        verb = "grew" if mover["change"] > 0 else "shrank"
        text += (
            f"; {who} {verb} the most, from "
            f"{words.number(mover['first'])} in the week of {words.day(mover['week_start'])} to "
            f"{words.number(mover['last'])}"
        )
    return f"{text}. A line that starts late is a community that was not found before."


def _communities_table(frame: pl.DataFrame, colours: dict[str, int]) -> Table:
    columns = (
        Column("Community around", "short"),
        Column("Members", "number"),
        Column("Tie weight kept inside", "number", "of the weight of all ties that touch a member"),
        Column("Leading profiles"),
    )
    most = frame["size"].to_list()[0]
    rows = tuple(
        (
            Cell(
                _leader(row),
                words.plain(row["community_id"], 120),
                colour=colours.get(row["community_id"]),
                is_strong=True,
            ),
            Cell(words.number(row["size"]), words.exact(row["size"]), row["size"] / most),
            Cell(words.percent(row["inner_share"])),
            Cell(", ".join(words.plain(name, 28) for name in row["leaders"])),
        )
        for row in frame.iter_rows(named=True)
    )
    return Table("", columns, rows)


def _colours(data: ReportData, platform: str) -> dict[str, int]:
    """Colour by community: the largest ones, the same in every picture of the platform."""
    largest = _of(data.communities, platform)["community_id"].to_list()
    return {community_id: i for i, community_id in enumerate(largest[: network.COLOURS])}


def _community_names(data: ReportData, platform: str) -> dict[str, str]:
    rows = _of(data.communities, platform).iter_rows(named=True)
    return {row["community_id"]: _leader(row) for row in rows}


def _leader(row: dict[str, list[str]]) -> str:
    return words.plain(row["leaders"][0], 26)


def _of(frame: pl.DataFrame, platform: str) -> pl.DataFrame:
    return frame.filter(pl.col("platform") == platform)
