"""Items made ahead: the same, in order, with their errors, and nothing left running."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from influence_assets.sources.ahead import ahead


def test_items_keep_their_order() -> None:
    assert list(ahead(iter(range(50)))) == list(range(50))
    assert list(ahead(iter([]))) == []
    assert list(ahead(iter([None, None]))) == [None, None]  # nothing special about these


def test_an_error_comes_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("here")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(KeyError, match="here"):
        next(found)


def test_the_next_item_is_made_while_the_last_is_used() -> None:
    made = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        made.set()
        yield 2

    found = ahead(items())
    assert next(found) == 1
    assert made.wait(5)
    found.close()


def test_closing_ends_the_thread_and_closes_the_items() -> None:
    closed = []

    def items() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(1)

    before = threading.active_count()
    found = ahead(items())
    next(found)
    found.close()
    assert (closed, threading.active_count()) == ([1], before)
