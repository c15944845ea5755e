"""The fields that a mapping names, as a polars type to decode JSON into, and as columns.

Every leaf is text: a number in one record and a text in the next do not clash.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from influence_assets.sources.mapping import FileSpec, target_types

ROOT = "/"
"""A field that starts with it is one of the document that holds the record."""

Tree = dict[str, Any]


class JsonFields:
    """The fields of a mapping as a polars type to decode into, and as columns of the result."""

    def __init__(self, spec: FileSpec) -> None:
        self._lists = _list_fields(spec)
        self._names = sorted(spec.fields())
        items = _item_fields(spec)
        tree: Tree = {}
        for name in self._names:
            _grow(tree, _steps(name), as_list=name in self._lists, items=items.get(name, ()))
        self.dtype = pl.Struct(_dtype(tree))

    def expressions(self) -> list[pl.Expr]:
        """One column for each field, named by its path."""
        return [_extract(name).alias(name) for name in self._names]


def _steps(field: str) -> list[str]:
    """`a.b[].c` as a, b[], c; a root field is one step, its path having been dug already."""
    return [field] if field.startswith(ROOT) else field.split(".")


def _list_fields(spec: FileSpec) -> set[str]:
    """Fields that hold JSON lists: those of list columns, and those that `each` runs over."""
    found = set()
    for feed in spec.feeds:
        types = target_types(feed.contract)
        for column, how in feed.columns.items():
            if how.field and isinstance(types[column], pl.List) and not (how.list or how.find_all):
                found.add(how.field)
        if feed.each and feed.each.field and not (feed.each.list or feed.each.find_all):
            found.add(feed.each.field)
    return {f for f in found if "[]" not in f}


def _item_fields(spec: FileSpec) -> dict[str, tuple[str, ...]]:
    """For each list that `each` runs over, the fields of its items; empty for plain items."""
    items: dict[str, set[str]] = {}
    for feed in spec.feeds:
        if feed.each and feed.each.field:
            used = {c.field for c in feed.columns.values() if c.field and c.field.startswith(".")}
            items.setdefault(feed.each.field, set()).update(f[1:] for f in used if f != ".")
    return {name: tuple(sorted(fields)) for name, fields in items.items()}


def _grow(tree: Tree, steps: list[str], *, as_list: bool, items: tuple[str, ...]) -> None:
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
    last = steps[-1]
    if as_list and items:
        inner = tree.setdefault(f"{last}[]", {})
        for item in items:
            inner.setdefault(item, None)
    elif as_list:
        tree.setdefault(f"{last}*", None)
    else:
        tree.setdefault(last, None)


def _dtype(tree: Tree) -> list[pl.Field]:
    fields = []
    for key, inner in tree.items():
        if key.endswith("[]"):
            fields.append(pl.Field(key[:-2], pl.List(pl.Struct(_dtype(inner)))))
        elif key.endswith("*"):
            fields.append(pl.Field(key[:-1], pl.List(pl.String)))
        else:
            fields.append(pl.Field(key, pl.String if inner is None else pl.Struct(_dtype(inner))))
    return fields


def _extract(field: str) -> pl.Expr:
    expr = pl.col("tree")
    steps = _steps(field)
    for i, step in enumerate(steps):
        expr = expr.struct.field(step.removesuffix("[]"))
        if step.endswith("[]"):
            inner = pl.element()
            for below in steps[i + 1 :]:
                inner = inner.struct.field(below)
            return expr.list.eval(inner)
    return expr
