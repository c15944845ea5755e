"""An empty warehouse, and one with a small world in it."""

from __future__ import annotations

import pytest

from .world import Warehouse, fill


@pytest.fixture
def empty() -> Warehouse:
    return Warehouse()


@pytest.fixture
def world(empty: Warehouse) -> Warehouse:
    fill(empty)
    return empty
