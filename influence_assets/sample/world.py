"""The sample world from end to end: draw it, write its exports, write its truth.

Belongs here: the order of the steps. The same seed gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from influence_assets.sample.captions import write_captions
from influence_assets.sample.exports.files import Data, Written
from influence_assets.sample.exports.gallery import write_gallery
from influence_assets.sample.exports.instagram import write_documents, write_metrics
from influence_assets.sample.exports.people import write_directory, write_follows, write_panel
from influence_assets.sample.exports.tweets import write_tweets
from influence_assets.sample.exports.videos import write_videos
from influence_assets.sample.panel import draw_panel
from influence_assets.sample.people import draw_profiles
from influence_assets.sample.popularity import draw_popularity, observe
from influence_assets.sample.posts import draw_posts
from influence_assets.sample.ties import draw_acts, draw_follows, in_degrees
from influence_assets.sample.truth import Truth, load_truth, write_truth

__all__ = ["Truth", "World", "load_truth", "write_world"]

EXPORTS = (
    write_directory,
    write_follows,
    write_panel,
    write_tweets,
    write_videos,
    write_metrics,
    write_documents,
    write_gallery,
)

FEWEST_WEEKS = 8
"""Below that the planted merge and split would fall into the first and last weeks."""


@dataclass(frozen=True)
class World:
    """Where a sample world lies, and how large it is.

    Attributes:
        landing: the exports, a folder per source.
        truth: what was planted.
        files: number of files with records (pictures not counted).
        records: in all files, those with a fault included.
        faulty: records with a planted fault.
    """

    landing: Path
    truth: Path
    profiles: int
    posts: int
    pictures: int
    files: int
    records: int
    faulty: int


def draw_world(seed: int, weeks: int, profiles_per_community: int) -> tuple[Data, pl.DataFrame]:
    """Draw the world in memory.

    Returns:
        The world, and the final popularity of each post.
    """
    profiles = draw_profiles(profiles_per_community, seed)
    posts = draw_posts(profiles, weeks, seed)
    acts = draw_acts(profiles, posts, weeks, seed)
    follows = draw_follows(profiles, weeks, seed)
    popularity = draw_popularity(posts, profiles, in_degrees(follows, acts, posts), seed)
    captions = write_captions(posts, profiles, acts, seed)
    data = Data(
        profiles=profiles,
        posts=pl.concat([posts, captions], how="horizontal"),
        observations=observe(posts, popularity, seed),
        follows=follows,
        panel=draw_panel(profiles, posts, popularity, weeks, seed),
        seed=seed,
    )
    return data, popularity


def write_world(
    out: Path, seed: int = 7, *, weeks: int = 26, profiles_per_community: int = 24
) -> World:
    """Write a sample world: exports to `out`/landing, the planted truth to `out`/truth.

    Args:
        out: a folder; it is made if missing, and files of the same name are replaced.
        seed: of the generator; the same seed gives the same bytes.
        weeks: length from 2025-01-06, at least FEWEST_WEEKS.
        profiles_per_community: members of a community of average size.

    Raises:
        ValueError: the world is too short.
    """
    if weeks < FEWEST_WEEKS:
        raise ValueError(f"a sample world takes at least {FEWEST_WEEKS} weeks, not {weeks}")
    data, popularity = draw_world(seed, weeks, profiles_per_community)
    landing = out / "landing"
    written: list[Written] = [file for export in EXPORTS for file in export(landing, data)]
    write_truth(out, data, popularity, written, weeks)
    return World(
        landing=landing,
        truth=out / "truth",
        profiles=len(data.profiles),
        posts=len(data.posts),
        pictures=sum(file.path.endswith(".jpg.json") for file in written),
        files=len(written),
        records=sum(file.records for file in written),
        faulty=sum(len(file.faults) for file in written),
    )
