"""Each kind of event by hand, and what is none."""

from __future__ import annotations

from string import ascii_lowercase
from typing import Any

import polars as pl

from influence_assets.domain.graph.lives import life_events

from .test_tracking import NOBODY, members

ALL = ascii_lowercase
A, B = ALL[:8], ALL[8:15]
LESS = ALL[:5]


def told(**sizes: int | None) -> pl.DataFrame:
    """Communities that are alive, with the size that they settled at."""
    rows = [(name, True, size) for name, size in sizes.items()]
    schema = {"community_id": pl.String, "is_alive": pl.Boolean, "size": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def dead(name: str) -> pl.DataFrame:
    return told(**{name: None}).with_columns(is_alive=pl.lit(False))


def events(before: pl.DataFrame, now: pl.DataFrame, known: pl.DataFrame) -> list[dict[str, Any]]:
    return life_events(before, now, known).rows(named=True)


def kinds(before: pl.DataFrame, now: pl.DataFrame, known: pl.DataFrame) -> list[tuple[str, str]]:
    return [(e["community_id"], e["event"]) for e in events(before, now, known)]


def test_what_stays_as_it_is_has_no_event() -> None:
    assert events(members(one=A), members(one=A), told(one=8)) == []


def test_in_the_first_week_communities_are_seen_not_born() -> None:
    found = kinds(NOBODY, members(one=A, few="xyz"), told())
    assert found == [("one", "first_seen")]


def test_a_birth_is_told_when_it_has_lasted_two_weeks() -> None:
    assert kinds(members(one=A), members(one=A, new=B), told(one=8)) == []
    both = members(one=A, new=B)
    (birth,) = events(both, both, told(one=8))
    assert (birth["community_id"], birth["event"]) == ("new", "birth")
    assert (birth["size_before"], birth["size_after"]) == (7, 7)
    # Four are too few; and what was told once is not told again.
    few = members(one=A, new=B[:4])
    assert kinds(few, few, told(one=8)) == []
    assert kinds(both, both, told(one=8, new=None)) == []


def test_what_had_died_is_back() -> None:
    both = members(one=A, old=B)
    known = pl.concat([told(one=8), dead("old")])
    assert kinds(both, both, known) == [("old", "resurgence")]


def test_death_and_where_most_of_its_members_went() -> None:
    before = members(one=A, two=B)
    (gone,) = events(before, members(one=A, few="ij"), told(one=8, two=7))
    assert (gone["event"], gone["size_before"], gone["size_after"]) == ("death", 7, None)
    assert (gone["other_ids"], gone["overlap"]) == ([], None)
    # Four of five went to a large one, of which they are a small part: no merge.
    large = "".join(chr(200 + i) for i in range(60))
    before = members(big=large, two="abcde")
    (gone,) = events(before, members(big=large + "abcd"), told(big=60, two=5))
    assert (gone["event"], gone["other_ids"], gone["other_sizes"]) == ("death", ["big"], [64])
    assert gone["overlap"] == 0.8


def test_one_that_was_told_of_lives_on_with_three() -> None:
    assert kinds(members(one="abcd"), members(one="abc"), told(one=None)) == []
    assert kinds(members(one="abc"), members(one="ab"), told(one=None)) == [("one", "death")]


def test_a_merge_names_its_parts() -> None:
    before = members(one=A, two=B)
    (merge,) = events(before, members(one=A + B), told(one=8, two=7))
    assert merge == {
        "community_id": "one", "event": "merge", "other_ids": ["two"], "other_sizes": [7],
        "overlap": 1.0, "size_before": 8, "size_after": 15,
    }  # fmt: skip


def test_what_goes_on_elsewhere_did_not_end_in_a_merge() -> None:
    # Five of eight of "two" went over to "one"; three and two others carry its id on.
    now = members(one=A + B[:5], two=B[5:] + "xyz")
    assert kinds(members(one=A, two=B), now, told(one=None, two=None)) == []


def test_a_split_names_what_it_left() -> None:
    (split,) = events(members(one=A + B), members(one=A, new=B), told(one=15))
    assert split == {
        "community_id": "one", "event": "split", "other_ids": ["new"], "other_sizes": [7],
        "overlap": 1.0, "size_before": 15, "size_after": 8,
    }  # fmt: skip


def test_growth_and_contraction_against_the_settled_size_when_they_last() -> None:
    more, most = members(one=ALL[:11]), members(one=ALL[:12])
    assert kinds(more, most, told(one=8)) == [("one", "growth")]
    assert kinds(members(one=A), most, told(one=8)) == []  # this week only
    assert kinds(more, most, told(one=None)) == []  # it has not settled yet
    assert kinds(more, most, told(one=9)) == []  # 11 / 9 is less than 1.3
    less = members(one=LESS)
    assert kinds(less, less, told(one=8)) == [("one", "contraction")]
    assert kinds(members(one=A), less, told(one=8)) == []
    (slow,) = events(members(one=ALL[:12]), members(one=ALL[:11]), told(one=8))
    assert slow["overlap"] == 11 / 12
