"""The command `influence`: each command parses its options, calls one function, and prints.

Exit codes: 0 done, 1 our fault, 2 the user's. Results go to standard output, progress and
errors to standard error; with `--json` standard output holds one JSON object and nothing else.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from influence_assets.cli_collect import add_command
from influence_assets.cli_common import day_of, print_json, say_progress
from influence_assets.cli_encoders import encoders_app
from influence_assets.cli_influence import influence
from influence_assets.cli_network import network_app, seeds
from influence_assets.cli_quarantine import quarantine_app
from influence_assets.cli_search import search
from influence_assets.errors import UserError
from influence_assets.settings import Settings, project_file

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="From social-media exports to influence, communities and predictions.",
)
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(network_app, name="network")
app.add_typer(encoders_app, name="encoders")
app.command()(seeds)
app.command()(search)
evaluate_app = typer.Typer(no_args_is_help=True, help="Score models beside baselines.")
app.add_typer(evaluate_app, name="evaluate")
evaluate_app.command()(influence)
out = Console()
err = Console(stderr=True)
add_command(app, out)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def main() -> NoReturn:
    """Run the command line and turn errors into a paragraph and an exit code."""
    debug = "--debug" in sys.argv
    sys.argv = [a for a in sys.argv if a != "--debug"]
    try:
        app()
    except UserError as error:
        if debug:
            raise
        err.print(f"[bold red]influence:[/] {_escaped(error)}", highlight=False)
        sys.exit(2)
    except Exception as error:
        if debug:
            raise
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        err.print(
            f"[bold red]influence failed:[/] {_escaped(first)} This is a fault of ours: run the "
            "command again with --debug and report what it prints.",
            highlight=False,
        )
        sys.exit(1)
    sys.exit(0)


def _escaped(text: object) -> str:
    return str(text).replace("[", "\\[")


@app.command()
def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, folders, archives; without any, the landing folder."),
    ] = None,
    source: Annotated[
        str,
        typer.Option(help="A built-in mapping's name, or a SPEC.yaml; else a look at each file."),
    ] = "",
    platform: Annotated[str, typer.Option(help="Platform of files that do not say theirs.")] = "",
    read_at: Annotated[
        str, typer.Option(help="When the export was made, if it does not say: 2025-03-31.")
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Read known files anew, e.g. with a mended mapping.")
    ] = False,
    draft_spec: Annotated[
        bool, typer.Option("--draft-spec", help="Write a draft of a mapping for the file, only.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read exports into the raw tables. Example: influence ingest exports/tweets.csv."""
    from influence_assets.cli_ingest import ingest_and_tell
    from influence_assets.sources.draft import draft_of
    from influence_assets.targets import Request

    if draft_spec:
        sys.stdout.write(draft_of(paths or []))
        return
    say_progress()
    request = Request(tuple(str(p) for p in paths or ()), source, platform, read_at)
    result = ingest_and_tell(Settings.from_env(), request, replace, None if as_json else out)
    if as_json:
        print_json(result)
    if result["files_refused"]:
        raise typer.Exit(2)


