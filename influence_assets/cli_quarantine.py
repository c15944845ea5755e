"""`influence quarantine`: what was rejected and why, and trying it again."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from influence_assets.cli_common import print_json
from influence_assets.settings import Settings

quarantine_app = typer.Typer(
    no_args_is_help=True, help="Records that broke a rule: look at them, try them again."
)
_out = Console()

_AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Rule = Annotated[str, typer.Option("--rule", help="Only records of this rule.")]
_File = Annotated[
    str, typer.Option("--file", help="Only this file: its path, the path's end, or its file_id.")
]

_HINTS = {
    "day_before_start_date": "set INFLUENCE_START_DATE earlier, then retry",
    "day_in_the_future": "is the mapping's time zone right?",
    "wrong_number_of_fields": "the line is broken in the file: mend it there, or leave it",
    "malformed_json": "the line is broken in the file: mend it there, or leave it",
    "fits_no_feed": "no feed of the mapping wants such records: add one",
}
_HINT_BY_END = {
    "_unreadable": "mend this column in the mapping (time, units, nulls …), then retry",
    "|nullability": "the field is empty: name another one, or leave the records",
    "|min": "a count that no platform gives: leave the records, or mend the column",
    "_is_plausible": "a time that is a default value: mend the column, or leave the records",
}


def hint(rule: str) -> str:
    """What to do about a rule, in a few words; empty where there is nothing to say."""
    if rule in _HINTS:
        return _HINTS[rule]
    if rule.startswith("picture_"):
        return "replace the picture, then `influence ingest FILE --replace`; the post is read"
    return next((text for end, text in _HINT_BY_END.items() if rule.endswith(end)), "")


@quarantine_app.command("list")
def list_rules(rule: _Rule = "", file: _File = "", as_json: _AsJson = False) -> None:
    """Count records by file and rule. Example: influence quarantine list --file posts.csv."""
    from influence_assets.storage.quarantine import Filter, overview

    rows = overview(_warehouse(), Filter(rule, file)).to_dicts()
    rows = [row | {"hint": hint(row["rule"])} for row in rows]
    if as_json:
        print_json({"records": sum(row["records"] for row in rows), "rules": rows})
        return
    if not rows:
        _out.print("Nothing is in quarantine.")
        return
    rules = [f"{row['contract']}.{row['rule']}" for row in rows]
    for path, group in groupby(zip(rules, rows, strict=True), lambda pair: pair[1]["path"]):
        _out.print(f"[bold]{escape(_short(path))}[/]", highlight=False, soft_wrap=True)
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        # As wide in every file, and never cut: a rule is what one asks for next.
        table.add_column(width=max(map(len, rules)), no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        for name, row in group:
            table.add_row(escape(name), f"{row['records']:,}", row["hint"])
        _out.print(table)


@quarantine_app.command()
def show(
    rule: _Rule = "",
    file: _File = "",
    limit: Annotated[int, typer.Option(min=1, help="Records at most.")] = 10,
    as_json: _AsJson = False,
) -> None:
    """Print records as they came. Example: influence quarantine show --rule likes_unreadable."""
    from influence_assets.storage.quarantine import Filter, records

    rows = records(_warehouse(), Filter(rule, file), limit).to_dicts()
    if as_json:
        print_json({"records": rows})
        return
    if not rows:
        _out.print("Nothing is in quarantine.")
    for row in rows:
        _out.print(
            f"[bold]{escape(_short(row['path']))}[/] record {row['row_number']}: "
            f"[red]{escape(row['message'])}[/]",
            highlight=False,
        )
        _out.print(escape(row["raw_row"]), highlight=False, soft_wrap=True)


@quarantine_app.command("retry")
def retry_records(
    source: Annotated[str, typer.Option(help="The mended SPEC.yaml, or a source's name.")] = "",
    rule: _Rule = "",
    file: _File = "",
    platform: Annotated[str, typer.Option(help="Platform of files that do not say theirs.")] = "",
    read_at: Annotated[
        str, typer.Option(help="When the export was made, if it does not say: 2025-03-31.")
    ] = "",
    as_json: _AsJson = False,
) -> None:
    """Read records again, as good ones. Example: influence quarantine retry --source my.yaml."""
    from influence_assets.targets import Request

    result = _retry(Settings.from_env(), Request((), source, platform, read_at), rule, file)
    if as_json:
        print_json(result)
    else:
        _tell(result)
    if any(done["message"] for done in result["files"]):
        raise typer.Exit(2)


def _retry(settings: Settings, request: Any, rule: str, file: str) -> dict[str, Any]:
    from influence_assets.ingest_run import run_ingest

    run_id, metadata = run_ingest(settings, request, retry_quarantined=True, rule=rule, file=file)
    done = list(metadata["retried"])
    counts = {name: sum(one[name] for one in done) for name in ("tried", "moved")}
    return {**counts, "files": done, "run_id": run_id}


def _tell(result: dict[str, Any]) -> None:
    if not result["files"]:
        _out.print("Nothing is in quarantine that could be tried again.")
    for done in result["files"]:
        left = done["tried"] - done["moved"]
        text = f"{done['moved']:,} of {done['tried']:,} records are good now, {left:,} stay."
        _out.print(f"[bold]{escape(_short(done['path']))}[/]  {text}", highlight=False)
        if done["message"]:
            _out.print(f"[red]not tried[/] {escape(done['message'])}", highlight=False)
    if result["moved"]:
        _out.print("`influence build` brings the tables up to date.")


def _warehouse() -> Any:
    from influence_assets.storage.warehouse import Warehouse

    settings = Settings.from_env()
    return Warehouse(settings.warehouse, settings.lock_wait_s)


def _short(path: str) -> str:
    return path if len(path) <= 60 else f"…{path[-58:]}"
