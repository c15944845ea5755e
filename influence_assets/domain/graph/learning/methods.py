"""What is compared: which inputs each method has, and how it learns and predicts."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from influence_assets.domain.graph.learning import sage
from influence_assets.domain.graph.learning.features import (
    MEASURES,
    Standard,
    mean_vectors,
    places,
)
from influence_assets.domain.graph.learning.sampling import Floats, Ints, joined, split, without
from influence_assets.domain.graph.learning.walks import Node2Vec, node_vectors
from influence_assets.domain.graph.ties import Network
from influence_assets.domain.popularity.trees import Hyperparameters, Trial, fit_xgboost

METHODS: dict[str, tuple[str, ...]] = {
    "mean or majority": (),
    "in-degree": ("in-degree",),
    "trees on centralities": ("centralities",),
    "trees on node2vec": ("node2vec",),
    "trees on both": ("centralities", "node2vec"),
    "GraphSAGE": ("centralities",),
    "GraphSAGE with node2vec": ("centralities", "node2vec"),
}
"""Names of the methods, and the inputs that each has."""

BASELINE = "mean or majority"


@dataclass(frozen=True)
class Learners:
    """How each method learns. The defaults were set by judgement, not by a search."""

    walks: Node2Vec = field(default_factory=Node2Vec)
    sage: sage.SageSettings = field(default_factory=sage.SageSettings)
    trees: Hyperparameters = field(
        default_factory=lambda: Hyperparameters(
            learning_rate=0.1, max_trees=400, min_trees=40, patience=20
        )
    )


@dataclass(frozen=True)
class Labels:
    """What is known of some nodes.

    Attributes:
        nodes: their numbers, in order.
        values: a number, or a class from 0, of each.
        classes: names of the classes; none where values are numbers.
    """

    nodes: Ints
    values: Floats
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Inputs:
    """One kind of input of every node, shape (nodes, columns).

    Attributes:
        learning: from the network without the cold profiles.
        asked: the same, with rows of the cold profiles from the network that they joined.
        seconds: that it took.
    """

    learning: Floats
    asked: Floats
    seconds: float


@dataclass(frozen=True)
class Fold:
    """One part of the contest: what is learnt from, and who is asked about.

    Attributes:
        learning: the network without the cold profiles' ties.
        asked: the network that the cold profiles have joined.
        known: labels of profiles that are not cold.
        cold: numbers of the profiles to predict.
        inputs: by kind.
    """

    learning: Network
    asked: Network
    known: Labels
    cold: Ints
    inputs: dict[str, Inputs]


def prepared(network: Network, known: Labels, cold: Ints, seed: int, how: Node2Vec) -> Fold:
    """A fold with the inputs of its nodes."""
    is_cold = np.zeros(len(network.names), bool)
    is_cold[cold] = True
    learning, asked = without(network, is_cold), joined(network, is_cold)
    started = time.perf_counter()
    own = places(learning, seed)
    new = np.where(is_cold[:, None], places(asked, seed), own)
    placed = time.perf_counter()
    vectors = node_vectors(learning, seed, how)
    near = mean_vectors(learning, vectors, ~is_cold)
    met = np.where(is_cold[:, None], mean_vectors(asked, vectors, ~is_cold), near)
    walked = time.perf_counter()
    one = MEASURES.index("in_degree")
    inputs = {
        "in-degree": Inputs(own[:, [one]], new[:, [one]], 0.0),
        "centralities": Inputs(own, new, placed - started),
        "node2vec": Inputs(near, met, walked - placed),
    }
    return Fold(learning, asked, known, cold, inputs)


def predicted(name: str, fold: Fold, seed: int, how: Learners) -> Floats:
    """What the method says of the cold profiles: a number, or a class from 0, of each."""
    labels, classes = fold.known.values, len(fold.known.classes)
    if name == BASELINE:
        plain = np.bincount(labels.astype(np.int64)).argmax() if classes else labels.mean()
        return np.full(len(fold.cold), float(plain))
    learning, asked = _scaled(fold, METHODS[name])
    scale = Standard(np.zeros(1), np.ones(1)) if classes else Standard.of(labels[:, None])
    target = scale(labels[:, None])[:, 0].astype(np.float64)
    learn = _sage if name.startswith("GraphSAGE") else _trees
    found = learn(fold, learning, asked, target, seed, how).astype(np.float64)
    return found.argmax(axis=1).astype(np.float64) if classes else scale.back(found)


def _scaled(fold: Fold, kinds: tuple[str, ...]) -> tuple[sage.F32, sage.F32]:
    """Inputs side by side, standardised on the profiles that are learnt from."""
    learning = np.hstack([fold.inputs[kind].learning for kind in kinds])
    asked = np.hstack([fold.inputs[kind].asked for kind in kinds])
    standard = Standard.of(learning[fold.known.nodes])
    return standard(learning), standard(asked)


def _sage(
    fold: Fold, learning: sage.F32, asked: sage.F32, target: Floats, seed: int, how: Learners
) -> sage.F32:
    nodes, classes = fold.known.nodes, len(fold.known.classes)
    model = sage.fit(fold.learning, learning, nodes, target, classes, seed, how.sage)
    found = model.predict(fold.asked, asked)[fold.cold]
    return found if classes else found[:, 0]


def _trees(
    fold: Fold, learning: sage.F32, asked: sage.F32, target: Floats, seed: int, how: Learners
) -> sage.F32:
    import xgboost as xgb

    nodes, classes = fold.known.nodes, len(fold.known.classes)
    names = [f"x{i}" for i in range(learning.shape[1])]
    trial = Trial(*split(len(nodes), seed))
    model = fit_xgboost(learning[nodes], target, names, trial, how.trees, seed, 1, classes)
    return np.asarray(model.predict(xgb.DMatrix(asked[fold.cold], feature_names=names, nthread=1)))