@app.command()
def sources(
    name: Annotated[str, typer.Argument(help="One of them: what it reads.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the built-in sources, or what one reads. Example: influence sources reddit."""
    from influence_assets.cli_sources import print_sources, told_sources

    told = told_sources(name)
    if as_json:
        print_json(told)
    else:
        print_sources(told, out)


@app.command()
def build(
    select: Annotated[str, typer.Option(help="A Dagster asset selection.")] = "*",
    first: Annotated[str, typer.Option("--from", help="First day, e.g. 2025-01-01.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Build what is fresh, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build what is stale. Example: influence build --select 'group:graph' --from 2025-01-06."""
    from influence_assets.build import build_defs
    from influence_assets.instance import open_instance
    from influence_assets.planning import Request, refresh

    say_progress()
    settings = Settings.from_env()
    request = Request(select, day_of(first, "--from"), day_of(last, "--to"), force)
    started = time.monotonic()
    with open_instance(settings) as instance:
        outcome = refresh(
            build_defs(settings), instance, settings, request, lambda text: err.print(text)
        )
    if as_json:
        print_json({"built": outcome.built, "runs": outcome.run_ids})
        return
    if not outcome.built:
        is_left = bool(outcome.run_ids)  # of a table that says by itself what it lacks
        out.print("Nothing could be built." if is_left else "Everything is up to date.")
    for table, partitions in outcome.built.items():
        out.print(f"{table}: {partitions} partition{'s' if partitions != 1 else ''} built")
    err.print(f"{time.monotonic() - started:.1f} s")


@evaluate_app.command()
def popularity(
    target: Annotated[
        str, typer.Option(help="likes, comments, shares, saves, views or engagement.")
    ] = "engagement",
    platform: Annotated[str, typer.Option(help="One platform; by default each.")] = "",
    protocol: Annotated[
        list[str] | None, typer.Option(help="T (time) or C (cold authors); repeatable.")
    ] = None,
    maturity_hours: Annotated[
        list[float] | None,
        typer.Option(help="Age at which a past post's count may be used; repeatable."),
    ] = None,
    random_split: Annotated[
        bool, typer.Option("--random-split", help="Show how much a random split flatters.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score models of posts. Example: influence evaluate popularity --target likes."""
    from influence_assets.cli_evaluate import evaluate_popularity, print_scores

    say_progress()
    result = evaluate_popularity(
        Settings.from_env(),
        target,
        platform,
        protocol or ["T", "C"],
        maturity_hours or [0.0, 48.0],
        random_split,
    )
    if as_json:
        print_json(result)
    else:
        print_scores(result, out)


@app.command()
def report(
    as_json: AsJson = False,
) -> None:
    """Write the HTML report. Example: influence report."""
    from influence_assets.build import build_defs
    from influence_assets.instance import open_instance
    from influence_assets.planning import Request, refresh

    settings = Settings.from_env()
    with open_instance(settings) as instance:
        refresh(build_defs(settings), instance, settings, Request("group:report", force=True))
    if as_json:
        print_json({"report": str(settings.report)})
    else:
        out.print(str(settings.report), soft_wrap=True)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT.")],
    as_json: AsJson = False,
) -> None:
    """Query the warehouse, read only. Example: influence sql "SELECT path FROM raw.files"."""
    import duckdb
    import polars as pl

    from influence_assets.storage.warehouse import Warehouse

    settings = Settings.from_env()
    with Warehouse(settings.warehouse, settings.lock_wait_s).connect(read_only=True) as connection:
        try:
            frame = connection.execute(query).pl()
        except duckdb.Error as error:
            raise UserError(f"The query cannot be answered: {error}") from error
    if as_json:
        print_json({"columns": frame.columns, "rows": frame.rows()})
        return
    with pl.Config(
        tbl_rows=50,
        tbl_cols=20,
        fmt_str_lengths=60,
        tbl_hide_dataframe_shape=True,
        tbl_width_chars=max(100, out.width),
    ):
        sys.stdout.write(f"{frame}\n")


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Seed of the sample world.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Generate a sample world, ingest it, build everything. Example: influence demo."""
    from influence_assets.cli_demo import run_demo

    say_progress()
    result = run_demo(Settings.from_env(), seed, None if as_json else out, err)
    if as_json:
        print_json(result)


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Start the Dagster UI on this home. Example: influence dev --port 3001."""
    from influence_assets.instance import dagster_home

    settings = Settings.from_env()
    environment = {**os.environ, "DAGSTER_HOME": str(dagster_home(settings))}
    environment |= {"INFLUENCE_HOME": str(settings.home)}
    command = [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", str(port)]
    command += ["-w", str(project_file("workspace.yaml"))]
    err.print(f"Dagster on http://127.0.0.1:{port} for {settings.home}; Ctrl-C ends it.")
    # In place of this process, so that a signal to it ends Dagster and not only a wrapper.
    os.execve(sys.executable, command, environment)
