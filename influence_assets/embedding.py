"""The embedding service: each distinct content is encoded once by an encoder, whatever happens.

Belongs here: what is still to be encoded, in which batches, how fast it goes. Does not: how a
text or an image becomes a vector (`encoders`), and how vectors are kept (`storage.vectors`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influence_assets.storage.vectors import VectorFiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 1_024
"""Contents between two files: a killed run loses one such batch at most."""

TELL_EVERY_S = 2.0

Encode = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Vectors of contents, (n, dimensions), in their order."""


@dataclass(frozen=True)
class Contents:
    """What is to be encoded.

    Attributes:
        what: its name in messages, such as `texts`.
        rows: content_hash, item (a text, or the path of a picture) and work (how long an
            item takes compared with others); each content_hash once.
    """

    what: str
    rows: pl.DataFrame


def embed(
    contents: Contents,
    files: VectorFiles,
    load: Callable[[], Encode],
    tell: Callable[[str], None],
    at_once: int = AT_ONCE,
) -> int:
    """Encode what has no vector in the files yet, and return how many that were.

    Contents that take equally long stand in one batch, so that little is padded.

    Args:
        contents: what is to have a vector.
        files: where each batch is kept as soon as it is done.
        load: gives the encoder; called only where there is something to encode.
        tell: gets lines with progress, rate and time left.
        at_once: contents in a batch.
    """
    known = files.hashes()
    todo = contents.rows.filter(~pl.col("content_hash").is_in(known.implode())).sort(
        "work", "content_hash"
    )
    if todo.is_empty():
        return 0
    encode = load()
    progress = Progress(contents.what, todo.height, float(todo["work"].sum()), tell)
    for start in range(0, todo.height, at_once):
        batch = todo.slice(start, at_once)
        vectors = encode(batch["item"].to_list())
        if not np.isfinite(vectors).all():
            raise RuntimeError(f"An encoder gave a vector that is no number, of {contents.what}.")
        files.add(batch["content_hash"], vectors)
        progress.done(batch.height, float(batch["work"].sum()))
    return todo.height


class Progress:
    """Tells now and then how many are done, how fast it goes, and how long it will take.

    Args:
        what: their name.
        total: how many there are.
        work: the sum of what each takes, in any unit.
        tell: gets a line.
        clock: seconds.
    """

    def __init__(
        self,
        what: str,
        total: int,
        work: float,
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what, self._total, self._work = what, total, work
        self._tell, self._clock = tell, clock
        self._began = self._told = clock()
        self._items, self._worked = 0, 0.0

    def done(self, items: int, work: float) -> None:
        """So many more are done."""
        self._items += items
        self._worked += work
        now = self._clock()
        is_last = self._items >= self._total
        if now - self._told < TELL_EVERY_S and not is_last:
            return
        self._told = now
        took = max(now - self._began, 1e-9)
        line = f"{self._items:,} of {self._total:,} {self._what}, {self._items / took:,.0f}/s"
        if not is_last:
            line += f", {took * (self._work - self._worked) / self._worked:,.0f} s left"
        self._tell(line)
