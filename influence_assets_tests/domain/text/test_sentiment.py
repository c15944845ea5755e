"""When a language is taken as known, and what becomes of scores and probabilities."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from influence_assets.domain.text import language, marks, sentiment
from influence_assets.errors import UserError


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("See you there #tomorrow", "See you there"),
        ("Good morning 😍 @ann https://a.b", None),  # two words
        ("今日は友達と", "今日は友達と"),  # six letters of scripts without spaces
        ("今日は友達", None),
        ("😍 2024 !!!", None),
    ],
)
def test_what_a_language_is_detected_from(text: str, read: str | None) -> None:
    rows = pl.DataFrame({"text": [text]}).with_columns(plain=marks.plain(pl.col("text")))
    assert rows.select(language.to_read()).item() == read


def test_a_long_text_is_read_in_part() -> None:
    rows = pl.DataFrame({"plain": ["one two three " * 100]})
    assert len(rows.select(language.to_read()).item()) == language.READ_CHARACTERS


def test_a_language_of_low_confidence_is_not_known() -> None:
    rows = pl.DataFrame({"language": ["en", "de", None], "sure": [0.5, 0.49, None]})
    found = rows.select(language.known(pl.col("language"), pl.col("sure"))).to_series()
    assert found.to_list() == ["en", None, None]


def test_a_lexicon_reads_words_that_are_parted() -> None:
    rows = pl.DataFrame({"text": ["can’t❤️stop @love_it https://happy.com 👍🏽👍 #joy"]})
    assert rows.select(sentiment.readable()).item() == "can't ❤ stop 👍 👍 #joy"
    long = pl.DataFrame({"text": ["word " * 20_000]})
    assert len(long.select(sentiment.readable()).item()) < 5_001


def test_of_which_texts_the_score_of_an_english_lexicon_counts() -> None:
    rows = pl.DataFrame(
        {"language": ["en", "en", "de", None, None], "score": [0.6, 0.0, 0.6, -0.4, 0.0]}
    )
    found = rows.select(sentiment.by_lexicon(pl.col("language"), pl.col("score"))).to_series()
    assert found.to_list() == [0.6, 0.0, None, -0.4, None]


def test_the_thresholds_of_the_labels() -> None:
    scores = pl.DataFrame({"score": [-1.0, -0.05, -0.049, 0.0, 0.049, 0.05, None]})
    assert scores.select(sentiment.label(pl.col("score"))).to_series().to_list() == [
        "negative", "negative", "neutral", "neutral", "neutral", "positive", None,
    ]  # fmt: skip


def test_from_probabilities_in_any_order_of_labels() -> None:
    told = np.array([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3]], dtype=np.float32)
    found = sentiment.from_probabilities(["Positive", "NEG", "neutral"], told, "c@1/2")
    assert found["sentiment"].to_list() == pytest.approx([0.3, -0.5])
    assert found["sentiment_label"].to_list() == ["positive", "negative"]
    assert found["sentiment_model"].to_list() == ["c@1/2", "c@1/2"]
    assert sentiment.polarity(["NEGATIVE", "POSITIVE"]) == ["negative", "positive"]


@pytest.mark.parametrize(
    "labels",
    [
        ["joy", "anger"],
        ["LABEL_0", "LABEL_1", "LABEL_2"],
        ["negative", "neutral"],
        ["negative", "positive", "mixed"],
        ["negative", "neg", "positive"],
    ],
)
def test_other_labels_are_refused(labels: list[str]) -> None:
    with pytest.raises(UserError, match="whose labels are " + ", ".join(labels)):
        sentiment.polarity(labels)
