"""How posts do, by planted drivers, and what is seen of it.

Belongs here: the coefficients, the counts and their observations over a post's life.
Does not: the drivers themselves (see `posts`, `captions`, `ties`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.sample.vocabulary import topics

COEFFICIENTS = {
    "kind_video": 0.55,
    "kind_carousel": 0.25,
    "kind_image": 0.0,
    "kind_text": -0.15,
    "kind_stream": -0.3,
    "kind_reply": -0.9,
    "is_evening": 0.35,
    "is_question": 0.3,
    "subject_hot": 0.7,
    "subject_cold": -0.5,
    "log1p_hashtag_count": 0.25,
    "log1p_in_degree_before": 0.4,
}
"""What each driver adds to log1p(likes), beside the author's own base."""

NOISE_SD = 0.35
EVENING_HOURS_UTC = (17, 18, 19, 20, 21)

REPEATED_SHARE = 0.22
"""Share of posts that are also observed in their first days."""
EARLY_AGES_HOURS = (3.0, 12.0, 30.0, 60.0, 100.0)

# Views per like, and other counts per like, before log-normal noise.
VIEWS_PER_LIKE = {"instagram": 14.0, "twitter": 42.0, "youtube": 23.0}
COMMENTS_PER_LIKE = 0.055
SHARES_PER_LIKE = 0.07
SAVES_PER_LIKE = 0.09

Floats = npt.NDArray[np.float64]


def draw_popularity(
    posts: pl.DataFrame, profiles: pl.DataFrame, in_degree: npt.NDArray[np.int64], seed: int
) -> pl.DataFrame:
    """Draw what each post reaches in the end.

    Args:
        posts: as `posts.draw_posts` gives them.
        profiles: with author_base.
        in_degree: of each post's author at the end of the week before.
        seed: of the generator.

    Returns:
        One row per post: log_likes (log1p of the final likes), likes, comments, shares, saves,
        views (final, real numbers), days_to_grow (time constant of the growth), pull,
        in_degree_before.
    """
    rng = np.random.default_rng([seed, 5])
    pulls = {t.name: [s.pull for s in t.subjects] for t in topics().values()}
    pull = [pulls[t][s] for t, s in zip(posts["topic"], posts["subject"], strict=True)]
    hour = posts["posted_at"].dt.hour().is_in(EVENING_HOURS_UTC).to_numpy()
    kinds = posts["kind"].to_list()
    log_likes = (
        profiles["author_base"].to_numpy()[posts["author"].to_numpy()]
        + np.array([COEFFICIENTS[f"kind_{k}"] for k in kinds])
        + COEFFICIENTS["is_evening"] * hour
        + COEFFICIENTS["is_question"] * posts["is_question"].to_numpy()
        + np.array([COEFFICIENTS.get(f"subject_{p}", 0.0) for p in pull])
        + COEFFICIENTS["log1p_hashtag_count"] * np.log1p(posts["hashtag_count"].to_numpy())
        + COEFFICIENTS["log1p_in_degree_before"] * np.log1p(in_degree)
        + rng.normal(0, NOISE_SD, len(posts))
    )
    likes = np.expm1(np.maximum(log_likes, 0.0))
    views_per_like = np.array([VIEWS_PER_LIKE[p] for p in posts["platform"]])
    return pl.DataFrame(
        {
            "log_likes": log_likes,
            "likes": likes,
            # Questions are answered: they draw comments beyond their likes.
            "comments": _per_like(likes, COMMENTS_PER_LIKE, 0.5, rng)
            * np.where(posts["is_question"].to_numpy(), 1.8, 1.0),
            "shares": _per_like(likes, SHARES_PER_LIKE, 0.6, rng),
            "saves": _per_like(likes, SAVES_PER_LIKE, 0.5, rng),
            "views": _per_like(likes + 1, views_per_like, 0.3, rng) + likes,
            "days_to_grow": np.exp(rng.normal(0.1, 0.35, len(posts))),
            "pull": pull,
            "in_degree_before": in_degree,
        }
    )


def _per_like(
    likes: Floats, ratio: float | Floats, spread: float, rng: np.random.Generator
) -> Floats:
    return np.asarray(likes * ratio * np.exp(rng.normal(0, spread, len(likes))))


def grown(age_days: Floats, days_to_grow: Floats) -> Floats:
    """Share of the final counts that is reached at an age; it only grows, from 0 to 1."""
    return np.asarray(1 - np.exp(-np.maximum(age_days, 0.0) / days_to_grow))


def observe(posts: pl.DataFrame, popularity: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Observe each post once at an age of 7 to 10 days, and some in their first days.

    Returns:
        One row per observation, by post and time: post (row number), observed_at (UTC), likes,
        comments, shares, saves, views (counts at that time, whole numbers), is_last.
    """
    rng = np.random.default_rng([seed, 6])
    n = len(posts)
    late = rng.uniform(7 * 24, 10 * 24, n)
    repeated = np.flatnonzero(rng.random(n) < REPEATED_SHARE)
    early = np.repeat(repeated, len(EARLY_AGES_HOURS))
    ages = np.tile(EARLY_AGES_HOURS, len(repeated)) * rng.uniform(0.9, 1.1, len(early))
    kept = rng.random(len(early)) < 0.7
    post = np.concatenate([np.arange(n), early[kept]])
    hours = np.concatenate([late, ages[kept]])
    seconds = (hours * 3_600).astype(np.int64)
    share = grown(seconds / 86_400, popularity["days_to_grow"].to_numpy()[post])
    counts = {
        name: np.floor(popularity[name].to_numpy()[post] * share).astype(np.int64)
        for name in ("likes", "comments", "shares", "saves", "views")
    }
    posted_us = posts["posted_at"].dt.epoch("us").to_numpy()[post]
    observed = pl.Series(posted_us + seconds * 1_000_000).cast(pl.Datetime("us"))
    return pl.DataFrame(
        {"post": post, "observed_at": observed, **counts, "is_last": np.arange(len(post)) < n}
    ).sort("post", "observed_at")
