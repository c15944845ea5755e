"""Cascades: who passed on what from whom, and times that are none."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets_tests.sources.adapters.recognised import (
    TODAY,
    Recognised,
    example,
    recognised,
)


def _reposts(found: Recognised) -> list[tuple[str, str, str, datetime, bool]]:
    assert found.source == "cascades"
    assert {r["kind"] for r in found.rows["interactions"]} == {"repost"}
    return [
        (r["post_id"], r["source_id"], r["target_id"], r["occurred_at"], r["is_occurred_at_known"])
        for r in found.rows["interactions"]
    ]


def _delays(found: Recognised) -> list[float | None]:
    return [delay for (delay,) in found.cells("interactions", "delay_s")]


def test_paths_tell_from_whom() -> None:
    found = example("cascades", "weibo.txt")
    first = datetime(2016, 6, 1, 1, 41, 34)
    assert [
        (p["platform"], p["post_id"], p["profile_id"], p["posted_at"], p["is_posted_at_known"])
        for p in found.rows["posts"]
    ] == [
        ("weibo", "24800", "900", first, True),
        ("weibo", "7", "11", datetime(2016, 6, 1, 1, 41, 40), True),
    ]
    assert _reposts(found) == [
        ("24800", "901", "900", datetime(2016, 6, 1, 1, 47, 24), True),
        ("24800", "902", "901", datetime(2016, 6, 1, 1, 56, 34), True),
        ("7", "11", "11", datetime(2016, 6, 1, 1, 41, 45), True),  # passed on to oneself
    ]
    assert _delays(found) == [350, 900, 5]
    assert found.quarantined == {4: "malformed_item", 7: "wrong_number_of_fields"}


def test_plain_cascades_with_relative_times() -> None:
    found = example("cascades", "plain.txt")
    assert _reposts(found) == [
        ("cascade-1", "566", "0", TODAY, False),
        ("cascade-1", "2515", "0", TODAY, False),
        ("cascade-2", "8", "7", TODAY, False),
        ("cascade-3", "9", "7", TODAY, False),
    ]
    assert [
        (p["post_id"], p["profile_id"], p["is_posted_at_known"]) for p in found.rows["posts"]
    ] == [
        ("cascade-1", "0", False),
        ("cascade-2", "7", False),
        ("cascade-3", "7", False),
    ]
    # From where the file's own times count: the root's part.
    assert _delays(found) == [23498972, 120971777, 457, 12]
    assert found.quarantined == {6: "malformed_item"}


def test_plain_cascades_with_real_times() -> None:
    found = example("cascades", "dated.txt")
    (post,) = found.rows["posts"]
    assert (post["post_id"], post["profile_id"], post["posted_at"]) == (
        "cascade-1",
        "5",
        datetime(2016, 6, 1, 1, 41, 34),
    )
    assert _reposts(found) == [
        ("cascade-1", "6", "5", datetime(2016, 6, 1, 1, 41, 40), True),
        ("cascade-1", "5", "5", datetime(2016, 6, 1, 1, 43, 20), True),
    ]
    assert _delays(found) == [6, 106]


@pytest.mark.parametrize(
    ("line", "delays"),
    [
        # The first user is the root, at a time of its own; nobody comes before the root.
        ("5 100,6 130,7 90", [30, None]),
        # Real times with a root of unknown time: a moment, and no delay.
        ("5 6 1464745294,7 1464745300", [None, None]),
        # The root is told twice, and so has a time.
        ("5 5 1464745294,7 1464745300", [6]),
    ],
)
def test_delays_count_from_the_part_of_the_root(
    line: str, delays: list[float | None], tmp_path: Path
) -> None:
    path = tmp_path / "plain.txt"
    path.write_text(f"1 2 3,4 5,6 7,\n{line}\n")
    assert _delays(recognised(path))[3:] == delays


def test_the_real_cascades(shared_data: Path) -> None:
    path = shared_data / "cascades_christianity" / "cascades.txt"
    lines = path.read_text(encoding="ascii").splitlines()
    roots, users = [], []
    for line in lines:
        words = line.replace(",", " ").split()
        assert len(words) % 2 == 1  # the root, then users and times
        roots.append(words[0])
        users.append(words[1::2])
    found = recognised(path)
    ties = _reposts(found)
    assert [p["profile_id"] for p in found.rows["posts"]] == roots
    assert Counter(t[0] for t in ties) == {
        f"cascade-{n}": len(found) for n, found in enumerate(users, 1)
    }
    assert [t[1] for t in ties] == [user for line in users for user in line]
    delays = [int(d) for line in lines for d in line.replace(",", " ").split()[2::2]]
    assert _delays(found) == delays
    assert [t[2] for t in ties] == [r for r, line in zip(roots, users, strict=True) for _ in line]
    assert (len(lines), len(ties), found.quarantined) == (589, 14_738, {})
    assert not any(t[4] for t in ties)  # the largest is 6.5 years: seconds, but not since 1970
