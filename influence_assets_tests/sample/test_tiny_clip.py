"""The tiny CLIP of the demo knows the sample world: also pictures and posts of another seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from influence_assets.encoders.find import PACKAGED
from influence_assets.encoders.image import load_image_encoder
from influence_assets.sample.train_tiny_clip import NAME, draw_lesson, judge, save, train


def test_it_finds_the_topic_in_a_world_that_it_has_not_seen(tmp_path: Path) -> None:
    # Seed 7 it was trained on; by chance 1 in 14 is right.
    found = judge(load_image_encoder(NAME, tmp_path, "cpu"), draw_lesson(11, 4))
    assert found["tagged"] > 0.95
    assert found["found"] > 0.9
    assert found["subject_found"] > 0.25  # of 56 subjects


def test_it_is_small_and_says_what_it_is_for() -> None:
    folder = PACKAGED[NAME]
    assert sum(file.stat().st_size for file in folder.iterdir()) < 3_000_000
    note = (folder / "README.md").read_text(encoding="utf-8")
    assert "For demonstration and tests only" in note
    assert "python -m influence_assets.sample.train_tiny_clip" in note


@pytest.mark.slow
def test_training_gives_the_same_again_and_learns(tmp_path: Path) -> None:
    lesson = draw_lesson(3, 6)
    encoders = []
    for place in ("one", "two"):
        save(train(lesson, 3, 60), tmp_path / place, 3)
        encoders.append(load_image_encoder(str(tmp_path / place), tmp_path, "cpu"))
    first, second = (e.encode_texts(["a photo of food"]) for e in encoders)
    assert np.array_equal(first, second)
    assert judge(encoders[0], draw_lesson(4, 4))["tagged"] > 0.2
