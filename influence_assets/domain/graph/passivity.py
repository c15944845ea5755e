"""Influence and passivity: who makes others respond, and who seldom does.

Romero, Galuba, Asur and Huberman: Influence and Passivity in Social Media, ECML PKDD 2011.
A profile is influential if passive profiles respond to it, and passive if it does not respond
to influential ones; the two are solved for together, as hubs and authorities are.
"""

from __future__ import annotations

import numpy as np
import polars as pl

TOLERANCE = 1e-12
MOST_ROUNDS = 1_000


def influence_passivity(responses: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """Influence and passivity of each profile that responds or is responded to.

    Args:
        responses: source_id responded to target_id, `responses` times in all (a weight).
        posted: by profile_id, how often it posted (`posts`). Of a profile that has fewer
            posts than somebody's responses, or is not there, the responses count.

    Returns:
        profile_id, influence, passivity; each column sums to 1, or is 0 throughout where
        every response that could be given was given.

    An arc (i, j) is there where j responded to i; its weight w_ij is the share of i's posts
    that j responded to. The acceptance rate u_ij is w_ij over the sum of all that j accepted;
    the rejection rate v_ij is 1 - w_ij over the sum of all that was rejected of i. Influence
    I_i = sum of u_ij P_j over j, passivity P_j = sum of v_ij I_i over i.
    """
    names = pl.concat([responses["source_id"], responses["target_id"]]).unique().sort()
    most = responses.group_by("target_id").agg(pl.col("responses").max().alias("most"))
    arcs = (
        responses.sort("target_id", "source_id")
        .join(most, on="target_id", maintain_order="left")
        .join(posted, left_on="target_id", right_on="profile_id", how="left", maintain_order="left")
        .with_columns(pl.max_horizontal("posts", "most").alias("attempts"))
    )
    places = pl.Enum(names)
    author = arcs["target_id"].cast(places).to_physical().to_numpy()
    reader = arcs["source_id"].cast(places).to_physical().to_numpy()
    share = (arcs["responses"] / arcs["attempts"]).to_numpy()
    size = len(names)

    accepted = share / np.bincount(reader, share, size)[reader]
    rest = 1.0 - share
    rests = np.bincount(author, rest, size)[author]
    # Nobody is passive towards an author whose every post all of its readers responded to.
    rejected = np.divide(rest, rests, out=np.zeros_like(rest), where=rests > 0)

    influence, passivity = np.ones(size), np.ones(size)
    for _ in range(MOST_ROUNDS):
        before = influence
        passivity = _of_unit_sum(np.bincount(reader, rejected * influence[author], size))
        influence = _of_unit_sum(np.bincount(author, accepted * passivity[reader], size))
        if np.abs(influence - before).max(initial=0.0) < TOLERANCE:
            break
    return pl.DataFrame(
        {"profile_id": names, "influence": influence, "passivity": passivity},
        schema={"profile_id": pl.String, "influence": pl.Float64, "passivity": pl.Float64},
    )


def _of_unit_sum(values: np.ndarray) -> np.ndarray:
    total = values.sum()
    return values / total if total > 0 else values
