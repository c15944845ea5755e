"""The Kaggle list: counts with units, and copies that lost them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from influence_assets.sources.batches import BadFile
from influence_assets_tests.sources.adapters.recognised import TODAY, example, recognised


def test_rows_of_the_example() -> None:
    found = example("kaggle_top_influencers", "top.csv")
    assert found.source == "kaggle_top_influencers"
    assert found.rows == {
        "profile_snapshots": [
            {
                "row_number": 1,
                "platform": "instagram",
                "profile_id": "mara.lind",
                "observed_at": TODAY,
                "is_observed_at_known": False,
                "handle": "mara.lind",
                "country": "Spain",
                "followers": 475_800_000,
                "posts_count": 3_300,
                "likes_total": 29_000_000_000,
                "likes_per_post": 8_700_000.0,
                "engagement_rate": pytest.approx(0.0139),
            },
            {
                "row_number": 2,
                "platform": "instagram",
                "profile_id": "otto_vale",
                "observed_at": TODAY,
                "is_observed_at_known": False,
                "handle": "otto_vale",
                "followers": 90_100_000,
                "posts_count": 812,
                "likes_total": 1_200_000_000,
                "likes_per_post": 640_500.0,
                "engagement_rate": pytest.approx(0.0007),
            },
        ]
    }
    assert found.quarantined == {3: "profile_id|nullability", 4: "followers_unreadable"}
    assert found.records == 4


def _number(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)([kmb]?)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"": 1, "k": 1e3, "m": 1e6, "b": 1e9}[unit]


def test_the_real_list(shared_data: Path) -> None:
    path = shared_data / "ig_kaggle_top200" / "top_insta_influencers_data.csv"
    with path.open(encoding="utf-8-sig", newline="") as data:
        truth = list(csv.DictReader(data))
    found = recognised(path)
    rows = found.rows["profile_snapshots"]
    assert (found.source, found.records, found.quarantined) == (
        "kaggle_top_influencers",
        len(truth),
        {},
    )
    assert [r["profile_id"] for r in rows] == [t["channel_info"].lower() for t in truth]
    assert [r["followers"] for r in rows] == [round(_number(t["followers"])) for t in truth]
    assert [r["likes_total"] for r in rows] == [round(_number(t["total_likes"])) for t in truth]
    unknown = sum(t["country"] in ("", "NaN", "nan") for t in truth)
    assert unknown > 0
    assert sum("country" not in r for r in rows) == unknown


def test_a_copy_without_units_is_refused_with_the_evidence(shared_data: Path) -> None:
    path = shared_data / "ig_kaggle_top200" / "variant_units_stripped.csv"
    with pytest.raises(BadFile, match=r"followers.*'475\.8'"):
        recognised(path)


def test_free_spelling() -> None:
    found = example("kaggle_top_influencers", "title_case.csv")
    assert found.source == "kaggle_top_influencers"
    assert found.cells("profile_snapshots", "profile_id", "followers", "country") == [
        ("ann", 475_800_000, "Spain")
    ]
    assert found.cells("profile_snapshots", "engagement_rate") == [(pytest.approx(0.0139),)]
    assert found.quarantined == {2: "profile_id|nullability"}
