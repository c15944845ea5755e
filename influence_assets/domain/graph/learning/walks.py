"""Vectors of nodes by walks and skip-gram: node2vec (Grover and Leskovec 2016).

Walks follow ties in both directions, by weight. All walkers take each step at once; the
second-order bias is met by rejection (as in KnightKing, Yang et al. 2019), so that nothing is
tabled for pairs of nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from influence_assets.domain.graph.learning.sampling import Floats, Ints, Neighbours, neighbours
from influence_assets.domain.graph.learning.training import seeded_torch
from influence_assets.domain.graph.ties import Network

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Node2Vec:
    """How vectors are learnt. The defaults were set by judgement, not by a search.

    Attributes:
        dimensions: of a vector.
        walks: that start at each node.
        length: nodes of a walk, its start included.
        window: nodes on each side of a node in a walk that it shall predict.
        back (p): larger makes a return to the node before less likely.
        away (q): smaller makes steps to nodes that are not tied to the node before more likely.
        negatives: nodes at random beside each true one; drawn by visits to the power of 3/4.
        epochs: passes over all walks.
        steps: at least; a small network is passed over more often.
        batch: walks of one step.
        learning_rate: of Adam, for the rows that a step touches.
    """

    dimensions: int = 64
    walks: int = 10
    length: int = 20
    window: int = 5
    back: float = 1.0
    away: float = 0.5
    negatives: int = 5
    epochs: int = 2
    steps: int = 500
    batch: int = 64
    learning_rate: float = 0.01


NEGATIVES_SHARED = 256
"""Nodes drawn once for a step and set against each node of it; their mean is weighted so
that each true pair is set against `negatives` of them in expectation."""


def node_vectors(network: Network, seed: int, how: Node2Vec = Node2Vec()) -> Floats:
    """A vector for each node, shape (nodes, dimensions); 0 for a node without a tie."""
    sides, rng = neighbours(network, "both"), np.random.default_rng(seed)
    tied = np.flatnonzero(np.diff(sides.starts))
    vectors = np.zeros((len(network.names), how.dimensions))
    if not len(tied):
        return vectors
    # Numbers without gaps: a node that no walk meets needs no row.
    starts = np.tile(tied, how.walks)
    walked = np.searchsorted(tied, biased_walks(sides, starts, how, rng))
    vectors[tied] = skip_gram(walked, len(tied), seed, how)
    return vectors


def biased_walks(sides: Neighbours, starts: Ints, how: Node2Vec, rng: np.random.Generator) -> Ints:
    """Walks of second order, shape (starts, length); ties go both ways, each start has one."""
    found = np.empty((len(starts), how.length), np.int64)
    found[:, 0] = starts
    for step in range(1, how.length):
        here = found[:, step - 1]
        found[:, step] = (
            sides.draw(here, 1, rng)[:, 0]
            if step == 1
            else _step(sides, found[:, step - 2], here, how, rng)
        )
    return found


def _step(
    sides: Neighbours, before: Ints, here: Ints, how: Node2Vec, rng: np.random.Generator
) -> Ints:
    """Where each walker goes next: proposed by weight, accepted by the bias of p and q."""
    found = np.empty_like(here)
    waiting = np.arange(len(here))
    highest = max(1 / how.back, 1.0, 1 / how.away)
    while len(waiting):
        there, last = sides.draw(here[waiting], 1, rng)[:, 0], before[waiting]
        bias = np.where(sides.has(last, there), 1.0, 1 / how.away)
        bias[there == last] = 1 / how.back
        accepted = rng.random(len(waiting)) * highest < bias
        found[waiting[accepted]] = there[accepted]
        waiting = waiting[~accepted]
    return found


def skip_gram(walked: Ints, nodes: int, seed: int, how: Node2Vec) -> npt.NDArray[np.float32]:
    """Vectors that predict who is near in a walk (Mikolov et al. 2013, negative sampling)."""
    rng = np.random.default_rng(seed)
    chance = np.cumsum(np.bincount(walked.ravel(), minlength=nodes) ** 0.75)
    with seeded_torch(seed) as torch:
        near = torch.from_numpy(_window(walked.shape[1], how.window))
        centre = torch.nn.Embedding(nodes, how.dimensions, sparse=True)
        context = torch.nn.Embedding(nodes, how.dimensions, sparse=True)
        torch.nn.init.uniform_(centre.weight, -0.5 / how.dimensions, 0.5 / how.dimensions)
        torch.nn.init.zeros_(context.weight)
        adam = torch.optim.SparseAdam([centre.weight, context.weight], lr=how.learning_rate)
        for _ in range(max(how.epochs, how.steps * how.batch // len(walked))):
            order = rng.permutation(len(walked))
            for i in range(0, len(order), how.batch):
                batch = torch.from_numpy(walked[order[i : i + how.batch]])
                at = rng.random(NEGATIVES_SHARED) * chance[-1]
                others = torch.from_numpy(np.searchsorted(chance, at, side="right"))
                adam.zero_grad()
                _loss(torch, centre, context, batch, others, near, how.negatives).backward()
                adam.step()
        return np.asarray(centre.weight.detach().numpy())


def _window(length: int, window: int) -> npt.NDArray[np.float32]:
    """1 for pairs of places in a walk that are in one window, shape (length, length)."""
    apart = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
    return ((apart > 0) & (apart <= window)).astype(np.float32)


def _loss(
    torch: Any,
    centre: Any,
    context: Any,
    batch: Tensor,
    others: Tensor,
    near: Tensor,
    negatives: int,
) -> Tensor:
    """Mean loss of a true pair with its negatives."""
    log_sigmoid = torch.nn.functional.logsigmoid
    own = centre(batch)
    true = log_sigmoid(own @ context(batch).transpose(1, 2)) * near
    false = log_sigmoid(-(own @ context(others).T)).mean(dim=2) * near.sum(dim=1)
    return -(true.sum() + negatives * false.sum()) / (near.sum() * len(batch))
