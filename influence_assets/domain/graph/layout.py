"""Where each profile stands on the map of a week, so that the map stays put from week to week.

Each community is a disc, as large as it has members; discs that have much to do with each other
lie close, and none covers another. Within its disc a profile leans towards those that it is tied
to, also outside. (Force-directed placing of all profiles at once ends in one tangle where a
network is large.)

Belongs here: places on a plane. Not what is drawn there.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.domain.graph.ties import Network, mutual, seeded

SMALL = 5
"""Communities with fewer members stand around the others."""

FIRST_ROUNDS, ROUNDS = 30, 3
"""Rounds of leaning towards neighbours: for a first map, and for one that goes on from before."""

LARGEST_STEP = 0.03
"""Of the map's width, by which a profile moves at most while it keeps its community."""

_LEAN = 0.3

Points = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Discs:
    """Communities by number: id, radius, and which of them are small."""

    ids: pl.Series
    radius: npt.NDArray[np.float64]
    is_small: npt.NDArray[np.bool_]


def places(
    ties: pl.DataFrame, communities: pl.DataFrame, before: pl.DataFrame, seed: int
) -> pl.DataFrame:
    """A place for each profile; a disc of n members has a radius of √n.

    Args:
        ties: source_id, target_id and weight.
        communities: profile_id and community_id (lasting) of each profile that has a tie.
        before: profile_id, community_id, x and y on the map before; empty for a first one.
        seed: of the first map.

    Columns: profile_id, x, y.
    """
    network = mutual(ties)
    known = network.names.to_frame("profile_id").join(
        communities.select("profile_id", "community_id"),
        on="profile_id",
        how="left",
        maintain_order="left",
        validate="1:1",
    )
    ids = known["community_id"].unique().sort()
    label = known["community_id"].cast(pl.Enum(ids)).to_physical().to_numpy().astype(np.int64)
    size = np.bincount(label)
    discs = _Discs(ids, np.sqrt(size), size < SMALL)
    rng = np.random.default_rng(seed)
    old = known.join(before, on="profile_id", how="left", maintain_order="left")
    start = old.select("x", "y").to_numpy().astype(np.float64)
    is_old = ~np.isnan(start[:, 0])
    if is_old.any():
        centre = _kept_centres(network, label, discs, start, is_old)
    else:
        centre = _first_centres(network, label, discs, seed)
    centre = _apart(centre, discs, np.bincount(label[is_old], minlength=len(ids)) > 0)
    stays = is_old & (old["community_id"] == old["community_id_right"]).fill_null(False).to_numpy()
    points = np.where(stays[:, None], start, centre[label] + _in_disc(discs.radius[label], rng))
    for _ in range(ROUNDS if is_old.any() else FIRST_ROUNDS):
        points = _rounded(_leaning(network, points), label, centre, discs)
    width = np.ptp(points, axis=0).max()
    limit = LARGEST_STEP * width / np.sqrt(2)
    step = np.clip(points - start, -limit, limit)
    points = np.where(stays[:, None], start + step, points)
    return pl.DataFrame({"profile_id": network.names, "x": points[:, 0], "y": points[:, 1]})


def _between(network: Network, label: Labels, size: int) -> tuple[Labels, npt.NDArray[np.float64]]:
    """Pairs of communities that have ties, and the weights of these."""
    pairs = np.sort(label[network.ends], axis=1)
    outer = pairs[:, 0] != pairs[:, 1]
    keys, place = np.unique(pairs[outer, 0] * size + pairs[outer, 1], return_inverse=True)
    weight = np.bincount(place, network.weight[outer], len(keys)).astype(np.float64)
    return np.stack(np.divmod(keys, size), axis=1), weight


