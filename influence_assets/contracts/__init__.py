"""One class per table: columns, types, key, units, descriptions, partition column."""

from influence_assets.contracts import (
    authenticity,
    content,
    core,
    derived,
    features,
    graph,
    meta,
    models,
    proximity,
    raw,
    spread,
    topics,
)
from influence_assets.contracts.base import TABLES, Grain, Table

__all__ = [
    "TABLES",
    "Grain",
    "Table",
    "authenticity",
    "content",
    "core",
    "derived",
    "features",
    "graph",
    "meta",
    "models",
    "proximity",
    "raw",
    "spread",
    "topics",
]
