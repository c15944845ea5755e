"""GraphSAGE (Hamilton, Ying, Leskovec 2017): a node told by itself and by means of neighbours.

Two layers with the mean aggregator and a linear end. Ties to a node and ties from it are
told apart, and weights say how often a neighbour is drawn. Training draws neighbours for
mini-batches; predictions take the weighted mean of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from influence_assets.domain.graph.learning.sampling import (
    NOBODY,
    Ints,
    Neighbours,
    Side,
    means,
    neighbours,
    split,
)
from influence_assets.domain.graph.learning.training import seeded_torch
from influence_assets.domain.graph.ties import Network

if TYPE_CHECKING:
    from torch import Tensor

F32 = npt.NDArray[np.float32]
Layer = tuple[F32, F32]
"""Weights, shape (outputs, inputs), and biases."""

LEAST_STEPS = 8

SIDES: tuple[Side, Side] = ("in", "out")


@dataclass(frozen=True)
class SageSettings:
    """How it is trained. The defaults were set by judgement, not by a search.

    Attributes:
        hidden: values of a node after each of the two layers.
        fanouts: neighbours drawn on each side, by the second layer and by the first.
        batch: training nodes of one step at most; a pass has LEAST_STEPS at least.
        learning_rate, weight_decay: of Adam.
        dropout: share of a layer's values left out while training.
        epochs: passes over the training nodes at most.
        patience: passes without a lower validation loss after which it stops.
    """

    hidden: int = 64
    fanouts: tuple[int, int] = (10, 5)
    batch: int = 512
    learning_rate: float = 0.01
    weight_decay: float = 1e-4
    dropout: float = 0.2
    epochs: int = 60
    patience: int = 8


@dataclass(frozen=True)
class Sage:
    """A trained model: three layers as plain arrays; it can be asked without torch."""

    layers: tuple[Layer, Layer, Layer]

    def predict(self, network: Network, values: F32) -> F32:
        """Outputs of each node of any network, from all its neighbours, shape (nodes, outputs).

        Args:
            network: the ties to look along.
            values: inputs of each node, shape (nodes, inputs).
        """
        return forward(self.layers, [means(network, s).astype(np.float32) for s in SIDES], values)


def forward(layers: Sequence[Layer], sides: Sequence[Any], values: F32) -> F32:
    """The outputs from all neighbours; `sides` take values to the neighbours' means."""
    for weight, bias in layers[:2]:
        told = np.concatenate([values, *(side @ values for side in sides)], axis=1)
        values = np.maximum(told @ weight.T + bias, 0)
    weight, bias = layers[2]
    return values @ weight.T + bias


def fit(
    network: Network,
    values: F32,
    nodes: Ints,
    labels: npt.NDArray[Any],
    classes: int,
    seed: int,
    how: SageSettings = SageSettings(),
) -> Sage:
    """Train on some nodes of a network; a part of them tells when to stop.

    Args:
        network: without the cold profiles and their ties.
        values: inputs of every node of it, shape (nodes, inputs).
        nodes: those with a label, by number.
        labels: of these nodes: a number with spread about 1, or a class from 0.
        classes: how many there are; 0 where labels are numbers. The loss is cross-entropy,
            for numbers Huber's.
        seed: of the first weights, the order, the draws and the validation part.
        how: see there.
    """
    fitting, stopping = split(len(nodes), seed)
    sides = [neighbours(network, side) for side in SIDES]
    whole = [means(network, side).astype(np.float32) for side in SIDES]
    rng = np.random.default_rng(seed)
    steps_a_pass = min(len(fitting), max(LEAST_STEPS, -(-len(fitting) // how.batch)))
    with seeded_torch(seed) as torch:
        padded = torch.from_numpy(np.vstack([values, np.zeros_like(values[:1])]))
        target = torch.as_tensor(labels).to(torch.int64 if classes else torch.float32)
        loss = torch.nn.functional.cross_entropy if classes else _huber
        model = _layers(torch, values.shape[1], how.hidden, max(classes, 1))
        adam = torch.optim.Adam(
            model.parameters(), lr=how.learning_rate, weight_decay=how.weight_decay
        )
        best, lowest, since = _arrays(model), np.inf, 0
        for _ in range(how.epochs):
            for batch in np.array_split(rng.permutation(fitting), steps_a_pass):
                adam.zero_grad()
                found = _sampled(torch, model, sides, padded, nodes[batch], how, rng)
                loss(found, target[batch]).backward()
                adam.step()
            now = forward(_arrays(model), whole, values)[nodes[stopping]]
            value = float(loss(torch.from_numpy(now), target[stopping]))
            best, lowest, since = (
                (_arrays(model), value, 0) if value < lowest else (best, lowest, since + 1)
            )
            if since == how.patience:
                break
    return Sage(best)


def _huber(found: Tensor, target: Tensor) -> Tensor:
    import torch

    return torch.nn.functional.huber_loss(found[:, 0], target)


def _layers(torch: Any, inputs: int, hidden: int, outputs: int) -> Any:
    told = 1 + len(SIDES)
    return torch.nn.ModuleList(
        [
            torch.nn.Linear(told * inputs, hidden),
            torch.nn.Linear(told * hidden, hidden),
            torch.nn.Linear(hidden, outputs),
        ]
    )


def _arrays(model: Any) -> tuple[Layer, Layer, Layer]:
    first, second, last = (
        (layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy())
        for layer in model
    )
    return first, second, last


def _sampled(
    torch: Any,
    model: Any,
    sides: Sequence[Neighbours],
    padded: Tensor,
    nodes: Ints,
    how: SageSettings,
    rng: np.random.Generator,
) -> Tensor:
    """Outputs of a batch from drawn neighbours; the last row of `padded` is NOBODY's: 0."""

    def layer(number: int, own: Ints, drawn: list[Ints], of: Tensor) -> Tensor:
        told = [of[own], *(of[each].mean(dim=1) for each in drawn)]
        values = torch.relu(model[number](torch.cat(told, dim=1)))
        return torch.nn.functional.dropout(values, how.dropout)

    near = [side.draw(nodes, how.fanouts[0], rng) for side in sides]
    # Each node that the second layer looks at is computed once.
    needed, place = np.unique(
        np.concatenate([[NOBODY], nodes, *(n.ravel() for n in near)]), return_inverse=True
    )
    inner = needed[1:]
    far = [side.draw(inner, how.fanouts[1], rng) for side in sides]
    hidden = layer(0, inner, far, padded)
    hidden = torch.cat([torch.zeros_like(hidden[:1]), hidden])  # NOBODY's
    own, *drawn = np.split(place[1:], np.cumsum([len(nodes), *(n.size for n in near[:-1])]))
    shaped = [d.reshape(n.shape) for d, n in zip(drawn, near, strict=True)]
    return model[2](layer(1, own, shaped, hidden))
