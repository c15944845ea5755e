"""Mapping files: what is wrong with one is told with its place, before any row is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from influence_assets.errors import UserError
from influence_assets.sources.catalog import built_in_names, find_mapping, read_mapping
from influence_assets.sources.column_spec import Column
from influence_assets.sources.mapping import Mapping, target_types
from influence_assets_tests.sources.making import spec

GOOD = """
platform: x
files:
  - match: "posts*.csv"
    format: csv
    feeds:
      - contract: posts
        columns: {post_id: id, profile_id: who, posted_at: at}
"""


def mapping(text: str) -> Mapping:
    return read_mapping(text, "own", "own.yaml")


def changed(**change: Any) -> str:
    """The good mapping with keys of its one file set otherwise."""
    document = yaml.safe_load(GOOD)
    document["files"][0].update(change)
    return yaml.safe_dump(document)


def with_columns(**columns: Any) -> str:
    document = yaml.safe_load(GOOD)
    document["files"][0]["feeds"][0]["columns"].update(columns)
    return yaml.safe_dump(document)


def test_a_small_mapping() -> None:
    found = mapping(GOOD)
    # The name is the file's, and what is not said has its default.
    assert (found.name, found.platform) == ("own", "x")
    (file,) = found.files
    assert (file.encoding, file.delimiter, file.nulls) == ("utf-8", ",", ("",))
    # The short form of a column.
    assert file.feeds[0].columns["post_id"] == Column(field="id")
    assert file.fields() == {"id", "who", "at"}


@pytest.mark.parametrize(
    ("name", "applies"),
    [("posts.csv", True), ("posts_2.csv", True), ("posts.csv.gz", False), ("my_posts.csv", False)],
)
def test_files_are_chosen_by_name(name: str, applies: bool) -> None:
    assert bool(mapping(GOOD).specs_for(name)) is applies


def test_every_entry_that_matches_applies() -> None:
    document = yaml.safe_load(GOOD)
    document["files"] *= 2
    assert len(mapping(yaml.safe_dump(document)).specs_for("posts.csv")) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # A column that the contract lacks: told with those it has.
        (with_columns(likes="n"), ["posts has no column likes", "posted_at"]),
        # Derived columns are never mapped.
        (with_columns(posted_date="at"), ["no column posted_date"]),
        (with_columns(file_id="x"), ["no column file_id"]),
        (with_columns(row_number="x"), ["no column row_number"]),
        # Keys that the grammar does not know, at each level.
        (with_columns(text={"field": "t", "lowercase": True}), ["lowercase", "text"]),
        (changed(delimter=";"), ["delimter"]),
        (GOOD + "plattform: y\n", ["plattform"]),
        # A column from nowhere, and from two places.
        (with_columns(text={"lower": True}), ["field", "constant"]),
        (with_columns(text={"field": "a", "constant": "b"}), ["field", "constant"]),
        # An unknown format and contract.
        (changed(format="xlsx"), ["parquet"]),
        (changed(feeds=[{"contract": "likes", "columns": {}}]), ["post_metrics"]),
        # Nothing to read.
        (changed(feeds=[]), ["feeds"]),
        ("platform: x\nfiles: []\n", ["files"]),
        # `records` where there are no documents.
        (changed(records="posts"), ["JSON"]),
        # No platform at all.
        (GOOD.replace("platform: x", "description: y"), ["platform", "posts*.csv"]),
        # No mapping.
        ("", ["empty"]),
        ("- a\n- b\n", ["no mapping"]),
        # No YAML.
        ("files: [", ["not valid YAML"]),
        ("files:\n\t- x\n", ["not valid YAML"]),
    ],
)
def test_what_is_wrong_is_told(text: str, said: list[str]) -> None:
    with pytest.raises(UserError) as raised:
        mapping(text)
    message = str(raised.value)
    assert "own.yaml" in message
    assert [s for s in said if s not in message] == []


@pytest.mark.parametrize(
    "column",
    [
        # Patterns that are none.
        {"field": "t", "extract": "("},
        {"field": "t", "extract": "no group"},
        {"field": "t", "find_all": "["},
        {"field": "t", "time": "epoch_h"},
        {"field": "t", "timezone": "Mars/Olympus"},
    ],
)
def test_values_that_can_never_work_are_refused_at_once(column: dict[str, Any]) -> None:
    # Else the first file would end in a traceback, or every row in quarantine.
    name = "posted_at" if {"time", "timezone"} & set(column) else "text"
    name = "hashtags" if "find_all" in column else name
    with pytest.raises(UserError, match=r"own\.yaml"):
        mapping(with_columns(**{name: column}))


@pytest.mark.parametrize(
    "change",
    [
        # One character is needed.
        {"delimiter": ";;"},
        {"delimiter": ""},
        # One row for each item of nothing.
        {"feeds": [{"contract": "posts", "each": {"constant": "x"}, "columns": {"post_id": "id"}}]},
    ],
)
def test_files_that_can_never_be_read_are_refused_at_once(change: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"own\.yaml"):
        mapping(changed(**change))


def test_a_feed_may_say_the_platform() -> None:
    text = with_columns(platform="network").replace("platform: x\n", "")
    assert mapping(text).platform is None


def test_yaml_words_stay_text() -> None:
    # Plain YAML would make a date, booleans and a number of these.
    text = """
platform: x
files:
  - format: csv
    feeds:
      - contract: posts
        columns:
          posted_at: {constant: 2020-05-02}
          kind: {field: k, map: {True: video, no: image, 1: text}}
"""
    columns = mapping(text).files[0].feeds[0].columns
    assert columns["posted_at"].constant == "2020-05-02"
    assert columns["kind"].map == {"True": "video", "no": "image", "1": "text"}


def test_what_a_file_may_lack() -> None:
    def maybe(field: str) -> dict[str, Any]:
        return {"field": field, "optional": True}

    how = spec(
        feeds=[
            {
                "contract": "posts",
                "columns": {"post_id": "a", "text": maybe("b"), "url": ["u", "v"]},
            },
            {"contract": "post_metrics", "require": ["c"], "columns": {"post_id": maybe("a")}},
        ]
    )
    # `a` is needed by one feed; `c` only chooses records; of `u` and `v` one is enough.
    assert how.missing({"a", "u"}) == how.missing({"a", "v"}) == []
    assert how.missing(set()) == ["a", "u or v"]


def test_targets_leave_out_what_is_made_by_us() -> None:
    assert not {"posted_date", "file_id", "row_number"} & set(target_types("posts"))
    # The day of a medium is said by its sidecar, its bytes speak for the rest.
    media = target_types("media")
    assert "posted_date" in media
    assert not {"media_id", "mime_type", "width_px", "height_px", "path"} & set(media)


# --- finding ---


@pytest.mark.parametrize("name", built_in_names())
def test_built_in_mappings_are_valid(name: str) -> None:
    found = find_mapping(name)
    assert found.name == name
    assert found.description


def test_an_unknown_source_lists_the_built_in_ones() -> None:
    with pytest.raises(UserError) as raised:
        find_mapping("myspace")
    assert built_in_names()
    assert [n for n in built_in_names() if n not in str(raised.value)] == []


@pytest.mark.parametrize("name", ["tweets_csv.txt", "specs/tweets_csv", ""])
def test_names_are_no_paths(name: str) -> None:
    with pytest.raises(UserError, match="no source"):
        find_mapping(name)


def test_a_mapping_file_is_named_by_its_stem(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text(GOOD)
    assert find_mapping(str(own)).name == "mine"
    with pytest.raises(UserError, match="no mapping file"):
        find_mapping(str(tmp_path / "other.yml"))
