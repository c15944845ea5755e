"""Ids that last: by hand, and against taking pairs one by one."""

from __future__ import annotations

import numpy as np
import polars as pl

from influence_assets.domain.graph.tracking import lasting_ids, matched, overlaps

NOBODY = pl.DataFrame(schema={"profile_id": pl.String, "community_id": pl.String})


def members(**communities: str) -> pl.DataFrame:
    """Communities by id, a letter for each member."""
    rows = [(letter, name) for name, letters in communities.items() for letter in letters]
    return pl.DataFrame(rows, schema=NOBODY.schema, orient="row")


def ids(found: pl.DataFrame, before: pl.DataFrame, ended: pl.DataFrame = NOBODY) -> dict[str, str]:
    return dict(lasting_ids(found, before, ended, "W").iter_rows())


def test_overlap_counts_members_shared_kept_and_come() -> None:
    (pair,) = overlaps(members(old="abcd"), members(new="bcdxyz")).rows(named=True)
    assert pair == {
        "before_id": "old", "now_id": "new", "shared": 3, "size_before": 4, "size_now": 6,
        "kept": 0.75, "came": 0.5, "jaccard": 3 / 7,
    }  # fmt: skip


def test_an_id_stays_while_most_members_stay_and_is_new_where_nobody_was() -> None:
    assert ids(members(a="abc", x="xyz"), members(old="abcd")) == {"a": "old", "x": "W/x"}


def test_half_of_the_members_are_not_most() -> None:
    # Two halves: neither has more than half of it, but all of each comes from it. The first
    # by name of the equally like carries on.
    assert ids(members(a="ab", c="cd"), members(old="abcd")) == {"a": "old", "c": "W/c"}
    # Half of it went into one that is mostly of others: no heir.
    assert ids(members(a="abwxyz"), members(old="abcd")) == {"a": "W/a"}


def test_of_two_that_merge_the_larger_gives_the_id() -> None:
    assert ids(members(a="abcdefg"), members(one="abc", two="defg")) == {"a": "two"}


def test_what_ended_has_its_id_again_when_its_members_meet_again() -> None:
    before, ended = members(one="abc"), members(gone="uvwxyz")
    assert ids(members(a="abc", u="uvwx"), before, ended) == {"a": "one", "u": "gone"}
    # Those who have a community already do not bring another back.
    assert ids(members(a="abc"), before, members(gone="abcz")) == {"a": "one"}


def test_ids_do_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(2)
    names = [f"p{i}" for i in range(60)]
    before, now = (
        pl.DataFrame({"profile_id": names, "community_id": labels.astype(str)})
        for labels in rng.integers(0, 9, (2, 60))
    )
    once = lasting_ids(now, before, NOBODY, "W")
    again = lasting_ids(now.sample(fraction=1, shuffle=True, seed=1), before[::-1], NOBODY, "W")
    assert once.equals(again)


def test_matching_is_that_of_taking_the_most_alike_pair_first() -> None:
    rng = np.random.default_rng(4)
    for _ in range(30):
        names = [f"p{i}" for i in range(80)]
        drift = rng.integers(0, 8, 80)
        moved = np.where(rng.random(80) < 0.4, rng.integers(0, 8, 80), drift)
        before, now = (
            pl.DataFrame({"profile_id": names, "community_id": [str(i) for i in labels]})
            for labels in (drift, moved // 2)
        )
        pairs = overlaps(before, now)
        likely = [p for p in pairs.rows(named=True) if p["kept"] > 0.5 or p["came"] > 0.5]
        likely.sort(key=lambda p: (-p["jaccard"], p["before_id"], p["now_id"]))
        taken: dict[str, str] = {}
        for pair in likely:
            if pair["before_id"] not in taken and pair["now_id"] not in taken.values():
                taken[pair["before_id"]] = pair["now_id"]
        assert dict(matched(pairs).select("before_id", "now_id").iter_rows()) == taken
