"""Topics of real captions and of the sample world, under the default encoder."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from influence_assets.domain.topics.clusters import clusters
from influence_assets.domain.topics.words import topic_words, uses
from influence_assets.encoders.text import load_text_encoder
from influence_assets.sample.world import draw_world
from influence_assets.settings import DEFAULT_ENCODER


def encoded(rows: pl.DataFrame, count: int, home: Path) -> pl.DataFrame:
    """The texts with the smallest hashes: text_key, text, vector and the other columns."""
    hashes = [sha256(text.encode()).hexdigest() for text in rows["text"]]
    texts = (
        rows.with_columns(text_key=pl.Series(hashes).str.slice(0, 15).str.to_integer(base=16))
        .unique("text_key")
        .sort("text_key")
        .head(count)
    )
    vectors = load_text_encoder(DEFAULT_ENCODER, home).encode(texts["text"].to_list())
    return texts.with_columns(vector=pl.Series(vectors, dtype=pl.Array(pl.Float32, 384)))


def agreement(texts: pl.DataFrame) -> tuple[float, float]:
    """How far two seeds agree on texts to which both give a topic, and on how many these are."""
    one, other = (clusters(texts, seed).rows for seed in (1, 1_001))
    both = one.join(other, on="text_key").drop_nulls(["topic_id", "topic_id_right"])
    return (
        float(adjusted_rand_score(both["topic_id"], both["topic_id_right"])),
        both.height / texts.height,
    )


@pytest.mark.parametrize("count", [500, pytest.param(4_000, marks=pytest.mark.slow)])
def test_two_seeds_find_the_same_topics_of_real_captions(
    shared_data: Path, tmp_path: Path, count: int
) -> None:
    posts = pl.read_csv(shared_data / "ig_posts_2017" / "posts.csv.gz", infer_schema=False)
    captions = posts.rename({"description": "text"}, strict=False).select("text")
    written = captions.drop_nulls().filter(pl.col("text").str.strip_chars() != "")
    texts = encoded(written, count, tmp_path)
    index, share = agreement(texts)
    assert index >= 0.6
    assert share >= 0.8


def test_the_topics_planted_in_the_sample_world_are_found(tmp_path: Path) -> None:
    data, _ = draw_world(7, 26, 24)
    english = data.posts.filter(pl.col("language") == "en")
    texts = encoded(english.select("text", "topic", profile="author"), 500, tmp_path)
    rows = clusters(texts, 1).rows.drop_nulls("topic_id")
    both = texts.join(rows, on="text_key")
    assert both.height >= 0.9 * texts.height
    # Twelve were planted, each of four subjects: what is found lies between the two.
    assert 12 <= both["topic_id"].n_unique() <= 48
    assert adjusted_rand_score(both["topic"], both["topic_id"]) >= 0.4
    shares = both.group_by("topic_id", "topic").len().group_by("topic_id").agg(pl.col("len").max())
    assert shares["len"].sum() / both.height >= 0.75  # of a found topic's texts one planted one's
    profiles = texts.select("text_key", pl.col("profile").cast(pl.String))
    words = topic_words(rows.select("text_key", "topic_id"), uses(texts), profiles)
    assert words.height >= 0.9 * both["topic_id"].n_unique()
