"""The yearly lists with their headers: which column is what, and which header is wrong."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets.sources.batches import BadFile
from influence_assets_tests.sources.adapters.recognised import TODAY, example, recognised

END_OF_SEPTEMBER = datetime(2022, 9, 30, 23, 59, 59)
END_OF_NOVEMBER = datetime(2022, 11, 30, 23, 59, 59)


def test_youtube_of_the_first_wave() -> None:
    found = example("influencer_lists_2022", "youtube_first.csv")
    assert found.source == "influencer_lists_2022"
    assert found.rows["profile_snapshots"] == [
        {
            "row_number": 1,
            "platform": "youtube",
            "profile_id": "Tonwerk",
            "observed_at": TODAY,
            "is_observed_at_known": False,
            "handle": "tonwerk",
            "display_name": "Tonwerk",
            "category": "Music & Dance",
            "country": "India",
            "followers": 12_100_000,
            "views_per_post": 323_700.0,
            "likes_per_post": 9_800.0,
            "comments_per_post": 290.0,
        },
        {
            "row_number": 2,
            "platform": "youtube",
            "profile_id": "Bauklotz - Kinderlieder",
            "observed_at": TODAY,
            "is_observed_at_known": False,
            "handle": "bauklotz",
            "display_name": "Bauklotz - Kinderlieder",
            "category": "Education",
            "followers": 3_200_000,
            "views_per_post": 13_800_000.0,
        },
    ]
    assert found.quarantined == {3: "profile_id|nullability"}


def test_tiktok_of_november_with_a_blank_row_and_a_line_break_in_the_header() -> None:
    found = example("influencer_lists_2022", "tiktok_nov_2022.csv")
    first, second = found.rows["profile_snapshots"]
    assert first == {
        "row_number": 2,
        "platform": "tiktok",
        "profile_id": "tanz.fee",
        "observed_at": END_OF_NOVEMBER,
        "is_observed_at_known": True,
        "handle": "tanz.fee",
        "display_name": "Tanzfee",
        "followers": 145_600,
        "views_per_post": 26_800_000.0,
        "likes_per_post": 2_200_000.0,
        "comments_per_post": 30_100.0,
        "shares_per_post": 71_200.0,
    }
    assert (second["profile_id"], second["followers"]) == ("witzbold", 5_000_000)
    assert found.quarantined == {1: "profile_id|nullability"}


def test_instagram_of_september() -> None:
    found = example("influencer_lists_2022", "instagram_sep_2022.csv")
    first, second = found.rows["profile_snapshots"]
    assert first == {
        "row_number": 1,
        "platform": "instagram",
        "profile_id": "mara.lind",
        "observed_at": END_OF_SEPTEMBER,
        "is_observed_at_known": True,
        "handle": "mara.lind",
        "display_name": "Mara Lind",
        "category": "Music",
        "country": "India",
        "followers": 47_900_000,
        "engagement_per_post": 6_200_000.0,
    }
    assert "display_name" not in second
    # 3.75 followers: the count lost its unit.
    assert found.quarantined == {3: "followers_unreadable"}


COLUMNS = {
    # file: platform, places of handle, shown name and count of followers, hand-read
    "instagram": ("instagram", 0, 1, 4),
    "instagram_sep_2022": ("instagram", 1, 2, 3),
    "instagram_nov_2022": ("instagram", 1, 2, 4),
    "instagram_dec_2022": ("instagram", 1, 2, 5),
    "tiktok": ("tiktok", 0, 1, 2),
    "tiktok_june_2022_june_2022": ("tiktok", 0, 1, 2),
    "tiktok_sep_2022": ("tiktok", 1, 2, 3),
    "tiktok_nov_2022": ("tiktok", 1, 2, 3),
    "tiktok_dec_2022": ("tiktok", 1, 2, 3),
    "youtube": ("youtube", 0, 1, 3),
    "youtube_june_2022_june_2022": ("youtube", 0, 1, 4),
    "youtube_sep_2022": ("youtube", 2, 1, 4),
    "youtube_nov_2022": ("youtube", 1, 2, 4),
    "youtube_dec_2022": ("youtube", 1, 2, 4),
}
MONTHS = {"june": 6, "sep": 9, "nov": 11, "dec": 12}


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as data:
        return list(csv.reader(data))[1:]


def _number(text: str) -> int:
    number, unit = re.fullmatch(r"([\d.]+)([KMB]?)", text).groups()  # type: ignore[union-attr]
    return round(float(number) * {"": 1, "K": 1e3, "M": 1e6, "B": 1e9}[unit])


@pytest.mark.parametrize("wave", COLUMNS)
def test_every_real_list(shared_data: Path, wave: str) -> None:
    platform, handle, shown, followers = COLUMNS[wave]
    path = shared_data / "influencers_2022_panel" / f"social_media_influencers_{wave}.csv"
    listed = _rows(path)
    named = [row for row in listed if row[handle]]
    found = recognised(path)
    rows = found.rows["profile_snapshots"]
    assert (found.source, found.records) == ("influencer_lists_2022", len(listed))
    assert len(found.quarantined) == len(listed) - len(named)
    assert {r["platform"] for r in rows} == {platform}
    assert [r["handle"].lower() for r in rows] == [row[handle].strip().lower() for row in named]
    assert [r.get("display_name", "").strip() for r in rows] == [
        row[shown].strip() for row in named
    ]
    assert [r["followers"] for r in rows] == [_number(row[followers]) for row in named]
    month = next((m for word, m in MONTHS.items() if word in wave), None)
    assert {r["observed_at"].month if r["is_observed_at_known"] else None for r in rows} == {month}


def test_the_headers_of_june_are_refused_with_the_evidence(shared_data: Path) -> None:
    name = "social_media_influencers_instagram_june_2022_june_2022.csv"
    with pytest.raises(BadFile, match=r"Views avg\..*views_per_post.*'Spain'"):
        recognised(shared_data / "influencers_2022_panel" / name)


def test_the_blank_row_of_the_real_list_is_quarantined(shared_data: Path) -> None:
    name = "social_media_influencers_tiktok_nov_2022.csv"
    found = recognised(shared_data / "influencers_2022_panel" / name)
    assert found.quarantined == {1: "profile_id|nullability"}
