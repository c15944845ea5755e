"""The SELECTs under `sql/`, by table name."""

from __future__ import annotations

import hashlib
from functools import cache

from influence_assets.settings import project_file


@cache
def select(name: str) -> str:
    """The SELECT of `layer.table` (or `report.name`), without its comments' meaning changed.

    Raises:
        FileNotFoundError: there is no such file under `sql/`.
    """
    layer, table = name.split(".")
    return (project_file("sql") / layer / f"{table}.sql").read_text(encoding="utf-8").strip()


def code_version(name: str) -> str:
    """A short fingerprint of the SELECT: where it changes, what it built is stale."""
    return hashlib.sha256(select(name).encode()).hexdigest()[:12]
