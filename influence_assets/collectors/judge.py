"""How a program ended: told from its exit code, its lines, and the answers that it got.

`gentle` notes every answer by host, path and status; programs word the same trouble in many
ways, so the answers go before the words.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from influence_assets.collectors.child import Ended
from influence_assets.collectors.gentle import TOO_LONG
from influence_assets.collectors.outcome import Counts, Outcome, State

GONE = (404, 410)
MESSAGE_CHARS = 500

_WALL = re.compile(
    r"(?i)redirect(?:ed)? to login|log-?in (?:is )?required|checkpoint_required|"
    r"challenge_required|credentials|private but not followed|AuthRequired|AuthorizationError|"
    r"AuthenticationError|been logged out"
)
_ERROR = re.compile(
    r"(?i)\berror\b|fatal|exception|\bfailed\b|aborted|redirected|required|not exist"
)


@dataclass(frozen=True)
class Answer:
    """One request: what was answered, or the error that came instead of an answer."""

    host: str
    path: str
    is_file: bool
    status: int | None = None
    retry_after: float | None = None
    login: bool = False
    error: str | None = None


def read_answers(path: Path) -> list[Answer]:
    """The answers that `gentle` noted; a line left half-written by a kill is dropped."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(Answer(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


@dataclass(frozen=True)
class Verdict:
    """The outcome of one attempt, and whether another one may end better."""

    outcome: Outcome
    is_final: bool


def judge(
    ended: Ended,
    answers: Sequence[Answer],
    counts: Counts,
    now: datetime,
    wall_help: str,
    says_wall: bool,
) -> Verdict:
    """What an attempt came to.

    Args:
        ended: how the program ended.
        answers: what it was answered, in order.
        counts: items of the attempt.
        now: the current time.
        wall_help: what to do about a log-in wall, for this program.
        says_wall: the program's exit code says that it was not let in.
    """
    if ended.is_late:
        message = "the deadline came before the end; the next run goes on from here"
        return Verdict(Outcome(State.DEADLINE, counts, message), True)
    if ended.code == 0 and not counts.failed:
        return Verdict(Outcome(State.OK, counts), True)
    last = _last_of_each(answers)
    pages = [a for a in last if not a.is_file]
    asked = max((a.retry_after for a in last if a.retry_after), default=None)
    if ended.code == TOO_LONG or any(a.status == 429 for a in last):
        until = now + timedelta(seconds=asked) if asked else None
        wait = f"asks to wait until {until:%Y-%m-%d %H:%M} UTC" if until else "asks to slow down"
        message = f"{_hosts(last)} {wait} (429)"
        return Verdict(Outcome(State.RATE_LIMITED, counts, message, until), ended.code == TOO_LONG)
    if says_wall or _is_wall(ended, last, pages, counts):
        statuses = sorted({str(a.status) for a in last if a.status in (401, 403)})
        seen = ", ".join(statuses) or "log-in page"
        message = f"{_hosts(last)} shows this to members only ({seen}). {wall_help}"
        return Verdict(Outcome(State.LOGIN_REQUIRED, counts, message), True)
    message = _told(ended, last)
    if pages and pages[-1].error and not counts.new:
        message = f"{pages[-1].host} cannot be reached, or breaks off ({pages[-1].error})"
        return Verdict(Outcome(State.UNREACHABLE, counts, message), False)
    state = State.PARTIAL if counts.new or counts.known else State.FAILED
    is_final = bool(pages) and all(page.status in GONE for page in pages)
    return Verdict(Outcome(state, counts, message), is_final)


def _last_of_each(answers: Sequence[Answer]) -> list[Answer]:
    """The last answer for each address: earlier ones were asked again."""
    latest: dict[tuple[str, str], Answer] = {}
    for answer in answers:
        latest.pop((answer.host, answer.path), None)
        latest[answer.host, answer.path] = answer
    return list(latest.values())


def _is_wall(ended: Ended, last: Sequence[Answer], pages: Sequence[Answer], counts: Counts) -> bool:
    if any(a.login or a.status == 401 for a in pages):
        return True
    if pages and pages[-1].status == 403:
        return True
    # Media alone: one that is refused is a broken address, all of them are a wall.
    files = [a for a in last if a.is_file]
    if files and not counts.new and all(a.status in (401, 403) for a in files):
        return True
    return any(_WALL.search(line) for line in ended.lines if _ERROR.search(line))


def _hosts(answers: Sequence[Answer]) -> str:
    return answers[-1].host if answers else "the site"


def _told(ended: Ended, last: Sequence[Answer]) -> str:
    """The program's own last words, and what it was answered."""
    lines = [line.strip() for line in ended.lines if _ERROR.search(line)]
    said = lines[-1] if lines else (ended.lines[-1].strip() if ended.lines else "")
    bad = Counter(str(a.status or a.error) for a in last if a.error or (a.status or 0) >= 400)
    answers = ", ".join(f"{what} ×{n}" for what, n in bad.most_common(4))
    text = said[:MESSAGE_CHARS] or f"it ended with code {ended.code}"
    return f"{text} [answers: {answers}]" if answers else text
