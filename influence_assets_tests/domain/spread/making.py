"""Adoptions and ties to test with, and the same trees found the long way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import networkx as nx
import polars as pl

ADOPTION = {
    "cascade": pl.Int64,
    "profile_id": pl.String,
    "is_root": pl.Boolean,
    "adopted_at": pl.Datetime("us"),
    "after_s": pl.Float64,
    "parent_id": pl.String,
}
TIE = {"source_id": pl.String, "target_id": pl.String, "since": pl.Datetime("us")}

Adopter = tuple[str, float | None]


def adoptions(*cascades: Sequence[Adopter], told: dict[str, str] | None = None) -> pl.DataFrame:
    """The parts of cascades, each a list of profiles and their seconds, the root first."""
    rows = [
        {"cascade": number, "profile_id": profile, "is_root": place == 0, "after_s": after,
         "parent_id": (told or {}).get(profile) if place else None}
        for number, parts in enumerate(cascades)
        for place, (profile, after) in enumerate(parts)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=ADOPTION)


def ties(*pairs: str, since: datetime | None = None) -> pl.DataFrame:
    """Ties such as `ab`: a knows b."""
    rows = [{"source_id": p[0], "target_id": p[1], "since": since} for p in pairs]
    return pl.DataFrame(rows, schema=TIE)


def real_cascades(shared_data: Path) -> list[list[tuple[str, float]]]:
    """Each line of the shared cascades: the root, then users and their seconds."""
    text = (shared_data / "cascades_christianity" / "cascades.txt").read_text(encoding="ascii")
    found = []
    for line in text.splitlines():
        root, rest = line.split(" ", 1)
        pairs = [item.split() for item in rest.strip().strip(",").split(",")]
        found.append([(root, 0.0), *((user, float(time)) for user, time in pairs)])
    return found


def friends_of(pairs: Iterable[tuple[str, ...]]) -> dict[str, set[str]]:
    """By profile, those that it has a tie to."""
    friends = defaultdict(set)
    for source, target in pairs:
        friends[source].add(target)
    return friends


def by_hand(parts: Sequence[tuple[str, float]], friends: dict[str, set[str]]) -> dict[str, Any]:
    """Size, depth, breadth and structural virality of one cascade, by the definitions."""
    root = parts[0][0]
    first: dict[str, float] = {}
    for user, time in parts[1:]:
        if user != root:
            first[user] = min(time, first.get(user, time))
    tree = nx.Graph()
    tree.add_node(root)
    for user, time in first.items():
        earlier = [u for u, t in first.items() if t < time and u in friends[user]]
        latest = max((first[u] for u in earlier), default=None)
        parent = min((u for u in earlier if first[u] == latest), default=root)
        tree.add_edge(user, parent)
    far = nx.single_source_shortest_path_length(tree, root)
    at_depth = [
        sum(1 for d in far.values() if d == depth) for depth in range(max(far.values()) + 1)
    ]
    distances = dict(nx.all_pairs_shortest_path_length(tree))
    pairs = [distances[a][b] for a, b in combinations(tree.nodes, 2)]
    return {
        "size": len(tree),
        "depth": max(far.values()),
        "breadth": max(at_depth),
        "structural_virality": sum(pairs) / len(pairs) if pairs else None,
    }
