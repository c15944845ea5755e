"""One sample world of the usual size, shared by all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from influence_assets.sample.world import Truth, World, load_truth, write_world


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that holds a sample world."""
    return tmp_path_factory.mktemp("sample")


@pytest.fixture(scope="session")
def world(sample_folder: Path) -> World:
    """A sample world of the usual size."""
    return write_world(sample_folder)


@pytest.fixture(scope="session")
def truth(world: World, sample_folder: Path) -> Truth:
    """What was planted in `world`."""
    return load_truth(sample_folder)
