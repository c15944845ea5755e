"""A home of its own, an environment for child processes, and the misbehaving site."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from influence_assets.collectors.config import GalleryDl
from influence_assets.collectors.ledger import Run
from influence_assets.collectors.run import Home, collect
from influence_assets.settings import Settings
from influence_assets_tests.collectors.faults import Server, serving
from influence_assets_tests.collectors.social import MAPPING, Social, planted

DAY = date(2025, 6, 1)
POSTS = 12


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env({"INFLUENCE_HOME": str(tmp_path / "home")})


@pytest.fixture
def home(settings: Settings) -> Home:
    settings.landing.mkdir(parents=True, exist_ok=True)
    return Home(settings.collect, settings.landing, {"PATH": os.environ["PATH"]})


@pytest.fixture
def social() -> Social:
    return Social(planted(POSTS))


@pytest.fixture
def server(social: Social) -> Iterator[Server]:
    with serving(social) as told:
        social.port = told.port
        yield told


@pytest.fixture
def gallery(server: Server, tmp_path: Path, settings: Settings) -> GalleryDl:
    """gallery-dl pointed at the site, in a hurry."""
    instance = {"extractor": {"mastodon": {"here": {"root": server.root}}}}
    own = tmp_path / "gallery-dl.conf"
    own.write_text(json.dumps(instance))
    folder = settings.landing / "gallery_dl"
    folder.mkdir(parents=True)
    (folder / "mapping.yaml").write_text(MAPPING)
    return GalleryDl(
        kind="gallery_dl",
        urls=(f"{server.root}/@ana",),
        config=own,
        pause_s=0,
        backoff_s=0.02,
        timeout_s=0.5,
        patience_s=2,
        deadline_minutes=1,
        attempts=3,
    )


@pytest.fixture
def run(home: Home) -> Callable[..., Run]:
    """Collect with `run(config, **changes of the config)`."""

    def go(config: GalleryDl, name: str = "ana", **changes: object) -> Run:
        changed = config.model_copy(update=changes)
        return collect(home, name, changed, DAY, is_urgent=True, grace_s=1.0)

    return go
