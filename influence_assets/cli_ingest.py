"""`influence ingest`: a run of the ingesting asset, and the table that it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from influence_assets.assets.raw import RAW_ROWS
from influence_assets.build import build_defs
from influence_assets.instance import open_instance
from influence_assets.planning import run_assets
from influence_assets.settings import Settings
from influence_assets.storage.warehouse import Warehouse

SHOWN_FILES = 20

HINTS = {
    "day_before_start_date": " (set INFLUENCE_START_DATE earlier, then ingest with --replace)",
    "day_in_the_future": " (is the time zone of the mapping right?)",
}
"""What to do about rules that depend on settings rather than on the record alone."""


def ingest_and_tell(
    settings: Settings, path: Path | None, source: str, replace: bool, console: Console | None
) -> dict[str, Any]:
    """Ingest a path, or the landing folder, as a run of the shared Dagster instance.

    Returns counts, the rows of raw.files that are new, and what was quarantined by rule.
    """
    warehouse = Warehouse(settings.warehouse, settings.lock_wait_s)
    before = _last_number(warehouse)
    # A relative source file is meant from the working folder, wherever the run takes place.
    named = str(Path(source).absolute()) if source.endswith((".yaml", ".yml")) else source
    config = {"path": str(path.absolute()) if path else "", "source": named, "replace": replace}
    with open_instance(settings) as instance:
        run_id = run_assets(
            build_defs(settings),
            instance,
            [["raw", "files"], ["raw", "quarantine"]],
            {},
            {"ops": {"ingest": {"config": config}}},
        )
        known = _known_files(instance, run_id)
    result = _result(warehouse, before) | {"files_known": known, "run_id": run_id}
    if console is not None:
        _print(result, console)
    return result


def _last_number(warehouse: Warehouse) -> int:
    with warehouse.connect() as connection:
        row = connection.execute("SELECT coalesce(max(ingest_number), 0) FROM raw.files").fetchone()
    return int(row[0]) if row else 0


def _known_files(instance: Any, run_id: str) -> int:
    """How many files had been ingested before: they leave no trace but in the run's metadata."""
    for record in instance.get_records_for_run(run_id).records:
        event = record.event_log_entry.asset_materialization
        if event and event.asset_key.path == ["raw", "files"]:
            return int(event.metadata["files_known"].value)
    return 0


def _result(warehouse: Warehouse, before: int) -> dict[str, Any]:
    with warehouse.connect() as connection:
        files = connection.execute(
            "SELECT path, source, rows_in, rows_good, rows_quarantined, status, message "
            "FROM raw.files WHERE ingest_number > ? ORDER BY ingest_number",
            [before],
        ).pl()
        rules = connection.execute(
            "SELECT q.contract, q.rule, count(*) AS rows FROM raw.quarantine AS q "
            "JOIN raw.files AS f USING (file_id) WHERE f.ingest_number > ? "
            "GROUP BY ALL ORDER BY rows DESC, contract, rule",
            [before],
        ).pl()
        rows = {
            name: connection.execute(
                f"SELECT count(*) FROM {name} JOIN raw.files AS f USING (file_id) "
                "WHERE f.ingest_number > ?",
                [before],
            ).fetchall()[0][0]
            for name in RAW_ROWS
        }
    good = files.filter(files["status"] == "ingested")
    return {
        "files_ingested": good.height,
        "files_refused": files.height - good.height,
        "rows_in": int(good["rows_in"].sum()),
        "rows_good": int(good["rows_good"].sum()),
        "rows_quarantined": int(good["rows_quarantined"].sum()),
        "raw_rows": rows,
        "files": files.to_dicts(),
        "quarantined": rules.to_dicts(),
    }


def _print(result: dict[str, Any], console: Console) -> None:
    files = result["files"]
    if files:
        table = Table("file", "rows in", "good", "quarantined", "", box=None)
        # The files with something to tell come first, then the largest.
        ordered = sorted(
            files, key=lambda f: (f["status"] == "ingested", -f["rows_quarantined"], -f["rows_in"])
        )
        for file in ordered[:SHOWN_FILES]:
            note = "" if file["status"] == "ingested" else "[red]refused[/]"
            counts = [f"{file[c]:,}" for c in ("rows_in", "rows_good", "rows_quarantined")]
            table.add_row(_short(file["path"]), *counts, note)
        if len(files) > SHOWN_FILES:
            table.add_row(f"… and {len(files) - SHOWN_FILES} more files")
        totals = [f"{result[c]:,}" for c in ("rows_in", "rows_good", "rows_quarantined")]
        table.add_row("[bold]all files[/]", *(f"[bold]{t}[/]" for t in totals))
        console.print(table)
    for rule in result["quarantined"]:
        hint = HINTS.get(rule["rule"], "")
        console.print(f"  quarantined: {rule['rows']:,} by {rule['contract']}.{rule['rule']}{hint}")
    for file in files:
        if file["message"]:
            console.print(f"[red]refused[/] {file['message']}", highlight=False)
    if result["files_known"]:
        known = result["files_known"]
        files_had = "file had" if known == 1 else "files had"
        console.print(f"{known:,} {files_had} been ingested before: 0 new rows.")


def _short(path: str) -> str:
    return path if len(path) <= 60 else f"…{path[-58:]}"
