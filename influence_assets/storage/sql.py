"""The SELECTs under `sql/`, by table name."""

from __future__ import annotations

import hashlib
import re
from functools import cache

from influence_assets.settings import project_file

_INCLUDED = re.compile(r"\{(\w+\.\w+)\}")


@cache
def select(name: str) -> str:
    """The SELECT of `layer.table` (or `report.name`), without its comments' meaning changed.

    Where it says `({layer.other})` the SELECT of that name is put between the parentheses, so
    that each can be tested by itself.

    Raises:
        FileNotFoundError: there is no such file under `sql/`.
    """
    layer, table = name.split(".")
    text = (project_file("sql") / layer / f"{table}.sql").read_text(encoding="utf-8").strip()
    return _INCLUDED.sub(lambda found: f"\n{select(found[1])}\n", text)


def code_version(name: str) -> str:
    """A short fingerprint of the SELECT: where it changes, what it built is stale."""
    return hashlib.sha256(select(name).encode()).hexdigest()[:12]
