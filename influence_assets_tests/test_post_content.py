"""content.post_content on rows worked out by hand, and when its days are stale."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from influence_assets.assets.post_content import post_content_recipe
from influence_assets.settings import Settings
from influence_assets.storage.versions import stale
from influence_assets.storage.warehouse import WHOLE, record_version
from influence_assets_tests.sql_making import MON, NEXT, SUN, TUE, Tables, post, put, run

BREAD = sha256(b"Bread!").hexdigest()
ONE, TWO, BAD = ("1" * 64, "2" * 64, "3" * 64)


def picture(post_id: str, content_hash: str, position: int = 1) -> dict[str, Any]:
    return {
        "media_id": content_hash, "platform": "x", "post_id": post_id, "posted_date": MON,
        "position": position, "mime_type": "image/png", "path": content_hash,
    }  # fmt: skip


def measured(content_hash: str, **measures: Any) -> dict[str, Any]:
    return {"content_hash": content_hash, "measures_id": "m", "status": "ok"} | measures


@pytest.fixture
def filled(tables: Tables) -> Tables:
    put(tables, "core.posts",
        post(MON, "full") | {"text": "Bread!", "hashtags": ["food", "bread"]},
        post(TUE, "plain", "bob") | {"text": "Bread!", "language": "de"},
        post(TUE, "blank", "bob") | {"text": " "})  # fmt: skip
    # In the thirteen weeks before, two profiles used one of its hashtags.
    put(tables, "core.posts",
        *(post(MON.replace(year=2023, month=12, day=20), f"old {n}", who) | {"hashtags": ["food"]}
          for n, who in enumerate(("ann", "cid", "cid"))))  # fmt: skip
    put(tables, "content.texts", {
        "content_hash": BREAD, "measured_by": "m", "language": "en", "sentiment": 0.5,
        "sentiment_label": "positive", "calls_to_action": ["shop"], "words": 1, "exclamations": 1,
        "characters": 6, "sentences": 1, "questions": 0, "mentions": 0, "links": 0, "hashtags": 0,
        "emoji": 0,
    })  # fmt: skip
    put(tables, "content.text_topics",
        {"content_hash": BREAD, "topic": "family", "score": 0.3},
        {"content_hash": BREAD, "topic": "food_&_dining", "score": 0.6})  # fmt: skip
    put(tables, "content.post_topics_weekly",
        {"week_start": MON, "platform": "x", "post_id": "full", "topic_id": "t"},
        {"week_start": MON, "platform": "x", "post_id": "plain"})  # fmt: skip
    put(tables, "content.topics_weekly", {
        "week_start": MON, "topic_id": "t", "label": "bread", "words": ["bread"], "texts": 1,
        "posts": 1, "profiles": 1, "platforms": ["x"], "share": 0.5, "examples": [],
        "stability": 1.0, "centroid": [1.0], "members": [1], "confidences": [1.0],
    })  # fmt: skip
    # One picture stands twice in the post, and one could not be read.
    put(tables, "core.media", picture("full", ONE), picture("full", TWO, 2),
        picture("full", ONE, 3), picture("full", BAD, 4))  # fmt: skip
    put(tables, "content.images", measured(ONE, brightness=0.2, faces=1),
        measured(TWO, brightness=0.6, faces=3), measured(BAD, status="refused"))  # fmt: skip
    put(tables, "content.image_tags", {"content_hash": ONE, "tag": "food", "score": 0.4},
        {"content_hash": TWO, "tag": "people", "score": 0.9},
        {"content_hash": TWO, "tag": "food", "score": 0.2})  # fmt: skip
    put(tables, "content.caption_embeddings",
        {"content_hash": BREAD, "encoder_id": "a@1/2", "vector": [0.6, 0.8]})  # fmt: skip
    put(tables, "content.image_embeddings",
        {"content_hash": ONE, "encoder_id": "a@1/3", "vector": [1.0, 0.0]},
        {"content_hash": TWO, "encoder_id": "a@1/3", "vector": [0.0, 1.0]})  # fmt: skip
    return tables


def test_what_a_post_says_and_shows(filled: Tables) -> None:
    rows = run(filled, "content.post_content", first_day=MON, last_day=SUN).rows(named=True)
    full, plain, blank = sorted(rows, key=lambda r: ["full", "plain", "blank"].index(r["post_id"]))
    told = {
        "content_hash": BREAD, "language": "en", "sentiment": 0.5, "sentiment_label": "positive",
        "topics": ["food_&_dining", "family"], "topic_id": "t", "topic_label": "bread",
        "calls_to_action": ["shop"], "exclamations": 1, "hashtags": 2,
        # Nobody used the other hashtag.
        "hashtag_profiles_most": 2, "hashtag_profiles_median": 1.0,
        "pictures_read": 2, "pictures_refused": 1, "image_tags": ["people", "food"],
        "brightness": pytest.approx(0.4), "faces_most": 3,
        "text_image_agreement": pytest.approx(0.8),
        "text_image_agreement_mean": pytest.approx(0.7),
    }  # fmt: skip
    assert {name: full[name] for name in told} == told
    # The platform knows the language better; without pictures nothing is known of them.
    assert (plain["language"], plain["sentiment"], plain["topic_id"]) == ("de", 0.5, None)
    assert (plain["pictures_read"], plain["brightness"], plain["image_tags"]) == (0, None, [])
    assert plain["text_image_agreement"] is None
    # A blank text says nothing.
    none = ("content_hash", "language", "sentiment", "words", "topic_id", "hashtag_profiles_most")
    assert [blank[name] for name in none] == [None] * len(none)
    assert (blank["topics"], blank["calls_to_action"]) == ([], [])


def test_days_alone_that_are_asked_for(filled: Tables) -> None:
    found = run(filled, "content.post_content", first_day=TUE, last_day=TUE)
    assert sorted(found["post_id"]) == ["blank", "plain"]


def test_a_day_is_stale_with_its_posts_its_week_and_the_ways_of_measuring(
    tables: Tables, tmp_path: Path
) -> None:
    def days(**variables: str) -> set[str]:
        settings = Settings.from_env({"INFLUENCE_HOME": str(tmp_path)} | variables)
        return set(stale(tables, post_content_recipe(settings)))

    def built() -> None:
        recipe = post_content_recipe(Settings.from_env({"INFLUENCE_HOME": str(tmp_path)}))
        for day, version in stale(tables, recipe).items():
            record_version(tables, recipe.table, day, version, 1, "run")

    for day in (MON, TUE, NEXT):
        record_version(tables, "core.posts", str(day), "1", 1, "run")
    assert days() == {str(MON), str(TUE), str(NEXT)}
    built()
    assert days() == set()
    # A text that comes in with another day.
    record_version(tables, "content.texts", WHOLE, "2", 1, "run")
    assert days() == set()
    record_version(tables, "core.media", str(TUE), "2", 1, "run")
    assert days() == {str(TUE)}
    built()
    record_version(tables, "content.topics_weekly", str(MON), "2", 1, "run")
    assert days() == {str(MON), str(TUE)}
    built()
    for name in ("SENTIMENT", "EMOTION", "TOPICS", "IMAGE_ENCODER"):
        assert len(days(**{f"INFLUENCE_{name}": "other"})) == 3, name
    # The default image encoder is fetched.
    (tmp_path / "encoders" / "laion--CLIP-ViT-B-32-laion2B-s34B-b79K").mkdir(parents=True)
    assert len(days()) == 3
