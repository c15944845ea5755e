"""Post performance of Hootsuite and Sprout Social."""

from __future__ import annotations

from datetime import datetime

from influence_assets_tests.sources.adapters.recognised import TODAY, example

READ = {"observed_at": TODAY, "is_observed_at_known": False}


def test_posts_on_x() -> None:
    found = example("hootsuite", "x.csv")
    assert found.source == "hootsuite"
    assert found.rows == {
        "posts": [
            {
                "row_number": 1,
                "platform": "twitter",
                "post_id": "1881620000000000001",
                "profile_id": "mara_lind",
                "posted_at": datetime(2025, 1, 21, 8, 30),
                "is_posted_at_known": True,
                "observed_at": TODAY,
                "is_observed_at_known": False,
                "kind": "text",
                "text": "New season, with @Otto_Vale #Launch",
                "hashtags": ["launch"],
                "mentions": ["otto_vale"],
                "url": "https://twitter.com/Mara_Lind/status/1881620000000000001",
            }
        ],
        "post_metrics": [
            {
                "row_number": 1,
                "platform": "twitter",
                "post_id": "1881620000000000001",
                **READ,
                "views": 12_345,
                "likes": 300,
                "comments": 25,
                "shares": 85,
            }
        ],
    }
    assert found.quarantined == {2: "post_id|nullability"}


def test_posts_on_instagram_are_known_by_their_code() -> None:
    found = example("hootsuite", "instagram.csv")
    (post,) = found.rows["posts"]
    assert (post["post_id"], post["profile_id"]) == ("C9AbCdEfGhI", "mara.lind")
    assert (post["hashtags"], post["mentions"]) == (["sun"], ["otto_vale"])
    assert found.rows["post_metrics"] == [
        {
            "row_number": 1,
            "platform": "instagram",
            "post_id": "C9AbCdEfGhI",
            **READ,
            "views": 15_000,
            "likes": 1_200,
            "comments": 34,
            "saves": 16,
        }
    ]
    assert found.quarantined == {2: "posted_at_unreadable"}


def test_posts_on_facebook_belong_to_the_page_of_their_id() -> None:
    found = example("hootsuite", "facebook.csv")
    (post,) = found.rows["posts"]
    assert post["post_id"] == "104500000000001_122100000000000009"
    assert post["profile_id"] == "104500000000001"
    assert post["posted_at"] == datetime(2025, 1, 21)
    (counts,) = found.rows["post_metrics"]
    assert (counts["likes"], counts["comments"], counts["shares"]) == (90, 8, 3)
    assert list(found.quarantined) == [2]


def test_sprout_social_tells_the_network_of_each_post() -> None:
    found = example("hootsuite", "sprout.csv")
    posts = [
        (p["platform"], p["post_id"], p["profile_id"], p["posted_at"]) for p in found.rows["posts"]
    ]
    assert posts == [
        ("twitter", "991", "mara_lind", datetime(2024, 1, 31, 12, 23)),
        ("instagram", "992", "mara.lind", datetime(2024, 2, 1, 10)),
    ]
    assert [(m["platform"], m["views"], m["likes"]) for m in found.rows["post_metrics"]] == [
        ("twitter", 5_000, 40),
        ("instagram", 100, 12),
    ]
    assert found.quarantined == {3: "posted_at_unreadable"}


def test_the_day_goes_first_where_a_date_proves_it() -> None:
    found = example("hootsuite", "uk.csv")
    assert found.cells("posts", "posted_at") == [
        (datetime(2024, 1, 31, 10),),
        (datetime(2024, 2, 1, 10),),
    ]
    assert found.cells("post_metrics", "views") == [(1_200,), (1_200,)]
    assert found.quarantined == {3: "posted_at_unreadable"}
