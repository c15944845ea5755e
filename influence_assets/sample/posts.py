"""When each post of the sample world is published, of which kind, about what.

Belongs here: drawing the facts of posts. Does not: their words (see `captions`), whom they
name (see `ties`) or how they do (see `popularity`).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.sample.communities import BLOCKS, START, active_members
from influence_assets.sample.vocabulary import topics

START_US = (START - date(1970, 1, 1)).days * 86_400_000_000
"""Start of the world in microseconds since 1970, UTC."""

KINDS = {
    "instagram": {"image": 0.5, "carousel": 0.24, "video": 0.26},
    "twitter": {"text": 0.36, "image": 0.2, "video": 0.12, "reply": 0.32},
    "youtube": {"video": 0.87, "stream": 0.13},
}

# Share of posts by local hour: a morning, a lunch and a large evening peak.
HOURS = np.array(
    [1, 0.5, 0.3, 0.2, 0.3, 0.8, 2, 4, 5, 5, 4.5, 5, 6.5, 5.5, 4.5, 4.5, 5, 6.5, 8, 9, 9, 7, 4.5, 2]
)
UTC_OFFSET_HOURS = {"en": 0, "es": 1, "de": 1, "ko": 9}
WEEKDAYS = np.array([1.0, 1.05, 1.05, 1.0, 0.9, 0.85, 1.15])

HASHTAGS_MEAN = {"instagram": 3.6, "twitter": 1.1, "youtube": 2.6}
MOST_HASHTAGS = 7
QUESTION_SHARE = 0.24

INSTAGRAM_EPOCH_MS = 1_314_220_021_721
TWITTER_EPOCH_MS = 1_288_834_974_657
SHORTCODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def draw_posts(profiles: pl.DataFrame, weeks: int, seed: int) -> pl.DataFrame:
    """Draw every post, in the order platform, posted_at.

    Args:
        profiles: as `people.draw_profiles` gives them; `author` is the row number.
        weeks: length of the world.
        seed: of the generator.

    Returns:
        One row per post: platform, post_id, author, block, topic, language, week (from 0),
        posted_at (UTC), kind, subject (index into the topic's subjects), is_question,
        hashtag_count, media_count.
    """
    rng = np.random.default_rng([seed, 2])
    rates = profiles["posts_per_week"].to_numpy()
    counts = rng.poisson(rates[:, None] * _acts(profiles["block"].to_numpy(), weeks))
    author, week = (np.repeat(axis, counts.ravel()) for axis in _grid(len(profiles), weeks))
    language = profiles["language"].to_numpy()[author]
    seconds = _second_of_week(language, rng)
    posted_us = START_US + ((week * 7 * 86_400 + seconds) * 1_000_000).astype(np.int64)
    frame = pl.DataFrame(
        {
            "platform": profiles["platform"].to_numpy()[author],
            "author": author,
            "block": profiles["block"].to_numpy()[author],
            "topic": profiles["topic"].to_numpy()[author],
            "language": language,
            "week": week,
            "posted_at": pl.Series(posted_us).cast(pl.Datetime("us")),
        }
    ).sort("platform", "posted_at", "author")
    frame = frame.with_columns(_facts(frame, rng))
    return frame.with_columns(post_id=pl.Series(_post_ids(frame, rng)))


def _acts(block: npt.NDArray[np.int64], weeks: int) -> npt.NDArray[np.bool_]:
    """Whether a profile acts in a week; shape (profile, week)."""
    sizes = np.bincount(block, minlength=len(BLOCKS))
    # Profiles stand block by block: the place within it decides who is among the active.
    place = np.arange(len(block)) - (np.cumsum(sizes) - sizes)[block]
    return np.asarray(place[:, None] < active_members(sizes, weeks)[block])


def _grid(profiles: int, weeks: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row and column number of each cell of a (profiles, weeks) table, flattened."""
    return np.repeat(np.arange(profiles), weeks), np.tile(np.arange(weeks), profiles)


def _second_of_week(
    language: npt.NDArray[np.object_], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Seconds since Monday 00:00 UTC. A late hour in Seoul is taken as the same UTC day."""
    n = len(language)
    day = rng.choice(7, size=n, p=WEEKDAYS / WEEKDAYS.sum())
    local_hour = rng.choice(24, size=n, p=HOURS / HOURS.sum())
    offset = np.array([UTC_OFFSET_HOURS[code] for code in language])
    hour = (local_hour - offset) % 24
    return np.asarray(day * 86_400 + hour * 3_600 + rng.integers(0, 3_600, size=n), dtype=np.int64)


def _facts(posts: pl.DataFrame, rng: np.random.Generator) -> list[pl.Series]:
    n = len(posts)
    platform = posts["platform"].to_numpy()
    kind = np.empty(n, dtype=object)
    hashtags = np.zeros(n, dtype=np.int64)
    for name, shares in KINDS.items():
        here = platform == name
        kind[here] = rng.choice(list(shares), size=int(here.sum()), p=list(shares.values()))
        hashtags[here] = rng.poisson(HASHTAGS_MEAN[name], size=int(here.sum()))
    media = np.where(kind == "carousel", rng.integers(2, 4, size=n), 1)
    media[np.isin(kind, ["text", "reply"])] = 0
    hashtags[kind == "reply"] //= 2
    return [
        pl.Series("kind", kind.tolist()),
        pl.Series("subject", _subjects(posts, rng)),
        pl.Series("is_question", rng.random(n) < QUESTION_SHARE),
        pl.Series("hashtag_count", np.minimum(hashtags, MOST_HASHTAGS)),
        pl.Series("media_count", media),
    ]


def _subjects(posts: pl.DataFrame, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Subject of each post: every author has favourites, none keeps to one."""
    authors = posts["author"].to_numpy()
    count = len(next(iter(topics().values())).subjects)
    taste = rng.dirichlet(np.full(count, 4.0), size=int(authors.max()) + 1)
    steps = np.cumsum(taste[authors], axis=1)
    draws = rng.random(len(authors))[:, None]
    return np.asarray(np.minimum((draws > steps).sum(axis=1), count - 1))


def _post_ids(posts: pl.DataFrame, rng: np.random.Generator) -> list[str]:
    """Ids as each platform builds them: a time in the upper bits, or random text."""
    ms = posts["posted_at"].dt.epoch("ms").to_list()
    low = rng.integers(0, 1 << 22, size=len(posts)).tolist()
    ids = []
    for platform, at, bits in zip(posts["platform"], ms, low, strict=True):
        if platform == "instagram":
            ids.append(str(((at - INSTAGRAM_EPOCH_MS) << 23) | bits))
        elif platform == "twitter":
            ids.append(str(((at - TWITTER_EPOCH_MS) << 22) | bits))
        else:
            ids.append(shortcode((at << 22) | bits)[-11:].rjust(11, "A"))
    return ids


def shortcode(number: int) -> str:
    """The digits of a number to the base of 64, as Instagram's short links have them."""
    text = ""
    while number:
        number, digit = divmod(number, 64)
        text = SHORTCODE[digit] + text
    return text
