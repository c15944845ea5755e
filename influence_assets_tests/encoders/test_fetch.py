"""Fetching an encoder from a hub on this machine: whole or not at all, and never pickles."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from influence_assets.encoders.fetch import fetch, wanted_files
from influence_assets.encoders.find import ALIASES, PACKAGED, find
from influence_assets.encoders.image import image_encoder_id
from influence_assets.errors import UserError
from influence_assets_tests.encoders.hub import Hub, running

CLIP, TEXT, PICKLED = ALIASES["ViT-B-32"], "some/text", "some/pickled"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    clip = Path(shutil.copytree(PACKAGED["tiny-demo-clip"], tmp_path / "clip"))
    (clip / "golden.json").unlink()
    for other in ("open_clip_pytorch_model.bin", "model.safetensors", "pytorch_model.bin"):
        (clip / other).write_bytes(b"the same weights in another form")
    text = tmp_path / "text"
    for name in ("config.json", "model.safetensors", "1_Pooling/config.json", "pytorch_model.bin",
                 "onnx/model.safetensors", "vocab.txt", "run.py"):  # fmt: skip
        (text / name).parent.mkdir(parents=True, exist_ok=True)
        (text / name).write_bytes(name.encode())
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text("{}")
    (pickled / "pytorch_model.bin").write_bytes(b"code")
    with running({CLIP: clip, TEXT: text, PICKLED: pickled}) as running_hub:
        yield running_hub


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home" / "encoders"


def names(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_the_default_is_fetched_by_its_short_name(hub: Hub, home: Path) -> None:
    told: list[str] = []
    found = fetch("ViT-B-32", home, hub.endpoint, told.append)
    assert found.folder == home / "laion--CLIP-ViT-B-32-laion2B-s34B-b79K"
    wanted = {"open_clip_config.json", "open_clip_model.safetensors", "README.md"}
    # The files that count, nothing of the downloader's own, and nothing else beside the folder.
    assert names(found.folder) == set(hub.served) == wanted
    assert [p.name for p in home.iterdir()] == [found.folder.name]
    assert image_encoder_id("ViT-B-32", home).startswith("ViT-B-32@")
    assert told == [f"Fetching {CLIP}: 3 files, 2.6 MB"]


def test_a_text_encoder_is_fetched_with_its_folders(hub: Hub, home: Path) -> None:
    found = fetch(TEXT, home, hub.endpoint)
    assert names(found.folder) == {
        "config.json", "model.safetensors", "1_Pooling/config.json", "vocab.txt"
    }  # fmt: skip
    assert find(TEXT, home) == found


def test_fetching_again_replaces_what_was_there(hub: Hub, home: Path) -> None:
    first = fetch(TEXT, home, hub.endpoint)
    (hub.repositories[TEXT] / "model.safetensors").write_bytes(b"other weights")
    second = fetch(TEXT, home, hub.endpoint)
    assert first.folder == second.folder
    assert first.weights != second.weights
    assert [p.name for p in home.iterdir()] == ["some--text"]


def test_what_breaks_off_leaves_what_was_there(
    hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = fetch(TEXT, home, hub.endpoint)
    (hub.repositories[TEXT] / "model.safetensors").write_bytes(b"other weights")
    hub.broken.add("model.safetensors")
    # The downloader tries again with pauses; a test does not wait for them.
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(UserError, match="could not be fetched"):
        fetch(TEXT, home, hub.endpoint)
    assert find(TEXT, home) == fetched
    assert [p.name for p in home.iterdir()] == ["some--text"]


def test_pickled_weights_are_not_fetched(hub: Hub, home: Path) -> None:
    with pytest.raises(UserError, match="pickled weights are not opened here"):
        fetch(PICKLED, home, hub.endpoint)
    assert hub.served == [] == list(home.iterdir())
    with pytest.raises(UserError, match=r"has no open_clip_model\.safetensors"):
        wanted_files("some/clip", ["open_clip_config.json", "open_clip_pytorch_model.bin"])


def test_a_name_that_the_hub_does_not_know(hub: Hub, home: Path) -> None:
    with pytest.raises(UserError, match="nobody/nothing could not be fetched"):
        fetch("nobody/nothing", home, hub.endpoint)


def test_a_name_that_is_none(hub: Hub, home: Path) -> None:
    with pytest.raises(UserError, match="could not be fetched"):
        fetch("../../etc", home, hub.endpoint)


def test_without_a_hub_it_says_what_to_do_offline(home: Path) -> None:
    with running({}) as gone:
        pass
    with pytest.raises(UserError, match="Offline: fetch it elsewhere and copy its folder to"):
        fetch("ViT-B-32", home, gone.endpoint)
    assert list(home.iterdir()) == []
