"""The YouTube Data API: pages and items alone, nested ids, durations, comments and replies."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets_tests.sources.adapters.recognised import TODAY, example, recognised

FIRST = datetime(2023, 1, 2, 3, 4, 5)


@pytest.mark.parametrize("name", ["videos.json", "videos.jsonl"])
def test_videos(name: str) -> None:
    found = example("youtube_api", name)
    assert (found.source, found.records) == ("youtube_api", 4)
    assert found.rows["posts"][0] == {
        "platform": "youtube",
        "post_id": "aaaaaaaaa01",
        "profile_id": "UCann",
        "posted_at": FIRST,
        "is_posted_at_known": True,
        "observed_at": TODAY,
        "is_observed_at_known": False,
        "kind": "video",
        "text": "It's a song",
        "hashtags": ["ann", "live show"],
        "language": "en",
        "category": "Music",
        "duration_s": 3723,  # PT1H2M3S
        "url": "https://www.youtube.com/watch?v=aaaaaaaaa01",
        "row_number": 1,
    }
    # An id that is not documented stays as it is; P1DT1S is a day and a second.
    assert found.cells("posts", "post_id", "kind", "category", "duration_s")[1:] == [
        ("bbbbbbbbb02", "stream", "99", 86_401),
        ("ccccccccc03", "video", None, None),
    ]
    # Hidden counts are unknown; a video asked for without statistics has no counts at all.
    assert found.cells(
        "post_metrics",
        "post_id",
        "views",
        "likes",
        "comments",
        "observed_at",
        "is_observed_at_known",
    ) == [
        ("aaaaaaaaa01", 5_000_000_000, 7, 3, TODAY, False),
        ("bbbbbbbbb02", 10, None, None, TODAY, False),
    ]
    assert found.quarantined == {4: "posted_at_unreadable"}


def test_a_page_without_items_is_taken_in_as_it_is() -> None:
    found = example("youtube_api", "no_videos.json")
    assert (found.source, found.records, found.skipped) == ("youtube_api", 0, None)


@pytest.mark.parametrize("name", ["search.json", "search.jsonl"])
def test_search_mixes_kinds(name: str) -> None:
    found = example("youtube_api", name)
    assert (found.source, found.records) == ("youtube_api", 4)
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "text") == [
        ("aaaaaaaaa01", "UCann", FIRST, "It's a song")
    ]
    # A channel and a playlist tell at least whose they are.
    assert found.cells("profile_snapshots", "row_number", "profile_id", "display_name") == [
        (1, "UCann", "Ann"), (2, "UCbob", "Bob"), (3, "UCann", "Ann"),
    ]  # fmt: skip
    assert found.quarantined == {4: "post_id|nullability"}


@pytest.mark.parametrize("name", ["channels.json", "channels.jsonl"])
def test_channels(name: str) -> None:
    found = example("youtube_api", name)
    columns = ("profile_id", "handle", "display_name", "country", "followers", "posts_count")
    assert found.cells("profile_snapshots", *columns) == [
        ("UCann", "annsings", "Ann", "US", 1_230_000, 45),
        ("UCbob", None, "Bob", None, None, 1),  # hides its subscribers
    ]
    assert found.quarantined == {3: "followers_unreadable"}


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("playlist.json", [(FIRST, True), (datetime(2023, 1, 3), True)]),
        ("playlist.jsonl", [(FIRST, True), (datetime(2023, 1, 3), True)]),
        # Without contentDetails: since when it is in the list, no more.
        ("playlist_bare.json", [(datetime(2023, 5, 1), False)] * 2),
        ("playlist_bare.jsonl", [(datetime(2023, 5, 1), False)] * 2),
    ],
)
def test_playlist_items_belong_to_their_owner(
    name: str, times: list[tuple[datetime, bool]]
) -> None:
    found = example("youtube_api", name)
    assert found.source == "youtube_api"
    assert found.cells("posts", "post_id", "profile_id") == [
        ("aaaaaaaaa01", "UCann"), ("bbbbbbbbb02", "UCbob"),
    ]  # fmt: skip
    assert found.cells("posts", "posted_at", "is_posted_at_known") == times
    assert found.quarantined == {3: "profile_id|nullability"}  # deleted


@pytest.mark.parametrize(
    "name", ["comment_threads.json", "comment_threads_list.json", "comment_threads.jsonl"]
)
def test_comment_threads_with_their_replies(name: str) -> None:
    found = example("youtube_api", name)
    assert (found.source, found.records) == ("youtube_api", 4)
    assert found.cells("posts", "row_number", "post_id", "profile_id", "kind", "text") == [
        (1, "c1", "UCbob", "comment", "Great & loud"),
        (3, "c1.r1", "UCann", "comment", "thanks"),
        (4, "c1.r2", "UCcid", "comment", "+1"),
    ]
    assert found.cells("post_metrics", "post_id", "likes", "comments") == [
        ("c1", 4, 2), ("c1.r1", 1, None), ("c1.r2", 0, None),
    ]  # fmt: skip
    assert found.cells(
        "interactions", "kind", "source_id", "target_id", "post_id", "occurred_at"
    ) == [
        ("comment", "UCbob", "UCann", "c1", datetime(2023, 1, 5)),
        ("reply", "UCann", "UCbob", "c1.r1", datetime(2023, 1, 5)),
        ("reply", "UCcid", "UCbob", "c1.r2", datetime(2023, 1, 7)),
    ]
    assert found.quarantined == {2: "profile_id|nullability"}


@pytest.mark.parametrize("name", ["comments.json", "comments.jsonl"])
def test_comments_alone(name: str) -> None:
    found = example("youtube_api", name)
    assert found.cells("posts", "post_id", "profile_id", "kind") == [("c1.r1", "UCann", "comment")]
    assert found.quarantined == {2: "posted_at|nullability"}


def test_categories_are_skipped() -> None:
    assert (example("youtube_api", "categories.json").skipped or "").startswith(
        "a list of category"
    )


def test_pages_without_kinds() -> None:
    found = example("youtube_api", "videos_fields.json")
    assert found.source == "youtube_api"
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "category") == [
        ("AAAAAAAAAA1", "UCann", FIRST, "Music")
    ]
    assert found.quarantined == {2: "views_unreadable"}


def test_statistics_alone_are_counts_alone() -> None:
    found = example("youtube_api", "videos_statistics.json")
    assert "posts" not in found.rows
    assert found.cells("post_metrics", "post_id", "views", "likes") == [("AAAAAAAAAA1", 100, 5)]
    assert found.quarantined == {2: "fits_no_feed"}


def test_a_list_of_pages() -> None:
    found = example("youtube_api", "videos_pages.json")
    assert found.cells("posts", "post_id") == [("AAAAAAAAAA1",), ("AAAAAAAAAA2",)]


@pytest.mark.parametrize("name", ["subscriptions.json", "subscriptions.jsonl"])
def test_subscriptions(name: str) -> None:
    found = example("youtube_api", name)
    assert found.cells("interactions", "kind", "source_id", "target_id", "occurred_at") == [
        ("follow", "UCann", "UCbob", datetime(2020, 1, 2, 3, 4, 5))
    ]
    assert found.quarantined == {2: "target_id|nullability"}


def test_playlists_hold_no_videos() -> None:
    assert example("youtube_api", "playlists.json").skipped is not None


def test_hidden_subscribers_are_unknown_and_not_none(tmp_path: Path) -> None:
    statistics = {"subscriberCount": "0", "hiddenSubscriberCount": True, "videoCount": "3"}
    path = tmp_path / "c.json"
    path.write_text(
        json.dumps({"kind": "youtube#channel", "id": "UCann", "statistics": statistics})
    )
    found = recognised(path)
    assert found.cells("profile_snapshots", "profile_id", "followers", "posts_count") == [
        ("UCann", None, 3)
    ]
