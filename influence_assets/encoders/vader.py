"""Sentiment of English texts by a lexicon with rules: VADER."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

PACKAGE = "vaderSentiment"


def vader_id() -> str:
    """Name and version."""
    return f"vader@{version(PACKAGE)}"


def compound_scores(texts: Sequence[str]) -> list[float]:
    """VADER's compound score of each text, from -1 to 1; 0 too where it knows no word.

    Source: C. J. Hutto and E. Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment
    Analysis of Social Media Text, ICWSM 2014.
    """
    analyzer = _analyzer()
    return [float(analyzer.polarity_scores(text)["compound"]) for text in texts]


@cache
def _analyzer() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
