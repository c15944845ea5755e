"""Who follows, names, tags and answers whom.

Belongs here: drawing ties, dense within a community and sparse between, and the degree
that follows from them. Does not: writing them (see the export modules).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.sample.communities import BLOCKS, active_members, mixing, planted_turns
from influence_assets.sample.posts import START_US

DAY_US = 86_400_000_000
WEEK_US = 7 * DAY_US

ACTS_MEAN = {
    ("instagram", "mention"): 1.0,
    ("instagram", "tag"): 0.9,
    ("twitter", "mention"): 1.1,
    ("youtube", "mention"): 0.8,
    ("youtube", "collab"): 0.9,
}
"""Mean number of acts per post. A reply has one target more, and names it."""

MOST_ACTS = 4
FOLLOWS_WITHIN = 8.0
FOLLOWS_WITHIN_PARTNERED = 4.0
"""Follows never end, so blocks that merge or part are tied by fading acts for the most part."""
FOLLOWS_OUTSIDE = 1.0
FOLLOWS_WAVE = 5.0
"""New follows per profile in the two weeks from a merge (across) or a split (within)."""

Ints = npt.NDArray[np.int64]


def draw_acts(profiles: pl.DataFrame, posts: pl.DataFrame, weeks: int, seed: int) -> pl.DataFrame:
    """Draw the mentions, tags, replies and collaborations that posts carry.

    Returns:
        One row per act: post (row number in `posts`), kind, source, target (row numbers in
        `profiles`), week, occurred_at (UTC); unique by post, kind, target.
    """
    rng = np.random.default_rng([seed, 3])
    platform, kind = posts["platform"].to_numpy(), posts["kind"].to_numpy()
    parts = []
    for (name, act), mean in ACTS_MEAN.items():
        counts = np.where(platform == name, rng.poisson(mean, len(posts)), 0)
        if act == "tag":
            counts[kind == "video"] = 0  # tags sit on pictures
        if name == "twitter":
            counts[kind == "reply"] //= 2
        slots = np.repeat(np.arange(len(posts)), np.minimum(counts, MOST_ACTS))
        parts.append((act, slots, _targets(profiles, posts, slots, weeks, rng)))
    replies = np.flatnonzero(kind == "reply")
    answered = _targets(profiles, posts, replies, weeks, rng)
    parts += [("reply", replies, answered), ("mention", replies, answered)]
    drawn = [
        pl.DataFrame({"post": slots, "kind": act, "target": target}) for act, slots, target in parts
    ]
    facts = posts.with_row_index("post").select(
        pl.col("post").cast(pl.Int64), "week", source="author", occurred_at="posted_at"
    )
    return (
        pl.concat(drawn)
        .unique(maintain_order=True)
        .join(facts, on="post", how="left", maintain_order="left")
        .select("post", "kind", "source", "target", "week", "occurred_at")
        .sort("post", "kind", maintain_order=True)
    )


def _targets(
    profiles: pl.DataFrame, posts: pl.DataFrame, slots: Ints, weeks: int, rng: np.random.Generator
) -> Ints:
    """A target for each slot (a row number of `posts`), by the mixing of that week."""
    week, block = (posts[c].to_numpy()[slots] for c in ("week", "block"))
    steps = np.cumsum(mixing(weeks)[week, block], axis=1)
    active = active_members(np.bincount(profiles["block"], minlength=len(BLOCKS)), weeks)
    source = posts["author"].to_numpy()[slots]
    return _members(profiles, _place(steps, rng), source, rng, active[:, week])


def _place(steps: npt.NDArray[np.float64], rng: np.random.Generator) -> Ints:
    """For each row of cumulated shares the column that a uniform draw falls into."""
    draws = rng.random(len(steps))[:, None]
    return np.asarray(np.minimum((draws > steps).sum(axis=1), steps.shape[1] - 1))


def _members(
    profiles: pl.DataFrame,
    target_block: Ints,
    source: Ints,
    rng: np.random.Generator,
    active: Ints | None = None,
) -> Ints:
    """A member of each wanted block, the well-known more often, never the source itself.

    Args:
        active: how many members act then, of shape (block, wanted); default all.
    """
    blocks = profiles["block"].to_numpy()
    renown = profiles["followers"].to_numpy() ** 0.18
    target = np.zeros(len(target_block), dtype=np.int64)
    draws = rng.random(len(target_block))
    for block in range(len(BLOCKS)):
        here = target_block == block
        members = np.flatnonzero(blocks == block)
        steps = np.cumsum(renown[members] / renown[members].sum())
        most = np.full(int(here.sum()), len(members)) if active is None else active[block, here]
        place = np.minimum(np.searchsorted(steps, draws[here]), len(members) - 1) % most
        own = members[place] == source[here]
        target[here] = members[(place + own) % most]
    return target


def draw_follows(profiles: pl.DataFrame, weeks: int, seed: int) -> pl.DataFrame:
    """Draw who follows whom since when; most follows are older than the world.

    Returns:
        One row per follow: source, target (row numbers in `profiles`), since (UTC, whole
        days); unique by source and target, the earliest kept.
    """
    rng = np.random.default_rng([seed, 4])
    n = len(profiles)
    block = profiles["block"].to_numpy()
    partnered = np.array([bool(b.partner) for b in BLOCKS])[block]
    # Follows would hold a community together whose members have fallen silent, and keep those
    # apart that part later.
    part_later = {part for t in planted_turns(weeks) if t.kind == "split" for part in t.parts}
    has_follows = [not b.is_volatile and b.name not in part_later for b in BLOCKS]
    follows = np.array(has_follows)[block]
    within = np.where(partnered, FOLLOWS_WITHIN_PARTNERED, FOLLOWS_WITHIN)
    source = np.repeat(np.arange(n), follows * (2 + rng.poisson(within - 2)))
    own = block[source]
    far_source = np.repeat(np.arange(n), follows * rng.poisson(FOLLOWS_OUTSIDE, n))
    far = _outside_blocks(block[far_source], rng)
    parts = [
        (source, _members(profiles, own, source, rng), _since(len(source), weeks, rng)),
        (far_source, _members(profiles, far, far_source, rng), _since(len(far), weeks, rng)),
        *_waves(profiles, weeks, rng),
    ]
    frames = [pl.DataFrame({"source": s, "target": t, "since": days}) for s, t, days in parts]
    return (
        pl.concat(frames)
        .group_by("source", "target")
        .agg(pl.col("since").min())
        .sort("since", "source", "target")
        .with_columns((pl.col("since") * DAY_US + START_US).cast(pl.Datetime("us")))
    )


def _outside_blocks(block: Ints, rng: np.random.Generator) -> Ints:
    """For each block another of its platform, the partner excepted."""
    first = mixing(1)[0]
    np.fill_diagonal(first, 0)
    for i, b in enumerate(BLOCKS):
        for j, other in enumerate(BLOCKS):
            if other.name == b.partner:
                first[i, j] = 0
    steps = np.cumsum(first / first.sum(axis=1, keepdims=True), axis=1)[block]
    return _place(steps, rng)


def _since(n: int, weeks: int, rng: np.random.Generator) -> Ints:
    """Days from the start of the world to the follow; negative before it, by half a year at most:
    each week of a network costs the demo time, and old ones look all the same."""
    before = -1 - np.minimum(rng.exponential(70, n), 181).astype(np.int64)
    first_weeks = rng.integers(0, min(21, weeks * 7), n)
    later = rng.integers(0, weeks * 7, n)
    return np.select([(u := rng.random(n)) < 0.82, u < 0.9], [before, first_weeks], later)


def _waves(
    profiles: pl.DataFrame, weeks: int, rng: np.random.Generator
) -> list[tuple[Ints, Ints, Ints]]:
    """The follows that a merge brings across, and a split within the parts."""
    blocks = profiles["block"].to_numpy()
    names = [b.name for b in BLOCKS]
    waves = []
    for turn in planted_turns(weeks):
        for part, other in (turn.parts, turn.parts[::-1]):
            members = np.flatnonzero(blocks == names.index(part))
            goal = other if turn.kind == "merge" else part
            source = np.repeat(members, rng.poisson(FOLLOWS_WAVE, len(members)))
            target = _members(profiles, np.full(len(source), names.index(goal)), source, rng)
            days = turn.week * 7 + rng.integers(0, 14, len(source))
            waves.append((source, target, np.minimum(days, weeks * 7 - 1)))
    return waves


def in_degrees(follows: pl.DataFrame, acts: pl.DataFrame, posts: pl.DataFrame) -> Ints:
    """In-degree of each post's author at the end of the week before the post.

    The number of profiles that followed, named, tagged or answered the author until then.

    Args:
        follows: as `draw_follows` gives them.
        acts: as `draw_acts` gives them.
        posts: with author and week.

    Returns:
        One number per row of `posts`.
    """
    week = ((pl.col("since").dt.epoch("us") - START_US) // WEEK_US).alias("week")
    first = (
        pl.concat(
            [
                follows.select("source", "target", week.cast(pl.Int64)),
                acts.select("source", "target", pl.col("week").cast(pl.Int64)),
            ]
        )
        .group_by("source", "target")
        .agg(pl.col("week").min())
    )
    targets = first["target"].to_numpy()
    weeks = np.maximum(first["week"].to_numpy(), -1) + 1  # column 0: before the world
    last = int(posts["week"].to_numpy().max()) + 2
    table = np.zeros((int(max(targets.max(), posts["author"].to_numpy().max())) + 1, last), int)
    np.add.at(table, (targets, weeks), 1)
    table = table.cumsum(axis=1)
    return np.asarray(table[posts["author"].to_numpy(), posts["week"].to_numpy()], dtype=np.int64)
