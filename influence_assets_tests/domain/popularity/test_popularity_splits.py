"""Who is learnt from and who is predicted."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from influence_assets.domain.popularity.splits import (
    FOLDS,
    SkippedError,
    author_folds,
    folds,
    split_time,
)
from influence_assets_tests.domain.popularity.making import at, posts


def hourly(n: int, step: float = 1.0, authors: int = 1) -> pl.DataFrame:
    return posts(
        *(
            {"posted_at": at(i * step), "outcome": i, "profile_id": f"a{i % authors}"}
            for i in range(n)
        )
    )


def test_time_split_by_hand() -> None:
    # 100 posts, one an hour: the test begins with number 80, at hour 80.
    frame = hourly(100)
    (fold,) = folds("T", frame, timedelta(hours=48))
    assert split_time(frame) == at(80)
    assert np.flatnonzero(fold.test).tolist() == list(range(80, 100))
    # 32 + 48 = 80: known just in time.
    assert np.flatnonzero(fold.train).tolist() == list(range(33))


def test_time_split_counts_labelled_posts_only_and_takes_any_order() -> None:
    frame = hourly(125).with_columns(
        pl.when(pl.col("outcome") % 5 != 0).then("outcome").alias("outcome")
    )
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    (fold,) = folds("T", shuffled, timedelta(0))
    assert not shuffled.filter(fold.train | fold.test)["outcome"].null_count()
    assert fold.test.sum() == 20
    train, test = shuffled.filter(fold.train), shuffled.filter(fold.test)
    assert train.height == 80
    assert train["posted_at"].max() < test["posted_at"].min()  # type: ignore[operator]


def test_without_maturity_posts_of_the_same_moment_are_not_learnt_from() -> None:
    # Ten posts each day: the test begins within a day.
    frame = hourly(95).with_columns(pl.col("posted_at").dt.truncate("10h"))
    (fold,) = folds("T", frame, timedelta(0))
    assert fold.test.sum() == 19
    begin = split_time(frame)
    assert frame.filter(fold.train)["posted_at"].max() < begin  # type: ignore[operator]
    assert frame.filter(fold.test)["posted_at"].min() == begin


def test_cold_authors_are_not_in_training() -> None:
    frame = hourly(600, authors=12)
    (time,) = folds("T", frame, timedelta(hours=48))
    parted = folds("C", frame, timedelta(hours=48))
    assert len(parted) == FOLDS
    for fold in parted:
        train, test = frame.filter(fold.train), frame.filter(fold.test)
        assert not set(train["profile_id"]) & set(test["profile_id"])
        assert not (fold.train & ~time.train).any()
        # 12 authors over 5 folds: 2 or 3 each.
        assert test["profile_id"].n_unique() in (2, 3)
    # Each test post of T is scored once.
    assert (sum(f.test.astype(int) for f in parted) == time.test).all()


def test_folds_of_authors_rest_on_their_ids_alone() -> None:
    ids = pl.Series([f"a{i}" for i in range(11)] * 3)
    found = dict(zip(ids, author_folds(ids), strict=True))
    again = ids.reverse()
    assert found == dict(zip(again, author_folds(again), strict=True))
    assert set(found.values()) == set(range(FOLDS))


def test_random_split_is_a_fifth_and_seeded() -> None:
    frame = hourly(100)
    (fold,), (same,), (other,) = (folds("R", frame, timedelta(0), s) for s in (1, 1, 2))
    assert (fold.test.sum(), (fold.train | fold.test).sum()) == (20, 100)
    assert (fold.test == same.test).all()
    assert (fold.test != other.test).any()


@pytest.mark.parametrize(
    ("protocol", "frame", "reason"),
    [
        ("T", hourly(100, step=0.1), "0 posts was known"),
        ("T", hourly(0), "nothing to split"),
        ("C", hourly(600, authors=9), "9 authors"),
        ("T", hourly(600).with_columns(pl.lit(3, pl.Int64).alias("outcome")), "same outcome"),
    ],
)
def test_reasons_to_skip(protocol: str, frame: pl.DataFrame, reason: str) -> None:
    with pytest.raises(SkippedError, match=reason):
        folds(protocol, frame, timedelta(hours=48))


def test_unknown_protocol() -> None:
    with pytest.raises(ValueError, match="no such protocol"):
        folds("X", hourly(100), timedelta(0))


def test_copies_of_test_posts_are_not_learnt_from() -> None:
    frame = hourly(600, authors=12)
    # Posts 100, 200 and 590 say the same, and so do 50 and 60: both are learnt from.
    groups: list[str | None] = [None] * 600
    for n, group in ((100, "a"), (200, "a"), (590, "a"), (50, "b"), (60, "b")):
        groups[n] = group
    copies = pl.Series(groups)
    (plain,) = folds("T", frame, timedelta(hours=48))
    (fold,) = folds("T", frame, timedelta(hours=48), copies=copies)
    assert (fold.test == plain.test).all()
    assert np.flatnonzero(plain.train & ~fold.train).tolist() == [100, 200]
    assert (plain.copies_left_out, fold.copies_left_out) == (0, 2)
    # Rows in any order, and a split that is only there to flatter.
    order = np.random.default_rng(1).permutation(600)
    (shuffled,) = folds("T", frame[order], timedelta(hours=48), copies=copies[order])
    assert (shuffled.train == fold.train[order]).all()
    (one,), (two,) = (folds("R", frame, timedelta(0), copies=c) for c in (copies, None))
    assert (one.train == two.train).all()


def test_in_no_fold_of_cold_authors_copies_are_on_both_sides() -> None:
    frame = hourly(600, authors=12)
    rng = np.random.default_rng(2)
    copies = pl.Series([f"g{n}" if n < 40 else None for n in rng.integers(0, 60, 600)])
    plain = folds("C", frame, timedelta(hours=48))
    parted = folds("C", frame, timedelta(hours=48), copies=copies)
    for before, fold in zip(plain, parted, strict=True):
        train, test = (set(copies.filter(m).drop_nulls()) for m in (fold.train, fold.test))
        assert test and train and not train & test
        assert (fold.test == before.test).all()
        assert fold.copies_left_out == before.train.sum() - fold.train.sum() > 0


def test_copies_that_leave_too_little_are_told() -> None:
    copies = pl.Series(["g"] * 100)
    with pytest.raises(SkippedError, match="without 80 copies"):
        folds("T", hourly(100), timedelta(0), copies=copies)
