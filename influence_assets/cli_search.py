"""`influence search`: posts that say or show something."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from influence_assets.cli_common import day_of, print_json
from influence_assets.errors import UserError
from influence_assets.settings import Settings

if TYPE_CHECKING:
    from influence_assets.search import Among

SHOWN_CHARACTERS = 100


def search(
    text: Annotated[str, typer.Argument(help="What is looked for, in words.")] = "",
    image: Annotated[
        Path | None, typer.Option(help="A picture that is looked for; with words, both.")
    ] = None,
    among: Annotated[
        str, typer.Option("--in", help="texts or images; by default images with --image only.")
    ] = "",
    platform: Annotated[str, typer.Option(help="Only posts of this platform.")] = "",
    since: Annotated[str, typer.Option(help="Only posts of this day or later.")] = "",
    until: Annotated[str, typer.Option(help="Only posts of this day or earlier.")] = "",
    community: Annotated[
        str, typer.Option(help="Only profiles in this community, in the last week.")
    ] = "",
    k: Annotated[int, typer.Option(min=1, help="So many at most.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find posts by meaning. Example: influence search "sunset at the beach" --k 5."""
    from influence_assets.search import Query
    from influence_assets.search import search as find

    query = Query(
        text,
        image,
        _among(among, image),
        platform,
        day_of(since, "--since"),
        day_of(until, "--until"),
        community,
        k,
    )
    result = find(Settings.from_env(), query)
    if as_json:
        print_json(result)
    else:
        print_hits(result, Console())


def _among(told: str, image: Path | None) -> Among:
    if told not in ("", "texts", "images"):
        raise UserError(f"--in is '{told}'. Write texts or images.")
    if told:
        return "images" if told == "images" else "texts"
    return "texts" if image is None else "images"


def print_hits(result: dict[str, Any], console: Console) -> None:
    """A table, the nearest first; a text that several posts have says how many."""
    table = Table("score", "platform", "profile", "date", "text", box=None)
    for hit in result["hits"]:
        # What users wrote is no markup.
        said = Text(_cut(hit))
        if hit["url"]:
            said.append(f"\n{hit['url']}", style="dim")
        cells = [hit["platform"], hit["profile_id"], f"{hit['posted_at']:%Y-%m-%d}"]
        table.add_row(f"{hit['score']:.3f}", *(Text(c) for c in cells), said)
    if result["hits"]:
        console.print(table)
    else:
        console.print("No post passes these filters.")
    if result["is_up_to_date"] is False:
        console.print(
            "Posts have come in since texts were last encoded, and are not looked at: run "
            "`influence build --select group:content`.",
            highlight=False,
        )


def _cut(hit: dict[str, Any]) -> str:
    text = " ".join((hit["text"] or "").split())
    if len(text) > SHOWN_CHARACTERS:
        text = text[: SHOWN_CHARACTERS - 1] + "…"
    return text if hit["posts"] == 1 else f"{text} (in {hit['posts']} posts)"
