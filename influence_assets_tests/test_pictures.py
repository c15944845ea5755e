"""Vectors and tags of pictures as tables: what is encoded, and what happens without an encoder."""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from influence_assets.assets import pictures as asset
from influence_assets.assets.pictures import picture_assets, picture_recipes
from influence_assets.assets.shell import Build, Compute
from influence_assets.encoders.find import PACKAGED
from influence_assets.encoders.image import load_image_encoder
from influence_assets.errors import UserError
from influence_assets.sample.pictures import draw_picture
from influence_assets.sample.vocabulary import topics
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.versions import stale
from influence_assets.storage.warehouse import WHOLE, Warehouse, record_version
from influence_assets_tests.sql_making import MON, Tables, post, put

TINY = "tiny-demo-clip"
TAGS = "templates: ['a photo of {}']\ngroups: {all: {food: food, tech: tech, music: music}}"

COMPUTES: dict[str, Compute] = {
    "content.image_embeddings": asset.embed_new_pictures,
    "content.caption_embeddings": asset.embed_new_captions,
    "content.image_tags": asset.tag_pictures,
}


class Home:
    """A home with posts and pictures, and what builds of it said."""

    def __init__(self, folder: Path, **variables: str) -> None:
        (folder / "tags.yaml").write_text(TAGS, encoding="utf-8")
        self.told: list[str] = []
        self.variables = {
            "INFLUENCE_HOME": str(folder / "home"),
            "INFLUENCE_IMAGE_TAGS": str(folder / "tags.yaml"),
            "INFLUENCE_IMAGE_ENCODER": TINY,
            "INFLUENCE_DEVICE": "cpu",
        }
        self.warehouse = Warehouse(self.settings.warehouse)

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.variables)

    def post(self, post_id: str, text: str, *shown: bytes, mime: str = "image/jpeg") -> None:
        with self.warehouse.connect() as connection:
            put(connection, "core.posts", post(MON, post_id) | {"text": text})
            for place, data in enumerate(shown, 1):
                name = sha256(data).hexdigest()
                path = self.settings.media / name[:2] / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                put(connection, "core.media", {
                    "media_id": name, "platform": "x", "post_id": post_id, "posted_date": MON,
                    "position": place, "mime_type": mime, "path": f"{name[:2]}/{name}",
                })  # fmt: skip
                known = connection.execute("SELECT content_hash FROM content.images").fetchall()
                if mime.startswith("image/") and (name,) not in known:
                    put(connection, "content.images", {
                        "content_hash": name, "measures_id": "m", "status": "ok",
                        "perceptual_hash": "0" * 16,
                    })  # fmt: skip
            for table in ("core.posts", "core.media"):
                record_version(connection, table, str(MON), post_id, 1, "run")
            record_version(connection, "content.images", WHOLE, post_id, 1, "run")

    def stale(self) -> set[str]:
        with self.warehouse.connect() as connection:
            return {r.table for r in picture_recipes(self.settings) if stale(connection, r)}

    def build(self) -> dict[str, Any]:
        """Build what is stale, as a run does, and return the metadata of each table."""
        found: dict[str, Any] = {}
        for recipe in picture_recipes(self.settings):
            with self.warehouse.connect() as connection:
                versions = stale(connection, recipe)
            if versions:
                compute = asset.where_there_is_an_encoder(COMPUTES[recipe.table])
                found[recipe.table] = compute(
                    Build(
                        recipe, self.warehouse, self.settings, versions, versions, "run",
                        self.told.append,
                    )
                )  # fmt: skip
        return found

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.warehouse.connect() as connection:
            return connection.execute(query).fetchall()


