"""`influence encoders`: which encoders are in use, fetching one, and checking them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from influence_assets.cli_common import print_json
from influence_assets.encoders.find import Found, find
from influence_assets.errors import UserError
from influence_assets.settings import Settings

encoders_app = typer.Typer(
    invoke_without_command=True, help="What turns texts and pictures into vectors and labels."
)
_out = Console()
_err = Console(stderr=True)

_AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

WITHOUT_ENCODER = ("none", "vader", "embedding")
"""Choices that load no encoder of their own."""

_NOTES = {"tiny-demo-clip": "for demonstration only: it knows the sample world alone"}


@encoders_app.callback()
def show(context: typer.Context, as_json: _AsJson = False) -> None:
    """List the encoders in use. Example: influence encoders."""
    if context.invoked_subcommand is None:
        list_encoders(as_json)


@encoders_app.command("list")
def list_encoders(as_json: _AsJson = False) -> None:
    """List the encoders in use, and whether they are here. Example: influence encoders list."""
    told = told_encoders(Settings.from_env())
    if as_json:
        print_json({"encoders": told})
        return
    for row in told:
        here = {None: "", True: "here", False: "[bold red]NOT HERE[/]"}[row["is_here"]]
        length = f"{row['dimensions']} numbers" if row["dimensions"] else ""
        facts = ", ".join(filter(None, (here, length, escape(row["id"] or ""))))
        _out.print(f"[bold]{row['for']:<9}[/] {escape(row['name'])}", end="", highlight=False)
        _out.print(f"  {facts}", soft_wrap=True, highlight=False)
        for more in filter(None, (row["where"], row["note"])):
            _out.print(f"{'':<10}{escape(more)}", soft_wrap=True, highlight=False)


@encoders_app.command("fetch")
def fetch_encoder(
    name: Annotated[str, typer.Argument(help="owner/model on the hub, or ViT-B-32.")],
    as_json: _AsJson = False,
) -> None:
    """Download an encoder into the home. Example: influence encoders fetch ViT-B-32."""
    from influence_assets.encoders.fetch import fetch

    found = fetch(name, Settings.from_env().encoders, tell=lambda line: _err.print(line))
    if as_json:
        print_json({"name": name, "where": str(found.folder), "weights_sha256": found.weights})
    else:
        _out.print(f"{name} lies in {found.folder}", soft_wrap=True, highlight=False)


@encoders_app.command("check")
def check_encoders(as_json: _AsJson = False) -> None:
    """Load each encoder and check its golden vectors. Example: influence encoders check."""
    settings = Settings.from_env()
    told = [_checked(row, settings) for row in told_encoders(settings) if _is_checked(row)]
    if as_json:
        print_json({"encoders": told})
    else:
        for row in told:
            _out.print(
                f"{row['for']} {row['name']}: {row['fault'] or 'as it should be'}",
                soft_wrap=True, highlight=False, markup=False,
            )  # fmt: skip
    if any(row["fault"] for row in told):
        raise typer.Exit(2)


def told_encoders(settings: Settings) -> list[dict[str, Any]]:
    """What each kind of work uses.

    Returns:
        for, name, is_here (None where no encoder is needed), id, where, dimensions and note (of
        what is to be known or to be done).
    """
    chosen = {
        "text": settings.text_encoder,
        "image": settings.image_encoder,
        "sentiment": settings.sentiment,
        "emotion": settings.emotion,
        "topics": settings.topics,
    }
    return [_told(work, name, settings) for work, name in chosen.items()]


def _told(work: str, name: str, settings: Settings) -> dict[str, Any]:
    row: dict[str, Any] = {"for": work, "name": name, "is_here": None, "id": None, "where": None}
    row |= {"dimensions": None, "note": _NOTES.get(name, "")}
    if name in WITHOUT_ENCODER and work != "text":
        return row
    try:
        found = find(name, settings.encoders)
        if found is None:
            return row | {"is_here": False, "note": _what_to_do(work, name, settings)}
        identity = _id_of(work, name, settings.encoders) or found.encoder_id(work)
    except UserError as error:
        return row | {"is_here": False, "note": str(error)}
    where = str(found.checkpoint or found.folder)
    return row | {
        "is_here": True,
        "id": identity,
        "where": where,
        "dimensions": _dimensions(work, found),
    }


def _id_of(work: str, name: str, encoders: Path) -> str | None:
    """The id that stands beside its vectors; labels have none there."""
    from influence_assets.encoders.image import image_encoder_id
    from influence_assets.encoders.text import text_encoder_id

    ids = {"text": text_encoder_id, "image": image_encoder_id}
    return ids[work](name, encoders) if work in ids else None


def _what_to_do(work: str, name: str, settings: Settings) -> str:
    if work == "image" and not settings.is_image_encoder_chosen:
        from influence_assets.encoders.image import missing_default

        return missing_default(name)
    return f"not on this machine: `influence encoders fetch {name}`, or choose another"


def _dimensions(work: str, found: Found) -> int | None:
    """Length of a vector, as files beside the weights say it; None where they do not."""
    if work == "image":
        from influence_assets.encoders.image import dimensions

        return dimensions(found)
    pooling = found.folder / "1_Pooling" / "config.json"
    if work == "text" and pooling.is_file():
        told = json.loads(pooling.read_text(encoding="utf-8"))
        length = told.get("word_embedding_dimension") or told.get("embedding_dimension")
        return int(length) if length else None
    return None


def _is_checked(row: dict[str, Any]) -> bool:
    """Those that give vectors, also where they are not here: then that is what is wrong."""
    return row["for"] in ("text", "image") and row["is_here"] is not None


def _checked(row: dict[str, Any], settings: Settings) -> dict[str, Any]:
    from influence_assets.encoders.image import load_image_encoder
    from influence_assets.encoders.text import load_text_encoder

    load = load_image_encoder if row["for"] == "image" else load_text_encoder
    try:
        load(row["name"], settings.encoders, settings.device)
    except UserError as error:
        return row | {"fault": str(error)}
    return row | {"fault": ""}
