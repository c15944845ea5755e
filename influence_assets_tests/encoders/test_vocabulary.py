"""The words to look for in pictures: those of the package, and what is said of a wrong file."""

from __future__ import annotations

from pathlib import Path

import pytest

from influence_assets.encoders.vocabulary import read_vocabulary
from influence_assets.errors import UserError
from influence_assets.settings import DEFAULT_IMAGE_TAGS


def test_the_words_of_the_package() -> None:
    vocabulary = read_vocabulary(DEFAULT_IMAGE_TAGS)
    assert 75 <= len(vocabulary.tags) <= 95
    assert len(vocabulary.groups) >= 12
    assert vocabulary.tags["bread"] == "bread"
    prompts = vocabulary.prompts()
    assert len(prompts) == len(vocabulary.tags) * len(vocabulary.templates)
    assert prompts[0] == (0, "a photo of a portrait of a person")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("templates: [", "cannot be read"),
        ("[bread]", "does not hold"),
        ("templates: ['{}']", "does not hold"),
        ("templates: [a photo]\ngroups: {food: {bread: b, cake: c}}", "have {} once"),
        ("templates: '{}'\ngroups: {food: {bread: b, cake: c}}", "no list of phrases"),
        ("templates: ['{}']\ngroups: {food: [bread, cake]}", "give each group its tags"),
        ("templates: ['{}']\ngroups: {food: {bread: b, cake: ''}}", "empty or no text"),
        ("templates: ['{}']\ngroups: {food: {bread: b, yes: c}}", "empty or no text"),
        ("templates: ['{}']\ngroups: {food: {a: b}, home: {c: d, a: e}}", "twice: a"),
        ("templates: ['{}']\ngroups: {food: {a: b}}", "needs two"),
    ],
)
def test_a_wrong_file_is_told_of(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tags.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as told:
        read_vocabulary(path)
    assert said in str(told.value)
    assert str(path) in str(told.value)
    assert "It needs `templates`" in str(told.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_vocabulary(tmp_path / "none.yaml")