def _first_centres(network: Network, label: Labels, discs: _Discs, seed: int) -> Points:
    """Centres by the forces between communities (Fruchterman and Reingold 1991)."""
    import igraph as ig

    size = len(discs.ids)
    ends, weight = _between(network, label, size)
    graph = ig.Graph(n=size, edges=ends)
    # By what the two would have at their sizes, or the large ones would all lie in the middle.
    weight = weight / (discs.radius[ends[:, 0]] * discs.radius[ends[:, 1]])
    start = np.random.default_rng(seed).random((size, 2)) * np.sqrt(size)
    with seeded(seed):
        found = graph.layout_fruchterman_reingold(weights=weight.tolist(), seed=start.tolist())
    points = np.asarray(found.coords, dtype=np.float64).reshape(size, 2)
    # One round map: no community is far out for having few ties.
    points -= points.mean(axis=0)
    return _spread(points, np.zeros(size, dtype=np.int64), 1.5 * np.square(discs.radius))


def _kept_centres(
    network: Network, label: Labels, discs: _Discs, start: Points, is_old: npt.NDArray[np.bool_]
) -> Points:
    """Where the members were before; a community of new profiles stands among its neighbours, or,
    without any, has no place yet (NaN)."""
    size = len(discs.ids)
    count = np.bincount(label[is_old], minlength=size)
    total = np.stack([np.bincount(label[is_old], start[is_old, i], size) for i in (0, 1)], axis=1)
    centre = total / np.maximum(count, 1)[:, None]
    ends, weight = _between(network, label, size)
    ends, weight = np.concatenate([ends, ends[:, ::-1]]), np.concatenate([weight, weight])
    near = weight * (count[ends[:, 1]] > 0)
    pull = np.bincount(ends[:, 0], near, size).astype(np.float64)
    pulled = np.stack(
        [np.bincount(ends[:, 0], near * centre[ends[:, 1], i], size) for i in (0, 1)], axis=1
    )
    among = pulled / np.where(pull > 0, pull, np.nan)[:, None]
    return np.where(count[:, None] > 0, centre, among)


def _apart(centre: Points, discs: _Discs, is_old: npt.NDArray[np.bool_]) -> Points:
    """Push discs apart until none covers another; old ones hardly give way. Those without a place
    come from outside, and small ones stand on a ring around all."""
    found, is_placed = centre.copy(), ~np.isnan(centre[:, 0])
    # Small ones are where they always are: on the ring.
    large = np.flatnonzero(~discs.is_small & is_placed)
    every = np.flatnonzero(~discs.is_small)
    radius = discs.radius * 1.1
    give = np.where(is_old, 0.05, 1.0)
    found[large] = _pushed(found[large], radius[large], give[large])
    middle, rim = _rim(found[large], radius[large])
    new = np.setdiff1d(every, large)
    found[new] = middle + _around(discs.ids.gather(new), rim + radius[new], 0.0)
    if len(new):
        found[every] = _pushed(found[every], radius[every], give[every])
        middle, rim = _rim(found[every], radius[every])
    small = np.flatnonzero(discs.is_small)
    found[small] = middle + _around(discs.ids.gather(small), 1.05 * rim, 0.15 * rim)
    return found


def _rim(points: Points, radius: npt.NDArray[np.float64]) -> tuple[Points, float]:
    """The middle of discs, and how far from it they reach."""
    middle = points.mean(axis=0) if len(points) else np.zeros(2)
    reach = np.sqrt(np.square(points - middle).sum(axis=1)) + radius
    return middle, float(reach.max(initial=1.0))


def _around(ids: pl.Series, out: npt.NDArray[np.float64] | float, width: float) -> Points:
    """Places on a ring, by the id alone, so that one that comes or goes moves no other."""
    drawn = np.array([crc32(i.encode()) for i in ids], dtype=np.int64)
    turn, far = 2 * np.pi * (drawn >> 16) / 2**16, out + width * (drawn & 0xFFFF) / 2**16
    return np.stack([far * np.cos(turn), far * np.sin(turn)], axis=1)


