"""How many of those found among many tests are to be expected to be wrong.

Benjamini and Hochberg: Controlling the False Discovery Rate, 1995.
"""

from __future__ import annotations

import polars as pl


def q_values(p_value: pl.Expr, tests: pl.Expr | int) -> pl.Expr:
    """The false discovery rate at which each would be told; it may stand `.over` groups.

    Args:
        p_value: of the tests that matter; those not given are taken to be 1, and one that is
            NULL is none.
        tests: number of all tests, the same in each row.
    """
    place = p_value.rank("ordinal")
    # Sorted, NULLs at the end, each has its place; the rate of a larger one bounds it.
    rates = p_value.sort(nulls_last=True) * tests / pl.int_range(1, pl.len() + 1)
    return rates.cum_min(reverse=True).gather(place - 1).clip(0, 1)
