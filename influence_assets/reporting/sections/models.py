"""Sections on the models: how good they are, and what drives their predictions."""

from __future__ import annotations

from typing import Any

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

EVALUATE = "influence evaluate popularity"
_METRIC_NAMES = {
    "src": "SRC",
    "mae": "MAE",
    "r2": "R²",
    "src_within_author": "SRC within author",
}


def quality(data: ReportData) -> Section:
    """Scores beside baselines, with intervals."""
    lead = (
        "T tests on the last fifth of the time, on posts published after all that was learnt "
        "from, and C on authors never seen in training. SRC is the rank correlation of "
        "predicted and real order (1 is perfect, 0 is chance), MAE the mean absolute error of "
        "log(1 + target), where 0.69 is a factor of two. Whiskers and ranges are 95 % intervals "
        "from a bootstrap by author; the dotted line is the best baseline, a rule of thumb. "
        "R, where the table has it, tests on a random fifth, only to tell how much that flatters."
    )
    title = "How good the models are"
    groups: list[Group] = []
    headline = ""
    tasks = _by_task(data, data.evaluations, "platform", "target", "maturity_hours")
    for (platform, target, hours), frame in tasks:
        blocks, verdict = _quality_blocks(frame, f"evaluations-{len(groups)}")
        name = f"{words.platform(platform)}: {words.column(target)}, known {_after(hours)}"
        groups.append(Group(name, (*blocks, *_training_note(data.registry, platform, target))))
        if verdict and not headline:
            task = f"{words.column(target)} on {words.platform(platform)}"
            headline = f"Predicting {task}, {verdict[0].lower()}{verdict[1:]}"
    return Section("models", title, lead, tuple(groups) or (empty(EVALUATE),), headline)


def _after(hours: float) -> str:
    """When, after publication, a label counts as known: 'after 48 hours', 'after 28 days'."""
    if hours >= 72 and hours % 24 == 0:
        return f"after {words.count(hours / 24, 'day')}"
    return f"after {words.count(hours, 'hour')}"


def _quality_blocks(frame: pl.DataFrame, name: str) -> tuple[tuple[Note | Chart | Table, ...], str]:
    verdicts = [_verdict(frame, protocol) for protocol in charts.PROTOCOLS]
    caption = " ".join(filter(None, [*verdicts, _flattery(frame)]))
    table = _scores_table(frame)
    if charts.drawable(frame).is_empty():
        return (table,), ""
    label = f"Scores of models and baselines with intervals. {caption}"
    chart = Chart(
        charts.evaluations(frame, name, label),
        "Models beside baselines",
        caption,
        legend=(("c0", "model"), ("muted", "baseline")),
    )
    return (chart, table), next(filter(None, verdicts), "")


def _verdict(frame: pl.DataFrame, protocol: str) -> str:
    """Does the best model beat the best rule of thumb? Said with the care it needs."""
    model, rule = (_best(frame, protocol, is_baseline=of_rules) for of_rules in (False, True))
    if model is None:
        return ""
    spread = words.interval(model["ci_low"], model["ci_high"])
    text = (
        f"{charts.PROTOCOLS[protocol]} the best model, {words.column(model['algorithm'])}, "
        f"reaches an SRC of {words.score(model['value'])}{f' ({spread})' if spread else ''}"
    )
    if rule is not None:
        text += (
            f", {_compared(model, rule)} the best baseline, "
            f"{words.column(rule['algorithm'])}, at {words.score(rule['value'])}"
        )
    return f"{text}."


def _flattery(frame: pl.DataFrame) -> str:
    """What a random split would have claimed."""
    model = _best(frame, "R", is_baseline=False)
    if model is None:
        return ""
    return f"On a random fifth (R) the best model would have reached {words.score(model['value'])}."


def _best(frame: pl.DataFrame, protocol: str, *, is_baseline: bool) -> dict[str, Any] | None:
    """The predictor with the highest rank correlation."""
    scores = frame.filter(
        pl.col("protocol") == protocol,
        pl.col("metric") == "src",
        pl.col("is_baseline") == is_baseline,
        pl.col("value").is_not_null(),
    ).sort("value", "algorithm", descending=[True, False])
    return scores.row(0, named=True) if len(scores) else None


def _compared(model: dict[str, Any], rule: dict[str, Any]) -> str:
    if model["value"] <= rule["value"]:
        return "no better than"
    low, high = model["ci_low"], rule["ci_high"]
    if low is None or high is None:
        return "ahead of"
    return "clearly ahead of" if low > high else "ahead of, though the intervals overlap,"


