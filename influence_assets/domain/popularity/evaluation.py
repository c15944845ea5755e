"""How good the model is, beside rules of thumb, under honest protocols.

Belongs here: run the folds, pool their predictions, score them. The protocols are in
`splits`, the scores in `metrics`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.contracts.models import Evaluations
from influence_assets.domain.popularity.baselines import BASELINES, author_baselines, filled
from influence_assets.domain.popularity.metrics import DRAWS, clusters, scores
from influence_assets.domain.popularity.model import ALGORITHMS, fit
from influence_assets.domain.popularity.prepare import DEFAULT_MATURITY
from influence_assets.domain.popularity.splits import Fold, SkippedError, folds
from influence_assets.domain.popularity.trees import Hyperparameters, Trees

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """How the evaluation is run.

    Attributes:
        maturity: how long after publication a label becomes known; as for the features.
        seed: of the fits, the bootstrap and the random split.
        threads: CPU threads of the fits.
        draws: resamples of the bootstrap.
        hyper: parameters of the fits.
    """

    maturity: timedelta = DEFAULT_MATURITY
    seed: int = 7
    threads: int = 2
    draws: int = DRAWS
    hyper: Hyperparameters = field(default_factory=Hyperparameters)


@dataclass(frozen=True)
class Evaluation:
    """Scores, what they rest on, and what could not be scored.

    Attributes:
        scores: one row a predictor, protocol and metric; columns of `models.evaluations`.
        predictions: one row a test post, predictor and protocol: protocol, post_id,
            algorithm, predicted, observed (both log1p units).
        skipped: reason by protocol that was asked for and not run.
        bootstrap_clusters: "author" or "week" by protocol that was run: what the intervals draw.
        trees: numbers of trees that protocol T settled on; None where it was not run.
    """

    scores: pl.DataFrame
    predictions: pl.DataFrame
    skipped: dict[str, str]
    bootstrap_clusters: dict[str, str]
    trees: Trees | None


@dataclass(frozen=True)
class _Tested:
    """Pooled test rows of a protocol."""

    rows: npt.NDArray[np.int64]
    predicted: dict[str, F64]
    train_rows: int
    copies_left_out: int
    trees: Trees


def evaluate(
    features: pl.DataFrame,
    embeddings: F32 | None = None,
    *,
    copies: pl.Series | None = None,
    protocols: Sequence[str] = ("T", "C"),
    random_split: bool = False,
    settings: Settings = Settings(),
) -> Evaluation:
    """Score XGBoost, CatBoost, their mean and the baselines under each protocol.

    A test post's features use every label that had matured when it was published, also those
    of test posts before it: so would a platform's.

    The numbers of trees that T finds serve the folds of C as well: both learn from posts before
    the same moment only, and C's many fits need no search of their own.

    Args:
        features: one platform and target, as `features.build_features` gives them, made with the
            same maturity.
        embeddings: of the texts, aligned with `features`, or None.
        copies: group of copies of each post, aligned with `features`, NULL of one without; None
            where nobody looked. Training leaves out copies of test posts; nothing else reads it.
        protocols: of T and C (see `splits`).
        random_split: add R, a random split, to tell how much it flatters.
        settings: see there.

    Returns:
        Scores; a protocol that cannot be run has a reason in `skipped` and no rows. train_rows
        and copies_left_out are means over the folds where there are several.

    Raises:
        ValueError: several platforms or targets, or no such protocol.
    """
    named = features.select("platform", "target").unique()
    if named.height > 1:
        raise ValueError("features must be of one platform and one target")
    skipped: dict[str, str] = {}
    parts: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    drawn: dict[str, str] = {}
    trees: Trees | None = None
    for protocol in (*protocols, *(["R"] if random_split else [])):
        try:
            parted = folds(protocol, features, settings.maturity, settings.seed, copies)
        except SkippedError as reason:
            skipped[protocol] = str(reason)
            continue
        tested = _run(features, embeddings, parted, settings, trees if protocol == "C" else None)
        trees = tested.trees if protocol == "T" else trees
        posts = features[tested.rows]
        drawn[protocol] = clusters(posts).kind
        parts.append(
            (_scored(protocol, posts, tested, settings), _predictions(protocol, posts, tested))
        )
    return Evaluation(
        pl.concat([_NO_SCORES, *(s for s, _ in parts)]),
        pl.concat([_NO_PREDICTIONS, *(p for _, p in parts)]),
        skipped,
        drawn,
        trees,
    )


_NO_SCORES = Evaluations.create_empty()
_NO_PREDICTIONS = pl.DataFrame(
    schema={
        "protocol": pl.String,
        "post_id": pl.String,
        "algorithm": pl.String,
        "predicted": pl.Float64,
        "observed": pl.Float64,
    }
)


def _run(
    features: pl.DataFrame,
    embeddings: F32 | None,
    parted: list[Fold],
    settings: Settings,
    trees: Trees | None,
) -> _Tested:
    rows, train_rows, means = [], [], []
    predicted: dict[str, list[F64]] = {name: [] for name in ALGORITHMS}
    for fold in parted:
        train, test = np.flatnonzero(fold.train), np.flatnonzero(fold.test)
        model = fit(
            features[train],
            None if embeddings is None else embeddings[train],
            settings.seed,
            settings.threads,
            maturity=settings.maturity,
            hyper=settings.hyper,
            trees=trees,
        )
        by_model = model.predict(features[test], None if embeddings is None else embeddings[test])
        for name, values in by_model.items():
            predicted[name].append(values)
        rows.append(test)
        train_rows.append(len(train))
        means.append(float(np.log1p(features[train]["outcome"].to_numpy()).mean()))
    pooled = {name: np.concatenate(values) for name, values in predicted.items()}
    tested = np.concatenate(rows)
    # One mean for all folds: five would order the pooled posts, and a constant must not.
    simple = filled(author_baselines(features, settings.maturity)[tested], float(np.mean(means)))
    left_out = round(float(np.mean([fold.copies_left_out for fold in parted])))
    return _Tested(
        tested, pooled | simple, round(float(np.mean(train_rows))), left_out, model.trees
    )


def _scored(
    protocol: str, posts: pl.DataFrame, tested: _Tested, settings: Settings
) -> pl.DataFrame:
    observed = posts["outcome"].log1p().to_numpy()
    by = clusters(posts)
    same = {
        "platform": posts["platform"][0],
        "target": posts["target"][0],
        "protocol": protocol,
        "maturity_hours": settings.maturity / timedelta(hours=1),
        "train_rows": tested.train_rows,
        "copies_left_out": tested.copies_left_out,
        "test_rows": posts.height,
        "test_authors": posts["profile_id"].n_unique(),
    }
    rows = [
        same
        | {"algorithm": name, "is_baseline": name in BASELINES, "metric": metric}
        | {"value": score.value, "ci_low": score.low, "ci_high": score.high}
        for name, predicted in tested.predicted.items()
        for metric, score in scores(observed, predicted, by, settings.draws, settings.seed).items()
    ]
    frame = pl.DataFrame(rows, schema_overrides=dict(_NO_SCORES.schema))
    return frame.select(_NO_SCORES.columns).with_columns(
        pl.col("value", "ci_low", "ci_high").fill_nan(None)
    )


def _predictions(protocol: str, posts: pl.DataFrame, tested: _Tested) -> pl.DataFrame:
    observed = posts.select("post_id", pl.col("outcome").log1p().alias("observed"))
    return pl.concat(
        observed.with_columns(
            protocol=pl.lit(protocol), algorithm=pl.lit(name), predicted=pl.Series(values)
        ).select(_NO_PREDICTIONS.columns)
        for name, values in tested.predicted.items()
    )
