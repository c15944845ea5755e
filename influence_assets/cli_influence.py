"""`influence evaluate influence`: what the network tells of profiles that it did not know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from influence_assets.cli_common import day_of, print_json, say_progress
from influence_assets.settings import Settings

TITLES = {
    "spearman": "Spearman (95 %)",
    "mae": "MAE (95 %)",
    "rmse": "RMSE (95 %)",
    "accuracy": "accuracy (95 %)",
    "macro_f1": "macro F1 (95 %)",
}


def influence(
    platform: Annotated[str, typer.Option(help="Needed where there are several.")] = "",
    week: Annotated[str, typer.Option(help="A day of the network's week.")] = "",
    labels: Annotated[
        Path | None,
        typer.Option(help="CSV of profile_id, label: all numbers, or else names of classes."),
    ] = None,
    target: Annotated[
        str, typer.Option(help="Without labels: followers or engagement, in the weeks after.")
    ] = "engagement",
    folds: Annotated[int, typer.Option(min=2, help="Parts, each held out once.")] = 5,
    mutual: Annotated[
        bool, typer.Option("--mutual", help="A tie holds both ways, though it is told once.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score graph learning. Example: influence evaluate influence --labels groups.csv."""
    from influence_assets.assets.shell import logger
    from influence_assets.domain.graph.learning.contest import Contest
    from influence_assets.graph_learning import Question, influence_contest
    from influence_assets.storage.warehouse import Warehouse

    say_progress()
    settings = Settings.from_env()
    result = influence_contest(
        Warehouse(settings.warehouse, settings.lock_wait_s),
        Question(platform, day_of(week, "--week"), labels, target, mutual),
        Contest(folds=folds),
        logger.info,
    )
    if as_json:
        print_json(result)
    else:
        print_contest(result, Console())


def print_contest(result: dict[str, Any], console: Console) -> None:
    """A table of the methods; the columns are the metrics of numbers or of classes."""
    rows = pl.DataFrame(result["scores"], infer_schema_length=None)
    metrics = rows["metric"].unique(maintain_order=True).to_list()
    table = Table("method", *(TITLES[m] for m in metrics), box=None, title_justify="left")
    table.add_column("s", justify="right")
    table.title = (
        f"{result['platform']}, week of {result['week_start']}: {result['target']} of "
        f"{result['labelled']:,} of {result['profiles']:,} profiles, {result['ties']:,} ties"
    )
    for (method,), own in rows.group_by("method", maintain_order=True):
        by = {row["metric"]: row for row in own.to_dicts()}
        cells = (_interval(by[metric]) for metric in metrics)
        table.add_row(escape(str(method)), *cells, f"{own['seconds'][0]:.0f}")
    console.print(table)
    console.print(
        f"Each profile was held out once, in one of {result['folds']} parts: it was in no network "
        "that its predictor learnt from.",
        highlight=False,
    )


def _interval(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return "–"
    return f"{row['value']:.3f} ({row['ci_low']:.3f}–{row['ci_high']:.3f})"
