"""The archive of an X account: who owns it and when it was made stand in other files."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from influence_assets.sources.batches import BadFile
from influence_assets.sources.choose import Chooser
from influence_assets.sources.feeds import Context
from influence_assets.sources.landing import landed_files
from influence_assets.sources.parse import parse_file
from influence_assets_tests.sources.adapters.recognised import EXAMPLES, WINDOW, example, recognised

MADE = datetime(2023, 3, 1, 8, 30)
"""When the archive of the example was made, as manifest.js says."""


def test_tweets() -> None:
    found = example("x_archive", "tweets.js")
    assert found.source == "x_archive"
    assert found.records == 4
    assert found.rows["posts"][0] == {
        "row_number": 1,
        "platform": "twitter",
        "post_id": "1626922779105759235",
        "profile_id": "tide_watcher",
        "posted_at": datetime(2023, 2, 18, 12, 33, 11),
        "is_posted_at_known": True,
        "kind": "text",
        "text": "High tide & calm #Harbour with @OldPier",
        "hashtags": ["harbour"],
        "mentions": ["oldpier"],
        "language": "en",
        "media_count": 2,
        "url": "https://x.com/i/web/status/1626922779105759235",
        "observed_at": MADE,
        "is_observed_at_known": True,
    }
    assert found.cells("posts", "post_id", "kind", "language")[1:] == [
        ("1626923000000000001", "reply", None),  # `und`: not recognised
        ("1626923000000000002", "repost", "en"),
    ]
    # A retweet shows the counts of the original: they are not the archive owner's.
    assert found.cells("post_metrics", "post_id", "likes", "shares", "observed_at") == [
        ("1626922779105759235", 12, 3, MADE),
        ("1626923000000000001", 0, 0, MADE),
    ]
    assert all(row["is_observed_at_known"] for row in found.rows["post_metrics"])
    ties = found.cells("interactions", "kind", "source_id", "target_id", "post_id")
    assert sorted(ties) == [
        ("mention", "tide_watcher", "oldpier", "1626922779105759235"),
        ("mention", "tide_watcher", "oldpier", "1626923000000000001"),
        ("reply", "tide_watcher", "oldpier", "1626923000000000001"),
        ("repost", "tide_watcher", "grey_gull", "1626923000000000002"),
    ]
    assert found.quarantined == {4: "posted_at_unreadable"}


def test_month_of_an_archive_until_2019() -> None:
    found = recognised(EXAMPLES / "x_archive" / "js" / "tweets" / "2012_03.js")
    assert found.source == "x_archive"
    (post,) = found.rows["posts"]
    assert (post["post_id"], post["profile_id"], post["kind"]) == (
        "182001000000000002",
        "tide_watcher",
        "reply",
    )
    assert post["posted_at"] == datetime(2012, 3, 20, 9, 15)
    # payload_details.js, in the folder above, says when.
    assert post["observed_at"] == datetime(2013, 4, 27, 10)
    assert "post_metrics" not in found.rows
    assert found.quarantined == {2: "posted_at_unreadable"}


def test_followers_and_followed() -> None:
    followers = example("x_archive", "follower.js")
    assert followers.cells("interactions", "kind", "source_id", "target_id", "occurred_at") == [
        ("follow", "1310630474755178496", "tide_watcher", MADE),
        ("follow", "1252851", "tide_watcher", MADE),
    ]
    # Since when is not said: at the latest when the archive was made.
    assert not any(r["is_occurred_at_known"] for r in followers.rows["interactions"])
    assert followers.quarantined == {3: "source_id|nullability"}
    followed = example("x_archive", "following.js")
    assert followed.cells("interactions", "kind", "source_id", "target_id") == [
        ("follow", "tide_watcher", "824308056351735809")
    ]


def test_account() -> None:
    found = example("x_archive", "account.js")
    assert found.rows == {
        "profile_snapshots": [
            {
                "row_number": 1,
                "platform": "twitter",
                "profile_id": "tide_watcher",
                "observed_at": MADE,
                "is_observed_at_known": True,
                "handle": "tide_watcher",
                "display_name": "Tide Watcher",
            }
        ]
    }
    old = recognised(EXAMPLES / "x_archive" / "js" / "user_details.js")
    assert old.cells("profile_snapshots", "profile_id", "display_name", "observed_at") == [
        ("tide_watcher", "Tide Watcher", datetime(2013, 4, 27, 10))
    ]


@pytest.mark.parametrize("name", ["direct-messages.js", "manifest.js", "js/payload_details.js"])
def test_the_rest_is_skipped(name: str) -> None:
    found = recognised(EXAMPLES / "x_archive" / name)
    assert found.source == "x_archive"
    assert found.skipped is not None
    assert found.records == 0


@pytest.mark.parametrize(
    "text",
    [
        "!function(e){var t={};}([])",
        "(window.webpackJsonp=window.webpackJsonp||[]).push([[1],{}]);",
        "/*! jQuery v1.8 */\n(function(a,b){})(window);",
        '"use strict";\n',
        "window.YTD.ad_engagements.part0 = [ ]",
    ],
)
def test_programs_of_the_viewer_are_skipped(tmp_path: Path, text: str) -> None:
    path = tmp_path / "main.js"
    path.write_text(text)
    assert recognised(path).skipped is not None
    # By another name it is not thought to be a program.
    with pytest.raises(BadFile):
        recognised(path.rename(tmp_path / "main.txt"))


def test_tweets_of_nobody_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tweets.js"
    shutil.copyfile(EXAMPLES / "x_archive" / "tweets.js", path)
    with pytest.raises(BadFile, match="whose it is"):
        recognised(path)
    # manifest.js alone is enough to tell.
    shutil.copyfile(EXAMPLES / "x_archive" / "manifest.js", tmp_path / "manifest.js")
    assert recognised(path).rows["posts"][0]["profile_id"] == "tide_watcher"


def test_account_alone_names_the_owner_and_no_time(tmp_path: Path) -> None:
    for name in ("tweets.js", "account.js"):
        shutil.copyfile(EXAMPLES / "x_archive" / name, tmp_path / name)
    post = recognised(tmp_path / "tweets.js").rows["posts"][0]
    assert post["profile_id"] == "tide_watcher"
    assert post["observed_at"] > MADE  # the day of ingest, a bound
    metric = recognised(tmp_path / "tweets.js").rows["post_metrics"][0]
    assert metric["is_observed_at_known"] is False


def test_bare_tweets_of_the_first_new_archives(tmp_path: Path) -> None:
    shutil.copyfile(EXAMPLES / "x_archive" / "account.js", tmp_path / "account.js")
    text = (EXAMPLES / "x_archive" / "tweets.js").read_text()
    tweets = [item["tweet"] for item in json.loads(text.partition("=")[2])]
    path = tmp_path / "tweet.js"
    path.write_text("window.YTD.tweet.part0 = " + json.dumps(tweets) + ";\n")
    wrapped = example("x_archive", "tweets.js")
    bare = recognised(path)
    assert bare.cells("posts", "post_id", "text") == wrapped.cells("posts", "post_id", "text")
    assert bare.quarantined == wrapped.quarantined


def test_a_folder_with_an_exclamation_mark_is_no_archive(tmp_path: Path) -> None:
    folder = tmp_path / "at last!" / "data"
    shutil.copytree(EXAMPLES / "x_archive", folder)
    assert recognised(folder / "tweets.js").rows["posts"][0]["profile_id"] == "tide_watcher"


@pytest.mark.parametrize("form", ["zip", "gztar"])
def test_an_archive_as_it_was_downloaded(tmp_path: Path, form: str) -> None:
    """A later part of the tweets finds its owner in the same archive file."""
    folder = tmp_path / "twitter-2023" / "data"
    folder.mkdir(parents=True)
    for name in ("account.js", "manifest.js"):
        shutil.copyfile(EXAMPLES / "x_archive" / name, folder / name)
    part = (EXAMPLES / "x_archive" / "tweets.js").read_text().replace("part0", "part1")
    (folder / "tweets-part1.js").write_text(part)
    whole = shutil.make_archive(str(tmp_path / "twitter-2023"), form, folder.parent)
    shutil.rmtree(folder.parent)
    members = {m.name: m for m in landed_files(Path(whole))}
    landed = members["tweets-part1.js"]
    choice = Chooser().choose(landed.name, landed.path, landed.open)
    assert choice is not None
    with landed.open() as data:
        (parsed,) = parse_file(data, "f" * 64, landed.path, choice.specs[0], Context(WINDOW, MADE))
    posts = parsed.rows["raw.posts"]
    assert set(posts["profile_id"]) == {"tide_watcher"}
    assert set(posts["observed_at"]) == {MADE}


def test_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tweets.js"
    path.write_bytes((EXAMPLES / "x_archive" / "tweets.js").read_bytes()[:900])
    shutil.copyfile(EXAMPLES / "x_archive" / "account.js", tmp_path / "account.js")
    with pytest.raises(BadFile, match="no valid JSON"):
        recognised(path)


def test_table_of_old_archives_is_skipped() -> None:
    found = example("x_archive", "tweets.csv")
    assert found.source == "x_archive"
    assert found.skipped is not None
