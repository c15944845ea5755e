"""Patterns of what stands in a post's text beside words, and the text without it.

Patterns are written in Rust's syntax of regular expressions, as polars takes them.
"""

from __future__ import annotations

import polars as pl

LINK_START = r"https?://|www\."

LINK = rf"(?i:{LINK_START}|pic\.twitter\.com/)\S+"

MENTION = r"\B@[\p{L}\p{N}_](?:[\p{L}\p{N}_.]*[\p{L}\p{N}_])?"
"""Not within a word: an e-mail address is no mention; a point at the end is the sentence's."""

HASHTAG = r"[#＃][\p{N}_]*\p{L}[\p{L}\p{M}\p{N}_]*"
"""With a letter in it: #1 is a number."""

PICTOGRAPH = r"\p{Extended_Pictographic}"

_SIGN = "[©®™‼⁉ℹ↔-↪]"
_SHOWN = rf"(?:[\p{{Extended_Pictographic}}--{_SIGN}]|{_SIGN}\x{{FE0F}})"
_TURN = r"[\x{FE0F}\p{Emoji_Modifier}\x{E0020}-\x{E007F}]"
_PART = rf"{_SHOWN}{_TURN}*"

EMOJI = (
    rf"(?:\p{{Regional_Indicator}}{{2}}|[0-9#*]\x{{FE0F}}?\x{{20E3}}|{_PART}(?:\x{{200D}}{_PART})*)"
)
"""One emoji as a reader sees it: a flag, a keycap, or pictographs that joiners hold together. Signs
such as ©, ™ or ↔ are emoji only where a selector says so."""

JOINERS = r"[\x{FE0F}\x{200D}\p{Emoji_Modifier}]"
"""What turns or joins a pictograph: colour or text, the joiner, tones of skin."""

UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
"""A letter of a script that puts no spaces between words."""

NAMELESS = {LINK: "http", MENTION: "@user"}
"""What classifiers of posts were trained to find in place of links and mentions. Source: F.
Barbieri et al., TweetEval, Findings of EMNLP 2020."""


def without(text: pl.Expr, *patterns: str) -> pl.Expr:
    """The text with a space for whatever is of these patterns, and single spaces in each line."""
    for pattern in patterns:
        text = text.str.replace_all(pattern, " ")
    return text.str.replace_all(r"[^\S\n]+", " ").str.strip_chars()


def plain(text: pl.Expr) -> pl.Expr:
    """The text without links, mentions, hashtags and emoji."""
    return without(text, LINK, MENTION, HASHTAG, EMOJI)


def bare_words(plain: pl.Expr) -> pl.Expr:
    """Letters alone make a word: apostrophes, hyphens and marks within it are taken out, so that
    `long-term` is one word of 8 letters. A run of letters of an unspaced script is one too."""
    return plain.str.replace_all(r"['’\-\x{2011}\p{M}]", "")


def word_count(plain: pl.Expr, least_letters: int = 1) -> pl.Expr:
    """Words of at least so many letters."""
    return bare_words(plain).str.count_matches(rf"\p{{L}}{{{least_letters},}}").cast(pl.Int64)


def nameless(text: pl.Expr) -> pl.Expr:
    """The text with nobody's handle and no address in it."""
    for pattern, word in NAMELESS.items():
        text = text.str.replace_all(pattern, word)
    return text
