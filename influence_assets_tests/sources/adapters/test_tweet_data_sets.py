"""Data sets of tweets under the names that their makers chose; X's own figures; Apify."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from influence_assets.sources.batches import BadFile
from influence_assets.sources.feeds import Window
from influence_assets_tests.sources.adapters.recognised import EXAMPLES, example, recognised

HI = "1212092628029698048"
MIDNIGHT = datetime(2020, 1, 1)
POST = ("post_id", "profile_id", "posted_at", "kind", "text")
COUNTS = ("post_id", "likes", "comments", "shares", "views")
TIES = ("kind", "source_id", "target_id", "post_id")


def test_rtweet() -> None:
    found = example("tweets_csv", "rtweet.csv")
    assert found.source == "tweets_csv"
    assert found.cells("posts", *POST) == [
        (HI, "ann", MIDNIGHT, "reply", "hello @bob"),
        ("1212092628029698049", "cid", datetime(2020, 1, 1, 0, 0, 1), "repost", "RT @ann: hello"),
    ]
    # The counts of the retweet are those of the original.
    assert found.cells("post_metrics", *COUNTS) == [(HI, 3, None, 1_234, None)]
    assert found.cells("profile_snapshots", "handle", "followers", "following") == [("ann", 11, 22)]
    assert found.cells("interactions", *TIES) == [
        ("mention", "ann", "bob", HI),
        ("reply", "ann", "bob", HI),
        ("repost", "cid", "ann", "1212092628029698049"),
    ]
    assert found.quarantined == {3: "post_id_unreadable"}  # x1.2E+18


def test_academictwitter() -> None:
    found = example("tweets_csv", "academic.csv")
    assert found.cells("posts", *POST) == [(HI, "ann", MIDNIGHT, "text", "hello #Fun")]
    assert found.cells("post_metrics", *COUNTS) == [(HI, 3, None, 4, None)]
    assert found.cells("profile_snapshots", "display_name", "posts_count") == [("Ann A", 100)]
    assert found.quarantined == {2: "following|min"}


def test_four_columns_are_enough() -> None:
    found = example("tweets_csv", "tutorial.csv")
    assert found.cells("posts", *POST) == [
        (HI, "ann_x", datetime(2020, 12, 31, 23, 59), "text", "hi @bob #Fun")
    ]
    assert found.quarantined == {2: "post_id_unreadable"}


def test_days_and_months_are_told_by_the_column() -> None:
    found = example("tweets_csv", "slashes.csv")
    # 10/13/2017 proves that 10/1/2017 is in October, also for a feed that reads the other row.
    assert found.cells("posts", "profile_id", "posted_at", "kind") == [
        ("ann_1", datetime(2017, 10, 1, 19, 58), "text"),
        ("ann_1", datetime(2017, 10, 13, 22, 43), "repost"),
    ]
    assert found.quarantined == {3: "posted_at_unreadable"}


@pytest.mark.parametrize(
    ("header", "values"),
    [
        (
            "tweet_id,airline_sentiment,name,retweet_count,text,tweet_created",
            f"{HI},neutral,Ann,0,hi,2020-01-01 02:00:00 +0200",
        ),
        (
            "tweet_id,author_id,inbound,created_at,text,response_tweet_id",
            f"{HI},Ann,True,Wed Jan 01 00:00:00 +0000 2020,hi,3",
        ),
        (
            "tweetid,userid,user_screen_name,tweet_text,tweet_time,in_reply_to_tweetid,is_retweet",
            f"{HI},77,Ann,hi,2020-01-01 00:00,,false",
        ),
        ("id_str,from_user,text,created_at,in_reply_to_screen_name", f"{HI},Ann,hi,1577836800,"),
        ("Tweet Id,Text,Screen Name,Created At,Retweets", f"{HI},hi,@Ann,2020-01-01T00:00:00Z,1"),
        ("user;full_text;date;retweets;id", f"Ann;hi;2020-01-01;1;{HI}"),
        (
            "id,created_at,text,user,retweet_count",
            f"""{HI},2020-01-01,hi,"{{'id': 7, 'screen_name': 'Ann', 'x': None}}",1""",
        ),
    ],
)
def test_other_spellings(tmp_path: Path, header: str, values: str) -> None:
    path = tmp_path / "export(1).csv"
    path.write_text(f"\ufeff{header}\r\n{values}\r\n", encoding="utf-16")
    found = recognised(path)
    assert found.source == "tweets_csv"
    assert found.cells("posts", *POST) == [(HI, "ann", MIDNIGHT, "text", "hi")]


@pytest.mark.parametrize(
    "header",
    [
        "id,created_at,text",  # nobody's
        "id,created_at,text,user",  # of no platform in particular
        "source,text,created_at,retweet_count,favorite_count,is_retweet,id_str",
    ],
)
def test_what_does_not_tell_is_refused(tmp_path: Path, header: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(header + "\n" + ",".join("1" for _ in header.split(",")) + "\n")
    with pytest.raises(BadFile, match="no known shape"):
        recognised(path)


def test_sentiment140_with_a_header() -> None:
    path = EXAMPLES / "tweets_csv" / "sentiment140_header.csv"
    found = recognised(path, window=Window(date(2009, 1, 1), date(2030, 12, 31)))
    assert found.cells("posts", *POST) == [
        # PDT is seven hours behind.
        ("1467810369", "tide_watcher", datetime(2009, 4, 7, 5, 19, 45), "text", "@OldPier fish")
    ]
    assert found.quarantined == {2: "profile_id|nullability"}


def test_twint_as_a_table_of_pandas() -> None:
    found = example("tweets_csv", "twint_pandas.csv")
    # The id knows the moment: 2020-01-01 00:00 would be in a zone that nobody states.
    millis = (int(HI) >> 22) + 1_288_834_974_657
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "hashtags") == [
        (HI, "ann", datetime(2019, 12, 31, 19, 26, 16, millis % 1000 * 1000), ["fun"])
    ]
    assert found.cells("post_metrics", *COUNTS) == [(HI, 160, 8, 3, None)]
    assert found.quarantined == {2: "profile_id|nullability"}


def test_figures_of_x() -> None:
    found = example("tweets_csv", "figures.csv")
    assert found.cells("posts", "post_id", "profile_id", "posted_at", "mentions") == [
        ("20", "ann", MIDNIGHT, ["bob"])
    ]
    assert found.cells("post_metrics", *COUNTS) == [("20", 5, 2, 1, 1_043)]
    assert found.quarantined == {2: "posted_at_unreadable"}
    newer = example("tweets_csv", "figures_2024.csv")
    assert newer.cells("post_metrics", *COUNTS, "saves") == [
        ("1845824159182942208", 5, 2, 1, 100, 1)
    ]
    # The day is stated, and the id knows the rest.
    ((posted_at,),) = newer.cells("posts", "posted_at")
    assert posted_at.date() == date(2024, 10, 14)
    assert newer.quarantined == {2: "post_id|nullability"}


def test_apify() -> None:
    found = example("tweets_csv", "apify.json")
    assert found.cells("posts", *POST) == [(HI, "ann", MIDNIGHT, "text", "hi @bob")]
    assert found.cells("post_metrics", *COUNTS) == [(HI, 3, 2, 1, 99)]
    assert found.cells("profile_snapshots", "handle", "followers") == [("ann", 11)]
    assert found.quarantined == {2: "posted_at_unreadable"}
