"""Which communities exist, in which week, and who talks to whom.

Belongs here: the blocks (groups that never break up), the planted merge and the
planted split, and the mixing of blocks week by week. Does not: profiles and ties.
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
    """

    platform: str
    name: str
    topic: str
    size: float
    partner: str = ""


@dataclass(frozen=True)
class Event:
    """A planted change of two blocks, seen from `week` on (0 = first week)."""

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
    Block("youtube", "gaming", "gaming", 1.4),
    Block("youtube", "music", "music", 1.0),
    Block("youtube", "workshop", "workshop", 0.75),
    Block("youtube", "science", "science", 0.75),
)

PLATFORMS = tuple(dict.fromkeys(b.platform for b in BLOCKS))


def planted_events(weeks: int) -> tuple[Event, Event]:
    """The merge and the split, at 9/26 and 15/26 of the world's length."""
    merge = Event("instagram", "merge", round(weeks * 9 / 26), ("fitness", "food"), 0.5)
    split = Event("twitter", "split", round(weeks * 15 / 26), ("greens", "reds"), 0.29)
    return merge, split


def week_start(week: int) -> date:
    """Monday of a week, counted from 0."""
    return START + timedelta(weeks=week)


def community_names(weeks: int) -> list[list[str]]:
    """Name of the community of each block in each week, shape (week, block)."""
    events = {part: e for e in planted_events(weeks) for part in e.parts}
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
    events = {part: e for e in planted_events(weeks) for part in e.parts}
    shares = np.zeros((weeks, len(BLOCKS), len(BLOCKS)))
    for i, source in enumerate(BLOCKS):
        others = [
            j
            for j, b in enumerate(BLOCKS)
            if b.platform == source.platform and b.name not in (source.name, source.partner)
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


def events_frame(weeks: int) -> pl.DataFrame:
    """The planted events: the parts, and the community that they form together."""
    return pl.DataFrame(
        {
            "platform": e.platform,
            "week_start": week_start(e.week),
            "event": e.kind,
            "communities": [f"{e.platform}:{part}" for part in e.parts],
            "whole": f"{e.platform}:{e.whole}",
        }
        for e in planted_events(weeks)
    )
