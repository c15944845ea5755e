"""Tweets as CSV and JSON lines of the common scrapers and data sets."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from influence_assets.sources.feeds import Window
from influence_assets_tests.sources.adapters.recognised import EXAMPLES, TODAY, example, recognised

POST = ("post_id", "profile_id", "posted_at", "kind", "text")
COUNTS = ("post_id", "likes", "comments", "shares")
TIES = ("kind", "source_id", "target_id", "post_id")
EARLY = Window(date(2006, 1, 1), date(2030, 12, 31))
TIDE = "1626922779105759235"
FOLDER = EXAMPLES / "tweets_csv"


def of_snowflake(tweet_id: int) -> datetime:
    """When an id was given out, by X's own rule."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return (epoch + timedelta(milliseconds=(tweet_id >> 22) + 1288834974657)).replace(tzinfo=None)


def test_getoldtweets3() -> None:
    found = example("tweets_csv", "getoldtweets3.csv")
    assert found.source == "tweets_csv"
    assert found.rows["posts"][0] == {
        "row_number": 1,
        "platform": "twitter",
        "post_id": "1224183946532106243",
        "profile_id": "tide_watcher",
        "posted_at": datetime(2020, 2, 3, 4, 5, 6),
        "is_posted_at_known": True,
        "kind": "text",
        "text": "High tide, calm",
        "hashtags": ["harbour", "lunch"],
        "mentions": ["oldpier"],
        "url": "https://twitter.com/Tide_Watcher/status/1224183946532106243",
        "observed_at": TODAY,
        "is_observed_at_known": False,
    }
    assert found.cells("posts", *POST)[1:] == [
        ("1224197762108452867", "tide_watcher", datetime(2020, 2, 3, 5), "reply", None)
    ]
    assert found.cells("post_metrics", *COUNTS) == [
        ("1224183946532106243", 3, 1, 2),
        ("1224197762108452867", 1, 0, 0),
    ]
    assert found.cells("interactions", *TIES) == [
        ("mention", "tide_watcher", "oldpier", "1224183946532106243"),
        ("reply", "tide_watcher", "grey_gull", "1224197762108452867"),
    ]
    # A spreadsheet has made 1.22421E+18 of the id: it is lost, not rounded.
    assert found.quarantined == {3: "post_id_unreadable"}


def test_getoldtweets_with_semicolons() -> None:
    found = example("tweets_csv", "getoldtweets.csv")
    assert found.cells("posts", *POST, "hashtags") == [
        (
            "976034834712338432",
            "tide_watcher",
            datetime(2018, 3, 20, 10, 15),
            None,  # it does not tell replies
            "High tide; calm",
            ["harbour"],
        )
    ]
    assert found.cells("post_metrics", *COUNTS) == [("976034834712338432", 3, None, 2)]
    assert found.quarantined == {2: "likes_unreadable"}


def test_snscrape_lines_of_both_generations() -> None:
    found = example("tweets_csv", "snscrape.jsonl")
    assert found.source == "tweets_csv"
    assert found.cells("posts", *POST, "language", "media_count") == [
        (
            TIDE,
            "tide_watcher",
            datetime(2023, 2, 18, 12, 33, 11),
            "text",
            "High tide & calm @OldPier",
            "en",
            1,
        ),
        (
            "1626923000000000007",
            "crab",
            datetime(2023, 2, 18, 12, 40),
            "reply",
            "@Tide_Watcher where?",
            None,
            None,
        ),
    ]
    assert found.cells("post_metrics", *COUNTS, "views") == [
        (TIDE, 12, 1, 3, 900),
        ("1626923000000000007", 1, 0, 0, None),
    ]
    assert found.cells("profile_snapshots", "handle", "followers") == [
        ("tide_watcher", 321),
        ("crab", 2),
    ]
    assert found.cells("interactions", *TIES) == [
        ("mention", "tide_watcher", "oldpier", TIDE),
        ("reply", "crab", "tide_watcher", "1626923000000000007"),
    ]
    assert found.quarantined == {3: "profile_id|nullability"}


def test_snscrape_table_with_printed_objects() -> None:
    found = example("tweets_csv", "snscrape.csv")
    assert found.source == "tweets_csv"
    assert found.cells("posts", "post_id", "profile_id", "kind", "hashtags", "mentions") == [
        (TIDE, "tide_watcher", "text", ["harbour", "lunch"], ["oldpier", "grey_gull"]),
        ("1626923000000000007", "crab", "reply", None, None),
    ]
    # A negative count stays in raw; core leaves it out with a flag.
    assert found.cells("post_metrics", *COUNTS)[1] == ("1626923000000000007", -1, 0, 0)
    assert found.quarantined == {3: "posted_at_unreadable"}


