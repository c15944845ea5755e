"""The SELECTs of what likeness is made of, on rows worked out by hand."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any

import pytest

from influence_assets.storage import sql
from influence_assets_tests.sql_making import MON, NEXT, SUN, Tables, noon, post, put

WEEK = timedelta(weeks=1)
WINDOW = {"week_start": MON, "memory_weeks": 13}


def rows(tables: Tables, name: str, **more: Any) -> list[tuple[Any, ...]]:
    return tables.execute(sql.select(f"graph.proximity_{name}"), WINDOW | more).fetchall()


@pytest.fixture
def posted(tables: Tables) -> Tables:
    """ann on the first and the last day of the window; bob on the days around it alone."""
    first = MON - 12 * WEEK
    said = {"hashtags": ["wet", "lake", "wet"], "language": "en", "text": "rain"}
    put(
        tables, "core.posts",
        post(first, "1", "ann") | said,
        post(SUN, "2", "ann") | said | {"hashtags": ["wet", ""], "language": "de", "text": "sun"},
        post(SUN, "3", "ann") | said | {"hashtags": [], "text": "sun", "posted_at": noon(SUN, 23)},
        post(SUN, "4", "ann") | {"text": "  ", "is_posted_at_known": False},
        post(first - timedelta(1), "5", "bob") | said,
        post(NEXT, "6", "bob") | said,
    )  # fmt: skip
    return tables


def test_hashtags_count_once_for_a_post(posted: Tables) -> None:
    assert rows(posted, "hashtags") == [("x", "ann", "lake", 1), ("x", "ann", "wet", 2)]


def snapshot(profile: str, at: datetime, **more: Any) -> dict[str, Any]:
    row = {"platform": "x", "profile_id": profile, "observed_at": at, "observed_date": at.date()}
    return row | more


def test_facts_are_those_of_the_weeks_end(posted: Tables) -> None:
    last_moment = datetime.combine(SUN, time.max)
    put(
        posted, "core.profile_snapshots",
        snapshot("ann", noon(MON - 99 * WEEK), country="DE", category="food"),
        snapshot("ann", last_moment, category="cars"),
        snapshot("ann", noon(NEXT), country="AT", category="sports"),
        snapshot("bob", noon(MON), country="FR"),
    )  # fmt: skip
    (found,) = rows(posted, "facts")
    # bob did not post in time. Of the country and the category the last that was stated counts.
    assert found[:5] == ("x", "ann", "en", "DE", "cars")
    hours = {hour: n for hour, n in enumerate(found[5]) if n}
    assert (len(found[5]), hours) == (24, {12: 2, 23: 1})


def test_of_two_languages_that_are_as_common_the_first_by_name(tables: Tables) -> None:
    spoken = [post(SUN, str(i)) | {"language": name} for i, name in enumerate(("fr", None, "de"))]
    put(tables, "core.posts", *spoken, post(SUN, "z", "bob"))
    assert [row[1:5] for row in rows(tables, "facts")] == [
        ("ann", "de", None, None), ("bob", None, None, None)
    ]  # fmt: skip


def test_captions_and_their_vectors(posted: Tables) -> None:
    rain, sun, old = (sha256(text.encode()).hexdigest() for text in ("rain", "sun", "old"))
    expected = sorted([("x", "ann", rain, 1), ("x", "ann", sun, 2)])
    assert rows(posted, "captions") == expected
    stored = {"encoder_id": "e", "vector": [1.0, 2.0]}
    put(
        posted, "content.text_embeddings", stored | {"content_hash": rain},
        stored | {"content_hash": old},
    )  # fmt: skip
    assert rows(posted, "vectors") == [(rain, [1.0, 2.0])]
