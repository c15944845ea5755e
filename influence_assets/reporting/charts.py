"""The charts of the report. Each takes a frame and gives an inline `<svg>` element.

What a chart says in words stands in the sections; here is only the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from influence_assets.reporting import style, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 9.4
METRICS = {
    "src": "SRC, more is better",
    "mae": "MAE, less is better",
}
"""The metrics that are drawn; a table states them all."""

PROTOCOLS = {"T": "On later posts (T)", "C": "On new authors (C)"}

_MEASURES = {
    "posts": "Posts published",
    "profiles_observed": "Profiles observed",
    "interactions": "Acts and ties seen",
}
Dates = Any
"""A list of dates: matplotlib draws them, though its types do not say so."""
Heights = Any
"""A list of numbers; None breaks the line."""

_MOST_LINES = len(style.SERIES)
_CLEAR_DIRECTION = 0.1


def coverage(frame: pl.DataFrame, platforms: Sequence[str], label: str) -> str:
    """Three rows of weekly counts over one time axis, a line per platform."""
    shown = [name for name in _MEASURES if frame[name].sum()]
    known_weeks = frame["week_start"].unique().sort().to_list()
    first, last = known_weeks[0], known_weeks[-1]
    weeks = [first + timedelta(weeks=i) for i in range((last - first).days // 7 + 1)]
    with style.drawing():
        figure = style.new_figure(WIDTH, 0.7 + 1.65 * len(shown))
        panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
        for axes, measure in zip(panels, shown, strict=True):
            axes.set_title(_MEASURES[measure])
            for i, platform in enumerate(platforms):
                of_platform = frame.filter(pl.col("platform") == platform)
                known = dict(of_platform.select("week_start", measure).iter_rows())
                counts = [known.get(week, 0) for week in weeks]
                if any(counts):
                    _filled_line(axes, weeks, counts, style.series_colour(i))
            axes.set_ylim(bottom=0)
            style.human_axis(axes)
            style.date_axis(axes)
        return style.to_svg(figure, "coverage", label)


def _filled_line(axes: Axes, weeks: Dates, counts: list[int], colour: str) -> None:
    axes.fill_between(weeks, counts, color=colour, alpha=0.13, linewidth=0)
    marker = "o" if len(weeks) < 3 else ""
    axes.plot(weeks, counts, color=colour, marker=marker)


def growth(frame: pl.DataFrame, name: str, label: str) -> str:
    """Followers gained since the start of the window, a line per profile."""
    gained = pl.col("followers_end") - pl.col("followers_first")
    lines = [
        (words.profile(handle, profile_id, 22), rows["week_start"].to_list(), rows["y"].to_list())
        for (_, profile_id, handle), rows in frame.filter(pl.col("place") <= _MOST_LINES)
        .with_columns(gained.alias("y"))
        .group_by("place", "profile_id", "handle", maintain_order=True)
    ]
    colours = [style.series_colour(i) for i in range(len(lines))]
    return _named_lines(lines, colours, name, label)


def community_sizes(
    frame: pl.DataFrame, names: dict[str, str], colours: dict[str, int], name: str, label: str
) -> str:
    """Members per week, a line per community in its colour of the network drawing.

    A size of NULL breaks the line.
    """
    lines = []
    shades = []
    for (_, community_id), rows in frame.filter(pl.col("place") <= _MOST_LINES).group_by(
        "place", "community_id", maintain_order=True
    ):
        title = names.get(community_id, words.plain(community_id, 22))
        lines.append((title, rows["week_start"].to_list(), rows["size"].to_list()))
        shades.append(style.series_colour(colours.get(community_id)))
    return _named_lines(lines, shades, name, label, starts_at_zero=True)


def topic_shares(frame: pl.DataFrame, name: str, label: str) -> str:
    """Each topic's share of a week's posts in per cent, a line per topic."""
    lines, shades = [], []
    for (place, title), rows in frame.group_by("place", "label", maintain_order=True):
        shares = (rows["share"] * 100).to_list()
        lines.append((words.label(str(title), 34), rows["week_start"].to_list(), shares))
        shades.append(style.series_colour(int(str(place)) - 1))
    return _named_lines(lines, shades, name, label, starts_at_zero=True)


def _named_lines(
    lines: list[tuple[str, list[date], Heights]],
    colours: list[str],
    name: str,
    label: str,
    *,
    starts_at_zero: bool = False,
) -> str:
    with style.drawing():
        figure = style.new_figure(WIDTH, 3.7)
        axes = figure.subplots()
        marker = "o" if max(len(line[1]) for line in lines) <= 16 else ""
        for (_, weeks, values), colour in zip(lines, colours, strict=True):
            dates: Dates = weeks
            axes.plot(dates, values, color=colour, marker=marker, markersize=3.5)
        if starts_at_zero:
            axes.set_ylim(bottom=0)
        last_week = max(weeks[-1] for _, weeks, _ in lines)
        ends = [
            (last_week, values[-1], title, colour)
            for (title, _, values), colour in zip(lines, colours, strict=True)
        ]
        style.end_labels(axes, ends, gap=0.075)
        style.human_axis(axes)
        style.date_axis(axes)
        return style.to_svg(figure, name, label)


def evaluations(frame: pl.DataFrame, name: str, label: str) -> str:
    """Dots with whiskers: a row per metric, a column per protocol, baselines in grey."""
    scores = drawable(frame)
    metrics = [m for m in METRICS if m in scores["metric"]]
    protocols = [p for p in PROTOCOLS if p in scores["protocol"]]
    predictors = _predictors(scores)
    with style.drawing(**{"axes.grid.axis": "x"}):
        height = len(metrics) * (0.95 + 0.3 * len(predictors)) + 0.2
        figure = style.new_figure(WIDTH, height, row_gap=0.09)
        grid = figure.subplots(len(metrics), len(protocols), sharey=True, squeeze=False)
        for metric, row in zip(metrics, grid, strict=True):
            for protocol, axes in zip(protocols, row, strict=True):
                cell = (pl.col("metric") == metric) & (pl.col("protocol") == protocol)
                _whiskers(axes, scores.filter(cell), predictors)
                axes.set_title(f"{PROTOCOLS[protocol]}  ·  {METRICS[metric]}", fontsize=11)
            _share_span(row)
        return style.to_svg(figure, name, label)


def drawable(frame: pl.DataFrame) -> pl.DataFrame:
    """The scores that have a place in the chart. A random split has none: it flatters."""
    return frame.filter(
        pl.col("metric").is_in(list(METRICS)),
        pl.col("protocol").is_in(list(PROTOCOLS)),
        pl.col("value").is_not_null(),
    )


def _predictors(scores: pl.DataFrame) -> list[str]:
    """Models above baselines, the best by rank correlation first; as read from the top."""
    mean = pl.col("value").filter(pl.col("metric") == "src").mean()
    order = scores.group_by("algorithm", "is_baseline").agg(mean)
    by = [pl.col("is_baseline"), pl.col("value"), pl.col("algorithm")]
    ranked = order.sort(by, descending=[False, True, False], nulls_last=True)
    return ranked["algorithm"].unique(maintain_order=True).to_list()


def _whiskers(axes: Axes, scores: pl.DataFrame, predictors: list[str]) -> None:
    places = {name: len(predictors) - 1 - i for i, name in enumerate(predictors)}
    for row in scores.iter_rows(named=True):
        y, colour = places[row["algorithm"]], style.MUTED if row["is_baseline"] else style.ACCENT
        if row["ci_low"] is not None and row["ci_high"] is not None:
            axes.plot([row["ci_low"], row["ci_high"]], [y, y], color=colour, linewidth=2.2)
        axes.plot([row["value"]], [y], "o", color=colour, markersize=7)
    # The best rule of thumb, as a line to compare with.
    baselines = scores.filter("is_baseline")["value"]
    if len(baselines):
        best: Any = baselines.min() if scores["metric"][0] == "mae" else baselines.max()
        axes.axvline(best, color=style.MUTED, linewidth=1, linestyle=(0, (2, 3)), zorder=0.5)
    axes.set_yticks(list(places.values()), [words.column(name) for name in places])
    axes.set_ylim(-0.7, len(predictors) - 0.3)
    axes.tick_params(axis="y", labelcolor=style.INK)


def _share_span(row: Sequence[Axes]) -> None:
    """Give the panels of one metric the same axis, so that protocols compare by eye."""
    spans = [axes.get_xlim() for axes in row]
    for axes in row:
        axes.set_xlim(min(low for low, _ in spans), max(high for _, high in spans))


def importances(frame: pl.DataFrame, name: str, label: str) -> str:
    """A bar per driver; its colour says which way it pushes."""
    labels = [words.column(feature) for feature in frame["feature"]]
    shares = frame["share"].to_list()
    colours = [_direction_colour(direction) for direction in frame["direction"]]
    with style.drawing(**{"axes.grid": False, "axes.spines.bottom": False}):
        figure = style.new_figure(WIDTH, 0.3 + 0.29 * len(labels))
        axes = figure.subplots()
        places = list(range(len(labels)))
        bars = axes.barh(places, shares, color=colours, height=0.66)
        axes.bar_label(bars, [words.percent(share) for share in shares], padding=5)
        axes.set_yticks(places, labels)
        axes.invert_yaxis()
        axes.set_xticks([])
        axes.margins(x=0.09, y=0.02)
        axes.tick_params(axis="y", labelcolor=style.INK)
        return style.to_svg(figure, name, label)


def direction_word(direction: float | None) -> str:
    """What a driver's direction means."""
    if direction is None or abs(direction) < _CLEAR_DIRECTION:
        return "both ways"
    return "raises" if direction > 0 else "lowers"


def _direction_colour(direction: float | None) -> str:
    word = direction_word(direction)
    return {"raises": style.RAISES, "lowers": style.LOWERS}.get(word, style.MUTED)
