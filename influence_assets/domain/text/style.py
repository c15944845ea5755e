"""How a text is written, counted in ways that a reader can check by hand.

What is counted for models, under their own names and definitions, is in `popularity.text_shape`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

import polars as pl

from influence_assets.domain.text.marks import (
    EMOJI,
    HASHTAG,
    LINK,
    MENTION,
    UNSPACED,
    word_count,
)

LONG_WORD_LETTERS = 7
"""Björnsson's long word has more than six letters."""

LEAST_WORDS_FOR_LIX = 10
"""Of fewer words a readability tells more of chance than of the text."""

_SENTENCE = r"\p{L}[^\n]*?(?:[.!?…]+(?:[\s\"'”’)\]]|$)|[。！？।]|\n|$)"
_ENDS = "!?！？؟"

_WITHIN = r"(?:\s+[^\s.!?]+){0,3}?\s+"
"""What `...` in a phrase stands for: up to three words."""

_NO_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI")
"""Scripts in which a word has no edge: words follow without a space, or grow endings."""


def counts() -> list[pl.Expr]:
    """Expressions over `text`, and `plain`: the text without links, mentions, hashtags and emoji.
    Names as in the contract of content.texts."""
    text, plain = pl.col("text"), pl.col("plain")
    found = {
        "characters": text.str.len_chars(),
        "words": word_count(plain),
        "sentences": plain.str.count_matches(_SENTENCE),
        "questions": plain.str.count_matches(rf"[{_ENDS}]*[?？؟][{_ENDS}]*"),
        "exclamations": plain.str.count_matches(rf"[{_ENDS}]*[!！][{_ENDS}]*"),
        "links": text.str.count_matches(LINK),
        "mentions": text.str.replace_all(LINK, " ").str.count_matches(MENTION),
        "hashtags": text.str.replace_all(LINK, " ").str.count_matches(HASHTAG),
        "emoji": text.str.count_matches(EMOJI),
    }
    return [count.cast(pl.Int64).alias(name) for name, count in found.items()]


def lix() -> pl.Expr:
    """Readability by sentence length and long words, in any language that parts its words.

    Expression over `plain`, `words` and `sentences`; NULL where words are fewer than
    LEAST_WORDS_FOR_LIX or most letters are of a script without spaces. Source: C.-H. Björnsson,
    Läsbarhet, 1968. About 25 is a children's book, 60 and more an official text.
    """
    words, long_words = pl.col("words"), word_count(pl.col("plain"), LONG_WORD_LETTERS)
    parted = pl.col("plain").str.count_matches(UNSPACED) * 2 < pl.col("plain").str.count_matches(
        r"\p{L}"
    )
    value = words / pl.col("sentences") + 100 * long_words / words
    return pl.when(parted & (words >= LEAST_WORDS_FOR_LIX)).then(value).alias("lix")


def calls_to_action(phrases: Mapping[str, Sequence[str]]) -> pl.Expr:
    """Names of the groups of phrases that the text has, sorted.

    Args:
        phrases: by the name of their group; lower case, matched as whole words in any case with
            any space between them, `...` standing for up to three words.
    """
    said = pl.col("text").str.replace_all(LINK, " ").str.to_lowercase().str.replace_all("’", "'")
    found = [
        pl.when(said.str.contains(_any_of(phrases[name]))).then(pl.lit(name))
        for name in sorted(phrases)
    ]
    return pl.concat_list(found).list.drop_nulls().alias("calls_to_action")


def _any_of(phrases: Sequence[str]) -> str:
    return "|".join(_pattern(phrase) for phrase in phrases)


def _pattern(phrase: str) -> str:
    words = _WITHIN.join(
        r"\s+".join(pl.escape_regex(word) for word in part.split()) for part in phrase.split("...")
    )
    first, last = (r"\b" if _has_edge(c) else "" for c in (phrase[0], phrase[-1]))
    return f"{first}{words}{last}"


def _has_edge(character: str) -> bool:
    is_letter = character.isalnum()
    return is_letter and not unicodedata.name(character).startswith(_NO_SPACES)
