"""Topics from week to week: ids that last, what has come back, and what a row tells."""

from __future__ import annotations

import polars as pl
import pytest

from influence_assets.domain.topics.weekly import Past, come_back, topics

from .making import planted

NOTHING = Past(
    pl.DataFrame(schema={"topic_id": pl.String, "text_key": pl.Int64, "is_ended": pl.Boolean}),
    pl.DataFrame(schema={"topic_id": pl.String, "centroid": pl.List(pl.Float32)}),
)


def posts_of(texts: pl.DataFrame) -> pl.DataFrame:
    """Each text is posted once, by one of four profiles; of this week is every other one."""
    number = pl.int_range(pl.len())
    return texts.select(
        "text_key",
        pl.lit("x").alias("platform"),
        (number % 4).cast(pl.String).alias("profile_id"),
        (number % 2 == 0).alias("is_now"),
    )


def weekly(texts: pl.DataFrame, past: Past = NOTHING, week: str = "2024-01-01") -> pl.DataFrame:
    return topics(texts, posts_of(texts), past, week, 1)


def past_of(rows: pl.DataFrame, *, is_ended: bool = False) -> Past:
    members = rows.select("topic_id", text_key="members").explode("text_key")
    ended = rows.select("topic_id", "centroid") if is_ended else NOTHING.ended
    return Past(members.with_columns(pl.lit(is_ended).alias("is_ended")), ended)


def of_planted(rows: pl.DataFrame, texts: pl.DataFrame) -> dict[int, str]:
    """The id that each planted topic has."""
    members = rows.select("topic_id", text_key="members").explode("text_key")
    first = members.join(texts, on="text_key").group_by("planted").agg(pl.col("topic_id").mode())
    return {planted: ids[0] for planted, ids in first.iter_rows()}


def test_a_row_tells_what_the_topic_is() -> None:
    texts = planted(8, 40)
    rows = weekly(texts)
    assert rows.height == 8
    assert rows["texts"].to_list() == [40] * 8
    assert rows["posts"].to_list() == [20] * 8
    assert rows["profiles"].to_list() == [2] * 8
    assert rows["share"].to_list() == pytest.approx([0.125] * 8)
    assert rows["platforms"].to_list() == [["x"]] * 8
    assert {frozenset(words) for words in rows["words"]} == {
        frozenset(words.split()) for words in set(texts["text"])
    }
    members = rows.select("topic_id", "members").explode("members")
    assert members["members"].is_unique().all()
    assert rows["topic_id"].str.starts_with("2024-01-01/").all()


def test_examples_are_near_the_middle_and_of_several_profiles() -> None:
    texts = planted(8, 40).with_columns(pl.col("text") + " with a few more words behind it")
    short = texts["content_hash"][0]
    texts = texts.with_columns(
        pl.when(pl.col("content_hash") == short)
        .then(pl.lit("bread"))
        .otherwise("text")
        .alias("text")
    )
    rows = weekly(texts)
    authors = posts_of(texts).join(texts, on="text_key")
    for examples in rows["examples"]:
        shown = authors.filter(pl.col("content_hash").is_in(examples.implode()))
        assert shown.height == 5
        assert shown["profile_id"].n_unique() == 4
        assert short not in examples


def test_ids_stay_while_texts_come_and_go() -> None:
    texts = planted(8, 60)
    first = weekly(texts.filter(pl.col("text_key") % 5 != 0))
    before = of_planted(first, texts)
    then = weekly(texts.filter(pl.col("text_key") % 5 != 1), past_of(first), "2024-01-08")
    assert of_planted(then, texts) == before
    # A topic that was not there has an id of its own week.
    without = weekly(texts.filter(pl.col("planted") < 7))
    rows = weekly(texts, past_of(without), "2024-01-08")
    new = [i for i in rows["topic_id"] if i.startswith("2024-01-08/")]
    assert new == [of_planted(rows, texts)[7]]


def test_a_topic_that_comes_back_with_other_texts_has_its_id() -> None:
    old = weekly(planted(8, 40, seed=1))
    texts = planted(8, 40, seed=2)  # the same middles, other texts
    back = weekly(texts, past_of(old, is_ended=True), "2025-01-06")
    assert of_planted(back, texts) == of_planted(old, planted(8, 40, seed=1))
    # Of topics of which nothing is remembered all are new.
    assert weekly(texts, NOTHING, "2025-01-06")["topic_id"].str.starts_with("2025").all()


def test_only_what_is_near_enough_has_come_back() -> None:
    gone = pl.DataFrame({"topic_id": ["a", "b"], "centroid": [[1.0, 0.0], [0.0, 1.0]]})
    new = pl.DataFrame({"topic_id": [1, 2, 3], "centroid": [[0.9, 0.44], [1.0, 0.0], [0.7, 0.71]]})
    # 1 is near enough to a, but 2 is nearer; 3 is nearest to b, and not near enough.
    assert come_back(new, gone).rows() == [(2, "a")]


def test_no_texts_no_topics() -> None:
    assert weekly(planted(1, 40)[:0]).is_empty()
