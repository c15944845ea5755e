"""The text encoder: where it is found, that it is the right one, and what it says without one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from influence_assets.encoders import find as finding
from influence_assets.encoders.find import find, home_folder
from influence_assets.encoders.text import load_text_encoder, text_encoder_id
from influence_assets.errors import UserError
from influence_assets.settings import DEFAULT_ENCODER

TEXTS = ["A puppy plays in the garden", "A young dog plays outside", "Interest rates rose", ""]


def copied(tmp_path: Path, name: str = "mine") -> Path:
    found = find(DEFAULT_ENCODER, tmp_path)
    assert found is not None
    return Path(shutil.copytree(found.folder, tmp_path / name))


def test_the_bundled_encoder_knows_what_is_alike(tmp_path: Path) -> None:
    encoder = load_text_encoder(DEFAULT_ENCODER, tmp_path)
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (4, encoder.dimensions) == (4, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-4)
    alike = vectors @ vectors.T
    assert alike[0, 1] > 0.5 > 0.3 > alike[0, 2]
    assert encoder.encoder_id == text_encoder_id(DEFAULT_ENCODER, tmp_path)
    # Its golden vector came with the package: nothing was noted.
    assert list(tmp_path.iterdir()) == []


def test_each_text_has_its_own_row_whatever_order_they_were_encoded_in(tmp_path: Path) -> None:
    encoder = load_text_encoder(DEFAULT_ENCODER, tmp_path)
    texts = [word * n for n in range(1, 30) for word in ("rain ", "sun and wind ")]
    alone = np.vstack([encoder.encode([text]) for text in texts])
    assert np.abs(encoder.encode(texts) - alone).max() < 1e-5


def test_a_folder_is_an_encoder_of_its_own_name(tmp_path: Path) -> None:
    mine = copied(tmp_path)
    assert text_encoder_id(str(mine), tmp_path).startswith("mine@53aa51172d14")


def test_what_was_fetched_is_found_by_its_name(tmp_path: Path) -> None:
    copied(tmp_path, "some--model")
    assert home_folder("some/model", tmp_path) == tmp_path / "some--model"
    assert text_encoder_id("some/model", tmp_path).startswith("some/model@53aa51172d14/")


def test_another_tokenizer_is_another_encoder_and_its_golden_vector_tells(tmp_path: Path) -> None:
    mine = copied(tmp_path)
    before = text_encoder_id(str(mine), tmp_path)
    tokenizer = mine / "tokenizer_config.json"
    told = json.loads(tokenizer.read_text(encoding="utf-8"))
    tokenizer.write_text(json.dumps(told | {"do_lower_case": False}), encoding="utf-8")
    after = text_encoder_id(str(mine), tmp_path)
    assert before.split("/")[0] == after.split("/")[0]
    assert before != after
    with pytest.raises(UserError, match="does not give what it should for a fixed text"):
        load_text_encoder(str(mine), tmp_path)


def test_the_first_use_of_other_weights_notes_their_golden_vector(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    mine = copied(tmp_path)
    weights = mine / "model.safetensors"
    arrays = load_file(weights)
    name = "encoder.layer.0.output.dense.weight"
    save_file(arrays | {name: arrays[name] * np.float32(1.5)}, weights, metadata={"format": "pt"})
    load_text_encoder(str(mine), tmp_path)
    (noted,) = (tmp_path / "golden").iterdir()
    told = json.loads(noted.read_text(encoding="utf-8"))
    assert len(told["text"]) == 384
    load_text_encoder(str(mine), tmp_path)
    noted.write_text(json.dumps(told | {"text": told["text"][::-1]}), encoding="utf-8")
    with pytest.raises(UserError, match="Fetch or save it anew"):
        load_text_encoder(str(mine), tmp_path)


def test_changed_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module, checksum = finding.BUNDLED[DEFAULT_ENCODER]
    other = checksum[:-1] + ("0" if checksum[-1] != "0" else "1")
    monkeypatch.setitem(finding.BUNDLED, DEFAULT_ENCODER, (module, other))
    with pytest.raises(UserError, match="SHA-256 differs"):
        find(DEFAULT_ENCODER, tmp_path)


def test_without_an_encoder_the_error_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="influence encoders fetch nobody/no-such-encoder"):
        load_text_encoder("nobody/no-such-encoder", tmp_path)


def test_a_folder_without_weights_is_no_encoder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no \.safetensors"):
        text_encoder_id(str(tmp_path), tmp_path)
