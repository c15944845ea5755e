"""The planted drivers of popularity are found again by a plain linear regression."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from influence_assets.sample.world import Truth, World
from influence_assets_tests.sample import reading


@pytest.fixture(scope="module")
def fitted(world: World, truth: Truth) -> dict[str, float]:
    """Coefficients of log1p(likes as read from the files) and the residual's sd, by name.

    Authors are held fixed by taking off their means: their base is no driver of a post. The
    pull of a subject and the degree come from the truth, all else from the files.
    """
    posts = reading.posts(world.landing).join(truth.posts, on=["platform", "post_id", "profile_id"])
    hour = pl.col("posted_at").dt.hour()
    features = posts.select(
        author=pl.concat_str("platform", "profile_id"),
        target=pl.col("likes").log1p(),
        is_evening=hour.is_in(truth.evening_hours_utc).cast(pl.Float64),
        is_question=pl.col("text").str.contains("?", literal=True).cast(pl.Float64),
        log1p_hashtag_count=pl.col("hashtags").cast(pl.Float64).log1p(),
        log1p_in_degree_before=pl.col("in_degree_before").cast(pl.Float64).log1p(),
        **{f"subject_{p}": (pl.col("pull") == p).cast(pl.Float64) for p in ("hot", "cold")},
        **{
            f"kind_{k}": (pl.col("kind") == k).cast(pl.Float64)
            for k in ("video", "carousel", "text", "reply")
        },
        # YouTube knows no picture: its streams are set against its videos.
        kind_stream=(pl.col("kind") == "stream").cast(pl.Float64),
    ).with_columns(
        kind_video=pl.when(pl.col("author").str.starts_with("youtube"))
        .then(0.0)
        .otherwise("kind_video")
    )
    names = [c for c in features.columns if c not in ("author", "target")]
    within = features.select(
        (pl.col(c) - pl.col(c).mean().over("author")).alias(c) for c in [*names, "target"]
    )
    x, y = within.select(names).to_numpy(), within["target"].to_numpy()
    solution = np.linalg.lstsq(x, y, rcond=None)[0]
    free = len(y) - len(names) - features["author"].n_unique()
    noise = float(np.sqrt(((y - x @ solution) ** 2).sum() / free))
    return {**dict(zip(names, solution, strict=True)), "noise_sd": noise}


def test_drivers_are_recovered(fitted: dict[str, float], truth: Truth) -> None:
    planted = dict(truth.drivers.iter_rows())
    planted["kind_stream"] -= planted["kind_video"]
    for name, value in fitted.items():
        if name != "noise_sd":
            # The degree moves slowly for one author, so that its share is less certain.
            tolerance = 0.12 if name == "log1p_in_degree_before" else 0.07
            assert value == pytest.approx(planted[name], abs=tolerance), name


def test_noise_is_as_planted(fitted: dict[str, float], truth: Truth) -> None:
    assert fitted["noise_sd"] == pytest.approx(truth.noise_sd, abs=0.03)


def test_followers_drive_likes_but_do_not_decide_them(world: World, truth: Truth) -> None:
    rows = [r for _, r in reading.good(world.landing, "profile_directory/*.json")]
    followers = pl.DataFrame(
        {
            "platform": [r["platform"] for r in rows],
            "profile_id": [r["username"].lower() for r in rows],
            "followers": [r["stats"]["followers"] for r in rows],
        }
    )
    means = (
        truth.posts.group_by("platform", "profile_id")
        .agg(pl.col("log_likes").mean())
        .join(followers, on=["platform", "profile_id"])
    )
    r = np.corrcoef(means["followers"].log(), means["log_likes"])[0, 1]
    assert 0.75 < r < 0.95
