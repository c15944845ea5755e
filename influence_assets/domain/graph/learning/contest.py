"""Which way of learning best predicts a label of profiles that were not there to learn from.

Each method learns on the same networks without the cold profiles, and predicts the same ones.
While learning nothing is known of a cold profile, neither its label nor its ties: inputs are
scaled, vectors walked and models fitted on the rest. Then its ties to the rest are there, and it is
predicted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from influence_assets.domain.graph.learning.methods import (
    BASELINE,
    METHODS,
    Labels,
    Learners,
    predicted,
    prepared,
)
from influence_assets.domain.graph.learning.sampling import Floats, cold_folds
from influence_assets.domain.graph.learning.scores import class_scores, number_scores
from influence_assets.domain.graph.ties import Network, directed

MIN_LABELLED = 50


@dataclass(frozen=True)
class Contest:
    """How it is held.

    Attributes:
        folds: each labelled profile is cold in one of them.
        seed: of the folds, the draws and the fits.
        learners: how each method learns.
    """

    folds: int = 5
    seed: int = 7
    learners: Learners = field(default_factory=Learners)


def contest(
    ties: pl.DataFrame,
    labels: pl.DataFrame,
    how: Contest = Contest(),
    tell: Callable[[str], None] = lambda _: None,
) -> pl.DataFrame:
    """Every method on the same cold profiles.

    Args:
        ties: of the network.
        labels: profile_id, once each, and label: a number, scored as it is, or a text, which
            is a class. Profiles without a tie are left out.
        how: see there.
        tell: is told of each step.

    Returns:
        A row for each method and metric: method, metric, value, ci_low, ci_high (95 %, from draws
        of cold profiles) and seconds of the method for all folds, its inputs included.
        Metrics of numbers are spearman, mae and rmse; of classes accuracy and macro_f1.
        A constant has no rank correlation: NULL.

    Raises:
        ValueError: too few labels, all alike, or a class with fewer profiles than folds.
    """
    network = directed(ties)
    known = _numbered(network, labels, how.folds)
    strata = known.values.astype(np.int64) if known.classes else np.zeros_like(known.nodes)
    fold_of = cold_folds(strata, how.folds, how.seed)
    found = {name: np.zeros(len(known.nodes)) for name in METHODS}
    seconds = dict.fromkeys(METHODS, 0.0)
    for number in range(how.folds):
        cold = fold_of == number
        tell(f"part {number + 1} of {how.folds}: {cold.sum():,} of {len(cold):,} profiles are cold")
        rest = Labels(known.nodes[~cold], known.values[~cold], known.classes)
        fold = prepared(network, rest, known.nodes[cold], how.seed, how.learners.walks)
        for name, kinds in METHODS.items():
            started = time.perf_counter()
            found[name][cold] = predicted(name, fold, how.seed, how.learners)
            took = time.perf_counter() - started + sum(fold.inputs[k].seconds for k in kinds)
            seconds[name] += took
            tell(f"part {number + 1} of {how.folds}: {name}, {took:.1f} s")
    if not known.classes:
        # One mean for all parts: several would order the pooled profiles, and a constant must not.
        found[BASELINE][:] = found[BASELINE].mean()
    return pl.DataFrame(
        list(_rows(known, found, seconds, how.seed)),
        schema_overrides=dict.fromkeys(("value", "ci_low", "ci_high"), pl.Float64),
    ).with_columns(pl.col("value", "ci_low", "ci_high").fill_nan(None))


def _numbered(network: Network, labels: pl.DataFrame, folds: int) -> Labels:
    """The labels of profiles in the network, by number of profile and of class."""
    nodes = pl.DataFrame({"profile_id": network.names}).with_row_index("node")
    own = nodes.join(labels.drop_nulls("label"), on="profile_id", how="inner").sort("node")
    if own.height < MIN_LABELLED:
        raise ValueError(
            f"{own.height} profiles with a tie have a label: at least {MIN_LABELLED} are needed"
        )
    counts = own["label"].value_counts().sort("count", "label")
    if counts.height < 2:
        raise ValueError(f"all {own.height} labels are alike")
    numbers = own["node"].to_numpy().astype(np.int64)
    if own["label"].dtype != pl.String:
        return Labels(numbers, own["label"].cast(pl.Float64).to_numpy(), ())
    if counts["count"][0] < folds:
        raise ValueError(
            f"the class '{counts['label'][0]}' has {counts['count'][0]} profiles: fewer than the "
            f"{folds} parts"
        )
    classes = tuple(counts["label"].sort())
    codes = own["label"].cast(pl.Enum(classes)).to_physical().to_numpy().astype(np.float64)
    return Labels(numbers, codes, classes)


def _rows(
    known: Labels, found: dict[str, Floats], seconds: dict[str, float], seed: int
) -> Iterator[dict[str, object]]:
    for name, values in found.items():
        scores = (
            class_scores(
                known.values.astype(np.int64), values.astype(np.int64), len(known.classes), seed
            )
            if known.classes
            else number_scores(known.values, values, seed)
        )
        for metric, score in scores.items():
            yield {
                "method": name,
                "metric": metric,
                "value": score.value,
                "ci_low": score.low,
                "ci_high": score.high,
                "seconds": seconds[name],
            }
