"""Bursts: the test against another library, planted bursts, and no alarm where nothing happens."""

from __future__ import annotations

from datetime import date
from math import log10
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest, false_discovery_control

from influence_assets.domain.spread.hashtags import bursts

QUIET = {
    "platform": "x", "week_start": date(2024, 1, 1), "posts": 4, "profiles": 4, "posts_before": 32,
    "profiles_before": 32, "all_posts": 100, "all_profiles": 50, "all_posts_before": 800,
    "all_profiles_before": 400, "hashtags_known": 1,
}  # fmt: skip


def judged(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [QUIET | {"hashtag": f"t{n:03d}"} | change for n, change in enumerate(changes)]
    return bursts(pl.DataFrame(rows)).rows(named=True)


def test_what_is_expected_scales_with_the_platform() -> None:
    (row,) = judged({"all_posts": 200, "all_profiles": 75})
    # 32 of 800 posts before, so 8 of 200; 32 of 400 profile-weeks, so 6 of 75.
    assert (row["expected_posts"], row["expected_profiles"]) == (8, 6)
    assert not row["is_taking_off"]


@pytest.mark.parametrize(("now", "before"), [(4, 32), (12, 32), (20, 3), (5, 0)])
def test_the_score_is_that_of_the_exact_test(now: int, before: int) -> None:
    (row,) = judged({"profiles": now, "profiles_before": before})
    exact = binomtest(now, now + before, 50 / 450, alternative="greater").pvalue
    assert row["burst_score"] == pytest.approx(-log10(exact))


def test_false_discovery_rates_are_those_of_scipy() -> None:
    users = [1, 30, 4, 12, 15, 4, 9]
    others = 5  # hashtags of the weeks before that nobody uses now
    rows = judged(*({"profiles": n, "hashtags_known": len(users) + others} for n in users))
    p = [10 ** -row["burst_score"] for row in rows] + [1.0] * others
    expected = false_discovery_control(p)[: len(users)]
    np.testing.assert_allclose([row["false_discovery_rate"] for row in rows], expected)


def test_levels_are_doublings() -> None:
    # Expected are 4: with the half that both get, 17.5 of 4.5 is 3.9 times as many, 35.5 is 7.9.
    rows = judged({"profiles": 17}, {"profiles": 18}, {"profiles": 35}, {"profiles": 36})
    assert [row["burst_level"] for row in rows] == [1, 2, 2, 3]
    assert all(row["is_taking_off"] for row in rows)
    # Many of many are significant, and not twice as many.
    (row,) = judged({"profiles": 700, "profiles_before": 4_000, "all_profiles": 1_000,
                     "all_profiles_before": 8_000})  # fmt: skip
    assert row["false_discovery_rate"] < 0.001
    assert (row["burst_level"], row["is_taking_off"]) == (0, False)


def test_a_new_hashtag_takes_off_and_two_users_do_not() -> None:
    new = {"posts_before": 0, "profiles_before": 0}
    many, two = judged(new | {"profiles": 3}, new | {"profiles": 2})
    assert (many["expected_profiles"], many["is_taking_off"]) == (0, True)
    assert two["burst_level"] > 0
    assert not two["is_taking_off"]


def test_the_first_week_of_a_platform_has_no_bursts() -> None:
    nothing = dict.fromkeys(
        ("posts_before", "profiles_before", "all_posts_before", "all_profiles_before"), 0
    )
    (row,) = judged(nothing | {"profiles": 50})
    told = ("expected_posts", "expected_profiles", "burst_score", "false_discovery_rate")
    assert [row[c] for c in told] == [None] * 4
    assert (row["burst_level"], row["is_taking_off"]) == (0, False)


def test_planted_bursts_are_found_and_chance_is_not() -> None:
    rng = np.random.default_rng(1)
    tags, weeks = 300, 40
    rate = rng.gamma(1, 4, tags)
    before = rng.poisson(rate * 8, (weeks, tags))
    now = rng.poisson(rate, (weeks, tags))
    planted = rng.integers(0, tags, weeks)
    now[range(weeks), planted] = 20 + 4 * rate[planted]
    rows = [
        QUIET | {"hashtag": f"t{t:03d}", "week_start": date.fromordinal(738_000 + 7 * w),
                 "profiles": int(now[w, t]), "profiles_before": int(before[w, t]),
                 "hashtags_known": tags}
        for w in range(weeks) for t in range(tags) if now[w, t]
    ]  # fmt: skip
    found = bursts(pl.DataFrame(rows)).filter("is_taking_off")
    place = [(r["week_start"].toordinal() - 738_000) // 7 for r in found.iter_rows(named=True)]
    hits = {(w, int(h[1:])) for w, h in zip(place, found["hashtag"], strict=True)}
    true = {(w, int(t)) for w, t in enumerate(planted)}
    assert true <= hits
    # One in twenty of those found may be wrong.
    assert len(hits - true) <= 0.1 * len(hits)
