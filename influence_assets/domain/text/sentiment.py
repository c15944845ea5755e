"""From what a model says of a text to one number and one word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from influence_assets.domain.text.marks import JOINERS, LINK, MENTION, PICTOGRAPH, without
from influence_assets.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABELS = ("negative", "neutral", "positive")

LEAST_LEANING = 0.05
"""From this on a text is not neutral: the thresholds of VADER's authors."""

ENGLISH = "en"

READ_CHARACTERS = 5_000
"""As much is read of a long text: the time that VADER takes grows with the square of its length."""

_KNOWN = {name: name for name in LABELS} | {"neg": "negative", "neu": "neutral", "pos": "positive"}


def readable() -> pl.Expr:
    """What a lexicon reads of `text`: without links and mentions, with straight apostrophes and
    each pictograph a word of its own.

    VADER knows ❤ and can't, and knows neither ❤️ (with the selector that most keyboards write)
    nor can’t, nor an emoji that touches a word.
    """
    text = pl.col("text").str.slice(0, READ_CHARACTERS)
    said = text.str.replace_all("’", "'").str.replace_all(JOINERS, "")
    return without(said.str.replace_all(PICTOGRAPH, " $0 "), LINK, MENTION)


def by_lexicon(language: pl.Expr, score: pl.Expr) -> pl.Expr:
    """The score of an English lexicon where it can be trusted.

    That of an English text; of a text of unknown language where it is not 0: then some word or
    emoji was known. NULL of any other language, and where nothing was known of an unknown one.
    """
    is_unknown = language.is_null() & (score != 0)
    return pl.when((language == ENGLISH) | is_unknown).then(score)


def label(score: pl.Expr) -> pl.Expr:
    """negative, neutral or positive."""
    negative, neutral, positive = LABELS
    return (
        pl.when(score <= -LEAST_LEANING)
        .then(pl.lit(negative))
        .when(score >= LEAST_LEANING)
        .then(pl.lit(positive))
        .when(score.is_not_null())
        .then(pl.lit(neutral))
    )


def polarity(labels: Sequence[str]) -> list[str]:
    """negative, neutral or positive for each label of a classifier.

    Raises:
        UserError: they are not the labels of a sentiment.
    """
    found = [_KNOWN.get(name.lower(), "") for name in labels]
    if not {"negative", "positive"} <= set(found) or "" in found or len(set(found)) < len(found):
        raise UserError(
            f"INFLUENCE_SENTIMENT names a classifier whose labels are {', '.join(labels)}: it "
            "needs negative, positive and, if it likes, neutral. If its labels mean these, name "
            "them so in id2label of its config.json; a classifier of emotions goes into "
            "INFLUENCE_EMOTION."
        )
    return found


def from_probabilities(
    labels: Sequence[str], probabilities: NDArray[np.float32], classifier_id: str
) -> dict[str, pl.Series]:
    """The columns sentiment, sentiment_label and sentiment_model.

    Args:
        labels: of the classifier's outputs.
        probabilities: (texts, labels).
        classifier_id: its name and checksums.
    """
    meant = polarity(labels)
    each = probabilities.astype(np.float64)
    score = each[:, meant.index("positive")] - each[:, meant.index("negative")]
    return {
        "sentiment": pl.Series(score, dtype=pl.Float64),
        "sentiment_label": pl.Series(meant, dtype=pl.String).gather(each.argmax(axis=1)),
        "sentiment_model": pl.Series([classifier_id], dtype=pl.String).new_from_index(
            0, len(score)
        ),
    }
