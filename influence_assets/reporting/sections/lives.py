"""What communities lived through, in sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from influence_assets.reporting import words
from influence_assets.reporting.blocks import Cell, Column, Note, Table
from influence_assets.reporting.data import ReportData, of_platform

Row = dict[str, Any]

_TITLE = "What communities lived through"


def events(data: ReportData, platform: str, names: dict[str, str]) -> Table | Note:
    """The last events of a platform as a table.

    Args:
        names: what the page calls each community, by id.
    """
    frame = of_platform(data.community_events, platform)
    if frame.is_empty():
        return Note(
            f"{_TITLE}: since the first week no community was born, merged, split or ended, and "
            "none changed much in size."
        )
    rows = tuple(
        (
            Cell(words.day(row["week_start"])),
            Cell(words.plain(row["event"], 20), words.plain(row["community_id"], 120)),
            Cell(_capital(sentence(row, names))),
        )
        for row in frame.iter_rows(named=True)
    )
    columns = (Column("Week of", "short"), Column("Event", "short"), Column("In words"))
    caption = (
        "The newest first. A community has grown or shrunk where its size changed by the factor "
        "1.3 or more since it settled."
    )
    return Table(_TITLE, columns, rows, caption)


def headline(data: ReportData, platform: str, names: dict[str, str]) -> str:
    """The newest event of a platform, or ''."""
    rows = of_platform(data.community_events, platform).head(1).to_dicts()
    return "".join(
        f"The last that communities on {words.platform(platform)} lived through, in the week of "
        f"{words.day(row['week_start'])}: {sentence(row, names)}"
        for row in rows
    )


def sentence(row: Row, names: dict[str, str]) -> str:
    """What an event was; in lower case where it starts with no name.

    Args:
        row: of `report.community_events`.
        names: what the page calls each community, by id.
    """
    size = row["size_before"] if row["size_after"] is None else row["size_after"]
    who = _called(names, row["community_id"], size)
    others = zip(row["other_ids"], row["other_sizes"], strict=True)
    parts = words.listing([_counted(names, key, n) for key, n in others])
    return f"{who}{_TELL[row['event']](row, parts)}."


def _split(row: Row, parts: str) -> str:
    what = f", of {_members(row['size_before'])}, split"
    if row["size_after"] is None:
        return f"{what} into {parts}"
    return f"{what}: {parts} went, {words.number(row['size_after'])} stayed"


def _death(row: Row, parts: str) -> str:
    went = (
        f"most of its members went to {parts}" if parts else "no other took in most of its members"
    )
    return f", of {_members(row['size_before'])}, ended; {went}"


_TELL: dict[str, Callable[[Row, str], str]] = {
    "birth": lambda row, _: f" came up, with {_members(row['size_after'])}",
    "resurgence": lambda row, _: (
        f" had ended, and has met again with {_members(row['size_after'])}"
    ),
    "growth": lambda row, _: f" has grown to {_members(row['size_after'])}",
    "contraction": lambda row, _: f" has shrunk to {_members(row['size_after'])}",
    "merge": lambda row, parts: f" merged with {parts}, {_members(row['size_after'])} now",
    "split": _split,
    "death": _death,
}
"""What follows the community's name, from the row and from the other communities in words."""


def _called(names: dict[str, str], community_id: str, size: int) -> str:
    """A community as a sentence names it."""
    label = words.label(names.get(community_id, ""), 60)
    if label.startswith("#"):
        return label
    if label.startswith("around "):
        return f"the community {label}"
    return f"the community on “{label}”" if label else f"a community of {_members(size)}"


def _counted(names: dict[str, str], community_id: str, size: int) -> str:
    """The same with its members."""
    called = _called(names, community_id, size)
    return f"{called} ({_members(size)})" if community_id in names else called


def _members(size: int) -> str:
    return words.count(size, "member")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
