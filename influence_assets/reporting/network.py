"""The network as a picture: a cut of the week's map, as SVG.

Where each profile stands comes with it (`graph.layout_weekly`). Belongs here: what is drawn there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import polars as pl

from influence_assets.reporting import words

LIMIT = 400
COLOURS = 8
_WIDTH, _HEIGHT, _MARGIN = 1000.0, 680.0, 22.0
_LABELS = 14
# As in report.css: the size of names on a phone, and how many of them stay.
_PHONE_SCALE, _PHONE_LABELS = 1.7, 7

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
    """The profiles with the highest PageRank and the ties between them, where the map has them.

    Args:
        nodes: profile_id, pagerank, x, y and, where known, community_id and handle.
        edges: source_id and target_id.
        colours: colour number by community; by default the largest here are coloured.
    """
    top = nodes.sort("pagerank", "profile_id", descending=[True, False]).head(LIMIT)
    ids = top["profile_id"].to_list()
    place = {profile_id: i for i, profile_id in enumerate(ids)}
    known = edges.filter(
        pl.col("source_id").is_in(ids) & pl.col("target_id").is_in(ids),
        pl.col("source_id") != pl.col("target_id"),
    )
    pairs = known.select("source_id", "target_id").rows()
    communities = _optional(top, "community_id")
    if colours is None:
        colours = community_colours(communities)
    return Drawing(
        names=tuple(map(words.profile, _optional(top, "handle"), ids)),
        points=tuple(_fitted(top.select("x", "y").rows())),
        radii=tuple(_radii(top["pagerank"].to_list())),
        colours=tuple(colours.get(c) if c is not None else None for c in communities),
        pairs=tuple((place[source], place[target]) for source, target in pairs),
    )


def _radii(ranks: Sequence[float]) -> list[float]:
    """Areas follow the PageRank; where many are equal, all are small."""
    largest = max(ranks, default=0.0) or 1.0
    parts = [rank / largest for rank in ranks]
    scale = min(15.0, 110 / math.sqrt(sum(parts) or 1.0))
    return [3.2 + scale * math.sqrt(part) for part in parts]


def _optional(frame: pl.DataFrame, column: str) -> list[str | None]:
    return frame[column].to_list() if column in frame.columns else [None] * len(frame)


def _fitted(places: Sequence[Point]) -> list[Point]:
    """Places on the map stretched to fill the picture, in which y goes down."""
    across = _spread([x for x, _ in places], _MARGIN, _WIDTH - _MARGIN)
    down = _spread([-y for _, y in places], _MARGIN, _HEIGHT - _MARGIN)
    return list(zip(across, down, strict=True))


def _spread(values: Sequence[float], first: float, last: float) -> list[float]:
    """The least value at `first`, the largest at `last`; in the middle where all are equal."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    if high <= low:
        return [(first + last) / 2] * len(values)
    return [first + (last - first) * (value - low) / (high - low) for value in values]


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
