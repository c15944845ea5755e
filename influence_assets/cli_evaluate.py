"""`influence evaluate popularity`: honest scores of models beside baselines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from influence_assets.assets import duplicates
from influence_assets.assets.popularity import load_platform, platforms
from influence_assets.assets.shell import logger
from influence_assets.domain.popularity.evaluation import Settings as EvaluationSettings
from influence_assets.domain.popularity.evaluation import evaluate
from influence_assets.domain.popularity.model import MIN_TRAINING_ROWS
from influence_assets.errors import UserError
from influence_assets.settings import Settings
from influence_assets.storage.warehouse import Warehouse

TARGETS = ("likes", "comments", "shares", "saves", "views", "engagement")
PROTOCOLS = {
    "T": "tested on the last fifth of the time",
    "C": "tested on authors not seen in training",
    "R": "a random split, which flatters",
}


def evaluate_popularity(
    settings: Settings,
    target: str,
    platform: str,
    protocols: list[str],
    maturity_hours: list[float],
    random_split: bool,
) -> dict[str, Any]:
    """Scores by platform, protocol and maturity, from posts that are already built.

    Maturity 0 lets a post see the counts of all strictly earlier posts, as the usual
    baselines do; with 48 hours it sees only those that had settled, as in real use.

    Raises:
        UserError: an unknown target, protocol or platform, or no posts with counts.
    """
    if target not in TARGETS:
        raise UserError(f"There is no target '{target}'. Choose one of {', '.join(TARGETS)}.")
    if unknown := set(protocols) - {"T", "C"}:
        raise UserError(f"There is no protocol {', '.join(sorted(unknown))}. Choose T, C or both.")
    warehouse = Warehouse(settings.warehouse, settings.lock_wait_s)
    known = platforms(warehouse)
    if platform and platform not in known:
        raise UserError(
            f"There are no posts of the platform '{platform}'. There are posts of: "
            f"{', '.join(known) or 'none'}."
        )
    copies = duplicates.current_copies(warehouse)
    scores: list[pl.DataFrame] = []
    skipped: list[dict[str, Any]] = []
    for name in [platform] if platform else known:
        data = load_platform(warehouse, name, target, copies)
        labelled = int(data.posts["outcome"].is_not_null().sum())
        if labelled < MIN_TRAINING_ROWS:
            skipped.append({"platform": name, "reason": f"{labelled} posts with {target}, too few"})
            continue
        for hours in maturity_hours:
            maturity = timedelta(hours=hours)
            logger.info(f"{name}: scoring {labelled:,} posts, counts known after {hours:g} h")
            found = evaluate(
                data.features(target, maturity),
                data.embeddings,
                copies=data.copies,
                protocols=protocols,
                random_split=random_split,
                settings=EvaluationSettings(maturity=maturity),
            )
            scores.append(found.scores)
            skipped += [
                {"platform": name, "protocol": p, "maturity_hours": hours, "reason": r}
                for p, r in found.skipped.items()
            ]
    if not scores:
        raise UserError(
            f"No platform has {MIN_TRAINING_ROWS} posts with {target}. Ingest posts with counts "
            "and run `influence build`, or choose another --target."
        )
    return {"target": target, "scores": pl.concat(scores).to_dicts(), "skipped": skipped}


def print_scores(result: dict[str, Any], console: Console) -> None:
    """A table for each platform, protocol and maturity; models first, best first."""
    frame = pl.DataFrame(result["scores"], infer_schema_length=None)
    groups = frame.group_by("platform", "protocol", "maturity_hours", maintain_order=True)
    for (platform, protocol, hours), rows in groups:
        first = rows.row(0, named=True)
        table = Table("predictor", "SRC (95 %)", "MAE", "R²", "within author", box=None)
        table.title = (
            f"{platform}, {result['target']}, protocol {protocol} ({PROTOCOLS[str(protocol)]}), "
            f"counts known after {hours:g} h: {first['train_rows']:,} posts to learn from, "
            f"{first['test_rows']:,} to predict, of {first['test_authors']:,} authors"
            f"{_left_out(first['copies_left_out'])}"
        )
        table.title_justify = "left"
        for algorithm, is_baseline in (
            rows.select("algorithm", "is_baseline").unique(maintain_order=True).rows()
        ):
            by = {r["metric"]: r for r in rows.filter(pl.col("algorithm") == algorithm).to_dicts()}
            style = "dim" if is_baseline else "bold"
            cells = [
                _interval(by["src"]),
                *(_number(by[m]["value"]) for m in ("mae", "r2", "src_within_author")),
            ]
            table.add_row(algorithm, *cells, style=style)
        console.print(table)
        console.print()
    for skip in result["skipped"]:
        console.print(f"skipped: {', '.join(str(v) for v in skip.values())}", highlight=False)
    console.print(
        "MAE is of log(1 + target). Counts known after 0 h: those of every strictly earlier "
        "post, as rules of thumb usually assume; after 48 h: only settled ones, as in real use."
    )


def _left_out(copies: int) -> str:
    if not copies:
        return ""
    return f"; left out of training: {copies:,} copies of posts of the test part"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return "–"
    if row["ci_low"] is None or row["ci_high"] is None:
        return _number(row["value"])
    return f"{row['value']:.3f} ({row['ci_low']:.2f}–{row['ci_high']:.2f})"
