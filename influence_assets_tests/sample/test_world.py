"""The sample world as a whole: size, sameness, shape."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml

from influence_assets.sample.world import Truth, World, write_world
from influence_assets_tests.sample import reading


def _bytes(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def test_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_world(tmp_path / name, seed, weeks=8, profiles_per_community=6)
    first, again, other = (_bytes(tmp_path / name) for name in "abc")
    assert first == again
    assert first["landing/follows/follows.csv"] != other["landing/follows/follows.csv"]


def test_a_world_too_short_for_its_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 8 weeks"):
        write_world(tmp_path, weeks=7)


def test_size(world: World, sample_folder: Path) -> None:
    assert 380 <= world.profiles <= 460
    assert 6_500 <= world.posts <= 8_000
    assert 700 <= world.pictures <= 1_150
    assert sum(len(data) for data in _bytes(sample_folder).values()) < 15_000_000


def test_the_truth_stays_out_of_the_landing_folder(world: World) -> None:
    assert {p.name for p in world.landing.parent.iterdir()} == {"landing", "truth"}
    planted = (b"subject", b"log_likes", b"in_degree", b"planted")
    for name, data in _bytes(world.landing).items():
        assert not any(word in data for word in planted), name


def test_every_mapped_folder_has_a_mapping_that_takes_its_files(world: World) -> None:
    for folder in sorted(world.landing.iterdir()):
        if folder.name == "gallery_dl":  # read by a built-in adapter
            continue
        mapping = yaml.safe_load((folder / "mapping.yaml").read_text(encoding="utf-8"))
        assert mapping["name"] == folder.name
        patterns = [entry["match"] for entry in mapping["files"]]
        for file in folder.iterdir():
            hits = [p for p in patterns if Path(file.name).match(p)]
            assert len(hits) == (file.name != "mapping.yaml"), file.name


def test_truth_knows_every_post_and_no_other(world: World, truth: Truth) -> None:
    keys = ["platform", "post_id", "profile_id"]
    read = reading.posts(world.landing).select(keys).sort(keys)
    assert read.equals(truth.posts.select(keys).sort(keys))


def test_ties_name_known_profiles_and_never_the_own_one(world: World, truth: Truth) -> None:
    ties = reading.ties(world.landing)
    known = truth.communities.select("platform", "profile_id").unique()
    for end in ("source", "target"):
        unknown = ties.join(known, left_on=["platform", end], right_on=known.columns, how="anti")
        assert unknown.is_empty()
    assert ties.filter(pl.col("source") == pl.col("target")).is_empty()


def test_captions_differ_and_speak_several_languages(world: World) -> None:
    posts = reading.posts(world.landing)
    assert posts["text"].n_unique() > 0.97 * len(posts)
    assert posts["text"].str.contains(r"\p{Hangul}").sum() > 50
    assert posts["text"].str.contains("¿").sum() > 50
    assert posts["text"].str.contains("[äöüß]").sum() > 50


def test_followers_have_a_heavy_tail(world: World) -> None:
    rows = [r for _, r in reading.good(world.landing, "profile_directory/*.json")]
    followers = pl.Series([r["stats"]["followers"] for r in rows])
    largest = followers.top_k(len(rows) // 20)
    assert int(largest.sum()) > 0.4 * int(followers.sum())


def test_counts_only_grow_and_most_posts_are_seen_when_three_days_old(world: World) -> None:
    posts = reading.posts(world.landing).select("platform", "post_id", "posted_at")
    tweets = [r for _, r in reading.good(world.landing, "twitter_tweets/*.gz")]
    seen = pl.DataFrame(
        {
            "post_id": [t["id"] for t in tweets],
            "at": [t["observed_at"] for t in tweets],
            "likes": [t["public_metrics"]["like_count"] for t in tweets],
            "views": [t["public_metrics"]["impression_count"] for t in tweets],
        }
    ).with_columns(pl.col("at").str.to_datetime(time_zone="UTC"))
    steps = seen.sort("post_id", "at").select(pl.col("likes", "views").diff().over("post_id"))
    assert steps.select(pl.min_horizontal(pl.all().min())).item() >= 0
    repeated = seen.group_by("post_id").len().filter(pl.col("len") > 1)
    assert 0.1 < len(repeated) / seen["post_id"].n_unique() < 0.4
    last = seen.group_by("post_id").agg(pl.col("at").max()).join(posts, on="post_id")
    days = (pl.col("at") - pl.col("posted_at")).dt.total_seconds() / 86_400
    assert last.select(days.is_between(7, 10).all()).item()


def test_the_panel_has_holes_and_its_late_days_come_in_the_late_file_alone(world: World) -> None:
    in_time = pl.concat(
        pl.read_parquet(p) for p in sorted(world.landing.glob("profile_panel/*.parquet"))
    )
    days = 26 * 7 * world.profiles
    late = [r for _, r in reading.good(world.landing, "profile_panel/late*.csv")]
    assert 0.85 * days < len(in_time) + len(late) < 0.97 * days
    assert in_time.null_count().sum_horizontal().item() == 0
    when = pl.col("read_at").dt.strftime("%d.%m.%Y %H:%M")
    keys = set(in_time.select("network", "account", when).iter_rows())
    assert not keys & {(r["Network"].lower(), r["Profile"][1:], r["Read at"]) for r in late}
    assert len({r["Read at"] for r in late}) == 6


def test_a_picture_lies_beside_each_sidecar(world: World) -> None:
    sidecars = list(world.landing.glob("gallery_dl/instagram/*/*.json"))
    assert len(sidecars) == world.pictures
    for sidecar in sidecars:
        picture = sidecar.with_suffix("").read_bytes()
        assert picture.startswith(b"\xff\xd8\xff")
        assert len(picture) < 6_000
