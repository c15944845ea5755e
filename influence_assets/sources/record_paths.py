"""`records:` paths and the fields that are taken from around a record.

    data.*.comments.data      every item of the lists `comments.data` of every item of `data`

Around a record are the items that enclose it, one for each `*`, and the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from influence_assets.sources.json_fields import ABOVE, KEY, ROOT

EACH = "*"


class NoListError(ValueError):
    """What stands at the path holds no records."""


@dataclass(frozen=True)
class Place:
    """A value in a document, the key under which it stood, and what encloses it."""

    value: Any
    key: str | None = None
    above: Place | None = None


def record_places(document: Any, path: str) -> Iterator[Place]:
    """The records at a path of the document: the items of a list there, or an object.

    Nothing stands for no records.

    Raises:
        NoListError: a part of the path leads to something else.
    """
    yield from _walk(Place(document), document, path.split(".") if path else [])


def _walk(around: Place, value: Any, steps: list[str]) -> Iterator[Place]:
    if value is None:
        return
    if not steps:
        if isinstance(value, dict):
            yield Place(value, None, around)
            return
        if not isinstance(value, list):
            raise NoListError("is no list")
        yield from (Place(item, None, around) for item in value)
    elif steps[0] != EACH:
        yield from _walk(around, _child(value, steps[0]), steps[1:])
    else:
        for key, item in _items(value):
            place = Place(item, key, around)
            if len(steps) == 1:
                yield place
            else:
                yield from _walk(place, item, steps[1:])


def _items(value: Any) -> Iterator[tuple[str | None, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((None, item) for item in value)
    else:
        raise NoListError("is no list and no object")


def _child(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and step.isdecimal():
        return value[int(step)] if int(step) < len(value) else None
    return None


def with_added(place: Place, document: Any, added: list[str]) -> Any:
    """The record with the fields of its surroundings under their own names."""
    if not added or not isinstance(place.value, dict):
        return place.value
    return place.value | {name: _around(place, document, name) for name in added}


def _around(place: Place, document: Any, name: str) -> Any:
    if name.startswith(ROOT):
        return dig(document, name.removeprefix(ROOT))
    while name.startswith(ABOVE):
        place, name = place.above or Place(document), name.removeprefix(ABOVE)
    return place.key if name == KEY else dig(place.value, name)


def dig(value: Any, path: str) -> Any:
    """The value at a dotted path; `a[].b` is the list of `b` over the items of `a`."""
    head, _, rest = path.partition("[].")
    for step in head.removesuffix("[]").split("."):
        value = _child(value, step)
    if rest and isinstance(value, list):
        return [dig(item, rest) for item in value]
    return None if rest else value