def test_twint_times_come_from_the_id() -> None:
    found = recognised(FOLDER / "twint.csv", window=EARLY)
    exact = of_snowflake(1344708462312681477)
    assert found.cells("posts", *POST, "mentions", "hashtags") == [
        (
            "1344708462312681477",
            "tide_watcher",
            exact,  # the table says 18:59:57 in a zone called EST
            None,
            "High tide @OldPier (mail: a@b.example)",
            ["oldpier"],
            ["harbour"],
        ),
        # An id of 2006 tells no time: the stated one stands.
        ("20", "crab", datetime(2006, 3, 21, 12, 50, 14), None, "an id without a time", [], []),
    ]
    assert found.cells("post_metrics", *COUNTS)[0] == ("1344708462312681477", 3, 1, 2)
    assert found.quarantined == {3: "profile_id|nullability"}
    lines = example("tweets_csv", "twint.jsonl")
    assert lines.cells("posts", "profile_id", "posted_at", "hashtags") == [
        ("tide_watcher", exact, ["harbour", "lunch"]),
        ("grey_gull", exact, []),
    ]
    assert lines.cells("interactions", *TIES, "occurred_at") == [
        ("mention", "tide_watcher", "oldpier", "1344708462312681477", exact),
        (
            "repost",
            "crab",
            "grey_gull",
            "1344708462312681478",
            of_snowflake(1345000000000000000),
        ),
    ]
    assert lines.quarantined == {3: "posted_at|nullability"}


def test_twarc_csv() -> None:
    found = example("tweets_csv", "twarc.csv")
    read_at = datetime(2023, 2, 20, 6)
    assert found.cells("posts", *POST, "hashtags", "observed_at")[0] == (
        TIDE,
        "tide_watcher",
        datetime(2023, 2, 18, 12, 33, 11),
        "text",
        "High tide @OldPier #Harbour",
        ["harbour"],
        read_at,
    )
    assert found.cells("post_metrics", *COUNTS, "views", "saves", "observed_at") == [
        (TIDE, 12, 1, 3, 900, 2, read_at)
    ]
    assert found.cells("interactions", *TIES) == [
        ("mention", "tide_watcher", "oldpier", TIDE),
        ("repost", "tide_watcher", "grey_gull", "1626923000000000002"),
    ]
    assert found.quarantined == {3: "followers_unreadable"}


def test_data_sets_with_the_names_of_the_api() -> None:
    found = example("tweets_csv", "dump_screen_name.csv")
    assert found.source == "tweets_csv"
    assert found.cells("posts", *POST, "hashtags", "mentions") == [
        (
            "1224183946532106243",
            "tide_watcher",
            datetime(2020, 2, 3, 4, 5, 6),
            "text",
            "High tide, calm & #Harbour @OldPier",
            ["harbour"],
            ["oldpier"],
        ),
        (
            "1224197762108452867",
            "tide_watcher",
            datetime(2020, 2, 3, 5),
            "repost",
            "RT @Grey_Gull: chips are back",
            [],
            ["grey_gull"],
        ),
    ]
    # The 250 retweets are those of the original.
    assert found.cells("post_metrics", *COUNTS) == [("1224183946532106243", 3, None, 2)]
    assert found.cells("interactions", *TIES) == [
        ("mention", "tide_watcher", "oldpier", "1224183946532106243"),
        ("repost", "tide_watcher", "grey_gull", "1224197762108452867"),
    ]
    assert found.quarantined == {3: "post_id_unreadable"}


@pytest.mark.parametrize("name", ["user", "username", "user_screen_name", "user/screen_name"])
def test_the_author_goes_by_many_names(tmp_path: Path, name: str) -> None:
    text = (FOLDER / "dump_user.csv").read_text().replace("user,", f"{name},", 1)
    path = tmp_path / "tweets.csv"
    path.write_text(text)
    found = recognised(path)
    assert found.source == "tweets_csv"
    assert found.cells("posts", "post_id", "profile_id") == [("1224183946532106244", "crab")]
    # A tweet without a text counts too; 3.7 likes are no count.
    assert found.quarantined == {2: "likes_unreadable"}


def test_sentiment140_has_no_header() -> None:
    found = recognised(FOLDER / "sentiment140.csv", window=EARLY)
    assert found.source == "tweets_csv"
    assert found.records == 3
    assert found.cells("posts", *POST, "mentions") == [
        (
            "1467810369",
            "tide_watcher",
            datetime(2009, 4, 7, 5, 19, 45),  # PDT is seven hours behind
            "text",
            "@OldPier café & fish",
            ["oldpier"],
        ),
        ("1467810672", "crab", datetime(2009, 4, 7, 5, 19, 49), "text", "fine", []),
    ]
    assert found.quarantined == {3: "profile_id|nullability"}


def test_real_tweets_of_one_account(shared_data: Path) -> None:
    path = shared_data / "tw_elon_2012_2020" / "tweets.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = recognised(path)
    assert found.source == "tweets_csv"
    assert found.quarantined == {}
    assert found.records == len(rows) == 9407
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "text") == [
        (
            r["id"],
            "elonmusk",
            datetime.fromisoformat(r["date"]).replace(tzinfo=None),
            r["text"] or None,
        )
        for r in rows
    ]
    # Some of the 236 tweets without words have a blank for a text; all of them stay.
    assert sum(not post.get("text", "").strip() for post in found.rows["posts"]) == 236
    assert found.cells("post_metrics", *COUNTS) == [
        (r["id"], int(r["favorites"]), int(r["replies"]), int(r["retweets"])) for r in rows
    ]
    assert {m["is_observed_at_known"] for m in found.rows["post_metrics"]} == {False}
    kinds = [row["kind"] for row in found.rows["interactions"]]
    assert kinds.count("reply") == sum(bool(r["to"]) for r in rows)
    named = [{m.strip("@,").lower() for m in r["mentions"].split(" ")} - {""} for r in rows]
    assert kinds.count("mention") == sum(map(len, named))
