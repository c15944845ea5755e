"""Sections on the models: how good they are, and what drives their predictions."""

from __future__ import annotations

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
        "from a bootstrap by author; the dotted line is the best baseline, a rule of thumb."
    )
    title = "How good the models are"
    groups: list[Group] = []
    headline = ""
    for (platform, target), frame in _by_task(data, data.evaluations):
        blocks, verdict = _quality_blocks(frame, f"evaluations-{len(groups)}")
        name = f"{words.platform(platform)}: {words.column(target)}"
        groups.append(Group(name, (*blocks, *_training_note(data.registry, platform, target))))
        headline = headline or (_headline(platform, target, verdict) if verdict else "")
    return Section("models", title, lead, tuple(groups) or (empty(EVALUATE),), headline)


def _headline(platform: str, target: str, verdict: str) -> str:
    task = f"Predicting {words.column(target)} on {words.platform(platform)}"
    return f"{task}, {verdict[0].lower()}{verdict[1:]}"


def _quality_blocks(frame: pl.DataFrame, name: str) -> tuple[tuple[Note | Chart | Table, ...], str]:
    verdicts = [_verdict(frame, protocol) for protocol in ("T", "C")]
    caption = " ".join(filter(None, verdicts))
    table = _scores_table(frame)
    drawable = frame.filter(pl.col("metric").is_in(list(charts.METRICS)))
    if drawable["value"].drop_nulls().is_empty():
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
    scores = frame.filter(
        pl.col("protocol") == protocol, pl.col("metric") == "src", pl.col("value").is_not_null()
    ).sort("value", "algorithm", descending=[True, False])
    models = scores.filter(~pl.col("is_baseline")).head(1).to_dicts()
    rules = scores.filter("is_baseline").head(1).to_dicts()
    if not models:
        return ""
    model = models[0]
    spread = words.interval(model["ci_low"], model["ci_high"])
    text = (
        f"{charts.PROTOCOLS[protocol]} the best model, {words.column(model['algorithm'])}, "
        f"reaches an SRC of {words.score(model['value'])}{f' ({spread})' if spread else ''}"
    )
    if rules:
        text += (
            f", {_compared(model, rules[0])} the best baseline, "
            f"{words.column(rules[0]['algorithm'])}, at {words.score(rules[0]['value'])}"
        )
    return f"{text}."


def _compared(model: dict[str, float | None], rule: dict[str, float | None]) -> str:
    if (model["value"] or 0) <= (rule["value"] or 0):
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
    ordered = frame.with_columns(rank.alias("rank")).sort(
        ["protocol", "is_baseline", "rank", "algorithm"],
        descending=[True, False, True, False],
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
    for (platform, target), frame in _by_task(data, data.importances):
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


def _by_task(data: ReportData, frame: pl.DataFrame) -> list[tuple[tuple[str, str], pl.DataFrame]]:
    """The frame cut by platform and target, the largest platform first."""
    order = {platform: i for i, platform in enumerate(data.platforms())}
    parts = [((str(p), str(t)), rows) for (p, t), rows in frame.group_by("platform", "target")]
    parts.sort(key=lambda part: (order[part[0][0]], part[0][1]))
    return [
        (task, frame.filter(pl.col("platform") == task[0], pl.col("target") == task[1]))
        for task, _ in parts
    ]
