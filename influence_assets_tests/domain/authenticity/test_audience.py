"""Engagement out of line: the line against SciPy, planted profiles, and lists that deceive."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize
from scipy.special import huber

from influence_assets.domain.authenticity.audience import HUBER_K, huber_line, out_of_line


def world(seed: int = 1, profiles: int = 300) -> pl.DataFrame:
    """Engagement of 2 % at 10,000 followers, with slope 0.9 and a spread of a quarter decade."""
    rng = np.random.default_rng(seed)
    followers = 10 ** rng.uniform(3.5, 6.5, profiles)
    log = np.log10(200) + 0.9 * (np.log10(followers) - 4) + rng.normal(0, 0.25, profiles)
    return pl.DataFrame(
        {
            "basis": "posts",
            "profile_id": [f"p{i:03d}" for i in range(profiles)],
            "followers": followers.astype(np.int64),
            "engagement_per_post": 10**log,
            "posts": 12,
        },
        schema_overrides={"posts": pl.Int64},
    )


def altered(frame: pl.DataFrame, factors: dict[str, float]) -> pl.DataFrame:
    factor = pl.col("profile_id").replace_strict(factors, default=1.0, return_dtype=pl.Float64)
    return frame.with_columns(pl.col("engagement_per_post") * factor)


def test_the_line_is_the_least_of_hubers_loss() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(3, 7, 200)
    y = -1 + 0.8 * x + rng.standard_t(2, 200) * 0.2
    line = huber_line(x, y)

    def loss(told: np.ndarray) -> float:
        return float(huber(HUBER_K, (y - told[0] - told[1] * x) / line.scale).sum())

    best = minimize(loss, [0.0, 1.0], method="BFGS", options={"gtol": 1e-8}).x
    assert [line.intercept, line.slope] == pytest.approx(best, abs=1e-5)
    residual = y - line.intercept - line.slope * x
    spread = np.median(np.abs(residual - np.median(residual))) / 0.6744897501960817
    assert line.scale == pytest.approx(spread, rel=1e-4)
    # Not the line of least squares, which the outliers bend.
    assert abs(np.polyfit(x, y, 1)[0] - line.slope) > 0.001


def test_planted_profiles_are_told_in_both_directions() -> None:
    planted = {"p007": 0.02, "p011": 0.02, "p020": 60.0}
    found = out_of_line(altered(world(), planted))
    assert found.select("what", "profile_id").rows() == [
        ("engagement_high", "p020"), ("engagement_low", "p007"), ("engagement_low", "p011"),
    ]  # fmt: skip
    row = found.row(1, named=True)
    # What the world was made with: 200 at 10,000 followers, slope 0.9.
    assert row["expected"] == pytest.approx(200 * (row["followers"] / 1e4) ** 0.9, rel=0.1)
    assert (row["peers"], row["posts"]) == (299, 12)


def test_many_bought_audiences_do_not_hide_each_other() -> None:
    # A sixth of the profiles: a line of least squares would sink, and its spread would grow.
    bought = dict.fromkeys((f"p{i:03d}" for i in range(0, 300, 6)), 0.01)
    found = out_of_line(altered(world(), bought))
    assert set(bought) <= set(found["profile_id"])
    assert found.height <= len(bought) + 2


def test_nobody_in_a_world_without() -> None:
    rows = sum(out_of_line(world(seed)).height for seed in range(20))
    # 3.5 deviations of a normal residual: 0.05 % of 6,000 profiles are 3.
    assert rows <= 8


def test_a_list_of_the_most_engaging_is_not_judged() -> None:
    # The same world, of which a list shows those with the most engagement.
    many = world(profiles=20_000)
    top = altered(many.top_k(400, by="engagement_per_post"), {})
    assert out_of_line(many).height > 0
    assert out_of_line(top).is_empty()


def test_too_few_peers() -> None:
    assert out_of_line(altered(world(profiles=50), {"p007": 0.01})).height == 1
    assert out_of_line(altered(world(profiles=49), {"p007": 0.01})).is_empty()


def test_peers_are_those_with_the_same_figure() -> None:
    # Averages as a list states them, ten times as high: another line.
    stated = world(2).with_columns(
        pl.lit("stated").alias("basis"), pl.col("engagement_per_post") * 10,
        pl.lit(None, pl.Int64).alias("posts"), ("s" + pl.col("profile_id")).alias("profile_id"),
    )  # fmt: skip
    both = pl.concat([altered(world(), {"p007": 0.01}), stated])
    assert out_of_line(both)["profile_id"].to_list() == ["p007"]


def test_hidden_counts_and_tiny_profiles_are_no_peers() -> None:
    frame = world().with_columns(
        pl.when(pl.int_range(pl.len()) < 250).then(0.0).otherwise("engagement_per_post")
        .alias("engagement_per_post"))  # fmt: skip
    assert frame.filter(pl.col("engagement_per_post") > 0).height == 50
    assert out_of_line(frame).is_empty()


def test_no_spread_to_judge_by() -> None:
    exact = world().with_columns(pl.col("followers").cast(pl.Float64).alias("engagement_per_post"))
    assert out_of_line(altered(exact, {"p007": 0.01})).is_empty()
    equal = world().with_columns(pl.lit(5_000, pl.Int64).alias("followers"))
    assert out_of_line(altered(equal, {"p007": 0.01})).is_empty()
