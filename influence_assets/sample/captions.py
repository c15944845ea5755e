"""The words of posts: sentences, names, hashtags and emoji.

Belongs here: turning the facts of a post into a text. A question mark stands in a text
exactly where the post is a question, for it is a planted driver.
"""

from __future__ import annotations

import random
from typing import Any

import polars as pl

from influence_assets.sample.vocabulary import Phrases, Topic, phrases, topics

Row = dict[str, Any]


def write_captions(
    posts: pl.DataFrame, profiles: pl.DataFrame, acts: pl.DataFrame, seed: int
) -> pl.DataFrame:
    """Write the text of every post.

    Args:
        posts: as `posts.draw_posts` gives them.
        profiles: with handle.
        acts: as `ties.draw_acts` gives them.
        seed: of the generator.

    Returns:
        One row per post: text, hashtags, mentions, tagged, collabs (lists; handles as their
        owners write them) and reply_to (handle or NULL).
    """
    words = random.Random(seed * 100 + 7)
    named = _named(posts, profiles, acts)
    rows = [
        _caption(post, names, words)
        for post, names in zip(posts.iter_rows(named=True), named, strict=True)
    ]
    lists = {name: pl.List(pl.String) for name in ("hashtags", "mentions", "tagged", "collabs")}
    return pl.DataFrame(rows, schema={"text": pl.String, **lists, "reply_to": pl.String})


def _named(posts: pl.DataFrame, profiles: pl.DataFrame, acts: pl.DataFrame) -> list[Row]:
    """Handles by kind of act for each post."""
    handles = profiles["handle"].to_list()
    named: list[Row] = [
        {"mention": [], "tag": [], "collab": [], "reply": []} for _ in range(len(posts))
    ]
    for post, kind, target in acts.select("post", "kind", "target").iter_rows():
        named[post][kind].append(handles[target])
    return named


def _caption(post: Row, names: Row, words: random.Random) -> Row:
    topic = topics()[post["topic"]]
    language = phrases()[post["language"]]
    hashtags = _hashtags(post, topic, words)
    reply_to = names["reply"][0] if names["reply"] else None
    parts = [_body(post, topic, language, reply_to, words)]
    if others := [name for name in names["mention"] if name != reply_to]:
        # No punctuation touches a handle: a dot may be part of one.
        shown = " ".join(f"@{name}" for name in others)
        parts.append(words.choice(language.names).format(name=shown))
    if words.random() < 0.45:
        parts.append("".join(words.sample(topic.emoji, words.randint(1, 2))))
    if hashtags and post["platform"] != "youtube":  # YouTube keeps its tags apart
        gap = "\n\n" if post["platform"] == "instagram" and words.random() < 0.5 else ""
        parts.append(gap + " ".join(f"#{tag}" for tag in hashtags))
    return {
        "text": " ".join(parts).replace(" \n", "\n"),
        "hashtags": hashtags,
        "mentions": names["mention"],
        "tagged": names["tag"],
        "collabs": names["collab"],
        "reply_to": reply_to,
    }


def _body(
    post: Row, topic: Topic, language: Phrases, reply_to: str | None, words: random.Random
) -> str:
    things = topic.subjects[post["subject"]].things[post["language"]]
    thing, other = words.sample(things, 2)

    def fill(template: str) -> str:
        text = template.format(
            thing=thing,
            other=other,
            when=words.choice(language.when),
            mood=words.choice(language.mood),
            number=words.randint(2, 40),
        )
        return text[0].upper() + text[1:]

    sentences = []
    if reply_to:
        # Replies keep their small first letter, as people type.
        reply = fill(words.choice(language.replies))
        sentences.append(f"@{reply_to} {reply[0].lower()}{reply[1:]}")
    else:
        sentences.append(fill(words.choice(language.leads)))
        if words.random() < 0.65:
            sentences.append(fill(words.choice(language.details)))
    if post["is_question"]:
        sentences.append(fill(words.choice(language.questions)))
    return " ".join(sentences)


def _hashtags(post: Row, topic: Topic, words: random.Random) -> list[str]:
    """As many distinct hashtags as the post is to have; one may be the subject's."""
    count: int = post["hashtag_count"]
    tags = words.sample(topic.hashtags, count)
    if tags and words.random() < 0.5:
        tags[words.randrange(count)] = topic.subjects[post["subject"]].hashtag
    if post["platform"] == "twitter" and words.random() < 0.3:
        tags = [tag.capitalize() for tag in tags]
    return tags
