"""Words that the content layer looks for, each list in a YAML file of its own.

Belongs here: the files, reading them, and refusing what is no such list. Does not: what is done
with the words (`domain.text`).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import yaml

from influence_assets.errors import UserError

Phrases = dict[str, tuple[str, ...]]
"""Phrases by the name of their group, in the order of the file."""

_FOLDER = Path(__file__).parent
CALLS_TO_ACTION, TEXT_TOPICS = _FOLDER / "calls_to_action.yaml", _FOLDER / "text_topics.yaml"


@cache
def calls_to_action() -> Phrases:
    """Phrases that ask the reader to do something, by what they ask for."""
    return read(CALLS_TO_ACTION)


@cache
def text_topics() -> Phrases:
    """Phrases that stand for each topic of the fixed taxonomy."""
    return read(TEXT_TOPICS)


def version_of(path: Path) -> str:
    """A fingerprint of a list: when it changes, what was found by it is stale."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def read(path: Path) -> Phrases:
    """Groups of phrases.

    Raises:
        UserError: the file is no mapping from names to lists of different texts.
    """
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    groups = told if isinstance(told, dict) else {path.name: told}
    if wrong := [name for name, phrases in groups.items() if not _is_list_of_texts(phrases)]:
        raise UserError(
            f"{path}: {wrong[0]} is no list of different phrases. Write `name:` and below it lines "
            "with `- phrase`; put quotes around one that has a colon."
        )
    return {str(name): tuple(phrases) for name, phrases in groups.items()}


def _is_list_of_texts(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(v, str) and v.strip() for v in value) and len(set(value)) == len(value)
