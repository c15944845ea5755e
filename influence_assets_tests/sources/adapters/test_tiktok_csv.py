"""Tables of TikTok scrapers: ids to the last digit, snapshots of the time of reading."""

from __future__ import annotations

import ast
import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from influence_assets_tests.sources.adapters.recognised import TODAY, example, recognised


def test_top_users() -> None:
    found = example("tiktok_csv", "top_users.csv")
    assert (found.source, found.records) == ("tiktok_csv", 3)
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "hashtags", "duration_s") == [
        (
            "6800000000000000001",
            "ann.x",
            datetime(2020, 9, 13, 12, 26, 40),
            ["fun", "robot2020"],
            15,
        ),
        ("6800000000000000002", "bob", datetime(2020, 9, 13, 12, 27, 40), [], None),
    ]
    # Nobody says when the counts were read: the day of ingest bounds it.
    assert found.cells(
        "post_metrics",
        "views",
        "likes",
        "comments",
        "shares",
        "observed_at",
        "is_observed_at_known",
    ) == [(1_900_000, 480_800, 51_300, 9_256, TODAY, False), (300, 12, 2, 1, TODAY, False)]
    # The followers are those of the reading, not of the day of the video.
    assert found.cells(
        "profile_snapshots", "profile_id", "observed_at", "is_observed_at_known", "followers",
        "likes_total", "posts_count",
    ) == [
        ("ann.x", TODAY, False, 97_400_000, 7_600_000_000, 1_642),
        ("bob", TODAY, False, 50, 60, 7),
    ]  # fmt: skip
    assert found.quarantined == {3: "posted_at_unreadable"}


def test_pyktok() -> None:
    found = example("tiktok_csv", "pyktok.csv")
    assert (found.source, found.records) == ("tiktok_csv", 3)
    assert found.cells(
        "posts", "post_id", "profile_id", "posted_at", "text", "hashtags", "mentions",
        "is_sponsored", "duration_s",
    ) == [
        ("7100000000000000001", "ann", datetime(2022, 5, 1, 10), "With @Bob.b! #Fun", ["fun"],
         ["bob.b"], False, 12),
        ("7100000000000000002", "bob.b", datetime(2022, 5, 2, 11, 30), None, None, None, True, 9),
    ]  # fmt: skip
    # A second author without numbers gives no snapshot.
    assert found.cells("profile_snapshots", "profile_id", "followers", "is_verified") == [
        ("ann", 900, True)
    ]
    assert found.cells("interactions", "kind", "source_id", "target_id", "occurred_at") == [
        ("mention", "ann", "bob.b", datetime(2022, 5, 1, 10))
    ]
    assert found.quarantined == {3: "likes_unreadable"}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("apify.csv", "profile_id|nullability"),
        ("apify.jsonl", "posted_at|nullability"),
        ("tiktok_scraper.json", "posted_at|nullability"),
    ],
)
def test_author_meta(name: str, bad: str) -> None:
    found = example("tiktok_csv", name)
    assert (found.source, found.records) == ("tiktok_csv", 3)
    first = datetime(2023, 11, 14, 22, 13, 20)
    assert found.cells(
        "posts", "post_id", "profile_id", "posted_at", "hashtags", "mentions", "language",
        "duration_s",
    )[0] == ("7300000000000000001", "ann", first, ["fun"], ["bob"], "en", 12)  # fmt: skip
    assert found.cells("posts", "post_id", "profile_id", "language", "duration_s")[1:] == [
        ("7300000000000000002", "bob", None, None)
    ]
    kinds = [("video",), ("carousel" if name == "apify.csv" else "video",)]
    assert found.cells("posts", "kind") == kinds
    assert found.cells("post_metrics", "views", "likes", "comments", "shares", "saves")[0] == (
        5000, 100, 4, 3, 7,
    )  # fmt: skip
    assert found.cells("profile_snapshots", "profile_id", "followers", "likes_total")[0] == (
        "ann", 900, 8000,
    )  # fmt: skip
    assert found.cells("interactions", "kind", "source_id", "target_id", "post_id") == [
        ("mention", "ann", "bob", "7300000000000000001")
    ]
    assert found.quarantined == {3: bad}


