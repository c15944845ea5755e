"""`influence collect`: run a collector by hand, or tell how each one stands."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from influence_assets.cli_common import day_of, print_json, say_progress
from influence_assets.collectors.ledger import CollectLedger, Run
from influence_assets.collectors.outcome import State, redacted
from influence_assets.errors import UserError
from influence_assets.settings import Settings

RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def collect_and_tell(
    settings: Settings, name: str, day: date | None, is_urgent: bool
) -> dict[str, Any]:
    """Run one collector, as a run of the shared Dagster instance, and tell how it ended.

    Raises:
        UserError: there is no collector of this name, or its configuration is not understood.
    """
    _check_name(settings, name)
    # Here: listing the collectors needs no Dagster.
    from influence_assets.assets.collect import GROUP, ONCE, URGENT
    from influence_assets.build import build_defs
    from influence_assets.instance import open_instance
    from influence_assets.planning import run_assets

    ledger = CollectLedger.of(settings.collect)
    if not is_urgent and (waiting := ledger.waiting(name)):
        return told(waiting)
    before = len(ledger.runs(name))
    key = (day or datetime.now(UTC).date()).isoformat()
    tags = {ONCE: "true", URGENT: str(is_urgent).lower(), **dict.fromkeys(RANGE, key)}
    try:
        with open_instance(settings) as instance:
            run_assets(build_defs(settings), instance, [[GROUP, name]], tags)
    except RuntimeError:
        # A run that was noted ended in a state that says why; any other is a fault of ours.
        if len(ledger.runs(name)) == before:
            raise
    return told(ledger.runs(name)[-1])


def standing(settings: Settings) -> list[dict[str, Any]]:
    """Each collector with its last run."""
    ledger = CollectLedger.of(settings.collect)
    lines = []
    for name, collector in _configured(settings).items():
        runs = ledger.runs(name)
        last = told(runs[-1]) if runs else {"collector": name, "state": "never run"}
        lines.append({**last, "kind": collector.kind, "at": collector.at})
    return lines


def told(run: Run) -> dict[str, Any]:
    """A run as data."""
    outcome = run.outcome
    return {
        "collector": run.collector,
        "day": run.day.isoformat(),
        "state": str(outcome.state),
        "items_new": outcome.counts.new,
        "items_known": outcome.counts.known,
        "items_failed": outcome.counts.failed,
        "message": outcome.message,
        "next_attempt": outcome.next_attempt.isoformat() if outcome.next_attempt else None,
        "targets": {name: str(state) for name, state in outcome.parts.items()},
    }


def print_run(run: dict[str, Any], console: Console) -> None:
    """A run in two lines."""
    console.print(
        f"{run['collector']}, {run['day']}: {run['state']}, {run['items_new']} new, "
        f"{run['items_known']} known, {run['items_failed']} missing",
        highlight=False,
    )
    if run["message"]:
        console.print(run["message"].replace("[", "\\["), highlight=False, soft_wrap=True)
    if run["items_new"]:
        console.print("Next: `influence ingest` reads it.", highlight=False)


def print_standing(lines: list[dict[str, Any]], settings: Settings, console: Console) -> None:
    """A table of the collectors."""
    if not lines:
        console.print(
            f"No collector is configured. docs/collect.md shows what {settings.collect_config} "
            "looks like.",
            soft_wrap=True,
        )
        return
    table = Table()
    for title in ("collector", "kind", "at (UTC)", "last day", "state", "new"):
        table.add_column(title, no_wrap=True)
    table.add_column("message")
    for line in lines:
        new = str(line.get("items_new", ""))
        cells = (line["collector"], line["kind"], line["at"], line.get("day", ""), line["state"])
        table.add_row(*cells, new, redacted(line.get("message", "")).replace("[", "\\["))
    console.print(table)


def _configured(settings: Settings) -> dict[str, Any]:
    from influence_assets.collectors.config import read_config  # loads pydantic

    return dict(read_config(settings.collect_config).collectors)


def _check_name(settings: Settings, name: str) -> None:
    known_names = _configured(settings)
    if name not in known_names:
        known = ", ".join(known_names) or "none"
        raise UserError(
            f"There is no collector {name} in {settings.collect_config}; there are: {known}. "
            "docs/collect.md shows how to add one."
        )


def add_command(app: typer.Typer, out: Console) -> None:
    """Add `influence collect` to the command line."""

    @app.command()
    def collect(
        name: Annotated[
            str, typer.Argument(help="A collector of collect.yaml; without it, all are listed.")
        ] = "",
        day: Annotated[
            str, typer.Option(help="Day that the run counts for, as 2025-06-01; else today.")
        ] = "",
        now: Annotated[
            bool, typer.Option("--now", help="Ask also while the site wants us to wait.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    ) -> None:
        """Fetch what is new into the landing folder. Example: influence collect my_accounts."""
        settings = Settings.from_env()
        if not name:
            lines = standing(settings)
            print_json({"collectors": lines}) if as_json else print_standing(lines, settings, out)
            return
        say_progress()
        run = collect_and_tell(settings, name, day_of(day, "--day"), now)
        print_json(run) if as_json else print_run(run, out)
        if run["state"] not in (State.OK, State.PARTIAL):
            raise typer.Exit(2 if run["state"] == State.LOGIN_REQUIRED else 1)
