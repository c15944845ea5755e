"""Making the next item while the last one is used.

polars and DuckDB both work outside Python's lock, so parsing and writing can overlap.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """The same items in the same order, one of them made ahead in a thread.

    What `items` raises is raised here in its place. Closing the generator waits for the item
    that is being made, and closes `items`.
    """
    end = object()
    try:
        with ThreadPoolExecutor(1, "ahead") as pool:
            coming = pool.submit(next, items, end)
            while (item := coming.result()) is not end:
                coming = pool.submit(next, items, end)
                yield item  # type: ignore[misc]
    finally:
        if isinstance(items, Generator):
            items.close()
