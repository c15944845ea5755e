"""CrowdTangle: downloads in US Eastern time, reactions added up, followers at posting."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets_tests.sources.adapters.recognised import (
    EXAMPLES,
    TODAY,
    Recognised,
    example,
    recognised,
)

PAGE = "104500000000001"


def test_facebook_csv() -> None:
    found = example("crowdtangle", "facebook.csv")
    assert found.source == "crowdtangle"
    photo, video = found.rows["posts"]
    assert photo == {
        "row_number": 1,
        "platform": "facebook",
        "post_id": f"{PAGE}_3900000000000001",
        "profile_id": PAGE,
        "posted_at": datetime(2020, 11, 3, 13, 0, 11),  # EST is five hours behind
        "is_posted_at_known": True,
        "observed_at": TODAY,
        "is_observed_at_known": False,
        "kind": "image",
        "text": "Vote, all of you #vote",
        "hashtags": ["vote"],
        "url": f"https://www.facebook.com/{PAGE}/posts/3900000000000001",
    }
    assert video["posted_at"] == datetime(2020, 7, 5, 0, 15)  # EDT, four hours
    assert (video["kind"], video["duration_s"], video["text"]) == ("video", 90.0, "Fireworks")
    counts = [
        (m["likes"], m["comments"], m["shares"], m["views"], m["is_observed_at_known"])
        for m in found.rows["post_metrics"]
    ]
    assert counts == [
        (1234 + 20 + 10 + 5 + 4 + 2 + 1, 50, 60, 0, False),
        (10, 1, 1, 4500, False),
    ]
    at_posting = found.rows["profile_snapshots"]
    assert at_posting[0] == {
        "row_number": 1,
        "platform": "facebook",
        "profile_id": PAGE,
        "observed_at": datetime(2020, 11, 3, 13, 0, 11),
        "is_observed_at_known": True,
        "handle": "maralind",
        "display_name": "Mara Lind",
        "category": "actor",
        "country": "DE",
        "followers": 1_250_000,
    }
    assert "followers" not in at_posting[1]
    assert found.quarantined == {3: "posted_at_unreadable"}


def test_instagram_csv() -> None:
    found = example("crowdtangle", "instagram.csv")
    (post,) = found.rows["posts"]
    assert (post["post_id"], post["profile_id"]) == ("CPAbCdEfGhI", "mara.lind")
    assert post["posted_at"] == datetime(2021, 6, 1, 16)
    assert (post["hashtags"], post["mentions"]) == (["blue"], ["otto_vale"])
    (snapshot,) = found.rows["profile_snapshots"]
    assert (snapshot["followers"], snapshot["observed_at"]) == (250_000, datetime(2021, 6, 1, 16))
    assert found.quarantined == {2: "post_id_unreadable"}


def _check_api(found: Recognised) -> None:
    assert found.source == "crowdtangle"
    facebook, instagram = found.rows["posts"]
    assert facebook["post_id"] == f"{PAGE}_3900000000000001"
    assert (facebook["profile_id"], facebook["language"]) == (PAGE, "en")
    assert facebook["posted_at"] == datetime(2020, 11, 3, 13, 0, 11)
    assert (instagram["platform"], instagram["post_id"]) == ("instagram", "CPAbCdEfGhI")
    assert (instagram["profile_id"], instagram["mentions"]) == ("mara.lind", ["otto_vale"])
    assert found.rows["post_metrics"] == [
        {
            "row_number": 1,
            "platform": "facebook",
            "post_id": f"{PAGE}_3900000000000001",
            "observed_at": datetime(2020, 11, 9, 4),
            "is_observed_at_known": True,
            "likes": 17,
            "comments": 2,
            "shares": 3,
        },
        {
            "row_number": 2,
            "platform": "instagram",
            "post_id": "CPAbCdEfGhI",
            "observed_at": datetime(2021, 6, 2),
            "is_observed_at_known": True,
            "likes": 5_000,
            "comments": 120,
        },
    ]
    # The number at posting, not the account's number of today.
    assert [(s["followers"], s["observed_at"]) for s in found.rows["profile_snapshots"]] == [
        (1_250_000, datetime(2020, 11, 3, 13, 0, 11)),
        (250_000, datetime(2021, 6, 1, 16)),
    ]
    assert found.quarantined == {3: "posted_at_unreadable"}


def test_api_page() -> None:
    _check_api(example("crowdtangle", "api.json"))


def test_api_posts_one_a_line(tmp_path: Path) -> None:
    page = json.loads((EXAMPLES / "crowdtangle" / "api.json").read_text(encoding="utf-8"))
    path = tmp_path / "posts.jsonl"
    lines = (json.dumps(post) for post in page["result"]["posts"])
    path.write_text("\n".join(lines), encoding="utf-8")
    _check_api(recognised(path))


def test_facebook_csv_of_2019() -> None:
    found = example("crowdtangle", "facebook_2019.csv")
    assert found.source == "crowdtangle"
    # 13:00 in Central European summer time; nobody knows which zone IST is.
    assert found.cells("posts", "post_id", "posted_at") == [("123_456", datetime(2019, 7, 31, 11))]
    assert found.cells("post_metrics", "likes", "comments", "shares") == [(1_104, 2, 3)]
    assert found.cells("profile_snapshots", "profile_id", "followers") == [("123", 1_000)]
    assert found.quarantined == {2: "posted_at_unreadable"}


@pytest.mark.parametrize(
    ("stated", "hour"),
    [("13:00:00 NZDT", 0), ("13:00:00 UTC", 13), ("13:00:00 -03", 16), ("13:00:00", 17)],
)
def test_zones_of_other_dashboards(tmp_path: Path, stated: str, hour: int) -> None:
    text = (EXAMPLES / "crowdtangle" / "facebook_2019.csv").read_text(encoding="utf-8")
    path = tmp_path / "x.csv"
    path.write_text(text.replace("13:00:00 CEST", stated), encoding="utf-8")
    # Where no zone stands it is US Eastern, in July four hours behind.
    assert recognised(path).cells("posts", "posted_at") == [(datetime(2019, 7, 31, hour),)]
