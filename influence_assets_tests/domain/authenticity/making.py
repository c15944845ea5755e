"""Worlds of posts to test with."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl

START = datetime(2024, 1, 1)
WEEKS = 4


def acts(rows: list[tuple[str, str, float]], what: str = "text") -> pl.DataFrame:
    """Acts from (profile, thing, minutes after START)."""
    return pl.DataFrame(
        {
            "what": [what] * len(rows),
            "thing": [thing for _, thing, _ in rows],
            "post_id": [f"{what}{i:06d}" for i in range(len(rows))],
            "profile_id": [profile for profile, _, _ in rows],
            "posted_at": [START + timedelta(minutes=m) for _, _, m in rows],
        },
        schema=dict.fromkeys(("what", "thing", "post_id", "profile_id"), pl.String)
        | {"posted_at": pl.Datetime("us")},
    )


def random_world(
    seed: int, topics: int = 1, profiles: int = 80, posts: int = 6_000
) -> list[tuple[str, str, float]]:
    """Posters who know nothing of each other, in a world that makes them look alike.

    Volumes differ by orders of magnitude; three time zones sleep at different hours; half of
    the posts are about one of sixty things of a topic, each of which those who care for
    that topic post within some hours.
    """
    rng = np.random.default_rng(seed)
    volume = rng.lognormal(0, 1, profiles)
    who = rng.choice(profiles, posts, p=volume / volume.sum())
    day = rng.integers(0, 7 * WEEKS, posts)
    hour = (rng.normal(15, 3, posts) + 8 * (who % 3)) % 24
    at = day * 1440 + hour * 60
    thing = 100_000 + np.arange(posts)
    for topic in range(topics):
        # The hottest thing of the time: its peak is the nearest to the post.
        peak = rng.uniform(0, WEEKS * 7 * 1440, 60)
        nearest = np.abs(at[:, None] - peak[None, :]).argmin(axis=1)
        is_hot = (np.abs(at - peak[nearest]) < 240) & (rng.random(posts) < 0.5)
        thing = np.where(is_hot & (who // 3 % topics == topic), 1_000 * topic + nearest, thing)
    return [(f"p{w:03d}", f"t{t}", float(m)) for w, t, m in zip(who, thing, at, strict=True)]


def campaign(
    seed: int, members: int = 6, times: int = 8, minutes: float = 3.0
) -> list[tuple[str, str, float]]:
    """A group whose members post the same new thing within some minutes, several times."""
    rng = np.random.default_rng(seed)
    return [
        (f"bot{m}", f"campaign{c}", float(at + rng.uniform(0, minutes)))
        for c, at in enumerate(rng.uniform(0, WEEKS * 7 * 1440, times))
        for m in range(members)
    ]
