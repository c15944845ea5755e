"""The language of texts, by py3langid: its model comes with the package."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

ISO_639_1_LETTERS = 2


def detect_languages(texts: Sequence[str]) -> list[tuple[str, float]]:
    """Language and probability of each text, of the languages with a code of two letters.

    Source: M. Lui and T. Baldwin, langid.py: An Off-the-shelf Language Identification Tool, ACL
    2012; the probabilities are as calibrated in py3langid.
    """
    identifier = _identifier()
    return [identifier.classify(text) for text in texts]


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([c for c in identifier.labels if len(c) == ISO_639_1_LETTERS])
    return identifier
