"""Which posts are learnt from and which are predicted, under each protocol.

T  time: the last fifth of the posts is the test. Posts whose label was not known yet
   when the test began are in neither part (embargo).
C  cold authors: as T, in five folds by author. A fold's authors are tested on models
   that never saw a post of theirs; their history at prediction time is kept as-of,
   because a platform does know an author's past when it did not train on it.
R  random: shown only to tell how much such a split flatters.

Copies of a test post are left out of training under T and C: whoever learnt one by heart knows
the other. The test stays as it is, so that scores can be compared. Authors of copies are not put
in one fold of C for it: a text that hundreds share would tie them all together. R shows what
happens without such care, and keeps them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.popularity.model import MIN_TRAINING_ROWS

TEST_SHARE = 0.2
FOLDS = 5
MIN_COLD_AUTHORS = 10

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Fold:
    """Two disjoint sets of rows.

    Attributes:
        train: rows to fit on, shape (n,).
        test: rows to score, shape (n,).
        copies_left_out: rows that would be in train, but are copies of test rows.
    """

    train: Mask
    test: Mask
    copies_left_out: int = 0


class SkippedError(ValueError):
    """A protocol cannot be run on these posts; the message is the reason."""


def folds(
    protocol: str,
    posts: pl.DataFrame,
    maturity: timedelta,
    seed: int = 7,
    copies: pl.Series | None = None,
) -> list[Fold]:
    """The folds of a protocol; the test rows of different folds are disjoint.

    Args:
        protocol: T, C or R.
        posts: posted_at, post_id, profile_id, outcome; rows without outcome are in no part.
        maturity: how long after publication a label becomes known.
        seed: of the random split (R only).
        copies: group of copies of each row, NULL of one that has none; or None: nobody looked.

    Raises:
        SkippedError: too few posts or authors.
        ValueError: no such protocol.
    """
    if protocol not in ("T", "C", "R"):
        raise ValueError(f"no such protocol: {protocol}; there are T, C and R")
    found = [_random(posts, seed)] if protocol == "R" else [_time(posts, maturity)]
    if protocol == "C":
        found = _cold(posts, found[0])
    if copies is not None and protocol != "R":
        found = [_without_copies(fold, copies) for fold in found]
    for fold in found:
        _check(fold, posts)
    return found


def split_time(posts: pl.DataFrame) -> datetime:
    """When the test of protocol T begins: publication of its first post."""
    begin: datetime = posts["posted_at"][int(_time_order(posts)[_first_test(posts)])]
    return begin


def _time_order(posts: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Positions of the labelled posts by (posted_at, post_id)."""
    order = posts.with_row_index("row").filter(pl.col("outcome").is_not_null())
    return order.sort("posted_at", "post_id")["row"].to_numpy().astype(np.int64)


def _first_test(posts: pl.DataFrame) -> int:
    labelled = posts.height - posts["outcome"].null_count()
    if labelled < 2:
        raise SkippedError(f"{labelled} posts with a known outcome: nothing to split")
    return min(int((1 - TEST_SHARE) * labelled), labelled - 1)


def _time(posts: pl.DataFrame, maturity: timedelta) -> Fold:
    first = _first_test(posts)
    order = _time_order(posts)
    begin = split_time(posts)
    known_at = posts["posted_at"] + maturity
    known = (known_at <= begin if maturity else known_at < begin).to_numpy()
    train, test = np.zeros((2, posts.height), bool)
    train[order[:first]] = True
    test[order[first:]] = True
    return Fold(train & known, test)


def _cold(posts: pl.DataFrame, in_time: Fold) -> list[Fold]:
    labelled = posts.filter(pl.col("outcome").is_not_null())
    authors = labelled["profile_id"].n_unique()
    if authors < MIN_COLD_AUTHORS:
        raise SkippedError(
            f"{authors} authors with known outcomes: at least {MIN_COLD_AUTHORS} are needed to "
            "test on authors not seen in training"
        )
    fold = author_folds(posts["profile_id"]).to_numpy()
    parts = [Fold(in_time.train & (fold != k), in_time.test & (fold == k)) for k in range(FOLDS)]
    return [p for p in parts if p.test.any()]


def author_folds(profile_ids: pl.Series) -> pl.Series:
    """Fold (0 to FOLDS - 1) of each row's author.

    Authors are dealt out in the order of a hash of their ids: folds differ by one author at
    most, and nothing but the ids decides.
    """
    authors = profile_ids.unique(maintain_order=True)
    digests = [hashlib.blake2b(a.encode(), digest_size=8).hexdigest() for a in authors]
    fold = pl.Series(digests).rank("ordinal").cast(pl.Int64) % FOLDS
    return profile_ids.replace_strict(authors, fold, return_dtype=pl.Int64)


def _without_copies(fold: Fold, copies: pl.Series) -> Fold:
    """The fold without the training rows that have a copy among the test rows."""
    tested = copies.filter(fold.test).drop_nulls().unique()
    is_copy = copies.is_in(tested.implode()).fill_null(False).to_numpy()
    return Fold(fold.train & ~is_copy, fold.test, int((fold.train & is_copy).sum()))


def _random(posts: pl.DataFrame, seed: int) -> Fold:
    first = _first_test(posts)
    shuffled = np.random.default_rng(seed).permutation(_time_order(posts))
    train, test = np.zeros((2, posts.height), bool)
    train[shuffled[:first]] = True
    test[shuffled[first:]] = True
    return Fold(train, test)


def _check(fold: Fold, posts: pl.DataFrame) -> None:
    if (rows := int(fold.train.sum())) < MIN_TRAINING_ROWS:
        raise SkippedError(
            f"the outcome of {rows} posts was known when the test began"
            f"{f', without {fold.copies_left_out} copies' if fold.copies_left_out else ''}: at "
            f"least {MIN_TRAINING_ROWS} are needed to learn from"
        )
    if posts.filter(fold.train)["outcome"].n_unique() == 1:
        raise SkippedError(f"all {rows} posts to learn from have the same outcome")
