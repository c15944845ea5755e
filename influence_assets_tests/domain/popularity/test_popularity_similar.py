"""The kernel over similar posts agrees with a loop, and forgets what it is told to forget."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from influence_assets.domain.popularity.prepare import prepare
from influence_assets.domain.popularity.similar import similar_features
from influence_assets_tests.domain.popularity.making import random_posts, unit_rows


def loop(frame: pl.DataFrame, vectors: np.ndarray, pool: int) -> list[list[float | None]]:
    found = []
    rows = frame.to_dicts()
    vectors = vectors.astype(np.float64)
    for i, r in enumerate(rows):
        line: list[float | None] = []
        for own in (True, False):
            seen = [
                j
                for j, p in enumerate(rows)
                if p["known"] is not None
                and p["known"] <= r["sees"]
                and p["surprise"] is not None
                and (not own or p["profile_id"] == r["profile_id"])
            ][-pool:]
            cosines = vectors[seen] @ vectors[i]
            weights = np.exp((cosines - 1) / 0.05)
            for value in ("surprise",) if own else ("surprise", "lift"):
                sums = weights @ [rows[j][value] for j in seen] if seen else 0.0
                line.append(sums / (weights.sum() + 0.002))
            line.append(min(max(cosines.max(), 0), 1) if seen else None)
        found.append(line)
    return found


@pytest.mark.parametrize("pool", [4, 10_000])
@pytest.mark.parametrize("hours", [0, 48])
def test_similar_posts_by_loop(pool: int, hours: int) -> None:
    # More rows than a block holds would take the loop minutes; blocks are seen below.
    frame = prepare(random_posts(150, seed=4), timedelta(hours=hours))
    rng = np.random.default_rng(0)
    frame = frame.with_columns(
        pl.Series("surprise", rng.normal(size=150)), pl.Series("lift", rng.normal(size=150))
    ).with_columns(pl.when(pl.int_range(pl.len()) > 2).then("surprise").alias("surprise"))
    vectors = unit_rows(150, d=3)
    found = similar_features(frame, vectors, pool)
    wanted = pl.DataFrame(loop(frame, vectors, pool), schema=found.schema, orient="row")
    for name in found.columns:
        assert (found[name].is_null() == wanted[name].is_null()).all(), name
        np.testing.assert_allclose(
            found[name].fill_null(0), wanted[name].fill_null(0), atol=2e-4, err_msg=name
        )


def test_blocks_make_no_difference() -> None:
    frame = prepare(random_posts(2_300, seed=6, hours=9_000))
    frame = frame.with_columns(pl.col("y").alias("surprise"), pl.col("y").alias("lift"))
    vectors = unit_rows(2_300)
    whole = similar_features(frame, vectors, 500)
    # From another row on the blocks fall elsewhere; the last 300 see the same 500 posts.
    part = similar_features(frame[900:], vectors[900:], 500)
    names = [n for n in whole.columns if "platform" in n]
    np.testing.assert_allclose(
        whole[-300:].select(names), part[-300:].select(names), rtol=1e-4, atol=1e-4
    )
