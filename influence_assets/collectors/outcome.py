"""How a collection ended: a state, counts, and a message without secrets in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlsplit, urlunsplit


class State(StrEnum):
    """How a run, or one target of it, ended."""

    OK = "ok"
    PARTIAL = "partial"
    LOGIN_REQUIRED = "login_required"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    DEADLINE = "deadline"
    FAILED = "failed"


AGAIN_SOON = frozenset({State.PARTIAL, State.UNREACHABLE, State.FAILED, State.RATE_LIMITED})
"""States that another attempt in the same run may mend."""

SAME_SITE = frozenset({State.LOGIN_REQUIRED, State.RATE_LIMITED, State.UNREACHABLE})
"""States that hold for the other targets of the same site, too: they are not tried."""


@dataclass(frozen=True)
class Counts:
    """Items that are new, that were known already, and that could not be had."""

    new: int = 0
    known: int = 0
    failed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.new + other.new, self.known + other.known, self.failed + other.failed)


@dataclass(frozen=True)
class Outcome:
    """How a collection, or one target of it, ended.

    Attributes:
        next_attempt: not before then (the server said so), or, in other states, a good time.
        parts: the state of each target, in the order of the configuration.
    """

    state: State
    counts: Counts = Counts()
    message: str = ""
    next_attempt: datetime | None = None
    parts: dict[str, State] = field(default_factory=dict)


def combined(parts: Sequence[tuple[str, Outcome]]) -> Outcome:
    """One outcome for many targets: the state they share, else `partial`.

    A run that got something from one target and nothing from another is partial, whatever
    kept the other one; the message tells each.
    """
    states = [outcome.state for _, outcome in parts]
    counts = sum((outcome.counts for _, outcome in parts), Counts())
    state = states[0] if len(set(states)) == 1 else State.PARTIAL
    if State.OK not in states and State.PARTIAL not in states and state is State.PARTIAL:
        state = min(states, key=list(State).index)
    troubles = [
        f"{plain_name(name)}: {outcome.message or outcome.state}"
        for name, outcome in parts
        if outcome.state is not State.OK
    ]
    waits = [outcome.next_attempt for _, outcome in parts if outcome.next_attempt]
    return Outcome(
        state,
        counts,
        "; ".join(dict.fromkeys(troubles)),
        max(waits, default=None),
        {plain_name(name): outcome.state for name, outcome in parts},
    )


_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE)
_SECRET = re.compile(
    r"(?i)\b((?:session(?:id)?|csrf\w*|token|access[_-]?token|password|passwd|secret|api[_-]?key|"
    r"authorization|cookie|bearer|signature)\w*)(\s*[=:]\s*|\s+)(?:bearer\s+)?\S+"
)


def redacted(text: str) -> str:
    """The text without what may be secret: queries and users of addresses, values of tokens."""
    return _SECRET.sub(r"\1\2…", _URL.sub(lambda match: _plain_url(match[0]), text))


def plain_name(target: str) -> str:
    """What a target is called in messages and in the ledger; distinct, and without secrets."""
    name = redacted(target)
    return name if name == target else f"{name} {sha256(target.encode()).hexdigest()[:8]}"


def _plain_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "…"
    host = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit((parts.scheme, host, parts.path, "…" if parts.query else "", ""))
