"""How pictures look: colours, drawing defaults, and a figure as clean inline SVG.

A figure is drawn with stand-in colours that become CSS variables, so one drawing
follows the reader's light or dark scheme. Text stays text: it can be read aloud,
searched and takes the font of the page.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# No drawing uses these almost-blacks by chance, so replacing them is safe.
INK, MUTED, GRID, SURFACE = "#000101", "#000102", "#000103", "#000104"
RAISES, LOWERS, ACCENT = "#000105", "#000106", "#000107"
SERIES = tuple(f"#0002{i:02x}" for i in range(8))
"""Colours of up to eight series; what is beyond them is drawn in MUTED."""

_VARIABLES = {
    INK: "ink", MUTED: "muted", GRID: "grid", SURFACE: "surface",
    RAISES: "raises", LOWERS: "lowers", ACCENT: "c0",
    **{colour: f"c{i}" for i, colour in enumerate(SERIES)},
}  # fmt: skip

_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    # A handle may hold dollar signs: they are no formulas.
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 11.5,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "lines.linewidth": 1.9,
    "lines.solid_capstyle": "round",
}


@contextmanager
def drawing(**settings: Any) -> Iterator[None]:
    """The drawing defaults of this package, whatever the machine's own are."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # A handle in a script that the measuring font lacks: the browser has it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        matplotlib.rcdefaults()
        chosen: Any = {**_SETTINGS, **settings}
        matplotlib.rcParams.update(chosen)
        yield


def new_figure(width: float, height: float, row_gap: float = 0.02) -> Figure:
    """An empty figure of so many inches; call it within `drawing`."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # hspace, a share of a panel's height, keeps a title off the ticks above it.
    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(hspace=row_gap))


def to_svg(figure: Figure, name: str, label: str) -> str:
    """The figure as an inline `<svg>` element.

    Args:
        name: unique on the page: marks and clips inside are told apart by it.
        label: what is seen, in words, for those who do not see it.
    """
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": name}):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return _clean(buffer.getvalue(), label)


def _clean(svg: str, label: str) -> str:
    """Cut what only a separate file needs, and let the page give the colours."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    # Inside a page this would style every other element.
    body = re.sub(r"<style type=\"text/css\">.*?</style>", "", body, flags=re.DOTALL)
    # Ids of groups are the same in every figure, and nothing refers to them.
    body = re.sub(r'<g id="[^"]*"', "<g", body)
    body = body.replace("xlink:href=", "href=")
    body = re.sub(
        r' (d|transform)="[^"]*"', lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m.group()), body
    )
    body = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", body)
    body = re.sub(r"#000[012][0-9a-f]{2}", _variable, body)
    view_box = re.search(r'viewBox="[^"]*"', body)
    head = f'<svg {view_box.group() if view_box else ""} role="img" aria-label="{escape(label)}">'
    return re.sub(r"\n\s*", "\n", head + body[body.index(">") + 1 :]).strip()


def _variable(match: re.Match[str]) -> str:
    name = _VARIABLES.get(match.group())
    return f"var(--{name})" if name else match.group()


def series_colour(index: int | None) -> str:
    """The stand-in of the series, or MUTED beyond the palette."""
    return SERIES[index] if index is not None and index < len(SERIES) else MUTED


def human_axis(axes: Axes, which: str = "y") -> None:
    """Write the axis's numbers as people do, and keep its ticks few."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    from influence_assets.reporting import words

    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=2))
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.tick(value)))


def date_axis(axes: Axes) -> None:
    """Months or years below the axis, each once."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=9)
    formatter = ConciseDateFormatter(locator, show_offset=False)
    # A bare year or day says more than matplotlib's defaults where ticks are sparse.
    formatter.zero_formats = ["", "%b\n%Y", "%b", "%b-%d", "%H:%M", "%H:%M"]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.grid(visible=False, axis="x")


def end_labels(axes: Axes, ends: Sequence[tuple[Any, float, str, str]], gap: float) -> None:
    """Write each line's name at its right end; names that would touch are moved apart.

    A thin lead joins a line's end with its name, wherever that had to go.

    Args:
        ends: x, y, text and colour of each line's end.
        gap: least distance of two names, as a part of the axis's height.
    """
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    to_number: Any = axes.convert_xunits
    ordered = sorted(ends, key=lambda end: (end[1], end[2]))
    places = spaced([y for _, y, _, _ in ordered], gap * (high - low), high)
    for (x, y, text, colour), place in zip(ordered, places, strict=True):
        turns = [to_number(x) + (right - left) * share for share in (0.008, 0.025, 0.032)]
        axes.plot(turns, [y, place, place], color=colour, linewidth=0.8, clip_on=False)
        axes.annotate(
            text,
            xy=(turns[-1], place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            annotation_clip=False,
        )
    axes.set_ylim(low, high)
    axes.set_xlim(left, right)


def spaced(heights: Sequence[float], step: float, top: float) -> list[float]:
    """Rising heights moved apart by at least `step`: up first, and down from `top` again."""
    places: list[float] = []
    for height in heights:
        places.append(max(height, places[-1] + step) if places else height)
    for i in reversed(range(len(places))):
        limit = top if i == len(places) - 1 else places[i + 1] - step
        places[i] = min(places[i], limit)
    return places
