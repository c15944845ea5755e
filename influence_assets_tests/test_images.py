"""Pictures from their sidecars to content.images: a small sample world, and some that mean harm."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import polars.testing
import pytest
from PIL import Image
from typer.testing import CliRunner

from influence_assets import targets
from influence_assets.assets import images
from influence_assets.assets.images import images_recipe, measure_new_pictures
from influence_assets.assets.shell import Build
from influence_assets.build import build_defs
from influence_assets.cli import app
from influence_assets.cli_ingest import ingest_and_tell
from influence_assets.contracts import TABLES
from influence_assets.instance import open_instance
from influence_assets.media.pool import DecodingPool, Stored
from influence_assets.planning import Outcome, Request, refresh
from influence_assets.sample.world import write_world
from influence_assets.settings import Settings
from influence_assets.storage.reconcile import all_faults
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.media.making import encoded, hostile, scene
from influence_assets_tests.media.test_container import SECRETS, with_everything
from influence_assets_tests.sql_making import MON, put
from influence_assets_tests.test_ingest import sidecar

PLANTED = {
    "gif.jpg": "picture_not_a_picture",
    "zip_behind.jpg": "picture_bytes_behind",
    "pixels.png": "picture_too_many_pixels",
    "half.webp": "picture_truncated",
    "empty.jpg": "picture_empty",
}
"""What is refused before it is stored; noise.png shows only when it is decoded."""

ALL = 'key:"core/posts" or key:"core/media" or key:"content/images"'


@dataclass
class Home:
    settings: Settings
    instance: dg.DagsterInstance
    first: Outcome

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.settings.warehouse, 5)

    def sql(self, query: str, **parameters: object) -> list[tuple[Any, ...]]:
        with self.warehouse.connect() as connection:
            return connection.execute(query, parameters).fetchall()

    def refresh(self, select: str = 'key:"content/images"') -> dict[str, int]:
        wanted = Request(select)
        return refresh(build_defs(self.settings), self.instance, self.settings, wanted).built

    def metadata(self) -> dict[str, Any]:
        key = dg.AssetKey(["content", "images"])
        event = self.instance.get_latest_materialization_event(key)
        assert event is not None and event.asset_materialization is not None
        return {name: v.value for name, v in event.asset_materialization.metadata.items()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    settings = Settings.from_env({"INFLUENCE_HOME": str(tmp_path_factory.mktemp("home"))})
    sample = tmp_path_factory.mktemp("sample")
    write_world(sample, weeks=8, profiles_per_community=3)
    gallery = settings.landing / "gallery_dl"
    shutil.copytree(sample / "landing" / "gallery_dl", gallery)
    folder = gallery / "instagram" / "mallory"
    folder.mkdir()
    pictures = {name: hostile()[name][1] for name in (*PLANTED, "noise.png")}
    pictures |= {"secret.jpg": with_everything("JPEG"), "clip.mp4": b"\0\0\0\x18ftypisom a video"}
    for name, data in pictures.items():
        (folder / name).write_bytes(data)
        (folder / f"{name}.json").write_text(sidecar(post_shortcode=name, username="mallory"))
    ingest_and_tell(settings, targets.Request(), False, None)
    with open_instance(settings) as instance:
        wanted = Request(ALL)
        outcome = refresh(build_defs(settings), instance, settings, wanted)
        yield Home(settings, instance, outcome)


def test_a_refused_picture_is_a_record_and_its_post_is_read(home: Home) -> None:
    told = home.sql(
        "SELECT f.path, q.row_number, q.contract, q.rule, q.message, f.rows_in, f.rows_good "
        "FROM raw.quarantine AS q JOIN raw.files AS f USING (file_id) WHERE q.rule LIKE 'picture%'"
    )
    assert {Path(path).name.removesuffix(".json"): rule for path, _, _, rule, *_ in told} == PLANTED
    for path, number, contract, _, message, rows_in, rows_good in told:
        # The sidecar is the first record and good, its picture the second.
        assert (number, contract, rows_in, rows_good) == (2, "file", 2, 1)
        assert message.startswith(f"{Path(path).stem}: ")
    with home.warehouse.connect() as connection:
        assert all_faults(connection) == []
    posts = home.sql("SELECT post_id FROM core.posts WHERE profile_id = 'mallory'")
    assert {post for (post,) in posts} == {*PLANTED, "noise.png", "secret.jpg", "clip.mp4"}
    shown = home.sql("SELECT post_id FROM core.media WHERE post_id IN (SELECT unnest($ids))",
                     ids=list(PLANTED))  # fmt: skip
    assert shown == []


def test_the_command_line_shows_refused_pictures(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFLUENCE_HOME", str(home.settings.home))
    listed = CliRunner().invoke(app, ["quarantine", "list", "--file", "gif.jpg.json"])
    assert "picture_not_a_picture" in listed.output and "--replace" in listed.output
    shown = CliRunner().invoke(app, ["quarantine", "show", "--file", "gif.jpg.json", "--json"])
    (record,) = json.loads(shown.output)["records"]
    assert record["message"] == "gif.jpg: it is no JPEG, PNG or WebP: it looks like a GIF"
    assert json.loads(record["raw_row"])["picture"].endswith("gif.jpg")
    # There is nothing in it to read again.
    again = CliRunner().invoke(app, ["quarantine", "retry", "--file", "gif.jpg.json", "--json"])
    assert json.loads(again.output)["tried"] == 0


def test_pictures_are_stored_clean_under_their_hash(home: Home) -> None:
    landed = {
        hashlib.sha256(p.read_bytes()).hexdigest(): p for p in home.settings.landing.rglob("*.jpg")
    }
    rows = home.sql("SELECT media_id, path, mime_type, post_id FROM core.media")
    assert len(rows) > 20
    for media_id, path, mime_type, post_id in rows:
        data = (home.settings.media / path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == media_id
        # The sample's pictures have no metadata: they are kept byte for byte.
        assert (media_id in landed) == (post_id not in ("secret.jpg", "clip.mp4", "noise.png"))
        if post_id == "secret.jpg":
            assert not any(secret in data for secret in SECRETS)
        assert mime_type == ("video/mp4" if post_id == "clip.mp4" else f"image/{_kind(path)}")
    kept = [p for p in home.settings.media.rglob("*.*") if "thumbnails" not in p.parts]
    # One more lies beside the sidecar that the sample world breaks.
    assert len(kept) == len({media_id for media_id, *_ in rows}) + 1


def _kind(path: str) -> str:
    return Path(path).suffix[1:].replace("jpg", "jpeg")


def test_each_distinct_picture_has_a_row(home: Home) -> None:
    with home.warehouse.connect() as connection:
        rows = connection.execute("FROM content.images").pl()
    TABLES["content.images"].schema.validate(rows)
    wanted = home.sql("SELECT DISTINCT media_id FROM core.media WHERE mime_type <> 'video/mp4'")
    assert set(rows["content_hash"]) == {media_id for (media_id,) in wanted}
    assert dict(rows["reason"].value_counts().rows()) == {None: rows.height - 1, "undecodable": 1}
    for row in rows.filter(status="ok").iter_rows(named=True):
        with Image.open(home.settings.media / row["thumbnail_path"]) as thumbnail:
            assert thumbnail.size == (row["width_px"], row["height_px"])  # small ones stay so
    # The drawn pictures have colour and no faces.
    drawn = rows.filter(width_px=96)
    assert drawn["faces"].sum() == 0
    assert drawn["colourfulness"].median() > 20  # type: ignore[operator]
    assert drawn["perceptual_hash"].n_unique() > 0.8 * drawn.height


def test_the_build_shows_counts_and_a_sheet(home: Home) -> None:
    assert home.first.built["content.images"] == 1
    metadata = home.metadata()
    total = home.warehouse.count("content.images")
    assert metadata["pictures_measured"] == total == metadata["dagster/row_count"]
    assert metadata["pictures"] == {"ok": total - 1, "undecodable": 1}
    packed = metadata["contact_sheet"].partition("data:image/jpeg;base64,")[2].removesuffix(")")
    assert len(packed) < 150_000
    with Image.open(io.BytesIO(base64.b64decode(packed))) as sheet:
        assert sheet.size == (6 * 100 + 4, 4 * 100 + 4)
    assert home.refresh(ALL) == {}


def test_a_missing_file_is_looked_for_again(home: Home) -> None:
    ((path, media_id),) = home.sql(
        "SELECT path, media_id FROM core.media WHERE post_id = 'secret.jpg'"
    )
    file = home.settings.media / path
    data = file.read_bytes()
    file.unlink()
    home.sql("UPDATE content.images SET measures_id = 'older code' WHERE content_hash = $id",
             id=media_id)  # fmt: skip
    home.sql("UPDATE meta.partitions SET input_version = 'x' WHERE table_name = 'content.images'")
    reason = "SELECT reason FROM content.images WHERE content_hash = $id"
    for _ in range(2):
        assert home.refresh() == {"content.images": 1}
        assert home.metadata()["pictures_measured"] == 1
        assert home.sql(reason, id=media_id) == [("gone",)]
    file.write_bytes(data)
    assert home.refresh() == {"content.images": 1}
    assert home.sql(reason, id=media_id) == [(None,)]
    assert home.refresh() == {}


def test_a_mended_picture_comes_in_when_its_sidecar_is_read_anew(home: Home) -> None:
    path = home.settings.landing / "gallery_dl" / "instagram" / "mallory" / "half.webp"
    path.write_bytes(encoded(scene(200, 150), "WEBP"))
    asked = targets.Request((f"{path}.json",), "gallery_dl")
    ingest_and_tell(home.settings, asked, True, None)
    assert home.sql("SELECT count(*) FROM raw.quarantine WHERE rule = 'picture_truncated'") == [
        (0,)
    ]
    with home.warehouse.connect() as connection:
        assert all_faults(connection) == []
    assert home.refresh('key:"core/media" or key:"content/images"')["content.images"] == 1
    assert home.metadata()["pictures_measured"] == 1
    found = home.sql(
        "SELECT i.status, i.width_px FROM core.media AS m "
        "JOIN content.images AS i ON i.content_hash = m.media_id WHERE post_id = 'half.webp'"
    )
    assert found == [("ok", 200)]


# --- the asset alone ---


@pytest.fixture
def few(tmp_path: Path) -> Settings:
    """Ten stored pictures of one post, and nothing else."""
    settings = Settings.from_env({"INFLUENCE_HOME": str(tmp_path)})
    settings.media.mkdir()
    rows = []
    for n in range(10):
        data = encoded(scene(seed=n), "PNG")
        (settings.media / f"{n}.png").write_bytes(data)
        rows.append({
            "media_id": hashlib.sha256(data).hexdigest(), "platform": "x", "post_id": "p",
            "posted_date": MON, "position": n + 1, "mime_type": "image/png", "path": f"{n}.png",
        })  # fmt: skip
    with Warehouse(settings.warehouse).connect() as connection:
        put(connection, "core.media", *rows)
    return settings


def measure(settings: Settings) -> tuple[dict[str, Any], list[str]]:
    """Build content.images; returns the metadata, and what it told."""
    told: list[str] = []
    warehouse, versions = Warehouse(settings.warehouse), {"": "v"}
    build = Build(images_recipe(), warehouse, settings, versions, versions, "run", told.append)
    return measure_new_pictures(build), told


def table(settings: Settings) -> pl.DataFrame:
    with Warehouse(settings.warehouse).connect() as connection:
        return connection.execute("FROM content.images ORDER BY content_hash").pl()


def test_a_killed_run_keeps_its_batches(few: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "AT_ONCE", 4)
    asked: list[str] = []

    class Killed(DecodingPool):
        def measure(self, pictures: Any) -> Any:
            if len(asked) == 8:
                raise KeyboardInterrupt
            asked.extend(p.content_hash for p in pictures)
            return super().measure(pictures)

    monkeypatch.setattr(images, "DecodingPool", Killed)
    with pytest.raises(KeyboardInterrupt):
        measure(few)
    assert table(few)["content_hash"].to_list() == sorted(asked)
    monkeypatch.setattr(images, "DecodingPool", DecodingPool)
    metadata, told = measure(few)
    assert metadata["pictures_measured"] == 2
    assert told[-1] == "content.images: 2 of 2 pictures, " + told[-1].rpartition(", ")[2]
    assert table(few).height == 10


def test_other_code_measures_all_anew_and_the_same(
    few: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert measure(few)[0]["pictures_measured"] == 10
    before = table(few)
    assert measure(few)[0]["pictures_measured"] == 0
    monkeypatch.setattr(images, "code_of", lambda *modules: "other")
    assert measure(few)[0]["pictures_measured"] == 10
    pl.testing.assert_frame_equal(table(few).drop("measures_id"), before.drop("measures_id"))
    assert set(table(few)["measures_id"]) == {"other"}


def test_a_refusal_is_told_with_its_reason(few: Settings) -> None:
    (few.media / "3.png").write_bytes(b"")
    _, told = measure(few)
    assert any("3.png is refused (altered)" in line for line in told)
    assert table(few).filter(status="refused")["reason"].to_list() == ["altered"]


def test_the_order_of_pictures_does_not_matter(tmp_path: Path) -> None:
    # Answers may not depend on which worker is asked, nor on the order of the pictures.
    files = []
    for n in range(12):
        path = tmp_path / f"{n}.webp"
        path.write_bytes(encoded(scene(seed=n), "WEBP"))
        files.append(Stored(path, hashlib.sha256(path.read_bytes()).hexdigest()))
    with DecodingPool(workers=2) as pool:
        forth, back = pool.measure(files), pool.measure(files[::-1])
    assert forth == back[::-1]
