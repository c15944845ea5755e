"""Which communities exist, in which week, and who talks to whom.

Belongs here: the blocks (groups that never break up), the planted events of their lives, and
the mixing of blocks week by week. Does not: profiles and ties.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

START = date(2025, 1, 6)
"""First Monday of the sample world."""

OUTSIDE_SHARE = 0.08
"""Share of a block's acts that go to unrelated blocks of its platform."""


@dataclass(frozen=True)
class Block:
    """Profiles that stay together in every week.

    Attributes:
        size: members, relative to the average community.
        partner: the block it merges with, or parts from; empty if none.
        active: from which week on (in 26ths of the world) which share of the members acts; the
            others are silent. Members of a block where this changes follow nobody and
            nobody outside acts on them: of its ties nothing is left once they have faded.
    """

    platform: str
    name: str
    topic: str
    size: float
    partner: str = ""
    active: tuple[tuple[int, float], ...] = ((0, 1.0),)

    @property
    def is_volatile(self) -> bool:
        """Whether some of its members are silent at times."""
        return self.active != ((0, 1.0),)


@dataclass(frozen=True)
class Turn:
    """A planted merge or split of two blocks, seen from `week` on (0 = first week)."""

    platform: str
    kind: Literal["merge", "split"]
    week: int
    parts: tuple[str, str]
    crossing: float
    """Share of the acts of either part that goes to the other while they are one."""

    @property
    def whole(self) -> str:
        """Name of the community that the parts form together."""
        return "+".join(self.parts)

    def is_one(self, week: int) -> bool:
        """Whether the parts are one community in that week."""
        return (week >= self.week) == (self.kind == "merge")


BLOCKS = (
    Block("instagram", "fitness", "fitness", 0.9, "food"),
    Block("instagram", "food", "food", 0.8, "fitness"),
    Block("instagram", "travel", "travel", 1.35),
    Block("instagram", "beauty", "beauty", 1.1),
    Block("instagram", "fashion", "fashion", 0.75),
    Block("twitter", "greens", "politics", 0.7, "reds"),
    Block("twitter", "reds", "politics", 0.65, "greens"),
    Block("twitter", "football", "football", 1.3),
    Block("twitter", "tech", "tech", 1.05),
    Block("twitter", "finance", "finance", 0.75),
    Block("twitter", "books", "books", 0.65),
    Block("twitter", "festival", "music", 0.7, active=((0, 1.0), (5, 0.0), (23, 1.0))),
    Block("twitter", "newgame", "gaming", 0.7, active=((0, 0.0), (10, 1.0))),
    Block("twitter", "runners", "fitness", 1.1, active=((0, 0.4), (12, 1.0))),
    Block("twitter", "bakers", "food", 1.2, active=((0, 1.0), (6, 0.4))),
    Block("youtube", "gaming", "gaming", 1.4),
    Block("youtube", "music", "music", 1.0),
    Block("youtube", "workshop", "workshop", 0.75),
    Block("youtube", "science", "science", 0.75),
)

PLATFORMS = tuple(dict.fromkeys(b.platform for b in BLOCKS))


def planted_turns(weeks: int) -> tuple[Turn, Turn]:
    """The merge and the split, at 9/26 and 15/26 of the world's length."""
    merge = Turn("instagram", "merge", round(weeks * 9 / 26), ("fitness", "food"), 0.5)
    split = Turn("twitter", "split", round(weeks * 15 / 26), ("greens", "reds"), 0.29)
    return merge, split


def active_members(sizes: npt.NDArray[np.int64], weeks: int) -> npt.NDArray[np.int64]:
    """How many members of each block act in each week, the first ones; shape (block, week)."""
    shares = np.zeros((len(BLOCKS), weeks))
    for i, block in enumerate(BLOCKS):
        for since, share in block.active:
            shares[i, round(weeks * since / 26) :] = share
    return np.asarray(np.rint(shares * sizes[:, None]), dtype=np.int64)


def week_start(week: int) -> date:
    """Monday of a week, counted from 0."""
    return START + timedelta(weeks=week)


def community_names(weeks: int) -> list[list[str]]:
    """Name of the community of each block in each week, shape (week, block)."""
    events = {part: e for e in planted_turns(weeks) for part in e.parts}
    return [
        [
            events[b.name].whole if b.name in events and events[b.name].is_one(w) else b.name
            for b in BLOCKS
        ]
        for w in range(weeks)
    ]


