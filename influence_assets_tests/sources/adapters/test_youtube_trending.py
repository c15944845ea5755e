"""YouTube's trending lists: the day in its three spellings, counts that are unknown, bad rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets_tests.sources.adapters.recognised import example, recognised

YEAR_OF_THE_LISTS = 2017


def test_2017_day_before_month_and_unknown_counts() -> None:
    found = example("youtube_trending", "2017.csv")
    assert (found.source, found.records) == ("youtube_trending", 6)
    # `17.14.11` is 14 November 2017. 0 is unknown where ratings or comments were switched off.
    assert found.cells("post_metrics", "post_id", "observed_at", "views", "likes", "comments") == [
        ("aaaaaaaaa01", datetime(2017, 11, 14), 1000, 100, 20),
        ("aaaaaaaaa01", datetime(2018, 2, 1), 3000, 300, 40),
        ("bbbbbbbbb02", datetime(2017, 11, 14), 500, None, None),
        ("ccccccccc03", datetime(2017, 11, 14), 600, None, 7),
    ]
    posts = found.rows["posts"]
    assert posts[0] == {
        "platform": "youtube",
        "post_id": "aaaaaaaaa01",
        "profile_id": "Ann Official",
        "posted_at": datetime(2017, 11, 13, 17, 13, 1),
        "is_posted_at_known": True,
        "kind": "video",
        "text": "A song",
        "hashtags": ["ann", "live show", "2017"],
        "category": "Music",
        "url": "https://www.youtube.com/watch?v=aaaaaaaaa01",
        "observed_at": datetime(2017, 11, 14),
        "is_observed_at_known": True,
        "row_number": 1,
    }
    assert "hashtags" not in posts[2]  # [none]
    assert found.cells("posts", "category")[2:] == [("News & Politics",), ("Shows",)]
    # A row with a bad count, and one with a day in another spelling.
    assert found.quarantined == {5: "views_unreadable", 6: "observed_at_unreadable"}


def test_2020_has_channels_and_iso_days() -> None:
    found = example("youtube_trending", "2020.csv")
    assert found.source == "youtube_trending"
    assert found.cells("posts", "post_id", "profile_id", "posted_at") == [
        ("aaaaaaaaa01", "UCann", datetime(2020, 8, 11, 19, 20, 14)),
        ("bbbbbbbbb02", "UCbob", datetime(2020, 8, 11, 10)),
    ]
    assert found.cells("post_metrics", "post_id", "observed_at", "views", "likes", "comments") == [
        ("aaaaaaaaa01", datetime(2020, 8, 12), 1_514_614, 156_908, 35_313),
        ("bbbbbbbbb02", datetime(2020, 8, 12), 10, 3, None),
    ]
    assert found.quarantined == {3: "profile_id|nullability"}


def test_dd_mm_without_a_year() -> None:
    found = example("youtube_trending_2017", "videos.csv")
    assert (found.source, found.records) == ("youtube_trending_2017", 5)
    # `10.1` is 10 October: a spreadsheet took its zero. The id of row 2 is in the picture's
    # address alone. `100` and `24.09eeeeeeeee05` are no days.
    assert found.cells(
        "post_metrics", "post_id", "observed_at", "is_observed_at_known", "views", "likes",
        "comments",
    ) == [
        ("aaaaaaaaa01", datetime(2017, 9, 13), True, 100, 10, 5),
        ("-bbbbbbbb02", datetime(2017, 10, 10), True, 2_000_000_000, 20, 6),
        ("aaaaaaaaa01", datetime(2017, 10, 1), True, 150, 9, 7),
    ]  # fmt: skip
    assert found.cells("posts", "posted_at", "is_posted_at_known", "hashtags", "category") == [
        (datetime(2017, 9, 13), False, None, "Music"),
        (datetime(2017, 10, 10), False, ["talk", "two words"], "People & Blogs"),
        (datetime(2017, 10, 1), False, None, "Music"),
    ]
    assert found.quarantined == {4: "posted_at_unreadable", 5: "posted_at_unreadable"}


def test_comments_without_authors_are_left_out() -> None:
    found = example("youtube_trending_2017", "comments.csv")
    assert found.source == "youtube_trending_2017"
    assert found.skipped == "comments without id, author and time"


def day_of(text: str) -> datetime | None:
    """The day of a row of 2017, told by hand: no pattern of the mapping is used."""
    day, point, month = text.partition(".")
    months = {"09": 9, "10": 10, "1": 10}
    if not point or len(day) != 2 or month not in months:
        return None
    return datetime(YEAR_OF_THE_LISTS, months[month], int(day))


@pytest.mark.parametrize(("region", "bad"), [("US", 4 + 2), ("GB", 2)])
def test_real_lists_of_2017(shared_data: Path, region: str, bad: int) -> None:
    path = shared_data / "yt_trending_2017" / f"{region}videos.csv"
    with path.open(encoding="utf-8", newline="") as source:
        header, *rows = csv.reader(source)
    whole = [(n, r) for n, r in enumerate(rows, 1) if len(r) == len(header)]
    expected = []
    for number, row in whole:
        record = dict(zip(header, row, strict=True))
        if (day := day_of(record["date"])) is None:
            continue
        address = re.fullmatch(
            r"https://i\.ytimg\.com/vi/(.{11})/default(_live)?\.jpg", record["thumbnail_link"]
        )
        assert address is not None
        if record["video_id"] != "#NAME?":
            assert record["video_id"] == address[1]
        counts = (int(record[c]) for c in ("views", "likes", "comment_total"))
        expected.append((number, address[1], day, *counts))
    found = recognised(path)
    assert found.source == "youtube_trending_2017"
    assert (found.records, len(found.quarantined)) == (len(rows), bad)
    columns = ("row_number", "post_id", "observed_at", "views", "likes", "comments")
    assert found.cells("post_metrics", *columns) == expected
    assert len(expected) == len(rows) - bad
    # Metric history: most videos come back on other days.
    days_of_video = Counter(post_id for _, post_id, *_ in expected)
    assert max(days_of_video.values()) > 5
    # Where the next record is glued on, it is the row's fault and nobody else's.
    rules = set(found.quarantined.values())
    assert rules == {"US": {"posted_at_unreadable"}, "GB": {"wrong_number_of_fields"}}[region]


def test_real_category_names_are_recognised(shared_data: Path) -> None:
    for region in ("US", "GB"):
        found = recognised(shared_data / "yt_trending_2017" / f"{region}_category_id.json")
        assert found.source == "youtube_api"
        assert found.skipped is not None


def test_2020_with_the_days_of_2017() -> None:
    found = example("youtube_trending", "2020_yyddmm.csv")
    # `20.12.08` is 12 August; there is no 32nd.
    assert found.cells("post_metrics", "post_id", "observed_at", "views") == [
        ("aaaaaaaaa01", datetime(2020, 8, 12), 100)
    ]
    assert found.quarantined == {2: "observed_at_unreadable"}


def test_2023_of_113_countries() -> None:
    found = example("youtube_trending", "2023.csv")
    assert found.source == "youtube_trending"
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "hashtags", "language") == [
        ("aaaaaaaaa01", "UCann", datetime(2023, 10, 27), ["a", "b"], "en")
    ]
    assert found.cells("post_metrics", "observed_at", "views", "likes", "comments") == [
        (datetime(2023, 10, 31), 1000, 10, 1)
    ]
    assert found.quarantined == {2: "views_unreadable"}
