"""Waves of items, first adopters and their communities, on small worlds."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from influence_assets.domain.spread.cascades import diffusion_trees
from influence_assets.domain.spread.early import FIRST_ADOPTERS, concentration, first_adopters
from influence_assets.domain.spread.episodes import episodes
from influence_assets.domain.spread.rows import cascade_rows, first_with_weeks, numbered
from influence_assets_tests.domain.spread.making import adoptions, ties

WEEK = timedelta(days=7)
MON = datetime(2024, 1, 1)


def uses(*rows: tuple[str, str, float]) -> pl.DataFrame:
    """Item, profile and days after Monday."""
    return pl.DataFrame(
        [(item, who, MON + timedelta(days=days)) for item, who, days in rows],
        schema={"item_id": pl.String, "profile_id": pl.String, "adopted_at": pl.Datetime("us")},
        orient="row",
    )


# --- episodes ---


def test_a_week_of_silence_ends_a_cascade() -> None:
    found = episodes(
        uses(
            ("tag", "a", 0), ("tag", "b", 7), ("tag", "a", 7.5),
            # More than seven days after the last use, by whomever.
            ("tag", "b", 14.6), ("tag", "c", 15),
            ("other", "c", 8), ("other", "a", 9),
        ),
        WEEK,
    )  # fmt: skip
    told = found.select("item_id", "started_at", "profile_id", "is_root", "after_s").rows()
    day = 86_400.0
    assert told == [
        ("other", MON + timedelta(days=8), "c", True, 0),
        ("other", MON + timedelta(days=8), "a", False, day),
        ("tag", MON, "a", True, 0),
        ("tag", MON, "b", False, 7 * day),
        ("tag", MON + timedelta(days=14.6), "b", True, 0),
        ("tag", MON + timedelta(days=14.6), "c", False, pytest.approx(0.4 * day)),
    ]


def test_one_profile_alone_is_no_cascade() -> None:
    assert episodes(uses(("tag", "a", 0), ("tag", "a", 1), ("x", "b", 0)), WEEK).is_empty()


def test_of_several_first_users_the_smallest_id_is_the_root() -> None:
    found = episodes(uses(("tag", "b", 0), ("tag", "a", 0), ("tag", "c", 0)), WEEK)
    assert found.filter("is_root")["profile_id"].to_list() == ["a"]


# --- concentration ---


def members(*communities: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"group": 1, "community_id": communities}, schema_overrides={"community_id": pl.String}
    )


@pytest.mark.parametrize(
    ("communities", "expected"),
    [
        ("aaaa", (4, 1, 0.0, 1.0)),
        ("aabb", (4, 2, 1.0, 0.5)),
        ("abcd", (4, 4, 2.0, 0.25)),
        # 1/2 log2 2 + 2 * 1/4 log2 4
        ("aabc", (4, 3, 1.5, 0.5)),
    ],
)
def test_entropy_and_dominance(communities: str, expected: tuple[float, ...]) -> None:
    found = concentration(members(*communities), ["group"]).row(0)[1:]
    assert found == pytest.approx(expected)
    assert "-0.0" not in map(str, found)


def test_unknown_communities_count_for_nothing() -> None:
    known = concentration(members("a", "b"), ["group"])
    assert concentration(members("a", None, "b", None), ["group"]).equals(known)
    assert concentration(members(None, None), ["group"]).is_empty()


# --- first adopters and their week ---


def test_the_first_fifty_with_the_root() -> None:
    many = [("r", 0), *((f"u{n:02d}", float(n)) for n in range(1, 61)), ("x", None)]
    found = first_adopters(diffusion_trees(adoptions(many, [("r", 0), ("x", None)]), ties()))
    assert found.filter(cascade=0)["profile_id"].to_list() == [
        "r", *(f"u{n:02d}" for n in range(1, FIRST_ADOPTERS)),
    ]  # fmt: skip
    # When somebody of unknown time came nobody knows.
    assert found.filter(cascade=1)["profile_id"].to_list() == ["r"]


def cascade(start: datetime | None) -> pl.DataFrame:
    own = adoptions([("r", 0), ("a", 5)]).drop("cascade")
    return own.with_columns(item_id=pl.lit("p"), started_at=pl.lit(start, pl.Datetime("us")))


@pytest.mark.parametrize(
    ("start", "week"),
    [
        # The week that runs is not over: what is known of it may come from the cascade.
        (MON + timedelta(days=20), date(2024, 1, 8)),
        (MON + timedelta(days=21), date(2024, 1, 15)),
        (MON + timedelta(days=90), date(2024, 1, 15)),
        (MON + timedelta(days=6), None),
        (None, None),
    ],
)
def test_communities_are_those_of_the_last_week_that_ended_before(
    start: datetime | None, week: date | None
) -> None:
    weeks = pl.Series([date(2024, 1, d) for d in (1, 8, 15)])
    parts = numbered({"repost": cascade(start)})
    first = first_with_weeks(parts, diffusion_trees(parts, ties()), weeks)
    assert first["profile_id"].to_list() == ["r", "a"]
    assert first["week_start"].to_list() == [week, week]


def test_rows_of_a_table() -> None:
    parts = numbered({"repost": cascade(None), "reply": cascade(MON)})
    assert parts["cascade"].n_unique() == 2
    trees = diffusion_trees(parts, ties())
    first = first_adopters(trees).with_columns(
        pl.when(pl.col("cascade") == 0).then(pl.lit("c")).alias("community_id")
    )
    reply, repost = cascade_rows(parts, trees, first).rows(named=True)
    assert (reply["kind"], reply["item_id"], reply["root_id"], reply["size"]) == (
        "reply", "p", "r", 2,
    )  # fmt: skip
    assert (reply["first_adopters"], reply["first_placed"], reply["first_dominance"]) == (2, 2, 1)
    assert (repost["started_at"], repost["first_adopters"], repost["first_placed"]) == (None, 2, 0)
    assert repost["first_entropy_bits"] is None
