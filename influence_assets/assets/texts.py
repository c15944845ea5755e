"""What each distinct text says in words: language, sentiment, emotion, style."""

from __future__ import annotations

import hashlib
from datetime import date
from importlib.metadata import version
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import NDArray

from influence_assets import vocabulary
from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.contracts import TABLES
from influence_assets.domain.text import language, marks, sentiment, style
from influence_assets.embedding import Contents, Encode, Progress, embed
from influence_assets.encoders import language as detection
from influence_assets.encoders import vader
from influence_assets.encoders.classifier import Labels, classifier_labels, load_classifier
from influence_assets.settings import Settings
from influence_assets.storage import sql
from influence_assets.storage.row_files import RowFiles
from influence_assets.storage.vectors import VectorFiles
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import WHOLE

VADER, NO_EMOTION = "vader", "none"
"""Settings that name no classifier."""

AT_ONCE = 4_096
"""Texts between two files: a killed run measures one such batch again at most."""

_MEASURES = (
    f"{code_of(marks, language, sentiment, style, detection, vader)}"
    f"-{vocabulary.version_of(vocabulary.CALLS_TO_ACTION)}"
)


def texts_recipe(settings: Settings) -> Recipe:
    """Stale when posts change, or with another way of measuring."""
    code = f"{_MEASURES}-{sql.code_version('content.texts_to_measure')}"
    chosen = f"{settings.sentiment}-{settings.emotion}"
    return Recipe("content.texts", (Upstream("core.posts", "all"),), f"{code}-{chosen}")


def texts_assets(start: date, settings: Settings) -> list[dg.AssetsDefinition]:
    """The asset of what texts say in words."""
    return [
        table_asset(
            texts_recipe(settings),
            measure_new_texts,
            start=start,
            kinds={"polars", "table"},
            pooled=False,
        )
    ]


def measure_new_texts(build: Build) -> dict[str, Any]:
    """Measure the texts of posts that were not yet, and add them.

    Those that were measured in another way are measured anew, and all rows replaced at once. The
    warehouse is open only to write at the end; what a killed run did is in files.
    """
    feeling, emotion = _classifiers(build.settings)
    measured_by = _measured_by(feeling, emotion)
    texts = build.warehouse.query("content.texts_to_measure", {"measured_by": measured_by})
    if not texts.is_empty():
        files = RowFiles(build.settings.artifacts / "texts" / measured_by)
        rows = _measured(build, texts, files, with_vader=feeling is None)
        rows = rows.with_columns(pl.lit(measured_by).alias("measured_by"))
        if feeling:
            told = classify(build, build.settings.sentiment, feeling, texts)
            rows = rows.with_columns(
                **sentiment.from_probabilities(feeling.names, told, feeling.classifier_id)
            )
        if emotion:
            told = classify(build, build.settings.emotion, emotion, texts)
            rows = rows.with_columns(**_most_probable(emotion, told))
        _keep(build, rows, measured_by)
        files.clear()
    total = build.warehouse.count(build.recipe.table)
    build.warehouse.mark_built(build.recipe.table, build.versions[WHOLE], build.run_id, total)
    build.note(WHOLE, total)
    return {"texts_measured": texts.height, "measured_by": measured_by}


def _classifiers(settings: Settings) -> tuple[Labels | None, Labels | None]:
    """Of sentiment and of emotion, where they are chosen."""
    feeling = emotion = None
    if settings.sentiment != VADER:
        feeling = classifier_labels(settings.sentiment, settings.encoders)
        sentiment.polarity(feeling.names)
    if settings.emotion != NO_EMOTION:
        emotion = classifier_labels(settings.emotion, settings.encoders)
    return feeling, emotion


