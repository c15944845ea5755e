"""The panel of streamers: five tables, and the trap of the 0 at a debut."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets_tests.sources.adapters.recognised import TODAY, example, recognised


def test_zero_followers_at_a_debut_are_no_reading() -> None:
    found = example("streamer_panel", "followers.csv")
    assert found.source == "streamer_panel"
    common = {
        "platform": "chzzk",
        "profile_id": "yuna_r",
        "handle": "yuna_r",
        "display_name": "유나",
        "is_observed_at_known": True,
    }
    assert found.rows["profile_snapshots"] == [
        {**common, "row_number": 1, "observed_at": datetime(2022, 9, 4)},
        {**common, "row_number": 2, "observed_at": datetime(2026, 4, 1), "followers": 120_300},
    ]
    assert found.quarantined == {3: "profile_id|nullability"}


def test_streams() -> None:
    found = example("streamer_panel", "streams.csv")
    assert found.rows == {
        "posts": [
            {
                "row_number": 1,
                "platform": "chzzk",
                "post_id": "501",
                "profile_id": "yuna_r",
                "posted_at": datetime(2026, 8, 1),
                "is_posted_at_known": True,
                "observed_at": TODAY,
                "is_observed_at_known": False,
                "kind": "stream",
                "text": "Chess night",
                "mentions": ["haru_k", "sora_m"],
                "category": "talk",
                "duration_s": 5430.0,
            }
        ],
        "post_metrics": [
            {
                "row_number": 1,
                "platform": "chzzk",
                "post_id": "501",
                "observed_at": TODAY,
                "is_observed_at_known": False,
                "views": 1200,
            }
        ],
    }
    assert found.quarantined == {2: "posted_at_unreadable"}


def test_videos_and_collaborations() -> None:
    videos = example("streamer_panel", "videos.csv")
    (post,) = videos.rows["posts"]
    assert (post["platform"], post["post_id"], post["kind"]) == ("youtube", "abc_DEF-123", "song")
    (counts,) = videos.rows["post_metrics"]
    assert (counts["views"], counts["likes"]) == (309_202, 6_686)
    assert videos.quarantined == {2: "kind_unreadable"}
    collabs = example("streamer_panel", "collabs.csv")
    (tie,) = collabs.rows["interactions"]
    assert (tie["kind"], tie["source_id"], tie["target_id"], tie["post_id"]) == (
        "collab",
        "yuna_r",
        "haru_k",
        "501",
    )
    assert collabs.quarantined == {2: "target_id|nullability"}


@pytest.mark.parametrize("name", ["followers", "streams", "videos", "music", "collabs"])
def test_every_real_table_is_recognised_and_reconciles(shared_data: Path, name: str) -> None:
    path = shared_data / "kr_vtuber_daily" / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as data:
        truth = list(csv.DictReader(data))
    found = recognised(path)
    assert (found.source, found.records) == ("streamer_panel", len(truth))
    assert found.good + len(found.quarantined) == len(truth)
    assert not found.quarantined


def test_the_real_zeros_are_left_out(shared_data: Path) -> None:
    path = shared_data / "kr_vtuber_daily" / "followers.csv"
    with path.open(encoding="utf-8-sig", newline="") as data:
        zeros = sum(row["follower_count"] == "0" for row in csv.DictReader(data))
    rows = recognised(path).rows["profile_snapshots"]
    assert zeros > 0
    assert sum("followers" not in r for r in rows) == zeros
