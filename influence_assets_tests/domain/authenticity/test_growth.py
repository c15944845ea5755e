"""Growth steps on series made by hand, and on real ones in which nobody bought anything."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from influence_assets.domain.authenticity.growth import growth_steps

FIRST = date(2024, 1, 1)
LAST = FIRST + timedelta(days=90)
NO_DAYS = pl.DataFrame(
    schema={
        "profile_id": pl.String, "day": pl.Date, "posts": pl.Int64, "engagement": pl.Float64,
        "counted_posts": pl.Int64,
    }
)  # fmt: skip


def usual(days: int = 91, start: float = 10_000, seed: int = 0) -> list[int]:
    """Growth of 0.1 % a day, give or take 0.05 %."""
    rates = np.random.default_rng(seed).normal(0.001, 0.0005, days)
    return [round(f) for f in start * np.exp(np.cumsum(rates))]


def readings(followers: list[int | None], profile: str = "ann", every: int = 1) -> pl.DataFrame:
    days = [FIRST + timedelta(days=every * i) for i in range(len(followers))]
    return pl.DataFrame(
        {"profile_id": [profile] * len(days), "day": days, "followers": followers},
        schema={"profile_id": pl.String, "day": pl.Date, "followers": pl.Int64},
    ).drop_nulls()


def steps(frame: pl.DataFrame, days: pl.DataFrame = NO_DAYS) -> list[dict[str, Any]]:
    return growth_steps(frame, days, FIRST, LAST).rows(named=True)


def with_step(at: int, by: int, series: list[int] | None = None) -> list[int]:
    own = series or usual()
    return [f + (by if i >= at else 0) for i, f in enumerate(own)]


def test_a_gain_is_told_with_what_was_expected() -> None:
    series = with_step(40, 3_000)
    (row,) = steps(readings(series))
    assert (row["what"], row["from_day"], row["to_day"]) == (
        "gain", FIRST + timedelta(days=39), FIRST + timedelta(days=40),
    )  # fmt: skip
    assert (row["followers_before"], row["followers_after"]) == (series[39], series[40])
    # By hand: the median and the MAD of the 90 logarithms of daily growth.
    logs = np.diff(np.log(series))
    spread = 1.4826 * np.median(np.abs(logs - np.median(logs)))
    assert row["deviations"] == pytest.approx((logs[39] - np.median(logs)) / spread)
    assert row["followers_expected"] == pytest.approx(series[39] * np.exp(np.median(logs)))
    assert row["changes"] == 89
    assert row["kept_share"] == pytest.approx(1.0, abs=0.1)
    assert row["activity_ratio"] is None


def test_no_step_in_usual_growth() -> None:
    frames = [readings(usual(seed=s), f"p{s}") for s in range(200)]
    assert steps(pl.concat(frames)) == []


def test_bought_followers_that_are_taken_back() -> None:
    # 3,000 at once, 100 a day gone again: after 30 days none is left.
    series = [f + max(0, 3_000 - 100 * (i - 40)) * (i >= 40) for i, f in enumerate(usual())]
    (row,) = steps(readings(series))
    assert row["what"] == "gain"
    assert row["kept_share"] == pytest.approx(0.0, abs=0.15)


def test_what_is_gone_with_the_next_reading_was_misread() -> None:
    series = usual()
    series[40] += 3_000
    assert steps(readings(series)) == []


def test_a_step_is_judged_once_another_reading_holds_it() -> None:
    series = with_step(40, 3_000)
    assert steps(readings(series[:41])) == []
    assert [row["what"] for row in steps(readings(series[:42]))] == ["gain"]


def test_a_debut_years_before_is_no_step() -> None:
    debut = pl.DataFrame(
        {
            "profile_id": ["ann", "ann"],
            "day": [date(2020, 5, 1), date(2020, 5, 2)],
            "followers": [0, 150],
        }
    )
    assert steps(pl.concat([debut, readings(usual())])) == []


def test_a_gap_is_no_day() -> None:
    # Thirty days without a reading, in which the followers grew by a third.
    series: list[int | None] = list(with_step(60, 3_000))
    series[31:60] = [None] * 29
    assert steps(readings(series)) == []


def test_weekly_readings_are_judged_by_their_own() -> None:
    weekly = usual(14)
    assert [r["what"] for r in steps(readings(with_step(9, 2_000, weekly), every=7))] == ["gain"]
    # Ten other changes are needed.
    assert steps(readings(with_step(6, 2_000, weekly[:11]), every=7)) == []


def test_a_loss_and_a_gain_are_two_rows() -> None:
    series = with_step(60, -2_500, with_step(20, 3_000))
    assert [(r["what"], (r["to_day"] - FIRST).days) for r in steps(readings(series))] == [
        ("gain", 20), ("loss", 60),
    ]  # fmt: skip


def test_counts_rounded_to_thousands_make_no_step_of_a_rounding() -> None:
    # 1.2 M that grow by 0.1 % a day: mostly nothing, then 10 K at once.
    rounded = [f // 10_000 * 10_000 for f in usual(start=1_200_000)]
    assert len(set(rounded)) > 5
    assert steps(readings(rounded)) == []
    # Twenty times the rounding is one.
    assert [r["what"] for r in steps(readings(with_step(40, 200_000, rounded)))] == ["gain"]


def test_a_count_that_never_moved_before_has_nothing_to_be_judged_by() -> None:
    assert steps(readings(with_step(40, 3_000, [10_000] * 91))) == []


def test_small_profiles_and_small_steps_are_left_alone() -> None:
    assert steps(readings(with_step(40, 30, usual(start=60)))) == []
    assert steps(readings(with_step(40, 120))) == []  # 1.2 %


def test_a_gain_in_busy_days_says_so() -> None:
    series = readings(with_step(40, 3_000))
    posting = pl.DataFrame(
        {
            "profile_id": ["ann"] * 5,
            "day": [FIRST + timedelta(days=d) for d in (5, 25, 40, 60, 80)],
            "posts": [1] * 5,
            "engagement": [100.0, 100.0, 4_000.0, 100.0, None],
            "counted_posts": [1, 1, 1, 1, 0],
        }
    )
    (row,) = steps(series, posting)
    # One post with 4,000 around the step, three with 100 each elsewhere whose count is known.
    assert row["activity_ratio"] == pytest.approx(4_000 / 100)
    assert row["is_busy"]
    # Six days around the step (two and two beside the two of the change), 85 others.
    often = posting.with_columns(pl.lit(None, pl.Float64).alias("engagement"), counted_posts=0)
    (row,) = steps(series, often)
    assert row["activity_ratio"] == pytest.approx((1 / 6) / (4 / 85))
    # Nothing posted in those days, and engagement unknown.
    elsewhere = often.filter(pl.col("day") != FIRST + timedelta(days=40))
    (row,) = steps(series, elsewhere)
    assert (row["activity_ratio"], row["is_busy"]) == (0.0, False)


def test_real_streamers_have_none(shared_data: Any) -> None:
    real = pl.read_csv(shared_data / "kr_vtuber_daily" / "followers.csv", encoding="utf8-lossy")
    frame = real.select(
        profile_id="member_id", day=pl.col("date").str.to_date(), followers="follower_count"
    ).unique(["profile_id", "day"], keep="last", maintain_order=True)
    assert (frame["profile_id"].n_unique(), frame["followers"].min()) == (10, 0)
    assert growth_steps(frame, NO_DAYS, date(2026, 4, 1), date(2026, 8, 31)).is_empty()
    # The same with 5 % more from the first of July on.
    more = frame.with_columns(
        pl.when(pl.col("day") >= date(2026, 7, 1))
        .then(pl.col("followers") * 1.05)
        .otherwise(pl.col("followers"))
        .round()
        .cast(pl.Int64)
        .alias("followers")
    )
    found = growth_steps(more, NO_DAYS, date(2026, 4, 1), date(2026, 8, 31))
    assert found["to_day"].to_list() == [date(2026, 7, 1)] * 10
