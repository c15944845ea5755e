"""Follow ties with and without the time since when."""

from __future__ import annotations

from datetime import datetime

from influence_assets_tests.sources.adapters.recognised import TODAY, example


def test_rows_of_the_example() -> None:
    found = example("follow_edges", "follows.csv")
    assert found.source == "follow_edges"
    tie = {"platform": "instagram", "kind": "follow", "weight": 1.0}
    assert found.rows == {
        "interactions": [
            {
                **tie,
                "row_number": 1,
                "source_id": "mara.lind",
                "target_id": "otto_vale",
                "occurred_at": datetime(2023, 5, 1, 12),
                "is_occurred_at_known": True,
            },
            {
                **tie,
                "row_number": 2,
                "source_id": "otto_vale",
                "target_id": "mara.lind",
                "occurred_at": TODAY,
                "is_occurred_at_known": False,
            },
        ]
    }
    assert found.quarantined == {3: "source_id|nullability"}


def test_free_spelling() -> None:
    found = example("follow_edges", "spellings.csv")
    assert found.source == "follow_edges"
    assert found.cells("interactions", "source_id", "target_id", "occurred_at") == [
        ("ann", "bob", datetime(2024, 1, 31)),  # proves that the day goes first
        ("ann", "cid", datetime(2024, 2, 1)),
    ]
    assert found.quarantined == {3: "source_id|nullability"}