def _scores_table(frame: pl.DataFrame) -> Table:
    metrics = [m for m in _METRIC_NAMES if m in frame["metric"]]
    metrics += sorted(set(frame["metric"]) - set(metrics))
    columns = (
        Column("Test"),
        Column("Predictor", "short"),
        *(Column(_METRIC_NAMES.get(m, words.column(m)), "number") for m in metrics),
        Column("Posts", "number", "scored"),
        Column("Authors", "number", "scored"),
    )
    # Models above baselines, and the best by SRC first, as in the chart.
    rank = pl.col("value").filter(pl.col("metric") == "src").first().over("protocol", "algorithm")
    place = pl.col("protocol").replace_strict({"T": 0, "C": 1, "R": 2}, default=3)
    ordered = frame.with_columns(rank.alias("rank"), place.alias("place")).sort(
        ["place", "protocol", "is_baseline", "rank", "algorithm"],
        descending=[False, False, False, True, False],
        nulls_last=True,
    )
    rows = []
    for (protocol, algorithm), scores in ordered.group_by(
        "protocol", "algorithm", maintain_order=True
    ):
        by_metric = {row["metric"]: row for row in scores.iter_rows(named=True)}
        any_row = scores.row(0, named=True)
        kind = " · baseline" if any_row["is_baseline"] else ""
        rows.append(
            (
                Cell(words.plain(protocol)),
                Cell(words.column(algorithm) + kind, is_strong=not kind),
                *(_score_cell(by_metric.get(metric)) for metric in metrics),
                Cell(words.number(any_row["test_rows"])),
                Cell(words.number(any_row["test_authors"])),
            )
        )
    return Table("All scores", columns, tuple(rows))


def _score_cell(row: dict[str, float | None] | None) -> Cell:
    if row is None:
        return Cell(words.NOTHING)
    return Cell(words.score(row["value"]), note=words.interval(row["ci_low"], row["ci_high"]))


def _training_note(registry: pl.DataFrame, platform: str, target: str) -> tuple[Note, ...]:
    champion = registry.filter(
        pl.col("platform") == platform, pl.col("target") == target, pl.col("status") == "champion"
    ).to_dicts()
    if not champion:
        return ()
    row = champion[0]
    return (
        Note(
            f"In use: {words.column(row['algorithm'])}, fitted on "
            f"{words.count(row['training_rows'], 'post')} from {words.day(row['trained_from'])} to "
            f"{words.day(row['trained_to'])} with {words.count(row['features'], 'feature')}."
        ),
    )


def drivers(data: ReportData) -> Section:
    """What moves the predictions, and which way."""
    lead = (
        "How much each feature moves the predictions (mean absolute SHAP value, as a share of "
        "all). These are patterns that the models use, not proof that a change would cause one."
    )
    groups: list[Group] = []
    headline = ""
    for (platform, target), frame in _by_task(data, data.importances, "platform", "target"):
        caption = _drivers_caption(frame)
        name = f"{words.platform(platform)}: {words.column(target)}"
        svg = charts.importances(frame, f"importances-{len(groups)}", f"Drivers, {name}. {caption}")
        groups.append(Group(name, (Chart(svg, "Share of the predictions' movement", caption,
            (("raises", "a high value raises"), ("lowers", "a high value lowers"),
             ("muted", "both ways or no order"))),)))  # fmt: skip
        headline = headline or (
            f"What moves predicted {words.column(target)} on {words.platform(platform)} the most: "
            f"{words.column(frame['feature'][0])}."
        )
    title = "What drives popularity"
    return Section("drivers", title, lead, tuple(groups) or (empty(EVALUATE),), headline)


def _drivers_caption(frame: pl.DataFrame) -> str:
    first = frame.row(0, named=True)
    algorithms = first["algorithms"]
    mean = f", as a mean over {algorithms} algorithms" if algorithms > 1 else ""
    text = (
        f"{words.column(first['feature']).capitalize()} makes up {words.percent(first['share'])} "
        f"of the movement{mean}"
    )
    sides = []
    for word in ("raises", "lowers"):
        named = [f for f, d in frame.select("feature", "direction").iter_rows()
                 if charts.direction_word(d) == word][:3]  # fmt: skip
        if named:
            features = words.listing([words.column(feature) for feature in named])
            sides.append(f"A high value of {features} {word} the prediction")
    return ". ".join([text, *sides]) + "."


def _by_task(
    data: ReportData, frame: pl.DataFrame, *keys: str
) -> list[tuple[tuple[Any, ...], pl.DataFrame]]:
    """The frame cut by its keys, the largest platform first; rows keep their order."""
    order = {platform: i for i, platform in enumerate(data.platforms())}
    parts = list(frame.group_by(*keys, maintain_order=True))
    return sorted(parts, key=lambda part: (order[str(part[0][0])], *part[0][1:]))
