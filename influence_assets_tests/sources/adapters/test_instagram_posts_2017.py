"""The Instagram crawl of 2017, recognised by its fields (test_ingest has the real files)."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets_tests.sources.adapters.recognised import EXAMPLES, example, recognised

READ_AT = datetime(2017, 5, 1, 12)


@pytest.mark.parametrize(("name", "first"), [("ann.json", 2), ("posts.csv", 1)])
def test_posts(name: str, first: int) -> None:
    found = example("instagram_posts_2017", name)
    assert (found.source, found.records) == ("instagram_posts_2017", first + 1)
    # The day is stated; the second is in the code.
    at = datetime(2017, 4, 29, 5, 36, 6, 553_000)
    assert found.cells(
        "posts", "row_number", "post_id", "profile_id", "posted_at", "kind", "hashtags", "mentions"
    ) == [(first, "BTdS7XgBe4X", "ann", at, "image", ["fun"], ["bob", "bob", "cid"])]
    assert found.cells("post_metrics", "likes", "observed_at", "is_observed_at_known") == [
        (10_047, READ_AT, True)
    ]
    assert found.cells("interactions", "source_id", "target_id", "occurred_at") == [
        ("ann", "bob", at), ("ann", "cid", at),
    ]  # fmt: skip
    assert found.quarantined == {first + 1: "posted_at_is_plausible"}


@pytest.mark.parametrize(
    ("name", "who", "numbers", "bad"),
    [
        ("ann.json", "ann", (720_979, 233, 988), {3: "posted_at_is_plausible"}),
        ("private.json", "cid", (125_000, 1, 3), {}),
        ("profiles.csv", "ann", (720_979, 233, 988), {2: "followers_unreadable"}),
    ],
)
def test_profiles(name: str, who: str, numbers: tuple[int, ...], bad: dict[int, str]) -> None:
    found = example("instagram_posts_2017", name)
    assert found.source == "instagram_posts_2017"
    assert found.cells(
        "profile_snapshots", "profile_id", "observed_at", "followers", "following", "posts_count"
    ) == [(who, READ_AT, *numbers)]
    assert found.quarantined == bad


@pytest.mark.parametrize("gap", ["username", "numberFollowers", "numberPosts"])
def test_a_gap_in_the_profile_takes_neither_it_nor_its_posts_away(tmp_path: Path, gap: str) -> None:
    document = json.loads((EXAMPLES / "instagram_posts_2017" / "ann.json").read_text())
    path = tmp_path / "ann.json"
    path.write_text(json.dumps(document | {gap: None}))
    found = recognised(path)
    assert found.records == 3
    assert len(found.rows["profile_snapshots"]) == len(found.rows["posts"]) == 1


def test_real_lists_are_recognised(shared_data: Path) -> None:
    folder = shared_data / "ig_posts_2017"
    found = recognised(folder / "profiles.csv.gz")
    with gzip.open(folder / "profiles.csv.gz", "rt", encoding="utf-8", newline="") as source:
        records = list(csv.DictReader(source))
    assert (found.source, found.quarantined) == ("instagram_posts_2017", {})
    assert found.cells("profile_snapshots", "profile_id", "followers") == [
        (r["alias"].lower(), int(r["numberFollowers"])) for r in records
    ]
    posts = recognised(folder / "posts.csv.gz")
    assert (posts.source, posts.records) == ("instagram_posts_2017", 16_539)
    assert list(posts.quarantined.values()) == ["posted_at_is_plausible"] * 3
    assert len(posts.rows["posts"]) == len(posts.rows["post_metrics"]) == 16_536
