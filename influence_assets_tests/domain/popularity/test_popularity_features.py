"""Features know the past and nothing else."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from influence_assets.contracts.features import FEATURE_COLUMNS, PopularityFeatures
from influence_assets.domain.popularity import build_features
from influence_assets_tests.domain.popularity import oracle
from influence_assets_tests.domain.popularity.making import (
    START,
    at,
    graph,
    posts,
    random_posts,
    unit_rows,
)

MATURITIES = [timedelta(0), timedelta(hours=24), timedelta(hours=48)]
LEVEL_1, LEVEL_2, LEVEL_4 = (math.expm1(y) for y in (1, 2, 4))


def test_history_by_hand() -> None:
    frame = posts(
        {"posted_at": at(0), "outcome": 3},
        {"posted_at": at(10), "outcome": 15},
        # 48 h after the second, to the minute: it is known.
        {"posted_at": at(58), "outcome": 0, "kind": "video"},
        # Another author is unknown, the platform is not.
        {"posted_at": at(58), "outcome": None, "profile_id": "b"},
    )
    found = build_features(frame, "likes").to_dicts()
    first, second = math.log(4), math.log(16)
    level = (first + second) / 2
    fade = 0.5 ** (1 / 30)
    author = (2 * (first * fade + second) / (1 + fade) + 0.5 * level) / 2.5

    assert [r["base"] for r in found[:2]] == [None, None]
    assert found[2]["base"] == pytest.approx(author)  # no video yet: the author's own level
    assert found[2]["author_last_vs_base"] == pytest.approx(second - author)
    assert found[2]["author_posts_known"] == pytest.approx(math.log(3))
    assert found[2]["author_kind_posts_known"] == 0
    assert found[2]["author_history_age_days"] == pytest.approx(math.log1p(2))
    assert found[2]["platform_kind_median_vs_base"] is None
    assert found[2]["history_available_at"] == at(58)
    assert found[3]["base"] == pytest.approx(level)
    assert found[3]["author_mean_vs_base"] is None


@pytest.mark.parametrize("maturity", MATURITIES)
def test_a_label_is_known_from_maturity_on(maturity: timedelta) -> None:
    moment = START + maturity
    tick = timedelta(microseconds=1)
    frame = posts(
        {"posted_at": START, "outcome": 9},
        {"posted_at": moment - tick if maturity else moment, "outcome": None},
        {"posted_at": moment if maturity else moment + tick, "outcome": None},
    )
    seen = build_features(frame, "likes", maturity=maturity)["author_posts_known"].to_list()
    assert seen == [0, 0, pytest.approx(math.log(2))]


@pytest.mark.parametrize("maturity", MATURITIES)
def test_features_agree_with_a_loop_over_the_posts(maturity: timedelta) -> None:
    frame = random_posts(220)
    found = build_features(frame, "likes", maturity=maturity)
    wanted = oracle.features(frame, maturity)
    compared = [c for c in FEATURE_COLUMNS if c in wanted[-1]]
    assert len(compared) > 50
    for name in compared:
        want = pl.Series([r.get(name) for r in wanted], dtype=pl.Float64)
        assert (found[name].is_null() == want.is_null()).all(), name
        np.testing.assert_allclose(
            found[name].fill_null(0), want.fill_null(0), rtol=1e-9, atol=1e-9, err_msg=name
        )
    assert found["history_available_at"].to_list() == [r["history_available_at"] for r in wanted]


@pytest.mark.parametrize("maturity", MATURITIES)
def test_nothing_leaks(maturity: timedelta) -> None:
    frame = random_posts(400, seed=3).sort("posted_at", "post_id")
    vectors = unit_rows(400)
    cut = frame["posted_at"][240]
    build = lambda f, e: build_features(f, "likes", e, maturity=maturity)  # noqa: E731
    before = build(frame, vectors)

    # Other labels from `cut` on: nothing changes until they have matured.
    other = pl.Series(np.random.default_rng(0).integers(0, 10**6, 400))
    later = pl.col("posted_at") >= cut
    changed = build(
        frame.with_columns(pl.when(later).then(other).otherwise("outcome").alias("outcome")),
        vectors,
    )
    blind = pl.col("posted_at") < cut + maturity if maturity else pl.col("posted_at") <= cut
    assert_same(changed.filter(blind).drop("outcome"), before.filter(blind).drop("outcome"))
    assert changed.filter(~blind)["base"].to_list() != before.filter(~blind)["base"].to_list()

    # Without the later posts, the earlier are as they were.
    kept = frame.filter(pl.col("posted_at") <= cut)
    assert_same(build(kept, vectors[: kept.height]), before[: kept.height])


def assert_same(one: pl.DataFrame, other: pl.DataFrame) -> None:
    """Equal to the last bit, but for float32 sums over matrices of other shapes."""
    similar = [c for c in FEATURE_COLUMNS if c.startswith("similar_")]
    assert one.drop(similar).equals(other.drop(similar))
    for name in similar:
        assert (one[name].is_null() == other[name].is_null()).all()
        np.testing.assert_allclose(one[name].fill_null(0), other[name].fill_null(0), atol=1e-4)


def test_rows_come_in_the_order_of_the_posts_and_keep_the_contract() -> None:
    frame, vectors = random_posts(120), unit_rows(120)
    found = build_features(frame, "likes", vectors, graph(("author1", START, 2)))
    PopularityFeatures.validate(found)
    assert found["post_id"].to_list() == frame["post_id"].to_list()
    assert found["outcome"].to_list() == frame["outcome"].to_list()

    shuffled = np.random.default_rng(2).permutation(120)
    again = build_features(
        frame[shuffled], "likes", vectors[shuffled], graph(("author1", START, 2))
    )
    assert again.equals(found[shuffled])


def test_a_post_without_outcome_is_a_label_for_no_one() -> None:
    frame = random_posts(150, seed=5)
    posted_only = ("posts_last_", "hours_since_", "previous_")
    names = [c for c in FEATURE_COLUMNS if not c.startswith(posted_only)]
    labelled = pl.col("outcome").is_not_null()
    all_posts = build_features(frame, "likes").filter(labelled)
    assert (
        build_features(frame.filter(labelled), "likes")
        .select(names)
        .equals(all_posts.select(names))
    )


def test_no_text_and_unknown_text() -> None:
    frame = posts(
        {"posted_at": at(0), "text": "", "outcome": 5},
        {"posted_at": at(50), "text": None, "hashtags": None, "mentions": None, "outcome": 5},
        {"posted_at": at(100), "text": "Ja? Ja! 🎉 https://t.co/x", "outcome": 5},
    )
    found = build_features(frame, "likes", np.zeros((3, 4), np.float32))
    empty, unknown, full = found.to_dicts()
    PopularityFeatures.validate(found)
    assert (empty["has_no_text"], empty["question_mark_count"], empty["text_length"]) == (1, 0, 0)
    assert (unknown["has_no_text"], unknown["question_mark_count"]) == (1, None)
    assert (unknown["hashtag_count"], unknown["mention_count"]) == (None, None)
    assert (full["has_no_text"], full["question_mark_count"], full["emoji_count"]) == (0, 1, 1)
    assert full["link_count"] == 1
    # Rows of zeros resemble nothing, not each other.
    assert found["similar_platform_cosine"].to_list() == [None, None, 0]
    assert abs(full["similar_platform_effect"]) < 1e-5


def test_no_posts() -> None:
    found = build_features(random_posts(5).clear(), "likes")
    assert found.is_empty()
    PopularityFeatures.validate(found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.lit("same").alias("post_id"), "post_id twice"),
        (pl.lit(-1).alias("outcome"), "negative"),
        (pl.col("posted_at").dt.replace_time_zone("UTC"), "time zone"),
        (pl.concat_str(pl.lit("p"), "post_id").alias("platform"), "one platform"),
    ],
)
def test_bad_posts_are_refused(change: pl.Expr, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_features(random_posts(5).with_columns(change), "likes")


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="lack the columns kind"):
        build_features(random_posts(5).drop("kind"), "likes")
    with pytest.raises(ValueError, match="one row per post"):
        build_features(random_posts(5), "likes", unit_rows(4))
    with pytest.raises(ValueError, match="negative"):
        build_features(random_posts(5), "likes", maturity=timedelta(hours=-1))


def test_graph_is_that_of_the_week_before() -> None:
    # Weeks from 1 and 8 January: the first has ended on the 8th at 00:00.
    weeks = graph(("a", at(0), 1), ("b", at(0), 1), ("a", at(7 * 24), 2))
    frame = posts(
        {"posted_at": at(7 * 24 - 0.1), "outcome": 1},
        {"posted_at": at(7 * 24), "outcome": 1},
        {"posted_at": at(14 * 24 - 0.1), "outcome": 1},
        {"posted_at": at(14 * 24), "outcome": 1},
        # b had no tie in the newest finished week: the older one is not put in its place.
        {"posted_at": at(14 * 24), "outcome": 1, "profile_id": "b"},
        {"posted_at": at(13 * 24), "outcome": 1, "profile_id": "b"},
    )
    found = build_features(frame, "likes", graph=weeks)
    assert found["in_degree"].to_list() == [None, 1, 1, 2, None, 1]
    assert found["community_size"].to_list() == [None, 1, 1, 2, None, 1]
    ends = [None, at(168), at(168), at(336), None, at(168)]
    assert found["graph_available_at"].to_list() == ends


def test_a_profile_twice_in_a_week_is_refused() -> None:
    with pytest.raises(ValueError, match="once a week"):
        build_features(random_posts(5), "likes", graph=graph(("a", START, 1), ("a", START, 2)))
