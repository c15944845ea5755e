"""Times of reading that nobody states, and headers that their content contradicts."""

from __future__ import annotations

from datetime import datetime

import pytest

from influence_assets.sources.batches import BadFile
from influence_assets.sources.mapping import FileSpec
from influence_assets_tests.sources.making import TODAY, parse

METRICS = {"contract": "post_metrics", "columns": {"post_id": "id", "likes": "likes"}}
POSTS = {"contract": "posts", "columns": {"post_id": "id", "profile_id": "who", "posted_at": "at"}}
LATER = datetime(2026, 11, 20, 18, 30)


def spec(*feeds: object, **more: object) -> FileSpec:
    document = {"format": "csv", "platform": "x", "feeds": list(feeds)} | more
    return FileSpec.model_validate(document)


DATA = f"id,who,at,likes\n1,a,2025-03-01,5\n2,a,{LATER.isoformat()},7\n"


def test_unstated_readings_are_bounded_by_the_day_of_ingest() -> None:
    found = parse(DATA, spec(POSTS, METRICS)).rows["raw.post_metrics"]
    # The second post is younger than the beginning of the day on which it was ingested.
    assert found["observed_at"].to_list() == [TODAY, LATER]
    assert found["is_observed_at_known"].to_list() == [False, False]


def test_a_stated_time_of_reading_holds_where_it_can_be_true() -> None:
    how = spec(METRICS, POSTS, read_at="2025-04-01")  # posts are asked first, whatever their place
    found = parse(DATA, how).rows["raw.post_metrics"]
    assert found["observed_at"].to_list() == [datetime(2025, 4, 1), LATER]
    assert found["is_observed_at_known"].to_list() == [True, False]


def test_a_record_that_states_its_reading_is_believed() -> None:
    own = {"contract": "post_metrics", "columns": METRICS["columns"] | {"observed_at": "seen"}}
    data = "id,likes,seen\n1,5,2025-05-05\n2,7,\n"
    found = parse(data, spec(own, read_at="2025-04-01")).rows["raw.post_metrics"]
    assert found["observed_at"].to_list() == [datetime(2025, 5, 5), datetime(2025, 4, 1)]
    assert found["is_observed_at_known"].to_list() == [True, True]


def test_a_reading_that_cannot_be_read_is_no_missing_one() -> None:
    own = {"contract": "post_metrics", "columns": METRICS["columns"] | {"observed_at": "seen"}}
    assert parse("id,likes,seen\n1,5,soon\n", spec(own)).rules == {1: "observed_at_unreadable"}


def test_bounds_are_told_from_times() -> None:
    columns = POSTS["columns"] | {"posted_at": {"field": "at", "known": False}}  # type: ignore[operator]
    found = parse(DATA, spec({"contract": "posts", "columns": columns})).posts
    assert found["is_posted_at_known"].to_list() == [False, False]
    assert found["posted_at"].to_list() == [datetime(2025, 3, 1), LATER]


def test_posts_without_any_time_stand_on_the_day_of_reading_as_bounds() -> None:
    columns = {"post_id": "id", "profile_id": "who"}
    found = parse(DATA, spec({"contract": "posts", "columns": columns}, read_at="2025-04-01")).posts
    assert found["posted_at"].to_list() == [datetime(2025, 4, 1)] * 2
    assert found["is_posted_at_known"].to_list() == [False, False]


def test_ties_without_a_time_are_first_seen_when_they_were_read() -> None:
    tie = {
        "contract": "interactions",
        "columns": {"kind": {"constant": "follow"}, "source_id": "id", "target_id": "who"},
    }
    found = parse(DATA, spec(tie)).rows["raw.interactions"]
    assert found["occurred_at"].to_list() == [TODAY, TODAY]
    assert found["is_occurred_at_known"].to_list() == [False, False]


def numbers(values: list[str]) -> str:
    return "id,likes\n" + "".join(f"{i},{v}\n" for i, v in enumerate(values))


def test_content_that_contradicts_its_header_refuses_the_file() -> None:
    with pytest.raises(BadFile) as raised:
        parse(numbers(["Spain"] * 11 + ["7"] * 9), spec(METRICS))
    assert "`likes` is to be post_metrics.likes" in str(raised.value)
    assert "11 of its first 20 values" in str(raised.value)
    assert "'Spain'" in str(raised.value)


@pytest.mark.parametrize(
    "values",
    [
        ["Spain"] * 10 + ["7"] * 10,
        ["Spain"] * 19,
        [""] * 500 + ["x"] * 5,
        ["7"] * 200 + ["x"] * 300,
    ],
    ids=["half", "too few", "mostly missing", "only later"],
)
def test_bad_rows_alone_go_to_quarantine(values: list[str]) -> None:
    outcome = parse(numbers(values), spec(METRICS))
    bad = [i for i, v in enumerate(values, 1) if v in ("Spain", "x")]
    assert [i for i, rule in outcome.rules.items() if rule == "likes_unreadable"] == bad


def test_counts_that_lost_their_units_contradict_their_header() -> None:
    units = {
        "contract": "profile_snapshots",
        "columns": {"profile_id": "id", "followers": {"field": "likes", "units": True}},
    }
    with pytest.raises(BadFile, match=r"'475\.8'"):
        parse(numbers(["475.8"] * 20), spec(units))
    kept = parse(numbers(["475.8m"] * 20 + ["477900000.00"]), spec(units))
    assert set(kept.rows["raw.profile_snapshots"]["followers"]) == {475_800_000, 477_900_000}


def test_the_first_feed_of_a_contract_that_takes_a_record_gives_its_row() -> None:
    liked = {**METRICS, "when": {"id": "^1$"}}
    rest = {"contract": "post_metrics", "columns": {"post_id": "id", "views": "likes"}}
    found = parse(DATA, spec(liked, rest)).rows["raw.post_metrics"].sort("row_number")
    assert found.select("likes", "views").rows() == [(5, None), (None, 7)]
