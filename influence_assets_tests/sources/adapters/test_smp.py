"""The SMP Challenge: files in the same order read together, tables by columns, JSON lines."""

from __future__ import annotations

import io
import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets.sources.batches import BadFile
from influence_assets.sources.catalog import find_mapping
from influence_assets.sources.formats.smp import read_smp_image
from influence_assets.sources.joined import joined
from influence_assets.sources.landing import Landed, landed_files
from influence_assets_tests.sources.adapters.recognised import EXAMPLES, TODAY, example, recognised

LEADER = "train_temporalspatial_information.json"
READ = {"observed_at": TODAY, "is_observed_at_known": False}


@pytest.fixture
def smpd(tmp_path: Path) -> Path:
    """A copy of the example set, to be damaged."""
    return Path(shutil.copytree(EXAMPLES / "smp_image", tmp_path / "smpd"))


def test_a_post_is_put_together_from_its_files() -> None:
    found = example("smp_image", LEADER)
    assert found.source == "smp_image"
    first, second = found.rows["posts"]
    assert first == {
        "row_number": 1,
        "platform": "flickr",
        "post_id": "59@N75/775",
        "profile_id": "59@N75",
        "posted_at": datetime(2015, 8, 19, 16),
        "is_posted_at_known": True,
        "observed_at": TODAY,
        "is_observed_at_known": False,
        "kind": "image",
        "text": "A lens",
        "hashtags": ["lens", "glass", "macro"],
        "category": "Electronics",
    }
    assert (second["kind"], second["text"]) == ("video", "Seine")
    assert found.rows["post_metrics"] == [
        {
            "row_number": 1,
            "platform": "flickr",
            "post_id": "59@N75/775",
            **READ,
            "popularity_score": 9.85,
        },
        {
            "row_number": 2,
            "platform": "flickr",
            "post_id": "1@N18/1075",
            **READ,
            "popularity_score": 4.04,
        },
    ]
    handles = [(s["profile_id"], s.get("handle")) for s in found.rows["profile_snapshots"]]
    assert handles == [("59@N75", "lensman"), ("1@N18", None)]
    assert found.quarantined == {3: "posted_at|nullability"}


def test_a_set_for_testing_has_no_labels(smpd: Path) -> None:
    (smpd / "train_label.txt").unlink()
    (smpd / "train_category.json").unlink()
    found = recognised(smpd / LEADER)
    assert len(found.rows["posts"]) == 2
    assert "post_metrics" not in found.rows
    assert "category" not in found.rows["posts"][0]


def test_files_of_another_length_are_refused(smpd: Path) -> None:
    (smpd / "train_label.txt").write_text("9.85\n4.04\n", encoding="utf-8")
    with pytest.raises(BadFile, match="label ended after 2 records"):
        recognised(smpd / LEADER)


def test_files_in_another_order_are_refused(smpd: Path) -> None:
    path = smpd / "train_text.json"
    path.write_text(
        json.dumps(json.loads(path.read_text(encoding="utf-8"))[::-1]), encoding="utf-8"
    )
    with pytest.raises(BadFile, match="Record 1 of text is of post 1076"):
        recognised(smpd / LEADER)


def test_a_leading_file_alone_in_an_archive_is_refused() -> None:
    (spec,) = (s for s in find_mapping("smp_image").files if s.format == "smp_image")
    with pytest.raises(BadFile, match="Unpack the archive"):
        data = (EXAMPLES / "smp_image" / LEADER).read_bytes()
        list(read_smp_image(io.BytesIO(data), "a.zip!leader", spec))


def test_users_stand_by_columns() -> None:
    found = example("smp_image", "train_user_data.json")
    assert found.source == "smp_image"
    assert found.rows == {
        "profile_snapshots": [
            {
                "row_number": 1,
                "platform": "flickr",
                "profile_id": "59@N75",
                **READ,
                "posts_count": 2514,
            },
            {
                "row_number": 2,
                "platform": "flickr",
                "profile_id": "1@N18",
                **READ,
                "posts_count": 45,
            },
        ]
    }
    assert found.quarantined == {3: "profile_id|nullability"}


def test_users_as_a_list(tmp_path: Path) -> None:
    path = tmp_path / "test_user_data.json"
    path.write_text('[{"Uid": "59@N75", "photo_count": 7, "ispro": 0}]', encoding="utf-8")
    (row,) = recognised(path).rows["profile_snapshots"]
    assert (row["profile_id"], row["posts_count"]) == ("59@N75", 7)


@pytest.mark.parametrize(
    "name",
    [
        "train_text.json",
        "train_category.json",
        "train_additional_information.json",
        "train_label.txt",
        "train_img_filepath.txt",
    ],
)
def test_the_files_beside_are_known_and_passed_over(name: str) -> None:
    found = example("smp_image", name)
    assert (found.source, found.records) == ("smp_image", 0)
    assert found.skipped


def test_video_posts_with_their_length() -> None:
    found = example("smp_video", "posts.jsonl")
    assert found.source == "smp_video"
    assert found.rows["posts"] == [
        {
            "row_number": 1,
            "platform": "tiktok",
            "post_id": "POST00004593",
            "profile_id": "USER00005028",
            "posted_at": datetime(2023, 10, 7, 10, 30),
            "is_posted_at_known": True,
            "observed_at": TODAY,
            "is_observed_at_known": False,
            "kind": "video",
            "text": "Replying to you christmas",
            "duration_s": 63.0,
        },
        {
            "row_number": 2,
            "platform": "tiktok",
            "post_id": "POST00004594",
            "profile_id": "USER00005029",
            "posted_at": datetime(2023, 10, 8, 11, 45, 10),
            "is_posted_at_known": True,
            "observed_at": TODAY,
            "is_observed_at_known": False,
            "kind": "video",
            "text": "Tanz der Fee",
            "language": "de",
        },
    ]
    assert found.quarantined == {3: "posted_at_unreadable"}


def test_video_users_labels_and_videos() -> None:
    users = example("smp_video", "users.jsonl")
    (user,) = users.rows["profile_snapshots"]
    assert (user["followers"], user["following"], user["posts_count"], user["likes_total"]) == (
        31_100,
        8,
        117,
        979_100,
    )
    assert users.quarantined == {2: "followers|min"}
    labels = example("smp_video", "labels.jsonl")
    (score,) = labels.rows["post_metrics"]
    assert (score["post_id"], score["popularity_score"]) == ("POST00004593", 9.23)
    assert labels.quarantined == {2: "popularity_score_unreadable"}
    assert example("smp_video", "videos.jsonl").skipped


def test_the_set_in_an_archive(smpd: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "smpd_all"), "zip", smpd)
    landed = {file.name: file for file in landed_files(Path(archive))}
    (spec,) = (s for s in find_mapping("smp_image").files if s.format == "smp_image")
    with joined(landed[LEADER], spec.joins).open() as data:
        whole = [b.frame for b in read_smp_image(data, "smpd", spec)]
    outside = Landed(LEADER, str(smpd / LEADER), 0, lambda: (smpd / LEADER).open("rb"))
    with joined(outside, spec.joins).open() as data:
        assert [b.frame.to_dicts() for b in read_smp_image(data, "smpd", spec)] == [
            frame.to_dicts() for frame in whole
        ]
    assert "label" in whole[0].columns
    assert whole[0]["label"].null_count() < whole[0].height
