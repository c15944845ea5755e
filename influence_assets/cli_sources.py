"""`influence sources`: what can be read without writing a mapping."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from influence_assets.sources.catalog import built_in_names, find_mapping


def told_sources(name: str) -> dict[str, Any]:
    """All built-in sources by name, or one with the versions of its format that it reads.

    Raises:
        UserError: there is no source of that name.
    """
    if not name:
        return {"sources": {known: find_mapping(known).description for known in built_in_names()}}
    mapping = find_mapping(name)
    shapes = [spec.shape for spec in mapping.files]
    return {"source": mapping.name, "description": mapping.description, "shapes": shapes}


def print_sources(told: dict[str, Any], console: Console) -> None:
    """Print what `told_sources` says, for people."""
    if "sources" in told:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, style="bold")
        for known, description in told["sources"].items():
            table.add_row(known, escape(description))
    else:
        console.print(f"[bold]{told['source']}[/]  {escape(told['description'])}", highlight=False)
        table = Table.grid(padding=(0, 1))
        for shape in told["shapes"]:
            table.add_row(" -", escape(shape))
    console.print(table, highlight=False)
