"""Contracts of what texts say in words: language, sentiment, emotion, style, fixed topics."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from influence_assets.contracts.base import table

SENTIMENTS = ("negative", "neutral", "positive")


def _hash() -> dy.String:
    return dy.String(min_length=64, max_length=64, description="SHA-256 of the text (UTF-8).")


def _count(description: str) -> dy.Int64:
    return dy.Int64(min=0, description=description)


@table("content.texts", ("content_hash",))
class Texts(dy.Schema):
    """A row is one distinct text of posts that is not blank: what it says, and how it is written.
    Its words are those that are left without links, mentions, hashtags and emoji."""

    content_hash = _hash()
    measured_by = dy.String(
        min_length=1,
        description="Fingerprint of the code and the models behind the row; the same in all rows.",
    )
    language = dy.String(
        nullable=True,
        min_length=2,
        max_length=2,
        description="ISO 639-1 code as detected from its words; NULL where it has fewer than 3 "
        "words (6 letters of a script without spaces) or the detection is less than 0.5 sure.",
    )
    language_confidence = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Probability of the likeliest language, also where that is not taken as "
        "known; NULL where there are too few words to detect one.",
    )
    sentiment = dy.Float64(
        nullable=True,
        min=-1,
        max=1,
        description="From -1, negative, to 1, positive. Of VADER the compound score, of an English "
        "text, or of one of unknown language where that is not 0; of a classifier "
        "P(positive) - P(negative), whatever the language. NULL where nothing can be said.",
    )
    sentiment_label = dy.String(
        nullable=True,
        description="negative, neutral or positive. Of VADER neutral is between -0.05 and 0.05, of "
        "a classifier the most probable.",
    )
    sentiment_model = dy.String(
        nullable=True, description="Which model read the sentiment; NULL where it is NULL."
    )
    emotion = dy.String(
        nullable=True,
        description="The most probable label of the chosen classifier; NULL without one.",
    )
    emotion_score = dy.Float64(nullable=True, min=0, max=1, description="Its probability.")
    characters = _count("Code points of the whole text.")
    words = _count("Runs of letters; of a script without spaces a run between marks.")
    sentences = _count("Parts with a letter that end in . ! ? or at the end of a line.")
    questions = _count("Ends of sentences with a question mark; ??? is one.")
    exclamations = _count("Ends of sentences with an exclamation mark; !!! is one, ?! both.")
    calls_to_action = dy.List(
        dy.String(),
        description="What it asks its reader for, each once: groups of phrases, such as tag, "
        "follow or link_in_bio, as in vocabulary/calls_to_action.yaml.",
    )
    mentions = _count("Handles with @.")
    links = _count("Web addresses.")
    hashtags = _count("Hashtags with a letter in them.")
    emoji = _count("Emoji as a reader sees them: a flag or a family is one.")
    lix = dy.Float64(
        nullable=True,
        min=0,
        description="Readability: words per sentence and the percentage of words of more than 6 "
        "letters, summed (Björnsson 1968); higher is harder. NULL below 10 words, and where "
        "most letters are of a script without spaces.",
    )

    @dy.rule()
    def sentiment_label_is_known(cls) -> pl.Expr:
        return cls.sentiment_label.col.is_in(SENTIMENTS)


@table("content.text_topics", ("content_hash", "topic"))
class TextTopics(dy.Schema):
    """A row is a topic of the fixed taxonomy that a text has. A text has up to three, or none."""

    content_hash = _hash()
    topic = dy.String(
        min_length=1,
        description="Name of the topic: of the 19 classes of tweet topic classification, or a "
        "label of the chosen classifier.",
    )
    score = dy.Float64(
        min=0,
        max=1,
        description="From nearness of vectors: the share of this topic among all, at least 0.25. "
        "Of a classifier: the probability, at least 0.5.",
    )
