"""One class per table: columns, types, key, units, descriptions, partition column."""

from influence_assets.contracts import (
    authenticity,
    communities,
    content,
    core,
    derived,
    duplicates,
    features,
    graph,
    images,
    meta,
    models,
    picture_vectors,
    proximity,
    raw,
    spread,
    texts,
)
from influence_assets.contracts.base import TABLES, Grain, Table

__all__ = [
    "TABLES",
    "Grain",
    "Table",
    "authenticity",
    "communities",
    "content",
    "core",
    "derived",
    "duplicates",
    "features",
    "graph",
    "images",
    "meta",
    "models",
    "picture_vectors",
    "proximity",
    "raw",
    "spread",
    "texts",
]
