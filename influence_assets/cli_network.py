"""`influence network` and `influence seeds`: questions to the network of a platform in a week."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from influence_assets.cli_common import day_of, print_json
from influence_assets.errors import UserError
from influence_assets.settings import Settings

if TYPE_CHECKING:
    from influence_assets.network import Week
    from influence_assets.storage.warehouse import Warehouse

network_app = typer.Typer(
    no_args_is_help=True, help="The network of one platform as of the end of a week."
)
_out = Console()

_AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Platform = Annotated[str, typer.Option(help="Needed where there are several.")]
_Day = Annotated[str, typer.Option("--week", help="A day of the week; by default the last week.")]


@network_app.command()
def near(
    profiles: Annotated[list[str], typer.Argument(help="Profile ids.")],
    platform: _Platform = "",
    week: _Day = "",
    most: Annotated[int, typer.Option("--k", min=1, help="Profiles to list.")] = 20,
    alike: Annotated[bool, typer.Option("--alike", help="By likeness, not by ties.")] = False,
    as_json: _AsJson = False,
) -> None:
    """List who is nearest to these profiles. Example: influence network near ann bob --k 10."""
    from influence_assets.network import nearest

    if alike:
        _near_by_likeness(profiles, platform, week, most, as_json)
        return
    found = _week(platform, week)
    rows = nearest(found, profiles, most).to_dicts()
    if as_json:
        print_json(_about(found) | {"near": profiles, "profiles": rows})
        return
    _say(found)
    table = Table("profile", "share of visits", box=None)
    for row in rows:
        table.add_row(escape(row["profile_id"]), f"{row['pagerank']:.2%}")
    _out.print(table)


def _near_by_likeness(
    profiles: list[str], platform: str, week: str, most: int, as_json: bool
) -> None:
    from influence_assets.network import likeness_of, most_alike

    found = likeness_of(_warehouse(), platform, day_of(week, "--week"))
    rows = most_alike(found, profiles, most).to_dicts()
    about = {"platform": found.platform, "week_start": found.week_start}
    if as_json:
        print_json(about | {"pairs": found.pairs.height, "near": profiles, "profiles": rows})
        return
    _out.print(
        f"{found.platform}, week of {found.week_start}: {found.pairs.height:,} pairs are alike",
        highlight=False,
    )
    table = Table("profile", "hashtags", "facts", box=None)
    for row in rows:
        weights = (f"{row[name]:.2f}" for name in ("hashtag_weight", "similarity_weight"))
        table.add_row(escape(row["profile_id"]), *weights)
    _out.print(table)


@network_app.command()
def compare(
    platform: _Platform = "",
    week: _Day = "",
    truth: Annotated[
        Path | None, typer.Option(help="CSV of true groups: profile_id, label.")
    ] = None,
    runs: Annotated[int, typer.Option(min=2, help="Runs of each, with seeds of their own.")] = 5,
    iterations: Annotated[int, typer.Option(min=1, help="Of each run of Leiden.")] = 3,
    as_json: _AsJson = False,
) -> None:
    """Compare algorithms for communities. Example: influence network compare --truth groups.csv."""
    from influence_assets.assets.graph import layers_of
    from influence_assets.domain.graph.leiden import Leiden
    from influence_assets.network import comparison

    found = _week(platform, week)
    how = Leiden(runs=runs, iterations=iterations, layers=layers_of(Settings.from_env()))
    rows = comparison(_warehouse(), found, truth, how).to_dicts()
    if as_json:
        print_json(_about(found) | {"runs": runs, "algorithms": rows})
        return
    _say(found)
    table = Table("algorithm", "communities", "modularity", "stability", box=None)
    for name in ("ARI", "NMI", "s"):
        table.add_column(name, justify="right")
    for row in rows:
        agreement = ("–" if row[c] is None else f"{row[c]:.3f}" for c in ("truth_ari", "truth_nmi"))
        table.add_row(
            row["algorithm"], f"{row['communities']:,}", f"{row['modularity']:.4f}",
            f"{row['stability']:.3f}", *agreement, f"{row['seconds']:.1f}",
        )  # fmt: skip
    _out.print(table)


@network_app.command("slices")
def slices_of(
    platform: _Platform = "",
    first: Annotated[str, typer.Option("--from", help="A day; by default, of 8 weeks.")] = "",
    last: Annotated[str, typer.Option("--to", help="A day; by default, of the last week.")] = "",
    coupling: Annotated[
        float, typer.Option(min=0, help="Of a profile to itself a week later; a follow is 1.")
    ] = 1.0,
    resolution: Annotated[float, typer.Option(min=0, help="Larger finds more.")] = 1.0,
    runs: Annotated[int, typer.Option(min=1, help="The best of them is kept.")] = 1,
    out: Annotated[Path | None, typer.Option(help="OUT.parquet for who is where.")] = None,
    as_json: _AsJson = False,
) -> None:
    """Find communities of weeks together. Example: influence network slices --coupling 2."""
    from influence_assets.domain.graph.leiden import Leiden
    from influence_assets.network_slices import sliced

    if out and out.suffix != ".parquet":
        raise UserError(f"{out.name} does not end with .parquet.")
    how = Leiden(resolution=resolution, runs=runs)
    days = day_of(first, "--from"), day_of(last, "--to")
    found = sliced(_warehouse(), platform, *days, coupling, how)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        found.members.write_parquet(out)
    total = {"changed": found.changed, "weekly_changed": found.weekly_changed}
    rows = found.weeks.to_dicts()
    if as_json:
        about = {"platform": found.platform, "coupling": coupling, "file": out}
        print_json(about | total | {"weeks": rows})
        return
    table = Table("week", "profiles", "communities", "changed", "by weekly ids", box=None)
    for row in [*rows, {"week_start": "all", "profiles": "", "communities": "", **total}]:
        shares = (row["changed"], row["weekly_changed"])
        told = ("–" if share is None else f"{share:.1%}" for share in shares)
        table.add_row(*(str(row[c]) for c in ("week_start", "profiles", "communities")), *told)
    _out.print(table)


@network_app.command("export")
def export_week(
    path: Annotated[Path, typer.Argument(help="OUT.gexf, .graphml, .parquet or .csv.")],
    platform: _Platform = "",
    week: _Day = "",
    as_json: _AsJson = False,
) -> None:
    """Write a week's network to a file. Example: influence network export week.gexf."""
    from influence_assets.network_export import export

    found = _week(platform, week)
    files = export(_warehouse(), found, path)
    if as_json:
        print_json(_about(found) | {"files": files})
        return
    _say(found)
    for file in files:
        _out.print(str(file), soft_wrap=True, highlight=False)