def drawn(topic: str, number: int) -> bytes:
    return draw_picture(topics()[topic], 0, random.Random(number))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.post("p", "Rye sourdough from the oven", drawn("food", 1), drawn("food", 2))
    # The same picture and the same text again, and a picture without a text.
    made.post("q", "Rye sourdough from the oven", drawn("food", 1))
    made.post("r", " ", drawn("tech", 3))
    # A text without a picture, and one beside a video, are compared with nothing.
    made.post("s", "No picture")
    made.post("t", "A video", b"moving", mime="video/mp4")
    return made


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called on, loading an encoder fails."""

    def loaded(*_: object) -> None:
        raise AssertionError("an encoder was loaded")

    return lambda: monkeypatch.setattr(asset, "load_image_encoder", loaded)


def test_each_picture_and_caption_is_encoded_once(
    home: Home, no_torch: Callable[[], None], tmp_path: Path
) -> None:
    told = home.build()
    assert told["content.image_embeddings"]["pictures_encoded"] == 3
    assert told["content.caption_embeddings"]["captions_encoded"] == 1
    assert home.stale() == set()
    encoder = load_image_encoder(TINY, tmp_path, "cpu")
    stored = home.rows("SELECT content_hash, encoder_id, vector FROM content.image_embeddings")
    assert {row[0] for row in stored} == {
        sha256(drawn(*which)).hexdigest() for which in (("food", 1), ("food", 2), ("tech", 3))
    }
    for name, encoder_id, vector in stored:
        path = home.settings.media / name[:2] / name
        assert np.array(vector) == pytest.approx(encoder.encode_images([path])[0], abs=1e-4)
        assert encoder_id == encoder.encoder_id
    (caption,) = home.rows("SELECT * FROM content.caption_embeddings")
    assert caption[0] == sha256(b"Rye sourdough from the oven").hexdigest()
    assert caption[1] == encoder.caption_encoder_id
    # A post again with what is known: the tables are brought up to date, nothing is encoded.
    no_torch()
    home.post("u", "Rye sourdough from the oven", drawn("tech", 3))
    assert home.stale() == {"content.image_embeddings", "content.caption_embeddings"}
    again = home.build()
    assert again["content.image_embeddings"]["pictures_encoded"] == 0
    assert again["content.caption_embeddings"]["captions_encoded"] == 0
    assert home.stale() == set()


def test_tags_fit_what_is_shown(home: Home, no_torch: Callable[[], None]) -> None:
    home.build()
    found = home.rows("SELECT content_hash, tag, score FROM content.image_tags WHERE score > 0.5")
    names = {sha256(drawn(*w)).hexdigest(): w[0] for w in (("food", 1), ("food", 2), ("tech", 3))}
    assert {(h, t) for h, t, _ in found} == set(names.items())
    # Other words make the table stale; a phrase that is known is not encoded again.
    no_torch()
    home.settings.image_tags.write_text(TAGS.replace(", music: music", ""), encoding="utf-8")
    assert home.stale() == {"content.image_tags"}
    home.build()
    assert home.rows("SELECT DISTINCT tag FROM content.image_tags ORDER BY tag") in (
        [("food",), ("tech",)],
    )
    assert home.stale() == set()


def test_wrong_words_are_the_users_to_mend(home: Home) -> None:
    home.build()
    home.settings.image_tags.write_text("bread, cake", encoding="utf-8")
    with pytest.raises(UserError, match="It needs `templates`"):
        home.build()


def test_another_encoder_takes_over_and_the_first_is_known_when_it_comes_back(
    home: Home, no_torch: Callable[[], None], tmp_path: Path
) -> None:
    import shutil

    home.build()
    other = shutil.copytree(PACKAGED[TINY], tmp_path / "other")
    home.variables["INFLUENCE_IMAGE_ENCODER"] = str(other)
    assert len(home.stale()) == 3
    home.build()
    ids = "SELECT DISTINCT encoder_id FROM content.image_embeddings"
    assert [i.split("@")[0] for (i,) in home.rows(ids)] == ["other"]
    no_torch()
    home.variables["INFLUENCE_IMAGE_ENCODER"] = TINY
    home.build()
    assert [i.split("@")[0] for (i,) in home.rows(ids)] == [TINY]
    assert home.rows("SELECT count(*) FROM content.image_embeddings") == [(3,)]


def test_the_default_that_is_not_here_is_told_of_and_asked_for_again(home: Home) -> None:
    home.variables.pop("INFLUENCE_IMAGE_ENCODER")
    told = home.build()
    assert "influence encoders fetch ViT-B-32" in told["content.image_embeddings"]["encoder"]
    assert any("NOT BUILT" in line for line in home.told)
    assert home.rows("SELECT count(*) FROM content.image_embeddings") == [(0,)]
    assert {"content.image_embeddings", "content.caption_embeddings"} <= home.stale()
    # Once it is there, no word is needed to use it.
    import shutil

    shutil.copytree(
        PACKAGED[TINY], home.settings.encoders / "laion--CLIP-ViT-B-32-laion2B-s34B-b79K"
    )
    home.build()
    assert home.stale() == set()
    assert home.rows("SELECT count(*) FROM content.image_embeddings") == [(3,)]


def test_one_that_was_named_has_to_be_here(home: Home) -> None:
    home.variables["INFLUENCE_IMAGE_ENCODER"] = "ViT-B-32"
    with pytest.raises(UserError, match="influence encoders fetch ViT-B-32"):
        home.build()


def test_none_leaves_pictures_without_vectors(home: Home) -> None:
    home.build()
    home.variables["INFLUENCE_IMAGE_ENCODER"] = "none"
    told = home.build()
    assert "none" in told["content.image_tags"]["encoder"]
    for table in COMPUTES:
        assert home.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert home.stale() == set()


@pytest.mark.parametrize("name", [TINY, "no-such-encoder"])
def test_without_pictures_no_encoder_is_needed(
    tmp_path: Path, no_torch: Callable[[], None], name: str
) -> None:
    no_torch()
    home = Home(tmp_path)
    home.variables["INFLUENCE_IMAGE_ENCODER"] = name
    home.post("s", "No picture")
    home.build()
    assert home.stale() == set()


def test_a_picture_that_is_gone_is_named(home: Home) -> None:
    name = sha256(drawn("tech", 3)).hexdigest()
    (home.settings.media / name[:2] / name).unlink()
    with pytest.raises(UserError, match=f"{name} cannot be read"):
        home.build()


def test_every_table_has_its_asset(home: Home) -> None:
    keys = [a.key.to_user_string() for a in picture_assets(MON, home.settings)]
    assert [k.replace("/", ".") for k in keys] == list(COMPUTES)


# --- content.post_agreement ---


def unit(*numbers: float) -> list[float]:
    vector = np.array(numbers, dtype=np.float32)
    return [float(x) for x in vector / np.linalg.norm(vector)]


def test_agreement_of_each_post(tables: Tables) -> None:
    """Cosines 0.6 and 0.8 with its two pictures."""
    one, two, old = ("1" * 64, "2" * 64, "3" * 64)
    text = {"text": "Bread"}
    put(tables, "core.posts", post(MON, "both") | text, post(MON, "text") | text,
        post(MON, "picture"), post(MON, "old") | text)  # fmt: skip
    for post_id, place, media in (
        ("both", 1, one), ("both", 2, two), ("picture", 1, one), ("old", 1, old),
    ):  # fmt: skip
        put(tables, "core.media", {
            "media_id": media, "platform": "x", "post_id": post_id, "posted_date": MON,
            "position": place, "mime_type": "image/png", "path": media,
        })  # fmt: skip
    caption, shown = unit(3, 4, 0), [unit(1, 0, 0), unit(0, 1, 0)]
    put(tables, "content.caption_embeddings", {
        "content_hash": sha256(b"Bread").hexdigest(), "encoder_id": "a/b@1/2", "vector": caption,
    })  # fmt: skip
    put(tables, "content.image_embeddings",
        {"content_hash": one, "encoder_id": "a/b@1/3", "vector": shown[0]},
        {"content_hash": two, "encoder_id": "a/b@1/3", "vector": shown[1]},
        # Of other weights, as they stand here between two builds: it has another length.
        {"content_hash": old, "encoder_id": "a/b@0/3", "vector": [1.0]})  # fmt: skip
    (row,) = tables.execute(sql.select("content.post_agreement")).pl().rows(named=True)
    assert row == {
        "platform": "x", "post_id": "both", "posted_date": MON, "pictures_compared": 2,
        "text_image_agreement": pytest.approx(0.8),
        "text_image_agreement_mean": pytest.approx(0.7),
    }  # fmt: skip


def test_agreement_of_vectors_as_they_are_stored(home: Home) -> None:
    home.build()
    rows = home.warehouse.query("content.post_agreement").rows()
    assert [(r[1], r[3]) for r in rows] == [("p", 2), ("q", 1)]
    assert all(-1 <= mean <= best <= 1 for *_, best, mean in rows)
