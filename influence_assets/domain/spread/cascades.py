"""Diffusion trees: who had it from whom, and the shape of each tree.

Belongs here: choosing the parents, and the measures of a tree. What an adoption is (a repost, a
reply, the use of a hashtag or of a text) is told elsewhere: see `episodes` and the SELECTs.

Where the source does not say from whom an adopter had it, the parent is the latest earlier
adopter that it has a tie to: the newest post in the feed is the one that is seen. This is the
rule of Goel, Anderson, Hofman and Watts (The Structural Virality of Online Diffusion, Management
Science 2016), and the one that Taxidou and Fischer (Online Analysis of Information Diffusion
in Twitter, WWW 2014) recommend. Whoever has a tie to nobody earlier hangs on the root.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.int64]

HOUR_S, DAY_S = 3_600, 86_400


def diffusion_trees(adoptions: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """The tree of each cascade.

    Args:
        adoptions: of one platform: cascade (any number), profile_id, is_root (one row of each
            cascade), adopted_at (NULL if unknown), after_s (seconds after the start; NULL if
            unknown), parent_id (from whom, where the source says it, else NULL). A profile counts
            once in a cascade, by its first adoption; the root by being the root.
        ties: of the same platform: source_id follows or knows target_id since `since`; where
            that is NULL, always. A tie counts if it is older than the adoption; where the
            adoption has no time, every tie does.

    Returns:
        A row is a profile in a cascade: cascade, profile_id, after_s, parent_id (NULL for the
        root), depth (0 for the root); by cascade, the root first, then by after_s (unknown
        ones last) and profile_id.

    A stated parent counts if it is in the cascade. Of two earlier adopters of the same second the
    one with the smaller id is the parent, and two of the same second are not each other's.
    An adopter of unknown time hangs on the root and has no children but stated ones. Where
    stated parents go round in a circle, its earliest member hangs on the root.
    """
    nodes = _nodes(adoptions)
    told = _stated(nodes)
    guessed = _by_ties(nodes.filter(told.is_null() & ~nodes["is_root"]), nodes, ties)
    root = nodes["root"].to_numpy()
    parent = root.copy()
    has = told.is_not_null().to_numpy()
    parent[has] = told.drop_nulls().to_numpy()
    parent[guessed["node"].to_numpy()] = guessed["parent"].to_numpy()
    parent[root] = root
    parent = _without_circles(parent, root)
    profiles = nodes["profile_id"]
    parents = profiles.gather(parent).zip_with(~nodes["is_root"], _nothing(nodes.height))
    return nodes.select("cascade", "profile_id", "after_s").with_columns(
        parents.alias("parent_id"), pl.Series("depth", _depth(parent, root)[0])
    )


def _nothing(height: int) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, height)


def _nodes(adoptions: pl.DataFrame) -> pl.DataFrame:
    """Each profile once in a cascade, with its number, that of its root, and its step.

    Steps rise with time within a cascade; adopters of one second share one.
    """
    order = ["cascade", "is_root", "after_s", "profile_id", "parent_id"]
    nodes = (
        adoptions.sort(order, descending=[False, True, False, False, False], nulls_last=True)
        .unique(["cascade", "profile_id"], keep="first", maintain_order=True)
        .with_row_index("node")
        .with_columns(pl.col("node").cast(pl.Int64))
    )
    moment = pl.struct("cascade", "is_root", "after_s")
    return nodes.with_columns(
        pl.col("node").first().over("cascade").alias("root"), moment.rle_id().alias("step")
    )


def _stated(nodes: pl.DataFrame) -> pl.Series:
    """The number of each node's stated parent; NULL without one, or where it is no other node."""
    stated = nodes.select("cascade", "parent_id", child="node").join(
        nodes.select("cascade", "node", parent_id="profile_id"),
        on=["cascade", "parent_id"],
        how="left",
        maintain_order="left",
    )
    is_other = (stated["node"] != stated["child"]) & ~nodes["is_root"]
    return stated["node"].zip_with(
        is_other.fill_null(value=False), pl.Series([None], dtype=pl.Int64)
    )


