"""What a node is told by: its place in the network, and the vectors of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.graph.centrality import centrality
from influence_assets.domain.graph.learning.sampling import Floats, Mask, means
from influence_assets.domain.graph.ties import Network

SHARES = ("pagerank", "betweenness", "hub", "authority", "eigenvector")
"""Measures that get smaller as the network grows: they count in parts of 1 / profiles."""

COUNTS = (
    "in_degree",
    "out_degree",
    "in_strength",
    "out_strength",
    "core_number",
    "clustering",
    "burt_constraint",
)

MEASURES = (*SHARES, *COUNTS)
"""Columns of `places`, in order."""


def places(network: Network, seed: int) -> Floats:
    """log(1 + measure) of each node, shape (nodes, measures); 0 for a node without a tie.

    The measures are those of `centrality`, SHARES times the number of tied profiles: so a
    network with and one without the cold profiles have the same scale.
    """
    names, ends = network.names, network.ends
    if not len(ends):
        return np.zeros((len(names), len(MEASURES)))
    ties = pl.DataFrame(
        {
            "source_id": names.gather(ends[:, 0]),
            "target_id": names.gather(ends[:, 1]),
            "weight": network.weight,
        }
    )
    found = centrality(ties, seed)
    scaled = found.select(
        "profile_id",
        *(pl.col(c) * found.height for c in SHARES),
        *(pl.col(c).cast(pl.Float64) for c in COUNTS),
    )
    everyone = pl.DataFrame({"profile_id": names})
    whole = everyone.join(scaled, on="profile_id", how="left", maintain_order="left")
    return np.asarray(np.log1p(whole.drop("profile_id").fill_null(0.0).to_numpy()))


def mean_vectors(network: Network, vectors: Floats, known: Mask) -> Floats:
    """Each node's weighted mean of the vectors of its known neighbours, in both directions.

    So a node is told by which it has itself no vector for, as it was absent where they were
    learnt. Those known are told the same way, so that both are alike. A node without
    known neighbours has 0.
    """
    rows = means(network, "both")
    total = rows @ known.astype(np.float64)
    summed = rows @ np.where(known[:, None], vectors, 0.0)
    found = np.zeros(summed.shape)
    np.divide(summed, total[:, None], out=found, where=total[:, None] > 0)
    return found


@dataclass(frozen=True)
class Standard:
    """Columns to mean 0 and standard deviation 1 of the nodes that it was fitted on."""

    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, values: Floats) -> Standard:
        """Fitted on these rows; a column that is the same in all of them is only moved."""
        spread = values.std(axis=0)
        return cls(values.mean(axis=0), np.where(spread > 1e-12, spread, 1.0))

    def back(self, values: Floats) -> Floats:
        """What gives these after the move, of a single column."""
        return np.asarray(values * self.spread[0] + self.mean[0])

    def __call__(self, values: Floats) -> npt.NDArray[np.float32]:
        """The same for any rows."""
        return ((values - self.mean) / self.spread).astype(np.float32)