@pytest.mark.parametrize("name", ["tiktok_api.json", "tiktok_api.csv"])
def test_tiktoks_own_fields(name: str) -> None:
    found = example("tiktok_csv", name)
    assert (found.source, found.records) == ("tiktok_csv", 3)
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "hashtags", "duration_s") == [
        ("7300000000000000001", "ann", datetime(2023, 11, 14, 22, 13, 20), ["fun"], 12),
        ("7300000000000000002", "bob", datetime(2023, 11, 14, 22, 15), None, None),
    ]
    assert found.cells("post_metrics", "views", "likes", "comments", "shares", "saves") == [
        (5000, 100, 4, 3, 7), (20, 1, 0, 0, None),
    ]  # fmt: skip
    assert found.cells("profile_snapshots", "profile_id", "display_name", "followers") == [
        ("ann", "Ann A.", 900)
    ]
    # One second before 1970.
    assert found.quarantined == {3: "posted_at_is_plausible"}


def test_real_top_users(shared_data: Path) -> None:
    path = shared_data / "tiktok_2020_top_users" / "top_users_vids.csv"
    with path.open(encoding="utf-8", newline="") as source:
        records = list(csv.DictReader(source))
    found = recognised(path)
    assert (found.source, found.records, found.quarantined) == ("tiktok_csv", 12_559, {})
    expected = [
        (
            r["id"],
            r["user_name"].lower(),
            datetime.fromtimestamp(int(r["create_time"]), UTC).replace(tzinfo=None),
            [t.strip().lower() for t in ast.literal_eval(r["hashtags"]) if t.strip()],
        )
        for r in records
    ]
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "hashtags") == expected
    counts = ("n_plays", "n_likes", "n_comments", "n_shares")
    assert found.cells("post_metrics", "views", "likes", "comments", "shares") == [
        tuple(int(r[c]) for c in counts) for r in records
    ]
    assert found.cells("profile_snapshots", "followers", "likes_total", "posts_count") == [
        tuple(int(r[c]) for c in ("n_followers", "n_total_likes", "n_total_vids")) for r in records
    ]
    # Known at scrape time alone: no snapshot claims an earlier day.
    times = found.cells("profile_snapshots", "observed_at", "is_observed_at_known")
    assert set(times) == {(TODAY, False)}


VIDEO = "7100000000000000001"
SEEN = ("post_id", "views", "likes", "comments", "shares")


def test_data_sets_under_other_names() -> None:
    found = example("tiktok_csv", "data_set.csv")
    assert found.source == "tiktok_csv"
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "hashtags", "mentions") == [
        ("6900000000000000001", "ann", datetime(2021, 1, 1), ["fun"], ["bob"])
    ]
    assert found.cells("post_metrics", *SEEN) == [("6900000000000000001", 1_200, 5, 1, 2)]
    assert found.quarantined == {2: "post_id_unreadable"}  # 6.9E+18
    research = example("tiktok_csv", "research.csv")
    assert research.cells("posts", "post_id", "profile_id", "posted_at", "hashtags") == [
        (VIDEO, "ann", datetime(2022, 7, 22, 21, 23, 20), ["fun", "x"])
    ]
    assert research.cells("post_metrics", *SEEN) == [(VIDEO, 100, 5, 1, 2)]


def test_a_name_that_says_tiktok_is_enough() -> None:
    found = example("tiktok_csv", "tiktok_videos.csv")
    # 31/07/2022: the day goes first.
    assert found.cells("posts", "post_id", "posted_at") == [(VIDEO, datetime(2022, 7, 31, 21, 23))]
    assert found.cells("post_metrics", *SEEN) == [(VIDEO, 12_300, 5, None, None)]
    assert found.quarantined == {2: "likes_unreadable"}


def test_counts_alone() -> None:
    found = example("tiktok_csv", "counts.csv")
    assert found.cells("post_metrics", *SEEN) == [("7017666017", 343_296, 19_425, 0, 241)]
    assert "posts" not in found.rows
    assert found.quarantined == {2: "some_count_is_known"}


@pytest.mark.parametrize("name", ["item_list.json", "item.json", "apify_slashes.csv"])
def test_other_wrappings(name: str) -> None:
    found = example("tiktok_csv", name)
    assert found.source == "tiktok_csv"
    assert found.cells("posts", "post_id", "profile_id", "posted_at") == [
        (VIDEO, "ann", datetime(2022, 7, 22, 21, 23, 20))
    ]
    assert found.cells("post_metrics", *SEEN) == [(VIDEO, 100, 5, 1, 2)]
