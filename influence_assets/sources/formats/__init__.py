"""Special readers, by the name that a mapping gives as `format:`.

For bytes that are no table and no plain JSON. Each module here has a dict `FORMATS` of its
formats by name; it is found by itself. A reader turns bytes into batches of records
(`sources.records.batches_of_records` does most of it); what the records mean is left to
the mapping.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import IO

from influence_assets.sources.batches import Batch
from influence_assets.sources.mapping import FileSpec

Reader = Callable[[IO[bytes], str, FileSpec], Iterator[Batch]]
"""Takes the opened file (decompressed), what to call it in errors, and the mapping's entry."""


@dataclass(frozen=True)
class Format:
    """A special format.

    Attributes:
        read: its reader.
        recognises: whether a file that begins with these bytes (64 kB at most,
            decompressed) is of this format. Decides on content, never on a name.
    """

    read: Reader
    recognises: Callable[[bytes], bool]


FORMATS: dict[str, Format] = {}

for _module in pkgutil.iter_modules(__path__):
    FORMATS |= import_module(f"{__name__}.{_module.name}").FORMATS
