"""The words to look for in pictures, read from a YAML file and checked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from influence_assets.errors import UserError

FORM = (
    "It needs `templates`, a list of phrases with {} in them, and `groups`: by the name of a group "
    "its tags, each with its phrase, such as `food: {bread: a loaf of bread}`. The file "
    "encoders/image_tags.yaml of the package is an example."
)


@dataclass(frozen=True)
class Vocabulary:
    """The words to look for.

    Attributes:
        templates: what a phrase is put into, at {}.
        groups: by group the phrase of each tag.
    """

    templates: tuple[str, ...]
    groups: dict[str, dict[str, str]]

    @property
    def tags(self) -> dict[str, str]:
        """The phrase of each tag, in the order of the file."""
        return dict(chain.from_iterable(tags.items() for tags in self.groups.values()))

    def prompts(self) -> list[tuple[int, str]]:
        """Number of the tag and text, of each tag in each template."""
        return [
            (number, template.replace("{}", phrase))
            for number, phrase in enumerate(self.tags.values())
            for template in self.templates
        ]


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a file of words.

    Raises:
        UserError: it cannot be read, or does not have the form.
    """
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"The image tags {path} cannot be read: {error}. {FORM}") from error
    if fault := _fault(told):
        raise UserError(f"The image tags {path}: {fault}. {FORM}")
    return Vocabulary(tuple(told["templates"]), told["groups"])


def _fault(told: Any) -> str:
    """What is wrong; empty if nothing is."""
    if not isinstance(told, dict) or set(told) != {"templates", "groups"}:
        return "it does not hold `templates` and `groups`, and nothing else"
    templates, groups = told["templates"], told["groups"]
    if not _texts(templates) or any(t.count("{}") != 1 for t in templates):
        return "`templates` is no list of phrases that each have {} once"
    if not isinstance(groups, dict) or not all(isinstance(g, dict) for g in groups.values()):
        return "`groups` does not give each group its tags with their phrases"
    tags = [tag for group in groups.values() for tag in group]
    phrases = [phrase for group in groups.values() for phrase in group.values()]
    if not _texts(tags) or not _texts(phrases):
        return "a tag or a phrase is empty or no text (write numbers, yes and no in quotes)"
    if twice := sorted({tag for tag in tags if tags.count(tag) > 1}):
        return f"these tags stand there twice: {', '.join(twice)}"
    if len(tags) < 2:
        return "it has one tag, and scores are shares among tags: it needs two at least"
    return ""


def _texts(found: Any) -> bool:
    return (
        isinstance(found, list)
        and bool(found)
        and all(isinstance(text, str) and text.strip() for text in found)
    )
