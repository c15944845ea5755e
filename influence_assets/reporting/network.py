"""The network as a picture: where each profile stands, and the drawing as SVG.

A layout puts profiles with strong ties near each other. Distances between far
parts, and the orientation of the whole, mean nothing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import polars as pl

from influence_assets.reporting import words

LIMIT = 400
COLOURS = 8
_WIDTH, _HEIGHT, _MARGIN = 1000.0, 680.0, 22.0
_LABELS = 14
# As in report.css: the size of names on a phone, and how many of them stay.
_PHONE_SCALE, _PHONE_LABELS = 1.7, 7
_SEED = 20
_INNER_PULL = 4.0
_OUTER = 0.03
_ALONE_PER_ROW, _ALONE_ROW, _ALONE_RADIUS = 50, 17.0, 6.5
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))

Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """A network, ready to be drawn: one entry per profile, the highest PageRank first."""

    names: tuple[str, ...]
    points: tuple[Point, ...]
    radii: tuple[float, ...]
    colours: tuple[int | None, ...]
    pairs: tuple[tuple[int, int], ...]


def community_colours(community_ids: Sequence[str | None]) -> dict[str, int]:
    """A colour for each of the largest communities, by how often each id occurs."""
    counts: dict[str, int] = {}
    for community_id in community_ids:
        if community_id is not None:
            counts[community_id] = counts.get(community_id, 0) + 1
    largest = sorted(counts, key=lambda c: (-counts[c], c))[:COLOURS]
    return {community_id: i for i, community_id in enumerate(largest)}


def arrange(
    nodes: pl.DataFrame, edges: pl.DataFrame, colours: dict[str, int] | None = None
) -> Drawing:
    """Lay out the profiles with the highest PageRank and the ties between them.

    Args:
        nodes: profile_id, pagerank and, where known, community_id and handle.
        edges: source_id, target_id and weight.
        colours: colour number by community; by default the largest here are coloured.
    """
    top = nodes.sort("pagerank", "profile_id", descending=[True, False]).head(LIMIT)
    ids = top["profile_id"].to_list()
    place = {profile_id: i for i, profile_id in enumerate(ids)}
    known = edges.filter(
        pl.col("source_id").is_in(ids) & pl.col("target_id").is_in(ids),
        pl.col("source_id") != pl.col("target_id"),
    )
    ties = known.select("source_id", "target_id", "weight").rows()
    pairs = [(place[source], place[target]) for source, target, _ in ties]
    communities = _optional(top, "community_id")
    if colours is None:
        colours = community_colours(communities)
    points = _positions(len(ids), pairs, [weight for *_, weight in ties], communities)
    linked = {end for pair in pairs for end in pair}
    radii = _radii(top["pagerank"].to_list())
    return Drawing(
        names=tuple(map(words.profile, _optional(top, "handle"), ids)),
        points=tuple(points),
        radii=tuple(r if i in linked else min(r, _ALONE_RADIUS) for i, r in enumerate(radii)),
        colours=tuple(colours.get(c) if c is not None else None for c in communities),
        pairs=tuple(pairs),
    )


def _radii(ranks: Sequence[float]) -> list[float]:
    """Areas follow the PageRank; where many are equal, all are small."""
    largest = max(ranks, default=0.0) or 1.0
    parts = [rank / largest for rank in ranks]
    scale = min(15.0, 110 / math.sqrt(sum(parts) or 1.0))
    return [3.2 + scale * math.sqrt(part) for part in parts]


def _optional(frame: pl.DataFrame, column: str) -> list[str | None]:
    return frame[column].to_list() if column in frame.columns else [None] * len(frame)


def _positions(
    count: int,
    pairs: Sequence[tuple[int, int]],
    weights: Sequence[float],
    groups: Sequence[str | None],
) -> list[Point]:
    """Fruchterman and Reingold (1991) on a grid, from a start that keeps groups together."""
    import igraph

    graph = igraph.Graph(n=count, edges=pairs)
    # A tie of weight 100 pulls more than one of weight 1, though not 100 times; a tie
    # within a community pulls more, so that its colour holds together.
    graph.es["pull"] = [
        math.log1p(weight) * (_INNER_PULL if groups[a] == groups[b] else 1.0)
        for weight, (a, b) in zip(weights, pairs, strict=True)
    ]
    linked = [i for i, degree in enumerate(graph.degree()) if degree]
    alone = [i for i, degree in enumerate(graph.degree()) if not degree]
    points: dict[int, Point] = {}
    if linked:
        inner = graph.induced_subgraph(linked)
        with _fixed_random(igraph):
            layout = inner.layout_fruchterman_reingold(
                weights="pull", niter=800, grid="grid", seed=_start([groups[i] for i in linked])
            )
        room = _HEIGHT - _ALONE_ROW * math.ceil(len(alone) / _ALONE_PER_ROW)
        points.update(zip(linked, _fitted(layout.coords, room), strict=True))
    for number, i in enumerate(alone):
        # Profiles without a tie in this cut stand in rows below the rest.
        row, place = divmod(number, _ALONE_PER_ROW)
        step = (_WIDTH - 2 * _MARGIN) / (_ALONE_PER_ROW - 1)
        points[i] = (_MARGIN + step * place, _HEIGHT - _MARGIN / 2 - _ALONE_ROW * row)
    return [points[i] for i in range(count)]


def _start(groups: Sequence[str | None]) -> list[list[float]]:
    """A spiral with the members of a group one after another: no chance in it."""
    order = sorted(range(len(groups)), key=lambda i: (groups[i] or "", i))
    start = [[0.0, 0.0] for _ in groups]
    for turn, i in enumerate(order):
        radius = math.sqrt(turn + 0.5)
        start[i] = [radius * math.cos(turn * 0.11), radius * math.sin(turn * 0.11)]
    return start


@contextmanager
def _fixed_random(igraph: Any) -> Iterator[None]:
    """igraph draws from Python's `random`: give it a seeded one, and then the old one back."""
    setter = igraph.set_random_number_generator
    setter(random.Random(_SEED))
    try:
        yield
    finally:
        setter(random)


