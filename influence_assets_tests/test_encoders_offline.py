"""With the network cut: pictures and captions get their vectors, and nothing tries to connect."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from influence_assets.sample.exports.gallery import ROOT, write_gallery
from influence_assets.sample.world import draw_world
from influence_assets.storage.warehouse import Warehouse

GUARD = """
import sys
tried = []
def guard(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        tried.append((event, str(arguments[1:])))
        raise OSError(f"the network is cut: {event}")
sys.addaudithook(guard)
from influence_assets.cli import main
try:
    main()
finally:
    print("tried", tried, file=sys.stderr)
"""


def influence(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, in a process in which a connection is an error and is told of."""
    variables = {
        "INFLUENCE_HOME": str(home),
        "INFLUENCE_IMAGE_ENCODER": "tiny-demo-clip",
        "INFLUENCE_DEVICE": "cpu",
        "DAGSTER_HOME": "",
    }
    return subprocess.run(
        [sys.executable, "-c", GUARD, *arguments],
        env={**os.environ, **variables}, cwd=home,
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the pictures of a small sample world in its landing folder."""
    folder = tmp_path_factory.mktemp("home")
    data, _ = draw_world(3, 8, 4)
    write_gallery(folder / "landing", data)
    # Those of two profiles are enough.
    for spare in sorted((folder / "landing" / ROOT).iterdir())[2:]:
        shutil.rmtree(spare)
    return folder


def test_pictures_and_captions_without_a_network(home: Path) -> None:
    done = influence(home, "ingest", "--json")
    assert done.returncode == 0, done.stderr
    assert "tried []" in done.stderr
    content = ("images", "image_embeddings", "caption_embeddings", "image_tags")
    keys = ("core/posts", "core/media", *(f"content/{name}" for name in content))
    selected = " or ".join(f'key:"{key}"' for key in keys)
    done = influence(home, "build", "--select", selected, "--json")
    assert done.returncode == 0, done.stderr
    assert "tried []" in done.stderr
    built = json.loads(done.stdout)["built"]
    assert {name: built[f"content.{name}"] for name in content} == dict.fromkeys(content, 1)
    warehouse = Warehouse(home / "warehouse.duckdb")
    stored = warehouse.read("core.media", ["media_id"])["media_id"].n_unique()
    assert warehouse.count("content.image_embeddings") == stored > 5
    assert warehouse.count("content.caption_embeddings") > 5
    assert warehouse.query("content.post_agreement").height > 5


def test_the_guard_sees_who_connects(home: Path) -> None:
    done = influence(home, "encoders", "fetch", "some/model")
    assert done.returncode == 2
    assert "socket.getaddrinfo" in done.stderr or "socket.connect" in done.stderr
    assert "tried []" not in done.stderr


def test_the_encoders_in_use_are_listed_and_checked(home: Path) -> None:
    done = influence(home, "encoders", "--json")
    assert "tried []" in done.stderr
    told = {row["for"]: row for row in json.loads(done.stdout)["encoders"]}
    assert list(told) == ["text", "image", "sentiment", "emotion", "topics"]
    assert told["image"]["is_here"] is True
    assert told["image"]["dimensions"] == 32
    assert told["image"]["note"].startswith("for demonstration only")
    assert told["text"]["dimensions"] == 384
    with Warehouse(home / "warehouse.duckdb").connect() as connection:
        stored = connection.execute("SELECT DISTINCT encoder_id FROM content.image_embeddings")
        assert stored.fetchall() == [(told["image"]["id"],)]


@pytest.mark.slow
def test_the_encoders_in_use_are_checked(home: Path) -> None:
    done = influence(home, "encoders", "check", "--json")
    assert done.returncode == 0, done.stderr
    assert "tried []" in done.stderr
    assert [row["fault"] for row in json.loads(done.stdout)["encoders"]] == ["", ""]
