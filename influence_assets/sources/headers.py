"""The column names of a table, as its header has them and as a mapping calls them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence


def column_names(names: Iterable[str]) -> list[str]:
    """Names without outer blanks and line breaks, and each of them once.

    A repeated name gets `.2`, `.3` … so that none hides another, and an empty one its place.
    """
    plain = [" ".join(name.split()) or f"column_{place}" for place, name in enumerate(names, 1)]
    unique: list[str] = []
    for column in plain:
        name, times = column, 1
        while name in unique or (times > 1 and name in plain):
            times += 1
            name = f"{column}.{times}"
        unique.append(name)
    return unique


def known_names(header: Sequence[str], names: Mapping[str, Sequence[str]]) -> list[str]:
    """The header with the names by which the mapping knows its columns.

    `names` gives for each its other spellings, of which the first that is there counts. Upper
    and lower case, blanks and marks do not: `Profile ID` is `profile_id` and `profileId`.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        places.setdefault(letters(name), place)
    found: dict[int, str] = {}
    for known, others in names.items():
        spellings = others if known in others else (known, *others)
        held = (places[key] for key in map(letters, spellings) if key in places)
        for free in (p for p in held if p not in found):
            found[free] = known
            break
    # The found ones go first: a column that bears the name of a better one gets a number.
    order = sorted(range(len(header)), key=lambda place: place not in found)
    unique = column_names(found.get(place, header[place]) for place in order)
    return [name for _, name in sorted(zip(order, unique, strict=True))]


def is_hint(row: Sequence[str]) -> bool:
    """Whether a first line is `sep=;`, which tells Excel the delimiter and is no header."""
    return re.fullmatch(r"sep=\W?", "".join(row).strip().lower()) is not None


def letters(name: str) -> str:
    """A name without what spellings of it differ by."""
    return re.sub(r"[\W_]+", "", name.lower())
