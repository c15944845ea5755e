"""What communities lived through, in sentences."""

from __future__ import annotations

from typing import Any

import pytest

from influence_assets.reporting.sections.lives import sentence

NAMES = {"k": "#kitchen #recipe", "g": "#gym", "b": "around @ben", "t": "oven, flour"}


def event(kind: str, community_id: str, before: int | None, after: int | None,
          **others: int) -> dict[str, Any]:  # fmt: skip
    return {
        "event": kind, "community_id": community_id, "size_before": before, "size_after": after,
        "other_ids": list(others), "other_sizes": list(others.values()),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (event("birth", "k", 11, 12), "#kitchen #recipe came up, with 12 members."),
        (event("growth", "b", 19, 20), "the community around @ben has grown to 20 members."),
        (event("contraction", "t", 9, 8),
         "the community on “oven, flour” has shrunk to 8 members."),
        (event("resurgence", "g", 5, 6), "#gym had ended, and has met again with 6 members."),
        (event("merge", "k", 20, 41, g=17, b=5),
         "#kitchen #recipe merged with #gym (17 members) and the community around @ben "
         "(5 members), 41 members now."),
        (event("split", "k", 41, 20, g=21),
         "#kitchen #recipe, of 41 members, split: #gym (21 members) went, 20 stayed."),
        # It does not go on itself.
        (event("split", "k", 41, None, g=21, b=19),
         "#kitchen #recipe, of 41 members, split into #gym (21 members) and the community around "
         "@ben (19 members)."),
        (event("death", "k", 6, None),
         "#kitchen #recipe, of 6 members, ended; no other took in most of its members."),
        # Too small to have been described.
        (event("death", "k", 6, None, other=4),
         "#kitchen #recipe, of 6 members, ended; most of its members went to a community of 4 "
         "members."),
    ],
)  # fmt: skip
def test_sentence(row: dict[str, Any], text: str) -> None:
    assert sentence(row, NAMES) == text