def _by_ties(seekers: pl.DataFrame, nodes: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """The parent of each node that has a tie to an earlier one: node, parent."""
    count = nodes.height
    earlier = nodes.lazy().select(
        "cascade",
        "is_root",
        target_id="profile_id",
        earlier_s="after_s",
        # The larger the later, and at one step the larger the smaller the id.
        place=pl.col("step").cast(pl.Int64) * count + (count - 1 - pl.col("node")),
    )
    among = ties.lazy().join(
        seekers.lazy().select(source_id="profile_id").unique(), on="source_id", how="semi"
    )
    is_older = pl.any_horizontal(
        pl.col("since").is_null(),
        pl.col("adopted_at").is_null(),
        pl.col("since") < pl.col("adopted_at"),
    )
    return (
        seekers.lazy()
        .select("cascade", "node", "adopted_at", "after_s", source_id="profile_id")
        .join(among, on="source_id")
        .filter(is_older)
        .join(earlier, on=["cascade", "target_id"])
        .filter(pl.col("is_root") | (pl.col("earlier_s") < pl.col("after_s")))
        .group_by("node")
        .agg(pl.col("place").max())
        .select("node", (count - 1 - pl.col("place") % count).alias("parent"))
        .collect(engine="streaming")
    )


def _without_circles(parent: Numbers, root: Numbers) -> Numbers:
    """The parents, the earliest node of each circle hung on its root."""
    _, above, lowest = _depth(parent, root)
    # 2^k steps up from a node that never reaches its root is a node of a circle, and from
    # there the lowest number on the way is that of the circle.
    on_circle = above[above != root]
    mended = parent.copy()
    first = np.unique(lowest[on_circle])
    mended[first] = root[first]
    return mended


def _depth(parent: Numbers, root: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Steps from each node up to its root, by doubling the way gone in each round.

    Returns:
        The depth, the node where the way ends, the lowest number on the way.
    """
    above = parent.copy()
    lowest = np.minimum(np.arange(len(parent)), parent)
    depth = (parent != np.arange(len(parent))).astype(np.int64)
    for _ in range(len(parent).bit_length()):
        if (above == root).all():
            break
        depth += depth[above]
        lowest = np.minimum(lowest, lowest[above])
        above = above[above]
    return depth, above, lowest


def measures(trees: pl.DataFrame) -> pl.DataFrame:
    """Size, shape and speed of each cascade.

    Args:
        trees: as `diffusion_trees` gives them.

    Returns:
        A row is a cascade, in order: cascade; size (profiles, the root among them); depth (of the
        deepest); breadth (most profiles at one depth); structural_virality (mean distance
        in the tree between two of its profiles, NULL for one alone: Goel et al. 2016); half_size_s
        (seconds until half of its profiles, rounded up, were in it; NULL if unknown);
        adopters_first_hour and adopters_first_day (of known times, without the root; NULL
        if no time is known).
    """
    after = pl.col("after_s")
    half = after.sort(nulls_last=True).gather((pl.len() - 1) // 2).first()
    adopted = after.filter(pl.col("depth") > 0)
    within = (
        pl.when(adopted.count() > 0).then((adopted <= limit).sum()).cast(pl.Int64).alias(name)
        for name, limit in (("adopters_first_hour", HOUR_S), ("adopters_first_day", DAY_S))
    )
    broadest = (
        trees.group_by("cascade", "depth")
        .len()
        .group_by("cascade")
        .agg(breadth=pl.col("len").max())
    )
    return (
        trees.with_columns(pl.Series("across", _across(trees)))
        .group_by("cascade", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("size"),
            pl.col("depth").max(),
            pl.col("across").sum(),
            half.alias("half_size_s"),
            *within,
        )
        .join(broadest, on="cascade", maintain_order="left")
        .select(
            "cascade",
            "size",
            "depth",
            pl.col("breadth").cast(pl.Int64),
            # Two for either direction; a tree of one has no pair.
            (2 * pl.col("across") / (pl.col("size") * (pl.col("size") - 1)))
            .fill_nan(None)
            .alias("structural_virality"),
            "half_size_s",
            "adopters_first_hour",
            "adopters_first_day",
        )
    )


def _across(trees: pl.DataFrame) -> Numbers:
    """For each node, how many pairs of its cascade the tie to its parent lies between.

    Summed over a tree these are all distances between two nodes (the Wiener index).
    """
    numbered = trees.with_row_index("node")
    parent = (
        numbered.join(
            numbered.select("cascade", parent_id="profile_id", parent="node"),
            on=["cascade", "parent_id"],
            how="left",
            maintain_order="left",
        )["parent"]
        .cast(pl.Int64)
        .fill_null(-1)
        .to_numpy()
    )
    depth = trees["depth"].to_numpy()
    below = np.ones(len(depth), dtype=np.int64)
    order = np.argsort(-depth, kind="stable")
    # From the deepest level up, all cascades together; the root's level passes nothing on.
    levels = np.flatnonzero(np.diff(depth[order])) + 1
    for level in np.split(order, levels)[:-1]:
        np.add.at(below, parent[level], below[level])
    size = trees.select(pl.len().over("cascade")).to_series().cast(pl.Int64).to_numpy()
    return np.asarray(below * (size - below), dtype=np.int64)
