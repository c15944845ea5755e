"""yt-dlp: videos of several platforms, each with the ids of that platform's other sources."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from influence_assets_tests.sources.adapters.recognised import EXAMPLES, example, recognised

READ = datetime(2023, 11, 14, 22, 13, 20)  # epoch 1700000000


def test_a_video_and_its_comments() -> None:
    found = example("yt_dlp", "video.info.json")
    assert (found.source, found.records) == ("yt_dlp", 3)
    assert found.rows["posts"][0] == {
        "row_number": 1,
        "platform": "youtube",
        "post_id": "AAAAAAAAAA1",
        "profile_id": "UCann",
        "posted_at": datetime(2023, 1, 2, 3, 4, 5),
        "is_posted_at_known": True,
        "kind": "video",
        "text": "Hi",
        "hashtags": ["a b"],
        "language": "en",
        "category": "Music",
        "duration_s": 62.0,
        "url": "https://www.youtube.com/watch?v=AAAAAAAAAA1",
        "observed_at": READ,
        "is_observed_at_known": True,
    }
    # When a comment was made is worked out from words such as "2 years ago".
    assert found.cells("posts", "post_id", "profile_id", "kind", "is_posted_at_known")[1:] == [
        ("Ugx", "UCbob", "comment", False)
    ]
    assert found.cells("post_metrics", "post_id", "observed_at", "views", "likes", "comments") == [
        ("AAAAAAAAAA1", READ, 100, 5, 1),
        ("Ugx", READ, None, 2, None),
    ]
    assert found.cells("profile_snapshots", "profile_id", "handle", "followers") == [
        ("UCann", "ann", 1000)
    ]
    assert found.cells("interactions", "kind", "source_id", "target_id", "post_id") == [
        ("comment", "UCbob", "UCann", "Ugx")
    ]
    assert found.quarantined == {3: "profile_id|nullability"}


def test_other_platforms_one_a_line() -> None:
    found = example("yt_dlp", "videos.jsonl")
    assert found.cells("posts", "platform", "post_id", "profile_id", "posted_at") == [
        ("youtube", "AAAAAAAAAA1", "UCann", datetime(2023, 1, 2)),  # the day is all there is
        ("tiktok", "7100000000000000001", "ann", datetime(2022, 7, 22, 21, 23, 20)),
        # The tweet, not its video.
        ("twitter", "1620000000000000000", "ann", datetime(2023, 1, 29, 13, 46, 40)),
        ("instagram", "CAAAAAAAAAA", "ann", datetime(2023, 1, 29, 13, 46, 40)),
    ]
    assert found.cells("post_metrics", "post_id", "views", "likes", "shares") == [
        ("AAAAAAAAAA1", 100, 5, None),
        ("7100000000000000001", 100, 5, 2),
        ("1620000000000000000", None, 5, None),
        ("CAAAAAAAAAA", None, 5, None),
    ]
    assert found.cells("posts", "hashtags", "mentions")[1] == (["fun"], ["bob"])
    assert found.quarantined == {5: "profile_id|nullability"}


def test_a_file_that_is_longer_than_the_look(tmp_path: Path) -> None:
    """Formats and captions stand before the fields that name the platform."""
    video = json.loads((EXAMPLES / "yt_dlp" / "video.info.json").read_text())
    late = {key: video.pop(key) for key in ("extractor_key", "extractor", "channel_id")}
    captions = {f"l{i}": [{"url": "https://x.example/" + "y" * 400}] for i in range(4_000)}
    path = tmp_path / "any name.json"
    path.write_text(json.dumps({**video, "automatic_captions": captions, **late}))
    found = recognised(path)
    assert found.source == "yt_dlp"
    assert found.cells("posts", "post_id", "profile_id")[0] == ("AAAAAAAAAA1", "UCann")


def test_a_playlist_has_nothing() -> None:
    assert example("yt_dlp", "playlist.info.json").skipped is not None
