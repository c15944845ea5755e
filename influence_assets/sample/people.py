"""The profiles of the sample world: who they are, how large, how busy.

Belongs here: drawing the fixed properties of profiles. Does not: how they change
(see `panel`) or how they are tied (see `ties`).
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import polars as pl

from influence_assets.sample.communities import BLOCKS, Block
from influence_assets.sample.vocabulary import Topic, name_parts, topics

COUNTRIES = {
    "en": ("US", "GB", "CA", "AU", "IE"),
    "es": ("ES", "MX", "AR"),
    "de": ("DE", "AT"),
    "ko": ("KR",),
}

POSTS_PER_WEEK = {"instagram": 0.62, "twitter": 0.84, "youtube": 0.58}
"""Mean over profiles; a profile's own rate is log-normal around it."""

SECOND_LANGUAGE_SHARE = 0.27


def draw_profiles(profiles_per_community: int, seed: int) -> pl.DataFrame:
    """Draw every profile, block by block.

    Args:
        profiles_per_community: members of a community of average size.
        seed: of the generator; the same seed gives the same profiles.

    Returns:
        One row per profile in the order of BLOCKS: platform, profile_id (the handle in
        lower case), handle, display_name, block (index), topic, category, country,
        language, is_verified, followers, following and posts_count (all three on the day
        before the world starts), posts_per_week, author_base (log1p of the likes of a plain
        post), growth (relative growth of followers per day).
    """
    rng = np.random.default_rng([seed, 1])
    words = random.Random(seed * 100 + 1)
    taken: set[str] = set()
    rows = [
        _profile(block, index, taken, rng, words)
        for index, block in enumerate(BLOCKS)
        for _ in range(max(5, round(block.size * profiles_per_community)))
    ]
    return pl.DataFrame(rows)


def _profile(
    block: Block, index: int, taken: set[str], rng: np.random.Generator, words: random.Random
) -> dict[str, Any]:
    topic = topics()[block.topic]
    second = words.random() < SECOND_LANGUAGE_SHARE
    language = topic.second_language if second else "en"
    handle, display_name = _names(block, topic, taken, words)
    # Log-normal body with a Pareto tail: most are small, a few are enormous.
    followers = int(np.exp(rng.normal(7.9, 1.15)) * (1 + 0.6 * rng.pareto(0.9)))
    followers = min(followers, 4_000_000)
    rate = POSTS_PER_WEEK[block.platform] * float(np.exp(rng.normal(-0.12, 0.5)))
    return {
        "platform": block.platform,
        "profile_id": handle.lower(),
        "handle": handle,
        "display_name": display_name,
        "block": index,
        "topic": block.topic,
        # Platforms guess the category, and guess wrong at times.
        "category": block.topic if words.random() < 0.8 else "personal blog",
        "country": words.choice(COUNTRIES[language]),
        "language": language,
        "is_verified": bool(rng.random() < (0.5 if followers > 100_000 else 0.03)),
        "followers": followers,
        "following": int(np.exp(rng.normal(5.8, 0.8))),
        "posts_count": int(np.exp(rng.normal(5.5, 0.8))),
        "posts_per_week": float(np.clip(rate, 0.2, 3.5)),
        "author_base": float(-1.1 + 0.6 * np.log1p(followers) + rng.normal(0, 0.45)),
        "growth": float(rng.normal(0.0012, 0.0011)),
    }


def _names(block: Block, topic: Topic, taken: set[str], words: random.Random) -> tuple[str, str]:
    """A handle that is free on the platform, and a display name.

    Twitter and YouTube keep capital letters in handles; Instagram knows none.
    """
    parts = name_parts()
    while True:
        name, surname = words.choice(parts.given), words.choice(parts.family)
        word, adjective = words.choice(topic.handle_words), words.choice(parts.adjectives)
        digits = str(words.randint(2, 99))
        handle = words.choice(
            (
                name.title() + word.title(),
                f"{name}_{word}",
                f"{name}_{surname}",
                f"the{adjective}{word}",
                f"{adjective}_{word}{digits}",
                f"{word}with{name}",
                f"{name.title()}{surname.title()}{digits}",
                f"{name}.{word}" if block.platform == "instagram" else f"{word}_{name}{digits}",
            )
        )
        if block.platform == "instagram":
            handle = handle.lower()
        key = f"{block.platform}/{handle.lower()}"
        if key not in taken:
            taken.add(key)
            return handle, f"{name.title()} {surname.title()}"
