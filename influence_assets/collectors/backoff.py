"""How long to wait before asking again: what the server says, else longer each time.

Used by this package and, in the child process, by `gentle`, which therefore imports it by
path: nothing of ours and nothing but the standard library may be imported here.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 15 * 60.0
"""No single wait of our own choosing is longer."""

TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
"""Answers that may be better a little later."""


def delay_s(attempt: int, base_s: float, chance: Callable[[], float] = random.random) -> float:
    """Wait before attempt 2, 3, …: doubling, and drawn from its upper half.

    The draw keeps many collectors that failed together from asking again together.
    """
    longest = min(LONGEST_S, base_s * 2.0 ** (attempt - 1))
    return longest * (0.5 + 0.5 * chance())


def retry_after_s(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for: a number or a date; None if it says nothing."""
    if not value:
        return None
    text = value.strip()
    if text.isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())