def _fitted(points: Sequence[Sequence[float]], room: float) -> list[Point]:
    """Scale to the picture, down to the height `room`.

    A few far points are drawn in, so that the rest is not a dot.
    """
    left, right = _bounds([p[0] for p in points])
    top, bottom = _bounds([p[1] for p in points])
    width, height = _WIDTH - 2 * _MARGIN, room - 2 * _MARGIN
    return [
        (_MARGIN + width * _within(x, left, right), _MARGIN + height * _within(y, top, bottom))
        for x, y, *_ in points
    ]


def _bounds(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    cut = len(ordered) // 50
    return ordered[cut], ordered[-1 - cut]


def _within(value: float, low: float, high: float) -> float:
    """Place from 0 to 1; what lies outside goes to the margin, in order of its distance."""
    if high <= low:
        return 0.5
    share = (value - low) / (high - low)
    if share < 0:
        return _OUTER * math.exp(share * 4)
    if share > 1:
        return 1 - _OUTER * math.exp((1 - share) * 4)
    return _OUTER + (1 - 2 * _OUTER) * share


def to_svg(drawing: Drawing, label: str) -> str:
    """The network as an inline `<svg>` element in the colours of the page."""
    parts = [
        f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="{escape(label)}">',
        *_edge_paths(drawing),
        *_circles(drawing),
        *_labels(drawing),
        "</svg>",
    ]
    return "\n".join(parts)


def _variable(colour: int | None) -> str:
    return "var(--muted)" if colour is None else f"var(--c{colour})"


def _edge_paths(drawing: Drawing) -> list[str]:
    """One path per colour: a tie within a community has its colour, others are grey."""
    paths: dict[int | None, list[str]] = {}
    for a, b in drawing.pairs:
        colour = drawing.colours[a] if drawing.colours[a] == drawing.colours[b] else None
        (x1, y1), (x2, y2) = drawing.points[a], drawing.points[b]
        paths.setdefault(colour, []).append(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}")
    opacity = max(0.1, min(0.5, 260 / max(len(drawing.pairs), 1)))
    return [
        f'<path d="{"".join(lines)}" style="stroke: {_variable(colour)}" fill="none" '
        f'stroke-width="{1.0 if colour is None else 1.3}" '
        f'opacity="{opacity * (0.6 if colour is None else 1.2):.2f}"/>'
        for colour, lines in sorted(paths.items(), key=lambda p: -1 if p[0] is None else p[0])
    ]


def _circles(drawing: Drawing) -> list[str]:
    """Small profiles first: the large ones must not hide behind them."""
    circles = []
    for i in reversed(range(len(drawing.names))):
        x, y = drawing.points[i]
        circles.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{drawing.radii[i]:.1f}" '
            f'style="fill: {_variable(drawing.colours[i])}">'
            f"<title>{escape(drawing.names[i])}</title></circle>"
        )
    return ['<g class="nodes">', *circles, "</g>"]


def _labels(drawing: Drawing) -> list[str]:
    """Names of the leading profiles, each where it hides no other name.

    The first few have room for the larger type of a phone, where the rest is left out.
    """
    boxes: dict[int, _Box] = {}
    for scale, most in ((_PHONE_SCALE, _PHONE_LABELS), (1.0, _LABELS)):
        for i in range(len(drawing.names)):
            box = _label_box(drawing, i, scale)
            if len(boxes) < most and i not in boxes and not any(map(box.hides, boxes.values())):
                boxes[i] = box
    texts = [
        f'<text x="{box.x:.1f}" y="{box.y:.1f}">{escape(drawing.names[i])}</text>'
        for i, box in boxes.items()
    ]
    return ['<g class="names">', *texts, "</g>"]


@dataclass(frozen=True)
class _Box:
    """The room of a name: the middle of its foot, half its width, its height."""

    x: float
    y: float
    half: float
    height: float

    def hides(self, other: _Box) -> bool:
        return (
            abs(self.x - other.x) < self.half + other.half
            and abs(self.y - other.y) < (self.height + other.height) / 2
        )


def _label_box(drawing: Drawing, i: int, scale: float) -> _Box:
    half = len(drawing.names[i]) * 4.4 * scale
    x = min(max(drawing.points[i][0], half + 4), _WIDTH - half - 4)
    y = max(drawing.points[i][1] - drawing.radii[i] - 5, 14)
    return _Box(x, y, half, 18 * scale)
