"""The words that tell topics apart, and the names made of them.

Class-based TF-IDF (Grootendorst 2022): a word counts by its share of a topic's words and by how
rare it is in all topics together. Hashtags and emoji are words; links, handles and numbers are not.
"""

from __future__ import annotations

import polars as pl

from influence_assets.domain.topics.stop_words import STOP_WORDS

MOST_WORDS = 12

NAMED_BY = 4
"""Words of a name."""

LEAST_WORDS = 3
"""A topic whose texts have fewer words in common could not be named: it is none."""

LEAST_SHARE = 0.01
"""Share of a topic's texts that a word of it stands in, at the least."""

_NO_WORDS = r"https?://\S+|www\.\S+|@[\w.]+"

_WORDS = (
    r"[#＃][\p{L}\p{M}\p{N}_]*[\p{L}\p{M}][\p{L}\p{M}\p{N}_]*"
    # Words of scripts that say much with few signs, then of the others.
    r"|[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}ー]{2,}|[\p{L}\p{M}]{3,}"
    # Flags are two signs; an emoji is one, whatever colours it.
    r"|[\x{1F1E6}-\x{1F1FF}]{2}|[\p{Extended_Pictographic}--[©®™]]"
)


def uses(texts: pl.DataFrame) -> pl.DataFrame:
    """A row for each word of each text: text_key and word, in lower case.

    Args:
        texts: text_key and text.
    """
    plain = pl.col("text").str.to_lowercase().str.replace_all(_NO_WORDS, " ")
    # What stands behind an apostrophe is no word: don't, l'amour.
    found = plain.str.extract_all(_WORDS).list.unique(maintain_order=True)
    return (
        texts.select("text_key", found.alias("word"))
        .explode("word")
        .drop_nulls()
        .with_columns(pl.col("word").str.replace("＃", "#"))
        .filter(~pl.col("word").is_in(list(STOP_WORDS)))
    )


def topic_words(members: pl.DataFrame, used: pl.DataFrame, profiles: pl.DataFrame) -> pl.DataFrame:
    """The best words of each topic, best first, of nearly the same ones the best.

    A word that only one profile uses speaks for a topic of one profile alone, and one that more
    than half of four topics or more have speaks for none.

    Args:
        members: text_key and topic_id.
        used: as `uses` gives them.
        profiles: text_key and profile (whoever posted the text), each pair once.

    Columns: topic_id, and words (a list of at most MOST_WORDS). A topic with fewer than
    LEAST_WORDS of them has no row.
    """
    said = members.join(used, on="text_key")
    sizes = members.group_by("topic_id").agg(pl.len().alias("texts"))
    authors = members.join(profiles, on="text_key")
    many = authors.group_by("topic_id").agg(pl.col("profile").n_unique().alias("profiles"))
    counted = (
        said.group_by("topic_id", "word")
        .agg(pl.len().alias("n"))
        .join(
            said.join(profiles, on="text_key")
            .group_by("topic_id", "word")
            .agg(pl.col("profile").n_unique().alias("users")),
            on=["topic_id", "word"],
        )
        .join(sizes, on="topic_id")
        .join(many, on="topic_id")
    )
    scored = counted.with_columns(score=_score(), spread=pl.len().over("word"))
    topics = sizes.height
    least = pl.max_horizontal(2, LEAST_SHARE * pl.col("texts"))
    best = (
        scored.filter(
            (pl.col("n") >= least)
            & ((pl.col("users") > 1) | (pl.col("profiles") == 1))
            & ((2 * pl.col("spread") <= topics) if topics >= 4 else True)
        )
        .sort("topic_id", "score", "word", descending=[False, True, False])
        .group_by("topic_id", maintain_order=True)
        .agg(pl.col("word").head(3 * MOST_WORDS).alias("words"))
    )
    # A few dozen words for each of a few dozen topics: no rows of a large table.
    kept = [unlike(words)[:MOST_WORDS] for words in best["words"].to_list()]
    named = best.select("topic_id").with_columns(pl.Series("words", kept, pl.List(pl.String)))
    spoken = [sum(map(is_spoken, words)) for words in kept]
    return named.filter(pl.Series(spoken, dtype=pl.Int64) >= LEAST_WORDS)


def _score() -> pl.Expr:
    """Class-based TF-IDF of a word in a topic."""
    per_topic = pl.col("n").sum() / pl.col("topic_id").n_unique()
    rarity = (1 + per_topic / pl.col("n").sum().over("word")).log()
    return pl.col("n") / pl.col("n").sum().over("topic_id") * rarity


def unlike(words: list[str]) -> list[str]:
    """The words less those of which nearly the same stands before them: gym, gyms and #gymlife."""
    kept: list[str] = []
    for word in words:
        bare = word.removeprefix("#").replace("_", "")
        if not any(_is_nearly(bare, other.removeprefix("#").replace("_", "")) for other in kept):
            kept.append(word)
    return kept


def _is_nearly(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) > 2 and short in long)


def label(words: list[str]) -> str:
    """The name of a topic: fitness, gym, #fitfam, 💪. Of emoji it has one at most, at its end."""
    first = words[:NAMED_BY]
    signs = [word for word in first if not is_spoken(word)][:1]
    spoken = [word for word in words if is_spoken(word)]
    return ", ".join(spoken[: NAMED_BY - len(signs)] + signs)


def is_spoken(word: str) -> bool:
    """Whether it has a letter; an emoji has none."""
    return any(c.isalpha() for c in word)
