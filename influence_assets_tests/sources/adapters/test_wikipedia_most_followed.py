"""The stored lists of the most-followed accounts."""

from __future__ import annotations

from datetime import datetime

from influence_assets_tests.sources.adapters.recognised import example


def test_rows_of_the_example() -> None:
    found = example("wikipedia_most_followed", "instagram.jsonl")
    assert found.source == "wikipedia_most_followed"
    assert found.rows == {
        "profile_snapshots": [
            {
                "row_number": 1,
                "platform": "instagram",
                "profile_id": "ann",
                "observed_at": datetime(2024, 5, 1, 6),
                "is_observed_at_known": True,
                "handle": "Ann",
                "display_name": "Ann A.",
                "category": "footballer",
                "country": "Portugal",
                "followers": 650_200_000,
            }
        ]
    }
    # A count that the collector could not make out.
    assert found.quarantined == {2: "followers_unreadable"}
