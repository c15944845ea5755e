"""Texts with planted topics, and vectors of them."""

from __future__ import annotations

import numpy as np
import polars as pl

SIZE = 32


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def planted(topics: int, each: int, seed: int = 1, spread: float = 0.12) -> pl.DataFrame:
    """text_key, content_hash, text, vector and planted: the number of its topic."""
    rng = np.random.default_rng(seed)
    middles = unit(np.random.default_rng(0).normal(size=(topics, SIZE)))
    label = np.repeat(np.arange(topics), each)
    vectors = unit(middles[label] + spread * rng.normal(size=(len(label), SIZE)))
    keys = rng.choice(2**59, size=len(label), replace=False)
    words = ["bread oven crust", "goal derby keeper", "vote rent tram", "train alps cabin"]
    return pl.DataFrame(
        {
            "text_key": keys,
            "content_hash": [f"{key:064x}" for key in keys],
            "text": [f"{words[n % 4]} {'abcdefgh'[n // 4] * 4}" for n in label],
            "vector": vectors,
            "planted": label,
        },
        schema_overrides={"vector": pl.Array(pl.Float32, SIZE)},
    )