def mixing(weeks: int) -> npt.NDArray[np.float64]:
    """Share of a block's acts by the block of the target, shape (week, source, target).

    Rows sum to 1; blocks of different platforms never meet.
    """
    events = {part: e for e in planted_turns(weeks) for part in e.parts}
    shares = np.zeros((weeks, len(BLOCKS), len(BLOCKS)))
    for i, source in enumerate(BLOCKS):
        others = [
            j
            for j, b in enumerate(BLOCKS)
            if b.platform == source.platform
            and b.name not in (source.name, source.partner)
            and not b.is_volatile
        ]
        sizes = np.array([BLOCKS[j].size for j in others])
        shares[:, i, others] = OUTSIDE_SHARE * sizes / sizes.sum()
        shares[:, i, i] = 1 - OUTSIDE_SHARE
        if source.partner:
            event = events[source.name]
            partner = next(j for j, b in enumerate(BLOCKS) if b.name == source.partner)
            crossing = np.array([event.crossing if event.is_one(w) else 0.01 for w in range(weeks)])
            shares[:, i, partner] = crossing
            shares[:, i, i] -= crossing
    return shares


def truth_frame(profiles: pl.DataFrame, weeks: int) -> pl.DataFrame:
    """The planted community of each profile in each week.

    Args:
        profiles: with platform, profile_id and block (index into BLOCKS).
        weeks: length of the world.
    """
    names = [
        {"week_start": week_start(w), "block": b, "community": f"{BLOCKS[b].platform}:{name}"}
        for w, row in enumerate(community_names(weeks))
        for b, name in enumerate(row)
    ]
    schema = {"week_start": pl.Date, "block": pl.Int64, "community": pl.String}
    return (
        profiles.select("platform", "profile_id", "block")
        .join(pl.DataFrame(names, schema=schema), on="block")
        .select("platform", "profile_id", "week_start", "community")
        .sort("platform", "week_start", "profile_id")
    )


FADING_WEEKS = 12
"""An act counts in the week that it falls into and twelve more: so long a community is seen on
after its members have fallen silent."""


def events_frame(weeks: int) -> pl.DataFrame:
    """The planted events of communities' lives, those that the world is long enough to show.

    Columns: platform, week_start (from when it can be seen), event, communities (the parts, of
    a merge or a split; else the one), whole (what parts form together; else empty).
    """
    turns = planted_turns(weeks)
    rows: list[tuple[str, int, str, list[str], str]]
    rows = [(t.platform, t.week, t.kind, list(t.parts), t.whole) for t in turns]
    # Those that will part follow nobody before: see `ties`.
    rows += [(t.platform, 0, "birth", list(t.parts), t.whole) for t in turns if t.kind == "split"]
    own = [(b, week, kind) for b in BLOCKS for week, kind in _own_events(b, weeks)]
    rows += [(b.platform, week, kind, [b.name], "") for b, week, kind in own]
    return pl.DataFrame(
        {
            "platform": platform,
            "week_start": week_start(week),
            "event": kind,
            "communities": [f"{platform}:{part}" for part in parts],
            "whole": f"{platform}:{whole}" if whole else "",
        }
        for platform, week, kind, parts, whole in rows
    )


def _own_events(block: Block, weeks: int) -> list[tuple[int, str]]:
    """The events of a block by itself: in which week, of which kind."""
    # Follows are older than the world; who has none is first seen when the world starts.
    if not block.is_volatile:
        return []
    found: list[tuple[int, str]] = []
    steps = [(round(weeks * since / 26), share) for since, share in block.active]
    ends = [week for week, _ in steps[1:]] + [weeks]
    before, is_dead = 0.0, False
    for (week, share), end in zip(steps, ends, strict=True):
        if share > before:
            if before or is_dead or not found:
                kind = "growth" if before else "resurgence" if is_dead else "birth"
                found.append((week, kind))
            is_dead = False
        elif share < before and week + FADING_WEEKS < end:
            is_dead = share == 0
            found.append((week + FADING_WEEKS, "death" if is_dead else "contraction"))
        before = share
    return found
