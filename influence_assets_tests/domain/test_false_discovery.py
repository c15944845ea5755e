"""False discovery rates beside those of SciPy."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import false_discovery_control

from influence_assets.domain.false_discovery import q_values

# Half of them twice: equal p-values have equal q-values.
P = np.random.default_rng(0).permutation(np.repeat(np.linspace(0.001, 0.2, 20), 2))


def by_scipy(p: np.ndarray, tests: int) -> list[float]:
    """SciPy needs all tests; those that are not given are 1."""
    found = false_discovery_control(np.concatenate([p, np.ones(tests - len(p))]))
    return list(found[: len(p)])


def test_q_values_are_those_of_scipy() -> None:
    found = pl.DataFrame({"p": P}).select(q_values(pl.col("p"), 200)).to_series()
    assert found.to_list() == pytest.approx(by_scipy(P, 200))


def test_groups_are_tested_by_themselves() -> None:
    groups = {"a": (P[:25], 60), "b": (P[25:], 15)}
    rows = [{"group": g, "p": x, "tests": n} for g, (p, n) in groups.items() for x in p]
    mixed = pl.DataFrame(rows).sample(fraction=1, shuffle=True, seed=1)
    q = q_values(pl.col("p"), pl.col("tests")).over("group").alias("q")
    for (group,), own in mixed.with_columns(q).group_by("group"):
        assert own["q"].to_list() == pytest.approx(
            by_scipy(own["p"].to_numpy(), groups[str(group)][1])
        )


def test_what_was_not_tested_has_no_q_value() -> None:
    found = pl.DataFrame({"p": [None, 0.02, None, 0.01]}).select(q_values(pl.col("p"), 3))
    assert found.to_series().to_list() == [None, pytest.approx(0.03), None, pytest.approx(0.03)]
    nothing = pl.DataFrame(schema={"p": pl.Float64})
    assert nothing.select(q_values(pl.col("p"), 0)).is_empty()
