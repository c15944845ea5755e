"""The pieces a page is built from. Plain data: sections fill it, the template shows it.

The template tells the kinds apart by `block`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal


@dataclass(frozen=True)
class Note:
    """A sentence. `run` is the command that would fill an empty place."""

    block: ClassVar[str] = "note"
    text: str
    run: str = ""


@dataclass(frozen=True)
class Chart:
    """A picture with its words. `svg` is markup made by us; all else is plain text."""

    block: ClassVar[str] = "chart"
    svg: str
    title: str
    caption: str
    legend: tuple[tuple[int | str, str], ...] = ()
    """Colour (a series number or the name of a CSS variable) and what it stands for."""
    is_wide: bool = True
    """Keeps a least width and scrolls sideways on a phone, so that text stays readable."""


@dataclass(frozen=True)
class Column:
    """A column's heading, and what it means. A short text is kept on one line."""

    label: str
    kind: Literal["text", "short", "number"] = "text"
    meaning: str = ""


@dataclass(frozen=True)
class Cell:
    """One value, with a tooltip (`hint`) and small print under it (`note`).

    `bar` draws it as a share of the column's largest value, from 0 to 1.
    """

    text: str
    hint: str = ""
    bar: float | None = None
    colour: int | None = None
    link: str | None = None
    is_strong: bool = False
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells."""

    block: ClassVar[str] = "table"
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Group:
    """The blocks of one platform, or another part that can be folded away."""

    block: ClassVar[str] = "group"
    title: str
    blocks: tuple[Note | Chart | Table, ...]
    is_open: bool = True


@dataclass(frozen=True)
class Section:
    """A part of the page with its own entry in the table of contents.

    Attributes:
        headline: the one finding for the top of the page, or ''.
    """

    anchor: str
    title: str
    lead: str
    blocks: tuple[Note | Chart | Table | Group, ...] = field(default=())
    headline: str = ""


@dataclass(frozen=True)
class Tile:
    """One large number at the top."""

    value: str
    label: str
    hint: str = ""


def empty(command: str, text: str = "Nothing here yet") -> Note:
    """The honest place-holder of an empty table."""
    return Note(text, run=command)
