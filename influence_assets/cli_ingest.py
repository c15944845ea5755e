"""`influence ingest`: a run of the ingesting asset, and the table that it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from influence_assets.assets.raw import RAW_ROWS
from influence_assets.cli_quarantine import hint
from influence_assets.ingest_run import run_ingest
from influence_assets.settings import Settings
from influence_assets.storage.warehouse import Warehouse
from influence_assets.targets import Request

SHOWN_FILES = 20
SHOWN_REASONS = 5


def ingest_and_tell(
    settings: Settings, request: Request, replace: bool, console: Console | None
) -> dict[str, Any]:
    """Ingest what is asked for as a run of the shared Dagster instance.

    Returns counts, the rows of raw.files that are new, and what was quarantined by rule.
    """
    warehouse = Warehouse(settings.warehouse, settings.lock_wait_s)
    before = _last_number(warehouse)
    run_id, metadata = run_ingest(settings, request, replace=replace)
    known = {"files_known": int(metadata["files_known"]), "run_id": run_id}
    result = _result(warehouse, before) | known
    if console is not None:
        _print(result, console)
    return result


def _last_number(warehouse: Warehouse) -> int:
    with warehouse.connect() as connection:
        row = connection.execute("SELECT coalesce(max(ingest_number), 0) FROM raw.files").fetchone()
    return int(row[0]) if row else 0


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
    by_status = dict(files.group_by("status").len().rows())
    return {
        "files_ingested": good.height,
        "files_skipped": by_status.get("skipped", 0),
        "files_refused": by_status.get("refused", 0),
        "rows_in": int(good["rows_in"].sum()),
        "rows_good": int(good["rows_good"].sum()),
        "rows_quarantined": int(good["rows_quarantined"].sum()),
        "raw_rows": rows,
        "files": files.to_dicts(),
        "quarantined": rules.to_dicts(),
    }


def _print(result: dict[str, Any], console: Console) -> None:
    files = _by_archive(result["files"])
    ingested = [f for f in files if f["status"] == "ingested"]
    if ingested:
        table = Table(box=None)
        table.add_column("file", overflow="fold")
        table.add_column("read as", no_wrap=True)
        for count in ("rows in", "good", "quarantined"):
            table.add_column(count, justify="right", no_wrap=True)
        # The files with something to tell come first, then the largest.
        ingested.sort(key=lambda f: (-f["rows_quarantined"], -f["rows_in"]))
        for file in ingested[:SHOWN_FILES]:
            counts = [f"{file[c]:,}" for c in ("rows_in", "rows_good", "rows_quarantined")]
            table.add_row(escape(file["label"]), file["source"], *counts)
        if len(ingested) > SHOWN_FILES:
            table.add_row(f"… and {len(ingested) - SHOWN_FILES:,} more")
        totals = [f"[bold]{result[c]:,}[/]" for c in ("rows_in", "rows_good", "rows_quarantined")]
        table.add_row("[bold]all files[/]", "", *totals)
        console.print(table)
    _print_reasons(files, console)
    for rule in result["quarantined"]:
        to_do = f" ({text})" if (text := hint(rule["rule"])) else ""
        console.print(
            f"  quarantined: {rule['rows']:,} by {rule['contract']}.{rule['rule']}{to_do}"
        )
    if result["quarantined"]:
        console.print("  `influence quarantine show` lists the records.")
    if result["files_known"]:
        known = result["files_known"]
        files_had = "file had" if known == 1 else "files had"
        console.print(f"{known:,} {files_had} been ingested before: 0 new rows.")


def _print_reasons(files: list[dict[str, Any]], console: Console) -> None:
    """What each kind of file was recognised by, and why others were skipped or refused."""
    told = dict.fromkeys((f["source"], f["message"]) for f in files if f["status"] == "ingested")
    reasons = [f"  [bold]{source}[/]: {escape(why)}" for source, why in told if why]
    for reason in reasons[:SHOWN_REASONS]:
        console.print(reason, highlight=False)
    if len(reasons) > SHOWN_REASONS:
        more = len(reasons) - SHOWN_REASONS
        console.print(f"  … {more} more: `influence sql 'SELECT path, message FROM raw.files'`")
    for file in files:
        if file["status"] == "skipped":
            console.print(f"skipped {escape(file['label'])}: {escape(file['message'])}")
        elif file["status"] == "refused":
            label = escape(file["label"])
            message = escape(file["message"].removeprefix(f"{file['path']} "))
            console.print(f"[red]refused[/] [bold]{label}[/] {message}", highlight=False)


def _by_archive(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Files by name, and the well-read members of one archive as one line."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for file in files:
        archive, _, member = file["path"].partition("!")
        alone = file["status"] != "ingested" or not member
        key = (file["path"] if alone else archive, file["status"], file["source"])
        if key not in found:
            found[key] = file | {"members": 0}
        else:
            for count in ("rows_in", "rows_good", "rows_quarantined"):
                found[key][count] += file[count]
        found[key]["members"] += 1
    for file in found.values():
        archive, _, member = file["path"].partition("!")
        name = Path(archive).name
        several = f"{name} ({file['members']:,} files in it)"
        file["label"] = several if file["members"] > 1 else f"{name}!{member}" if member else name
    return list(found.values())
