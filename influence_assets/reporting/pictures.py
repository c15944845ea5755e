"""Small PNG pictures for the metadata of assets, each well under 100 kB.

They are seen in Dagster's own pages, on light and on dark, so they bring a white
ground with them. The same input gives the same bytes.
"""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from influence_assets.reporting import network, style, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_BYTES = 100_000
_BLUE, _GREY = "#2f6fde", "#667085"
PALETTE = (
    _BLUE, "#d9730d", "#0d8f7c", "#8250df", "#c9356f", "#a07800", "#2590bd", "#94613a",
)  # fmt: skip
_MOST_BARS = 20
_MOST_POINTS = 400
PAPER = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.edgecolor": "#d0d5dd",
    "axes.titlecolor": "#1d2433",
    "axes.labelcolor": _GREY,
    "grid.color": "#eaecf0",
    "text.color": "#1d2433",
    "xtick.color": "#d0d5dd",
    "ytick.color": "#d0d5dd",
    "xtick.labelcolor": _GREY,
    "ytick.labelcolor": _GREY,
    "font.size": 9.5,
    "axes.titlesize": 10.5,
}


def rows_per_partition(keys: list[str], counts: list[int], title: str) -> bytes:
    """Rows over partitions in the order given: bars, or an area where there are many.

    Beyond 400 partitions neighbours are drawn as their mean.
    """
    step = math.ceil(len(keys) / _MOST_POINTS) or 1
    values = [_mean(counts[i : i + step]) for i in range(0, len(counts), step)]
    starts = keys[::step]
    places = list(range(len(values)))
    with style.drawing(**PAPER):
        figure, axes = canvas(title, is_empty=not values)
        if len(values) <= 60:
            axes.bar(places, values, color=_BLUE, width=0.8)
        else:
            axes.fill_between(places, values, color=_BLUE, alpha=0.25, linewidth=0)
            axes.plot(places, values, color=_BLUE, linewidth=1.2)
        shown = places[:: max(1, math.ceil(len(places) / 6))]
        axes.set_xticks(shown, [words.plain(starts[i], 12) for i in shown])
        axes.grid(visible=False, axis="x")
        axes.set_ylim(bottom=0)
        style.human_axis(axes)
        return to_png(figure)


def histogram(values: Sequence[float | None], title: str) -> bytes:
    """How values are spread. NULL and not-a-number are left out, and the title says so."""
    known = [float(v) for v in values if v is not None and math.isfinite(v)]
    missing = len(values) - len(known)
    text = f"{title} ({words.number(missing)} unknown)" if missing else title
    with style.drawing(**PAPER):
        figure, axes = canvas(text, is_empty=not known)
        if known:
            axes.hist(known, bins=min(40, max(8, math.isqrt(len(known)))), color=_BLUE)
        axes.grid(visible=False, axis="x")
        style.human_axis(axes)
        style.human_axis(axes, "x")
        return to_png(figure)


def bars(labels: Sequence[str], values: Sequence[float], title: str) -> bytes:
    """A bar per label, in the order given; the first twenty."""
    names = [words.plain(label, 32) for label in labels[:_MOST_BARS]]
    shown = list(values[:_MOST_BARS])
    rest = len(labels) - len(names)
    text = f"{title} (first {_MOST_BARS} of {len(labels)})" if rest else title
    with style.drawing(**PAPER):
        figure, axes = canvas(text, height=0.75 + 0.24 * max(len(names), 4), is_empty=not names)
        places = list(range(len(names)))
        drawn = axes.barh(places, shown, color=_BLUE, height=0.7)
        axes.bar_label(drawn, [words.number(value) for value in shown], padding=4)
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.margins(x=0.12, y=0.02)
        axes.spines["bottom"].set_visible(False)
        axes.grid(visible=False)
        axes.set_xticks([])
        return to_png(figure)


def network_thumbnail(nodes: pl.DataFrame, edges: pl.DataFrame, title: str) -> bytes:
    """The 400 profiles with the highest PageRank and their ties, coloured by community.

    Args:
        nodes: of one platform: profile_id, pagerank, x, y and, where known, community_id and
            handle.
        edges: source_id and target_id.
    """
    drawing = network.arrange(nodes, edges)
    with style.drawing(**PAPER):
        from matplotlib.collections import LineCollection

        figure, axes = canvas(title, height=3.6, is_empty=not drawing.names)
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.invert_yaxis()
        segments = [[drawing.points[a], drawing.points[b]] for a, b in drawing.pairs]
        axes.add_collection(LineCollection(segments, colors=_GREY, linewidths=0.4, alpha=0.2))
        colours = [_GREY if c is None else PALETTE[c] for c in drawing.colours]
        axes.scatter(
            [x for x, _ in drawing.points],
            [y for _, y in drawing.points],
            s=[radius**2 / 4 for radius in drawing.radii],
            c=colours,
            edgecolors="white",
            linewidths=0.4,
            zorder=2,
        )
        return to_png(figure)


def as_markdown(picture: bytes, alt: str, kind: str = "png") -> str:
    """The picture, a PNG or of another kind, as Markdown that needs no file beside it."""
    # Brackets would end the alternative text early.
    clean = re.sub(r"[\[\]()\\!`<>]", " ", words.plain(alt, 120)).strip()
    return f"![{clean}](data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')})"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def canvas(title: str, *, height: float = 2.4, is_empty: bool = False) -> tuple[Figure, Axes]:
    """A figure with one drawing, its title, and a word where there is nothing to draw."""
    figure = style.new_figure(6.4, height)
    axes = figure.subplots()
    axes.set_title(words.plain(title, 80))
    if is_empty:
        axes.text(0.5, 0.5, "nothing here yet", ha="center", va="center", transform=axes.transAxes)
    return figure, axes


def to_png(figure: Figure) -> bytes:
    """Encode with a palette; a picture over the limit is drawn again with fewer dots per inch."""
    from PIL import Image

    png = b""
    for dpi in (110, 80, 55):
        drawn, packed = io.BytesIO(), io.BytesIO()
        figure.savefig(drawn, format="png", dpi=dpi)
        # A palette takes a third of the size; an octree keeps the colours of small dots,
        # which a median cut would merge. Saving anew also leaves out the version of
        # matplotlib, which would change the bytes.
        with Image.open(drawn) as image:
            few = image.convert("RGB").quantize(
                256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
            )
        few.save(packed, "PNG", optimize=True)
        png = packed.getvalue()
        if len(png) < MAX_BYTES:
            break
    return png