def _pushed(
    points: Points, radius: npt.NDArray[np.float64], give: npt.NDArray[np.float64]
) -> Points:
    """Discs moved until none covers another, or after two hundred rounds.

    Of two the one moves more that gives more.
    """
    from scipy.spatial import cKDTree

    slack = 0.01 * radius.max(initial=1.0)
    for _ in range(200 if len(points) > 1 else 0):
        pairs = cKDTree(points).query_pairs(2 * radius.max(), output_type="ndarray")
        one, other = pairs[np.lexsort(pairs.T)].T
        gap = points[one] - points[other]
        distance = np.sqrt(np.square(gap).sum(axis=1))
        over = radius[one] + radius[other] - distance
        if over.max(initial=0) < slack:
            break
        # Two at one place part along a direction that their numbers give.
        aside = np.stack([np.cos(one + 2.0 * other), np.sin(one + 2.0 * other)], axis=1)
        tiny = np.finfo(float).tiny
        away = np.where(distance[:, None] > 0, gap / np.maximum(distance, tiny)[:, None], aside)
        push = 0.5 * np.maximum(over, 0)[:, None] * away
        share = (give[one] / (give[one] + give[other]))[:, None]
        for end, way in ((one, share * push), (other, (share - 1) * push)):
            points = points + np.stack(
                [np.bincount(end, way[:, i], len(points)) for i in (0, 1)], axis=1
            )
    return points


def _in_disc(radius: npt.NDArray[np.float64], rng: np.random.Generator) -> Points:
    """A random place in a disc of each radius."""
    turn, out = 2 * np.pi * rng.random(len(radius)), radius * np.sqrt(rng.random(len(radius)))
    return np.stack([out * np.cos(turn), out * np.sin(turn)], axis=1)


def _leaning(network: Network, points: Points) -> Points:
    """Each a step towards the mean of its neighbours."""
    matrix = network.matrix()
    matrix = matrix + matrix.T
    total = np.asarray(matrix.sum(axis=1))
    return np.asarray(points + _LEAN * (matrix @ points / total[:, None] - points))


def _rounded(points: Points, label: Labels, centre: Points, discs: _Discs) -> Points:
    """The members of each community spread evenly over its disc."""
    size = np.bincount(label)
    gap = points - _mean(points, label, size)
    # Without this all would lie on one line, that of their strongest difference.
    (xx, xy), (_, yy) = (
        [np.bincount(label, gap[:, i] * gap[:, j]) / size for j in (0, 1)] for i in (0, 1)
    )
    tiny = np.finfo(float).tiny
    x = gap[:, 0] / np.sqrt(np.maximum(xx, tiny))[label]
    slope = (xy / np.maximum(xx, tiny))[label]
    y = gap[:, 1] - slope * gap[:, 0]
    y = y / np.sqrt(np.maximum(yy - xy**2 / np.maximum(xx, tiny), tiny))[label]
    even = _spread(np.stack([x, y], axis=1), label, np.ones(len(points)))
    return centre[label] + even


def _mean(points: Points, label: Labels, size: npt.NDArray[np.int64]) -> Points:
    """The middle of each one's community."""
    total = np.stack([np.bincount(label, points[:, i]) for i in (0, 1)], axis=1)
    return np.asarray((total / size[:, None])[label])


def _spread(gap: Points, label: Labels, area: npt.NDArray[np.float64]) -> Points:
    """Points around the origin, those of each label moved in or out until each has its area:
    in the direction that they have, and in the order of their distance."""
    distance = np.sqrt(np.square(gap).sum(axis=1))
    order = np.lexsort((distance, label))
    within = np.cumsum(area[order])
    first = np.searchsorted(label[order], label[order])
    within -= within[first] - area[order][first] + area[order] / 2
    out = np.empty(len(gap))
    out[order] = np.sqrt(within)
    return np.asarray(gap / np.maximum(distance, np.finfo(float).tiny)[:, None] * out[:, None])
