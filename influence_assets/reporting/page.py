"""The report as one HTML page that needs nothing beside it."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from influence_assets.reporting import words
from influence_assets.reporting.blocks import Tile
from influence_assets.reporting.data import ReportData
from influence_assets.reporting.sections import all_sections

if TYPE_CHECKING:
    from jinja2 import Template


def render_report(data: ReportData) -> str:
    """The page. The same data gives the same text, byte by byte.

    Handles, captions and messages come from strangers: all text is escaped, and
    addresses become links only where they lead to the web.
    """
    sections = all_sections(data)
    return _template().render(
        title=words.plain(data.title, 120),
        generated_at=f"{words.day(data.generated_at)}, {data.generated_at:%H:%M} UTC",
        tiles=_tiles(data),
        headlines=[section.headline for section in sections if section.headline],
        sections=sections,
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("influence_assets.reporting"),
        # Not select_autoescape: it would leave a name that ends in .j2 alone.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _tiles(data: ReportData) -> list[Tile]:
    sums = {c: int(data.totals[c].sum()) for c in ("profiles", "posts", "observations", "ties")}
    if not any(sums.values()):
        return []
    first, last = data.totals["first_day"].min(), data.totals["last_day"].max()
    return [
        Tile(words.number(len(data.totals)), "platform" if len(data.totals) == 1 else "platforms"),
        Tile(words.number(sums["profiles"]), "profiles", words.exact(sums["profiles"])),
        Tile(words.number(sums["posts"]), "posts", words.exact(sums["posts"])),
        Tile(words.number(sums["observations"]), "observations", words.exact(sums["observations"])),
        Tile(words.number(sums["ties"]), "acts and ties", words.exact(sums["ties"])),
        Tile(_days(first, last), "days covered"),
    ]


def _days(first: object, last: object) -> str:
    if not isinstance(first, date) or not isinstance(last, date):
        return words.NOTHING
    return words.number((last - first).days + 1)
