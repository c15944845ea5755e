"""GraphSAGE: what it computes against dense arrays, and what it can and cannot learn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.linear_model import LogisticRegression

from influence_assets.domain.graph.learning import sage
from influence_assets.domain.graph.learning.sampling import neighbours, without
from influence_assets.domain.graph.ties import Network, directed
from influence_assets_tests.domain.graph.making import random_ties

from .making import dense, grouped

F32 = npt.NDArray[np.float32]
QUICK = sage.SageSettings(hidden=16, epochs=20, patience=5)


def random_model(inputs: int, hidden: int, outputs: int) -> sage.Sage:
    rng = np.random.default_rng(4)

    def layer(rows: int, columns: int) -> sage.Layer:
        weight = rng.normal(size=(rows, columns)) / np.sqrt(columns)
        return weight.astype(np.float32), rng.normal(size=rows).astype(np.float32)

    return sage.Sage((layer(hidden, 3 * inputs), layer(hidden, 3 * hidden), layer(outputs, hidden)))


def by_hand(model: sage.Sage, table: npt.NDArray[np.float64], values: F32) -> list[list[float]]:
    """Node by node: itself, the mean of those with ties to it, the mean of those it has ties to."""
    told = [np.asarray(v, np.float64) for v in values]
    for weight, bias in model.layers[:2]:
        now = []
        for node in range(len(table)):
            sides = [
                np.average(told, axis=0, weights=w) if w.any() else np.zeros_like(told[0])
                for w in (table[:, node], table[node])
            ]
            now.append(np.maximum(weight @ np.concatenate([told[node], *sides]) + bias, 0))
        told = now
    weight, bias = model.layers[2]
    return [list(weight @ each + bias) for each in told]


def network_and_values() -> tuple[Network, F32]:
    network = directed(random_ties(40, 150))
    values = np.random.default_rng(5).normal(size=(len(network.names), 3))
    return network, values.astype(np.float32)


def test_predictions_are_those_of_dense_arrays() -> None:
    network, values = network_and_values()
    model = random_model(3, 8, 2)
    expected = np.array(by_hand(model, dense(network), values))
    assert model.predict(network, values) == pytest.approx(expected, abs=1e-4)


def test_drawn_neighbours_give_nearly_the_same() -> None:
    import torch

    network, values = network_and_values()
    model = random_model(3, 8, 2)
    layers = sage._layers(torch, 3, 8, 2)
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, model.layers, strict=True):
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.copy_(torch.from_numpy(bias))
    padded = torch.from_numpy(np.vstack([values, np.zeros((1, 3), np.float32)]))
    how = sage.SageSettings(fanouts=(1_000, 1_000), dropout=0.0)
    sides = [neighbours(network, side) for side in sage.SIDES]
    nodes = np.random.default_rng(2).permutation(len(values))
    found = sage._sampled(torch, layers, sides, padded, nodes, how, np.random.default_rng(1))
    expected = model.predict(network, values)[nodes]
    assert found.detach().numpy() == pytest.approx(expected, abs=0.08)
    assert np.ptp(expected, axis=0).min() > 0.5


def noisy_groups() -> tuple[Network, F32, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Each profile is told its group under so much noise that it takes neighbours to tell it."""
    ties, group = grouped(400, 8_000)
    rng = np.random.default_rng(6)
    values = rng.normal(size=(400, 2)) * 2
    values[:, 0] += group
    cold = rng.random(400) < 0.25
    return directed(ties), values.astype(np.float32), group, cold


def test_it_learns_what_takes_neighbours_and_tells_it_of_cold_profiles() -> None:
    network, values, group, cold = noisy_groups()
    warm = np.flatnonzero(~cold)
    model = sage.fit(without(network, cold), values, warm, group[warm], 2, 1, QUICK)
    found = model.predict(network, values)[cold].argmax(axis=1)
    alone = LogisticRegression().fit(values[warm], group[warm]).score(values[cold], group[cold])
    assert alone < 0.7
    assert (found == group[cold]).mean() > 0.85


def test_it_learns_a_number_from_one_side_alone() -> None:
    # The number is the mean over those with ties to it; the other side tells nothing.
    network, values, _, cold = noisy_groups()
    table = dense(network)
    number = table.T @ values[:, 1] / np.maximum(table.sum(axis=0), 1)
    number /= number.std()
    warm = np.flatnonzero(~cold)
    model = sage.fit(without(network, cold), values, warm, number[warm], 0, 1, QUICK)
    found = model.predict(network, values)[:, 0]
    assert np.corrcoef(found[cold], number[cold])[0, 1] > 0.85


def test_the_same_seed_gives_the_same_model() -> None:
    network, values, group, _ = noisy_groups()
    nodes = np.arange(100)

    def weights(seed: int) -> F32:
        how = sage.SageSettings(hidden=4, epochs=2)
        return sage.fit(network, values, nodes, group[:100], 2, seed, how).layers[0][0]

    assert (weights(1) == weights(1)).all()
    assert (weights(1) != weights(2)).any()
