"""Growth curves that were planted, expectations by hand, and posts that were made to stand out."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import log1p, sqrt

import numpy as np
import polars as pl
import pytest

from influence_assets.domain.spread.growth import growth
from influence_assets.domain.spread.outliers import (
    LEAST_DEVIATION,
    OUTLIER_SCORE,
    outlier_scores,
    viral,
)

START = datetime(2024, 1, 1)
SCHEMA = {
    "post_id": pl.String, "profile_id": pl.String, "posted_at": pl.Datetime("us"),
    "observed_at": pl.Datetime("us"), "age_hours": pl.Float64, "engagement": pl.Int64,
}  # fmt: skip
Row = tuple[str, str, datetime, datetime, float | None, int]


def reading(post: str, author: str, day: float, count: float, age: float | None = 1_000) -> Row:
    posted = START + timedelta(days=day)
    read = posted + timedelta(hours=age or 0)
    return (post, author, posted, read, age, round(count))


def frame(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


# --- growth ---


def planted(age_hours: np.ndarray) -> np.ndarray:
    """Share of the final count: slow, then full."""
    return 1 - np.exp(-age_hours / 40)


def test_a_planted_growth_curve_is_found() -> None:
    rng = np.random.default_rng(2)
    # Posts of all sizes; early readings are of large ones, as a plain mean by age would fall for.
    rows = [
        reading(f"p{n}", "a", n, size * planted(age), float(age))
        for n, size in enumerate(rng.lognormal(8, 2, 400))
        for age in (*rng.uniform(2, 400, 3), *([3.0] if size > 10_000 else []), 700.0)
    ]
    curve = growth(frame(*rows))
    ages = pl.Series([4.0, 12.0, 24.0, 100.0, 700.0, 5_000.0])
    np.testing.assert_allclose(curve.at(ages), np.log(planted(ages.to_numpy())), atol=0.12)
    assert (np.diff(curve.levels) >= 0).all()
    # An unknown age is full growth.
    assert curve.at(pl.Series([None], dtype=pl.Float64)).tolist() == [0]


def test_without_repeated_readings_there_is_no_curve() -> None:
    curve = growth(frame(*(reading(f"p{n}", "a", n, 10 * n, float(n)) for n in range(1, 50))))
    assert curve.at(pl.Series([1.0, 50.0])).tolist() == [0, 0]
    assert len(growth(frame()).ages) == 0


# --- what is expected ---


def scored(*rows: Row) -> dict[str, dict[str, object]]:
    return {row["post_id"]: row for row in outlier_scores(frame(*rows)).iter_rows(named=True)}


def test_only_earlier_posts_of_the_author_count() -> None:
    found = scored(
        reading("a1", "ann", 0, 100), reading("a2", "ann", 1, 200), reading("a3", "ann", 2, 400),
        # At the same time is not before, and 181 days later all is past.
        reading("a4", "ann", 3, 9), reading("a5", "ann", 3, 9), reading("a6", "ann", 183.5, 50),
        reading("b1", "bob", 2, 10**6),
    )  # fmt: skip
    assert {post: row["earlier_posts"] for post, row in found.items()} == {
        "a1": 0, "a2": 1, "a3": 2, "a4": 3, "a5": 3, "a6": 0, "b1": 0,
    }  # fmt: skip
    # Of two authors one cannot tell how authors differ: the own median, else nothing.
    assert found["a4"]["expected_engagement"] == pytest.approx(200)
    assert found["a1"]["outlier_score"] is None is found["b1"]["expected_engagement"]


def test_the_score_by_hand() -> None:
    counts = (100, 110, 90, 130, 80, 900)
    found = scored(*(reading(f"p{n}", "ann", n, c) for n, c in enumerate(counts)))
    levels = [log1p(c) for c in counts]
    earlier = levels[:5]
    deviation = 1.4826 * np.median(np.abs(earlier - np.median(earlier)))
    all_of_them = 1.4826 * np.median(np.abs(levels - np.median(levels)))
    # Five posts of the author's own scale, ten of the platform's: here the same author's.
    variance = (5 * deviation**2 + 10 * max(all_of_them, LEAST_DEVIATION) ** 2) / 15
    scale = sqrt(variance + 1.5708 * variance / 5)
    expected = (levels[5] - np.median(earlier)) / scale
    assert found["p5"]["outlier_score"] == pytest.approx(expected)
    assert found["p5"]["expected_engagement"] == pytest.approx(100)
    assert expected > OUTLIER_SCORE


def test_posts_that_all_did_alike_make_no_endless_scores() -> None:
    found = scored(*(reading(f"p{n}", "ann", n, 100 + n) for n in range(9)))
    assert abs(found["p8"]["outlier_score"]) < 1  # type: ignore[arg-type]


def world(rng: np.random.Generator, authors: int = 60, posts: int = 30) -> list[Row]:
    """Authors of very different reach, whose posts differ by a half."""
    return [
        reading(f"{a:02d}-{n:02d}", f"a{a:02d}", n + rng.uniform(0, 0.5), size)
        for a, reach in enumerate(rng.normal(6, 1.5, authors))
        for n, size in enumerate(np.exp(reach + rng.normal(0, 0.5, posts)))
    ]


def test_few_posts_are_drawn_to_the_platform() -> None:
    rng = np.random.default_rng(3)
    large = [reading("l0", "large", 0, 60_000), reading("l1", "large", 1, 60_000)]
    found = scored(*world(rng), *large)
    first, second = found["l0"], found["l1"]
    # Nothing is known of the author: what is usual on the platform, with a wide scale.
    assert first["expected_engagement"] == pytest.approx(np.exp(6), rel=0.5)
    assert first["outlier_score"] == pytest.approx(np.log(60_000 / np.exp(6)) / 1.5, rel=0.3)
    # One post says most of it.
    assert 15_000 < second["expected_engagement"] < 60_000  # type: ignore[operator]
    assert 0 < second["outlier_score"] < 2  # type: ignore[operator]


def test_scores_are_near_normal_and_planted_ones_stand_out() -> None:
    rng = np.random.default_rng(4)
    rows = world(rng)
    hot = {rows[n][0] for n in range(12, len(rows), 30)}
    rows = [(*row[:5], row[5] * 20) if row[0] in hot else row for row in rows]
    scores = outlier_scores(frame(*rows))
    usual = scores.filter(~pl.col("post_id").is_in(hot) & (pl.col("earlier_posts") >= 5))
    assert usual["outlier_score"].std() == pytest.approx(1, abs=0.15)
    found = set(scores.filter(pl.col("outlier_score") >= OUTLIER_SCORE)["post_id"])
    assert len(found & hot) >= 0.9 * len(hot)
    assert len(found - hot) <= 0.005 * len(rows)


def test_a_young_post_is_judged_at_its_age() -> None:
    rng = np.random.default_rng(6)
    rows = [
        reading(f"p{n:03d}", "ann", n / 2, size * planted(age), float(age))
        for n, size in enumerate(1_000 * np.exp(rng.normal(0, 0.2, 200)))
        for age in (3.0, 30.0, 300.0)
    ]
    # After three hours a post of the usual kind has 7 % of what it will have; this one has 50 %.
    usual = reading("usual", "ann", 120, 1_000 * planted(np.array(3.0)), 3.0)
    young = reading("young", "ann", 121, 500, 3.0)
    found = scored(*rows, usual, young)
    assert abs(found["usual"]["outlier_score"]) < 1  # type: ignore[arg-type]
    assert found["young"]["outlier_score"] > OUTLIER_SCORE  # type: ignore[operator]
    assert found["young"]["expected_engagement"] == pytest.approx(72, rel=0.15)


# --- both ways to break out ---


def test_by_engagement_or_by_spread() -> None:
    scores = pl.DataFrame(
        {"post_id": ["a", "b", "c", "f"], "profile_id": "ann", "posted_at": START, "age_hours": 9.0,
         "engagement": 5, "earlier_posts": [3, 9, 0, 2], "expected_engagement": 2.0,
         "outlier_score": [3.5, 3.4, None, 9.0]}
    )  # fmt: skip
    cascades = pl.DataFrame(
        {"post_id": ["b", "c", "d", "e"], "profile_id": ["ann", "ann", "bob", "bob"],
         "posted_at": [START, START, None, None], "cascade_size": [20, 50, 500, 19],
         "cascade_depth": 3, "structural_virality": 2.5,
         "spread_percentile": [0.99, 0.98, 1.0, 1.0]},
        schema_overrides={"posted_at": pl.Datetime("us")},
    )  # fmt: skip
    # Of f too few posts of before are known.
    found = viral(scores, cascades).select(
        "post_id", "profile_id", "engagement", "cascade_size", "is_outlier", "is_widely_spread"
    )
    assert found.rows() == [
        ("a", "ann", 5, None, True, False),
        ("b", "ann", 5, 20, False, True),
        ("d", "bob", None, 500, False, True),
    ]
