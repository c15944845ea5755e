"""Daily profile figures: spellings of headers, sparse rows, Parquet."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from influence_assets.sources.batches import BadFile
from influence_assets_tests.sources.adapters.recognised import example, recognised


def test_rows_of_the_example() -> None:
    found = example("profile_daily", "daily.csv")
    assert found.source == "profile_daily"
    common = {"platform": "instagram", "profile_id": "1001", "is_observed_at_known": True}
    assert found.rows == {
        "profile_snapshots": [
            {
                **common,
                "row_number": 1,
                "observed_at": datetime(2024, 3, 1),
                "followers": 12_500,
                "posts_count": 310,
                "engagement": 421.5,
                "reach": 8000.0,
                "impressions": 9100.0,
            },
            {
                **common,
                "row_number": 2,
                "observed_at": datetime(2024, 3, 2),
                "engagement": 398.0,
            },
            {
                "row_number": 3,
                "platform": "tiktok",
                "profile_id": "t-77",
                "is_observed_at_known": True,
                "observed_at": datetime(2024, 3, 2),
                "followers": 990,
                "posts_count": 12,
                "engagement": 0.0,
            },
        ]
    }
    assert found.quarantined == {4: "observed_at_unreadable"}


def test_ids_of_64_bits_and_the_platform_of_the_folder_name() -> None:
    found = example("profile_daily", "ids.csv", platform="weibo")
    (row,) = found.rows["profile_snapshots"]
    assert row["profile_id"] == "9007199254740993"  # a float would have made …992 of it
    assert row["platform"] == "weibo"
    assert row["observed_at"] == datetime(2024, 3, 1)
    assert found.quarantined == {2: "followers|min"}


@pytest.mark.parametrize(
    ("profile", "day", "fans"),
    [
        ("profile_id", "date", "followers"),
        ("profileId", "day", "fans"),
        ("Account ID", "Date", "Followers"),
        ("page_id", "metric_date", "page_fans"),
        ("channelId", "snapshot_date", "subscriber_count"),
    ],
)
def test_common_spellings(tmp_path: Path, profile: str, day: str, fans: str) -> None:
    path = tmp_path / "instagram_export.csv"
    path.write_text(f"{profile},{day},{fans}\n7,2024-01-05,11\n", encoding="utf-8")
    (row,) = recognised(path).rows["profile_snapshots"]
    assert (row["platform"], row["profile_id"], row["followers"]) == ("instagram", "7", 11)
    assert row["observed_at"] == datetime(2024, 1, 5)


def test_parquet_with_its_own_types(tmp_path: Path) -> None:
    path = tmp_path / "youtube.parquet"
    pl.DataFrame(
        {
            "profile_id": [9007199254740993, 2],
            "date": [date(2024, 1, 5), date(2024, 1, 6)],
            "followers": [11, None],
            "engagement": [0.25, None],
            "reach": [None, 3],
        }
    ).write_parquet(path)
    found = recognised(path)
    assert [(r["profile_id"], r.get("followers")) for r in found.rows["profile_snapshots"]] == [
        ("9007199254740993", 11),
        ("2", None),
    ]
    assert found.quarantined == {}


def test_a_table_of_posts_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "instagram.csv"
    path.write_text("post_id,profile_id,date,followers\n1,7,2024-01-05,11\n", encoding="utf-8")
    with pytest.raises(BadFile, match="no post_id"):
        recognised(path)


def test_european_excel_with_handles() -> None:
    found = example("profile_daily", "handles.csv")
    assert found.source == "profile_daily"
    columns = ("platform", "profile_id", "observed_at", "followers", "engagement", "reach")
    assert found.cells("profile_snapshots", *columns, "impressions") == [
        ("instagram", "plantnook", datetime(2024, 1, 31), 12_500, 421.5, 8_000, 1_009_100),
        ("twitter", "plantnook", datetime(2024, 2, 1), 980, 12.25, None, None),
    ]
    assert found.quarantined == {3: "profile_id|nullability"}


def test_free_spelling() -> None:
    found = example("profile_daily", "spellings.csv")
    assert found.cells("profile_snapshots", "profile_id", "followers", "posts_count") == [
        ("7", 12_500, 310)
    ]
    assert found.cells("profile_snapshots", "engagement") == [(1421.5,)]
    assert found.quarantined == {2: "profile_id_unreadable"}  # 1.2E+17


def test_a_day_that_may_be_a_month_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "instagram.csv"
    path.write_text("page_id,date,fans\n7,01/02/2024,11\n7,02/02/2024,12\n", encoding="utf-8")
    found = recognised(path)
    assert found.quarantined == {1: "observed_at_unreadable", 2: "observed_at_unreadable"}


def test_without_followers(tmp_path: Path) -> None:
    path = tmp_path / "facebook.csv"
    path.write_text("page_id,date,reach\n7,2024-01-31,11\n", encoding="utf-8")
    (row,) = recognised(path).rows["profile_snapshots"]
    assert (row["profile_id"], row["reach"], "followers" in row) == ("7", 11, False)


def test_a_line_that_tells_excel_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "facebook.csv"
    path.write_text("sep=;\r\npage_id;date;fans\r\n7;2024-01-31;11\r\n", encoding="utf-8")
    found = recognised(path)
    assert found.cells("profile_snapshots", "profile_id", "followers") == [("7", 11)]
