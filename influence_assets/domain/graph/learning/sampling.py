"""Neighbours as arrays, draws from them, and profiles held out of the network.

A cold profile is absent from the network that is learnt from, and so are all its ties. When
it is predicted its ties to the others are there: the inductive setting of Hamilton, Ying and
Leskovec 2017. Ties between two cold profiles are in neither network: in use a new profile comes
to a known network, and not together with a fifth of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from influence_assets.domain.graph.ties import Network

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Side = Literal["out", "in", "both"]

NOBODY = -1
"""In the place of a neighbour, of a node that has none."""

VALIDATION_SHARE = 0.15


@dataclass(frozen=True)
class Neighbours:
    """Those at the other end of each node's ties, as compressed sparse rows.

    Attributes:
        starts: where a node's neighbours begin in `ends`, shape (nodes + 1,).
        ends: the neighbours, in their order for each node, shape (ties,).
        before: sum of the weights of all ties before this one, shape (ties + 1,).
        pairs: node and neighbour as one number, in order, shape (ties,).
    """

    starts: Ints
    ends: Ints
    before: Floats
    pairs: Ints

    def draw(self, nodes: Ints, size: int, rng: np.random.Generator) -> Ints:
        """Neighbours drawn with replacement by weight, shape (nodes, size); NOBODY where none.

        Drawn by weight, their plain mean estimates the weighted mean without bias.
        """
        found = np.full((len(nodes), size), NOBODY)
        some = np.flatnonzero(self.starts[nodes + 1] > self.starts[nodes])
        first, end = self.starts[nodes[some]][:, None], self.starts[nodes[some] + 1][:, None]
        low, high = self.before[first], self.before[end]
        at = low + (high - low) * rng.random((len(some), size))
        # Rounding may put a draw on the edge of another node's ties.
        place = np.clip(np.searchsorted(self.before, at, side="right") - 1, first, end - 1)
        found[some] = self.ends[place]
        return found

    def has(self, nodes: Ints, others: Ints) -> Mask:
        """Whether each node has a tie to the other that stands beside it."""
        wanted = nodes * (len(self.starts) - 1) + others
        place = np.searchsorted(self.pairs, wanted)
        return np.asarray(np.append(self.pairs, NOBODY)[place] == wanted)


def neighbours(network: Network, side: Side) -> Neighbours:
    """Those that a node has ties to (out), those with ties to it (in), or both, weights added."""
    rows = side_matrix(network, side)
    counts, size = np.diff(rows.indptr), rows.shape[0]
    ends = rows.indices.astype(np.int64)
    return Neighbours(
        starts=rows.indptr.astype(np.int64),
        ends=ends,
        before=np.concatenate([[0.0], np.cumsum(rows.data)]),
        pairs=np.repeat(np.arange(size), counts) * size + ends,
    )


def means(network: Network, side: Side) -> Any:
    """The sparse matrix that takes values of nodes to the weighted means of their neighbours'.

    A node without neighbours gets 0.
    """
    from scipy.sparse import diags_array

    rows = side_matrix(network, side)
    total = rows.sum(axis=1)
    return diags_array(np.divide(1.0, total, out=np.zeros(len(total)), where=total > 0)) @ rows


def side_matrix(network: Network, side: Side) -> Any:
    """Weights of the ties of each node on this side, as sparse rows in order."""
    out = network.matrix()
    rows = out if side == "out" else out.T if side == "in" else out + out.T
    rows = rows.tocsr()
    rows.sum_duplicates()  # puts each row in order, too
    return rows


def without(network: Network, cold: Mask) -> Network:
    """The network less all ties of the cold nodes; every node keeps its number."""
    kept = ~cold[network.ends].any(axis=1)
    return replace(network, ends=network.ends[kept], weight=network.weight[kept])


def joined(network: Network, cold: Mask) -> Network:
    """The network with the cold nodes' ties to others, less those between two of them."""
    kept = ~cold[network.ends].all(axis=1)
    return replace(network, ends=network.ends[kept], weight=network.weight[kept])


def cold_folds(classes: Ints, folds: int, seed: int) -> Ints:
    """The fold (0 to folds - 1) in which each node is held out.

    Args:
        classes: of the nodes, spread evenly over the folds; all 0 where there are none.
        folds: how many, of nearly equal size.
        seed: of the order in which nodes are dealt out.
    """
    shuffled = np.random.default_rng(seed).permutation(len(classes))
    order = shuffled[np.argsort(classes[shuffled], kind="stable")]
    fold = np.empty(len(classes), np.int64)
    fold[order] = np.arange(len(classes)) % folds
    return fold


def split(count: int, seed: int) -> tuple[Ints, Ints]:
    """Positions of training nodes that fit, and of those that tell when to stop."""
    shuffled = np.random.default_rng(seed).permutation(count)
    stop = max(1, round(VALIDATION_SHARE * count))
    return np.sort(shuffled[stop:]), np.sort(shuffled[:stop])
