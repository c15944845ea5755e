"""Words of topics: what counts as one, class-based TF-IDF by hand, and names."""

from __future__ import annotations

from math import log

import polars as pl
import pytest

from influence_assets.domain.topics import words as module
from influence_assets.domain.topics.words import label, topic_words, unlike, uses


def said(text: str) -> list[str]:
    return uses(pl.DataFrame({"text_key": [1], "text": [text]}))["word"].to_list()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Gym, gym and the GYM again", ["gym"]),
        ("See https://x.org/bread or www.bread.org", []),
        ("@bread.maker bakes 2017 loaves at 7am", ["bakes", "loaves"]),
        ("#FitFam ＃Run #2017 #run2017", ["#fitfam", "#run", "#run2017"]),
        ("don't l'amour", ["amour"]),
        ("❤️❤️ 💪🏽 © ™ 🇮🇹🇮🇹 1️⃣", ["❤", "💪", "🇮🇹"]),
        ("유리 피부 루틴", ["유리", "피부", "루틴"]),
        ("que los für très yang мне", []),
    ],
)
def test_what_is_a_word(text: str, words: list[str]) -> None:
    assert [word for word in said(text) if not ("\U0001f3fb" <= word <= "\U0001f3ff")] == words


TOPICS = {
    1: ["bread oven crust", "bread oven flour", "bread crust"],
    2: ["goal derby keeper", "goal keeper derby", "goal bread"],
}


def found(texts: dict[int, list[str]], profiles: int = 3) -> dict[int, list[str]]:
    rows = [(t * 100 + n, t, text) for t, own in texts.items() for n, text in enumerate(own)]
    frame = pl.DataFrame(rows, schema=["text_key", "topic_id", "text"], orient="row")
    authors = frame.select("text_key", profile=(pl.col("text_key") % profiles).cast(pl.String))
    topics = topic_words(frame.select("text_key", "topic_id"), uses(frame), authors)
    return dict(topics.select("topic_id", "words").iter_rows())


def test_words_stand_in_the_order_of_class_based_tf_idf() -> None:
    assert found(TOPICS) == {1: ["bread", "crust", "oven"], 2: ["goal", "derby", "keeper"]}
    # By hand: of 8 words of a topic 3 are bread, which has 4 of all; of 8 in a topic on average.
    rows = pl.DataFrame(
        {"topic_id": [1, 1, 1, 1, 2, 2, 2, 2], "n": [3, 2, 2, 1, 3, 2, 2, 1],
         "word": ["bread", "oven", "crust", "flour", "goal", "derby", "keeper", "bread"]}
    )  # fmt: skip
    scores = rows.select(module._score().alias("score"))["score"].to_list()
    assert scores[0] == pytest.approx(3 / 8 * log(1 + 8 / 4))
    assert scores[4] == pytest.approx(3 / 8 * log(1 + 8 / 3))
    assert scores[7] == pytest.approx(1 / 8 * log(1 + 8 / 4))


def test_a_word_of_one_profile_names_a_topic_of_one_alone() -> None:
    mine = {1: ["oven crust bread zorp", "oven crust bread"] * 3}
    # zorp is in every other text: of two profiles that is one.
    assert "zorp" not in found(mine, profiles=2)[1]
    assert "zorp" in found(mine, profiles=1)[1]


def test_a_word_of_most_topics_names_none() -> None:
    texts = {t: [f"{w}one {w}two {w}six shared"] * 2 for t, w in enumerate("abcd")}
    texts[0] = [f"{text} half" for text in texts[0]]
    texts[1] = [f"{text} half" for text in texts[1]]
    named = found(texts, profiles=1)
    assert not any("shared" in words for words in named.values())
    assert "half" in named[0]


def test_a_topic_that_cannot_be_named_is_none() -> None:
    assert found({1: ["bread oven 🍞", "bread oven 🍞"]}, profiles=1) == {}


def test_of_nearly_the_same_words_the_best_is_kept() -> None:
    words = ["gym", "#gym", "gyms", "#gymlife", "fit", "#fit_fam", "run"]
    assert unlike(words) == ["gym", "fit", "run"]


def test_a_name_has_four_words_and_one_emoji_at_its_end() -> None:
    assert label(["gym", "run", "#fit", "yoga", "rest"]) == "gym, run, #fit, yoga"
    assert label(["💪", "gym", "🔥", "run", "#fit"]) == "gym, run, #fit, 💪"
    # An emoji that is not among the first four is not in the name.
    assert label(["gym", "run", "#fit", "yoga", "💪"]) == "gym, run, #fit, yoga"
