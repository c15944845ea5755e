"""The fields that a mapping names, as a polars type to decode JSON into, and as columns.

Every leaf is text: a number in one record and a text in the next do not clash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from influence_assets.sources.column_spec import Column
from influence_assets.sources.mapping import FileSpec, target_types

ROOT, ABOVE, KEY = "/", "../", "@key"
"""How a field begins that is of the document, or of the item that encloses the record; and the
name under which the record stood in an object. Readers add them to the record as they are."""

_ITEMS = "[]"


def is_added(name: str) -> bool:
    """Whether a reader adds the field to the record: its name is no path in the record."""
    return name.startswith((ROOT, ABOVE)) or name == KEY


def plain_path(name: str) -> str:
    """A field's path without `[]` and without places in lists: `a.b` for `a[].b` and `a.0.b`."""
    return re.sub(r"\.(?:\d+|[^.=]+=[^.]*)(?=\.|$)", "", name.replace(_ITEMS, ""))


def steps_of(name: str) -> list[str]:
    """`a.b[].0.c` as a, b, [], 0, c; a field that readers add is one step.

    In `a.name=x.b` the step `name=x` is the first item of the list `a` whose name is x.
    """
    if is_added(name):
        return [name]
    return [s for step in name.split(".") for s in _split(step) if s]


def _split(step: str) -> tuple[str, str]:
    return (step.removesuffix(_ITEMS), _ITEMS if step.endswith(_ITEMS) else "")


@dataclass
class _Node:
    """A place in the records: an object with fields, a list with items, or a leaf."""

    fields: dict[str, _Node] = field(default_factory=dict)
    items: _Node | None = None

    def below(self, step: str) -> _Node:
        if step == _ITEMS or step.isdigit():
            self.items = self.items or _Node()
            return self.items
        if "=" in step:
            items = self.below(_ITEMS)
            items.below(step.partition("=")[0])
            return items
        return self.fields.setdefault(step, _Node())

    def dtype(self) -> pl.DataType:
        if self.items is not None:
            return pl.List(self.items.dtype())
        if self.fields:
            return pl.Struct({name: node.dtype() for name, node in self.fields.items()})
        return pl.String()


class JsonFields:
    """The fields of a mapping as a polars type to decode into, and as columns of the result."""

    def __init__(self, spec: FileSpec) -> None:
        self._names = sorted(spec.fields())
        top = _Node()
        for name in self._names:
            _at(top, steps_of(name))
        for name, items in _lists(spec).items():
            # `a[].b` is a list already: its items are what stands at the end of the path.
            node = _at(top, [*steps_of(name), *(() if _ITEMS in name else (_ITEMS,))])
            for item in items:
                _at(node, steps_of(item))
        fields = {name: node.dtype() for name, node in top.fields.items()}
        self.dtype = pl.Struct(fields or {"": pl.String()})

    def expressions(self) -> list[pl.Expr]:
        """One column for each field, named by its path."""
        found = []
        for name in self._names:
            first, *rest = steps_of(name)
            found.append(extracted(pl.col(first), rest).alias(name))
        return found


def _at(node: _Node, steps: list[str]) -> _Node:
    for step in steps:
        node = node.below(step)
    return node


def _lists(spec: FileSpec) -> dict[str, set[str]]:
    """Fields that hold JSON lists, each with the fields of its items that are wanted.

    They are those of list columns, those that are counted, and those that `each` runs over.
    """
    found: dict[str, set[str]] = {}
    for feed in spec.feeds:
        types = target_types(feed.contract)
        for column, how in feed.columns.items():
            if how.count or (isinstance(types[column], pl.List) and _has_own_lists(how)):
                for name in how.fields:
                    if _ITEMS not in name and not name.startswith("."):
                        found.setdefault(name, set())
        if feed.each and _has_own_lists(feed.each):
            used = {f for c in feed.columns.values() for f in c.fields}
            items = {f[1:] for f in used if f.startswith(".") and f != "." and f[:3] != ABOVE}
            for name in feed.each.fields:
                found.setdefault(name, set()).update(items)
    return found


def _has_own_lists(how: Column) -> bool:
    return not (how.list or how.find_all)


def extracted(expr: pl.Expr, steps: list[str]) -> pl.Expr:
    """The value at the end of the steps; over `[]`, the list of the values in the items."""
    for i, step in enumerate(steps):
        if step == _ITEMS:
            below = steps[i + 1 :]
            return expr.list.eval(extracted(pl.element(), below)) if below else expr
        if step.isdigit():
            expr = expr.list.get(int(step), null_on_oob=True)
        elif "=" in step:
            name, _, value = step.partition("=")
            found = pl.element().filter(pl.element().struct.field(name) == value)
            expr = expr.list.eval(found).list.get(0, null_on_oob=True)
        else:
            expr = expr.struct.field(step)
    return expr