@network_app.command()
def evidence(
    platform: Annotated[str, typer.Option(help="By default all.")] = "",
    week: _Day = "",
    profile: Annotated[str, typer.Option(help="Profile id; by default all.")] = "",
    as_json: _AsJson = False,
) -> None:
    """List what is out of line. Example: influence network evidence --profile studio.mio."""
    from influence_assets.evidence import NOTE, evidence_of

    found = evidence_of(_warehouse(), platform, day_of(week, "--week"), profile)
    rows = found.rows.to_dicts()
    if as_json:
        print_json({"note": NOTE, "week_start": found.week_start, "evidence": rows})
        return
    nothing = f"Nothing is out of line in the week of {found.week_start}."
    _out.print(NOTE if rows else nothing, highlight=False)
    for row in rows:
        head = f"{row['profile_id']}, {row['platform']}, week of {row['week_start']}: {row['kind']}"
        _out.print(f"{escape(head)}\n  {escape(row['evidence'])}", highlight=False)


class SpreadModel(StrEnum):
    """How something spreads."""

    IC = "ic"
    LT = "lt"


def seeds(
    most: Annotated[int, typer.Option("--k", min=1, help="Profiles at most.")] = 20,
    budget: Annotated[
        float | None, typer.Option(min=0, help="What their costs may sum to.")
    ] = None,
    costs: Annotated[
        Path | None,
        typer.Option(help="CSV of who can be had: profile_id, cost. Default: all, at 1."),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="A profile not to take; repeatable.")
    ] = None,
    model: Annotated[
        SpreadModel, typer.Option(help="Independent cascade or linear threshold.")
    ] = SpreadModel.IC,
    platform: _Platform = "",
    week: _Day = "",
    as_json: _AsJson = False,
) -> None:
    """Choose whom to start with. Example: influence seeds --k 20 --budget 5000 --costs fees.csv."""
    from influence_assets.seeding import Plan, seed_plan

    found = _week(platform, week)
    plan = Plan(most, budget, costs, tuple(exclude or ()), model.value)
    told = seed_plan(found, plan)
    if as_json:
        print_json(_about(found) | told)
        return
    _say(found)
    table = Table("profile", "cost", "reaches more", "alone", "overlap", box=None)
    for row in told["profiles"]:
        table.add_row(
            escape(row["profile_id"]), f"{row['cost']:g}", f"{row['gain']:,.1f}",
            f"{row['alone']:,.1f}", f"{row['overlap']:.0%}",
        )  # fmt: skip
    _out.print(table)
    for name, spread in {"together": told["spread"], **told["beside"]}.items():
        interval = f"{spread['low']:,.1f} to {spread['high']:,.1f}"
        _out.print(f"{name}: {spread['mean']:,.1f} profiles ({interval})", highlight=False)


def _week(platform: str, day: str) -> Week:
    from influence_assets.network import week_of

    return week_of(_warehouse(), platform, day_of(day, "--week"))


def _warehouse() -> Warehouse:
    from influence_assets.storage.warehouse import Warehouse

    settings = Settings.from_env()
    return Warehouse(settings.warehouse, settings.lock_wait_s)


def _about(week: Week) -> dict[str, Any]:
    return {"platform": week.platform, "week_start": week.week_start, "ties": week.ties.height}


def _say(week: Week) -> None:
    _out.print(
        f"{week.platform}, week of {week.week_start}: {week.ties.height:,} ties", highlight=False
    )
