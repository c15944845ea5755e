"""How well texts are understood, on captions that were written and labelled by hand.

Figures to know are logged (`pytest --log-cli-level=INFO`); bounds are below what was measured.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score

from influence_assets import vocabulary
from influence_assets.assets.texts import measure
from influence_assets.domain.text import taxonomy
from influence_assets.domain.text.sentiment import LABELS
from influence_assets.encoders.text import load_text_encoder
from influence_assets.settings import DEFAULT_ENCODER

tell = logging.getLogger(__name__).info


@pytest.fixture(scope="module")
def captions() -> pl.DataFrame:
    """text, language, sentiment, topic as a person labelled them; content_hash."""
    path = Path(__file__).parent / "data" / "labelled_captions.csv"
    rows = pl.read_csv(path)
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in rows["text"]]
    return rows.with_columns(content_hash=pl.Series(hashes))


@pytest.fixture(scope="module")
def measured(captions: pl.DataFrame) -> pl.DataFrame:
    """The same with what we say: said (the language), score and sentiment_label."""
    found = measure(captions.select("content_hash", item="text"), with_vader=True)
    chosen = found.select("content_hash", "sentiment", "sentiment_label", said="language")
    return captions.join(
        chosen.rename({"sentiment": "score"}), on="content_hash", maintain_order="left"
    )


def test_the_set_is_what_it_should_be(captions: pl.DataFrame) -> None:
    assert captions.height >= 220
    assert captions["text"].is_unique().all()
    assert set(captions["sentiment"]) == set(LABELS)
    assert set(captions["topic"]) == set(vocabulary.text_topics())
    assert captions["topic"].value_counts()["count"].min() >= 10
    assert captions.filter(pl.col("language") != "en").height >= 20


def test_a_language_that_is_told_is_right(measured: pl.DataFrame) -> None:
    told = measured.drop_nulls("said")
    assert told.height / measured.height > 0.88
    assert (told["said"] == told["language"]).mean() >= 0.99


def accuracy(rows: pl.DataFrame, said: pl.Series) -> tuple[float, float]:
    """Share that is right, and F1 as the mean of the three classes."""
    truth = rows["sentiment"].to_list()
    right = float(np.mean([a == b for a, b in zip(truth, said, strict=True)]))
    return right, float(f1_score(truth, said, labels=LABELS, average="macro", zero_division=0))


def test_vader_against_what_a_person_says(measured: pl.DataFrame) -> None:
    scored = measured.drop_nulls("score")
    everywhere = {
        "all captions, NULL as neutral": measured.with_columns(
            pl.col("sentiment_label").fill_null("neutral")
        ),
        "English captions, NULL as neutral": measured.filter(language="en").with_columns(
            pl.col("sentiment_label").fill_null("neutral")
        ),
        "scored captions": scored,
    }
    for name, rows in everywhere.items():
        majority = rows["sentiment"].mode().sort()[0]
        figures = {
            "VADER": accuracy(rows, rows["sentiment_label"]),
            "always neutral": accuracy(rows, pl.Series(["neutral"] * rows.height)),
            f"majority ({majority})": accuracy(rows, pl.Series([majority] * rows.height)),
        }
        for who, (right, f1) in figures.items():
            tell(f"{name}, {rows.height}: {who}: accuracy {right:.3f}, macro-F1 {f1:.3f}")
        best_constant = max(right for who, (right, _) in figures.items() if who != "VADER")
        assert figures["VADER"][0] > best_constant + 0.15
    # Nothing is said of the languages that the lexicon does not know.
    foreign = measured.filter(pl.col("said").is_not_null() & (pl.col("said") != "en"))
    assert foreign["score"].null_count() == foreign.height > 20
    right, f1 = accuracy(scored, scored["sentiment_label"])
    assert right >= 0.6
    assert f1 >= 0.6


def test_topics_against_what_a_person_says(captions: pl.DataFrame, tmp_path: Path) -> None:
    encode = load_text_encoder(DEFAULT_ENCODER, tmp_path).encode
    pairs = [(name, p) for name, phrases in vocabulary.text_topics().items() for p in phrases]
    known = taxonomy.Taxonomy([name for name, _ in pairs], encode([p for _, p in pairs]))
    # The thresholds were set on every second caption; these are the others, in English.
    rest = captions[1::2].filter(language="en")
    scores = known.scores(encode(rest["text"].to_list()))
    found = taxonomy.topic_rows(
        rest["content_hash"], known.topics, scores, taxonomy.LEAST_SCORE
    ).join(rest.select("content_hash", truth="topic"), on="content_hash")
    hits = found.filter(pl.col("topic") == pl.col("truth")).height
    precision, recall = hits / found.height, hits / rest.height
    told = found["content_hash"].n_unique() / rest.height
    nearest = [known.topics[n] for n in known.nearness(encode(rest["text"].to_list())).argmax(1)]
    first = float(np.mean([a == b for a, b in zip(nearest, rest["topic"], strict=True)]))
    tell(
        f"topics, {rest.height}: nearest is right {first:.3f}, some topic {told:.2f}, "
        f"precision {precision:.3f}, recall {recall:.3f}"
    )
    assert first >= 0.65
    assert precision >= 0.7
    assert recall >= 0.65