def _measured_by(feeling: Labels | None, emotion: Labels | None) -> str:
    parts = [
        _MEASURES,
        version("py3langid"),
        feeling.classifier_id if feeling else vader.vader_id(),
        emotion.classifier_id if emotion else NO_EMOTION,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _measured(
    build: Build, texts: pl.DataFrame, files: RowFiles, *, with_vader: bool
) -> pl.DataFrame:
    """The rows of the texts, in their order, batch by batch through the files."""
    todo = texts.filter(~pl.col("content_hash").is_in(files.hashes().implode()))
    progress = Progress(
        "texts",
        todo.height,
        float(todo["work"].sum()),
        lambda line: build.log(f"{build.recipe.table}: {line}"),
    )
    for batch in todo.iter_slices(AT_ONCE):
        files.add_rows(measure(batch, with_vader=with_vader))
        progress.done(batch.height, float(batch["work"].sum()))
    return files.read(texts["content_hash"])


def measure(batch: pl.DataFrame, *, with_vader: bool) -> pl.DataFrame:
    """Columns of content.texts but measured_by, of texts given as content_hash and item."""
    rows = (
        batch.select("content_hash", text="item")
        .with_columns(plain=marks.plain(pl.col("text")))
        .with_columns(style.counts())
        .with_columns(style.lix(), style.calls_to_action(vocabulary.calls_to_action()))
    )
    rows = _with_language(rows)
    columns = [c for c in TABLES["content.texts"].columns if c != "measured_by"]
    empty = {c: pl.lit(None, dtype=pl.String) for c in ("sentiment_label", "sentiment_model")}
    empty |= {"emotion": pl.lit(None, dtype=pl.String)}
    empty |= {c: pl.lit(None, dtype=pl.Float64) for c in ("sentiment", "emotion_score")}
    rows = rows.with_columns(**empty)
    return (_with_vader(rows) if with_vader else rows).select(columns)


def _with_language(rows: pl.DataFrame) -> pl.DataFrame:
    readable = rows.select("content_hash", read=language.to_read()).drop_nulls()
    found = detection.detect_languages(readable["read"].to_list())
    detected = pl.DataFrame(
        {
            "content_hash": readable["content_hash"],
            "language": pl.Series([name for name, _ in found], dtype=pl.String),
            "language_confidence": pl.Series([sure for _, sure in found], dtype=pl.Float64),
        }
    )
    known = language.known(pl.col("language"), pl.col("language_confidence"))
    return rows.join(
        detected.with_columns(language=known), on="content_hash", how="left", maintain_order="left"
    )


def _with_vader(rows: pl.DataFrame) -> pl.DataFrame:
    said = rows.select(sentiment.readable()).to_series()
    scores = pl.Series(vader.compound_scores(said.to_list()), dtype=pl.Float64)
    rows = rows.with_columns(score=scores).with_columns(
        sentiment=sentiment.by_lexicon(pl.col("language"), pl.col("score"))
    )
    has_one = pl.col("sentiment").is_not_null()
    return rows.with_columns(
        sentiment_label=sentiment.label(pl.col("sentiment")),
        sentiment_model=pl.when(has_one).then(pl.lit(vader.vader_id())),
    )


def classify(
    build: Build, name: str, labels: Labels, texts: pl.DataFrame, *, several: bool = False
) -> NDArray[np.float32]:
    """What a classifier says of texts, one row each in their order; kept as vectors are."""
    settings = build.settings
    prepared = hashlib.sha256(str(marks.NAMELESS).encode()).hexdigest()[:8]
    files = VectorFiles(settings.artifacts, f"{labels.classifier_id}-{prepared}")
    contents = Contents("texts", texts.with_columns(item=marks.nameless(pl.col("item"))))

    def load() -> Encode:
        found = load_classifier(name, settings.encoders, settings.device, several=several)
        return found.probabilities

    table = build.recipe.table
    embed(contents, files, load, lambda line: build.log(f"{table}, {name}: {line}"))
    told = files.read(texts["content_hash"])
    ordered = texts.select("content_hash").join(told, on="content_hash", maintain_order="left")
    return ordered["vector"].to_numpy()


def _most_probable(labels: Labels, probabilities: NDArray[np.float32]) -> dict[str, pl.Series]:
    names = pl.Series(labels.names, dtype=pl.String)
    return {
        "emotion": names.gather(probabilities.argmax(axis=1)),
        "emotion_score": pl.Series(probabilities.max(axis=1), dtype=pl.Float64),
    }


def _keep(build: Build, rows: pl.DataFrame, measured_by: str) -> None:
    """Add the rows; where the table was measured in another way they are all, and replace it."""
    ways = build.warehouse.query("content.texts_measured_by")["measured_by"]
    if set(ways) - {measured_by}:
        build.warehouse.replace(build.recipe.table, rows, build.versions, run_id=build.run_id)
    else:
        build.warehouse.append(build.recipe.table, rows)
