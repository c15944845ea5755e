"""One class per table: columns, types, key, units, descriptions, partition column."""

from influence_assets.contracts import core, derived, features, meta, models, raw, spread
from influence_assets.contracts.base import TABLES, Grain, Table

__all__ = [
    "TABLES",
    "Grain",
    "Table",
    "core",
    "derived",
    "features",
    "meta",
    "models",
    "raw",
    "spread",
]
