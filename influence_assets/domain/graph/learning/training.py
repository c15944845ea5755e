"""Torch under a seed, in one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from influence_assets.torch_door import import_torch


@contextmanager
def seeded_torch(seed: int) -> Iterator[Any]:
    """Torch with randomness of its own, that runs in one thread; both are put back at the end.

    The steps here are many and small. Threads would wait for each other by spinning, and
    where another process wants the cores that was seen to take fifty times as long; and the
    figures do not depend on how many cores there are.
    """
    torch = import_torch()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield torch
    finally:
        torch.set_num_threads(threads)
