"""What the sample world talks about, and in which sentences.

Belongs here: reading `vocabulary.yaml`, `phrases.yaml` and `names.yaml` into records.
Does not: choosing among them (see `posts` and `captions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

Pull = Literal["hot", "plain", "cold"]


@dataclass(frozen=True)
class Subject:
    """Something that posts are about.

    Attributes:
        pull: how well posts about it do; it shows in the text alone.
        things: noun phrases by language code.
    """

    name: str
    pull: Pull
    hashtag: str
    things: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Topic:
    """The interest that a planted community shares."""

    name: str
    colours: tuple[tuple[int, int, int], tuple[int, int, int]]
    hashtags: tuple[str, ...]
    handle_words: tuple[str, ...]
    emoji: tuple[str, ...]
    second_language: str
    subjects: tuple[Subject, ...]


@dataclass(frozen=True)
class Phrases:
    """Sentence templates of one language."""

    when: tuple[str, ...]
    mood: tuple[str, ...]
    leads: tuple[str, ...]
    details: tuple[str, ...]
    questions: tuple[str, ...]
    replies: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class NameParts:
    """What names and handles are made of."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    adjectives: tuple[str, ...]


def _document(name: str) -> dict[str, Any]:
    text = (files("influence_assets.sample") / name).read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def _topic(name: str, entry: dict[str, Any]) -> Topic:
    (r1, g1, b1), (r2, g2, b2) = entry["colours"]
    language: str = entry["language"]
    subjects = (
        Subject(key, pull, hashtag, {"en": tuple(english), language: tuple(other)})
        for key, (pull, hashtag, english, other) in entry["subjects"].items()
    )
    # A variation selector belongs to the emoji before it and is none of its own.
    emoji = tuple(mark for mark in entry["emoji"] if mark != "\ufe0f")
    return Topic(
        name,
        ((r1, g1, b1), (r2, g2, b2)),
        tuple(entry["tags"]),
        tuple(entry["handles"]),
        emoji,
        language,
        tuple(subjects),
    )


@cache
def topics() -> dict[str, Topic]:
    """Every topic by name."""
    return {name: _topic(name, entry) for name, entry in _document("vocabulary.yaml").items()}


@cache
def phrases() -> dict[str, Phrases]:
    """The sentence templates by language code."""
    return {
        language: Phrases(**{kind: tuple(texts) for kind, texts in entry.items()})
        for language, entry in _document("phrases.yaml").items()
    }


@cache
def name_parts() -> NameParts:
    """What names and handles are made of."""
    return NameParts(**{kind: tuple(parts) for kind, parts in _document("names.yaml").items()})
