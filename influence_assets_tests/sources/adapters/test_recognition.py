"""Every example is found by its content alone, whatever its name and folder are."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from influence_assets.sources.catalog import built_ins
from influence_assets.sources.choose import Chooser
from influence_assets_tests.sources.adapters.recognised import EXAMPLES

ADAPTERS = (
    "bluesky", "crowdtangle", "edge_list", "facebook_graph", "follow_edges", "gallery_dl",
    "hootsuite", "instagram_graph", "instagram_posts_2017", "instagram_web", "instaloader",
    "kaggle_top_influencers", "mastodon_api", "profile_daily", "reddit", "tiktok_csv",
    "tiktok_research_api", "tweets_csv", "x_api_v1", "x_api_v2", "youtube_api",
    "youtube_trending", "youtube_trending_2017", "yt_dlp",
)  # fmt: skip
FILES = [path for name in ADAPTERS for path in sorted((EXAMPLES / name).iterdir())]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_example_is_found(path: Path) -> None:
    content = path.read_bytes()
    # gallery-dl and instaloader are told by their content too; the ends of names matter alone.
    name = f"x_{path.name}"
    choice = Chooser().choose(name, f"somewhere/{name}", lambda: io.BytesIO(content))
    assert choice is not None
    assert choice.mapping.name == path.parent.name


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_entry_says_its_version_and_is_shown_by_an_example(adapter: str) -> None:
    (mapping,) = (m for m in built_ins() if m.name == adapter)
    shapes = [spec.shape for spec in mapping.files]
    assert len(set(shapes)) == len(shapes)
    assert all(spec.shape and spec.signature is not None for spec in mapping.files)
    seen: set[str] = set()
    for path in sorted((EXAMPLES / adapter).iterdir()):
        content = path.read_bytes()
        choice = Chooser().choose(path.name, path.name, lambda data=content: io.BytesIO(data))  # type: ignore[misc]
        assert choice is not None
        seen |= {spec.shape for spec in choice.specs}
    assert set(shapes) - seen == set()
