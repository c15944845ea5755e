"""One page over HTTP, politely: asked for only if it changed, again only after a wait.

For pages that we read ourselves; gallery-dl and instaloader bring their own client (`gentle`).
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import IO

from influence_assets.collectors.backoff import TRY_AGAIN, delay_s, retry_after_s
from influence_assets.collectors.outcome import Outcome, State, redacted

PAGE_BYTES = 32 << 20
CHUNK_BYTES = 64 << 10


@dataclass(frozen=True)
class Page:
    """A page as it was sent, with what lets us ask next time whether it has changed."""

    body: bytes
    etag: str
    last_modified: str


class FetchError(Exception):
    """A page could not be had; the outcome says why and what to do."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


@dataclass(frozen=True)
class Manners:
    """How patiently a page is asked for."""

    attempts: int
    backoff_s: float
    patience_s: float
    timeout_s: float
    until: float
    sleep: Callable[[float], None] = time.sleep


def fetch(url: str, headers: Mapping[str, str], manners: Manners) -> Page | None:
    """The page, or None where the server says that it has not changed.

    Raises:
        FetchError: it cannot be had, now or at all.
    """
    for attempt in range(1, manners.attempts + 1):
        try:
            return _once(url, headers, manners)
        except _NotNowError as trouble:
            wait = trouble.wait_s
            asked = wait is not None
            wait = delay_s(attempt, manners.backoff_s) if wait is None else wait
            too_long = asked and wait > manners.patience_s
            is_last = attempt == manners.attempts
            if is_last or too_long or wait >= manners.until - time.monotonic():
                outcome = trouble.outcome
                if asked:
                    at = datetime.now(UTC) + timedelta(seconds=wait)
                    outcome = Outcome(outcome.state, message=outcome.message, next_attempt=at)
                raise FetchError(outcome) from None
            manners.sleep(wait)
    raise AssertionError("every attempt returns or raises")


class _NotNowError(Exception):
    """It may go better later; `wait_s` is what the server asks for."""

    def __init__(self, state: State, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.outcome = Outcome(state, message=message)
        self.wait_s = wait_s


def _once(url: str, headers: Mapping[str, str], manners: Manners) -> Page | None:
    name = redacted(url)
    left = manners.until - time.monotonic()
    if left <= 0:
        raise FetchError(Outcome(State.DEADLINE, message=f"no time was left for {name}"))
    request = urllib.request.Request(url, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=min(manners.timeout_s, left)) as response:
            if "/login" in response.geturl():
                raise FetchError(Outcome(State.LOGIN_REQUIRED, message=f"{name} asks for a log-in"))
            body = _body(response, manners, name)
            return Page(body, response.headers.get("ETag") or "", _modified(response.headers))
    except urllib.error.HTTPError as error:
        with error:
            _refused(error, name)
            return None
    except http.client.HTTPException as error:
        raise _NotNowError(
            State.FAILED, f"{name}: not HTTP, or cut off ({type(error).__name__})"
        ) from None
    except OSError as error:  # no name, no route, refused, reset, silent
        reason = getattr(error, "reason", error)
        raise _NotNowError(State.UNREACHABLE, f"{name} cannot be reached ({reason})") from None


def _refused(error: urllib.error.HTTPError, name: str) -> None:
    """What an answer other than a page means; returns where the page has not changed."""
    if error.code == 304:
        return
    wait = retry_after_s(error.headers.get("Retry-After"))
    if error.code == 429:
        raise _NotNowError(State.RATE_LIMITED, f"{name}: asked to slow down (429)", wait)
    if error.code in TRY_AGAIN:
        raise _NotNowError(State.FAILED, f"{name}: the server failed ({error.code})", wait)
    if error.code in (401, 403):
        outcome = Outcome(State.LOGIN_REQUIRED, message=f"{name} is not shown to us ({error.code})")
        raise FetchError(outcome)
    raise FetchError(Outcome(State.FAILED, message=f"{name}: answered {error.code}"))


def _body(response: IO[bytes], manners: Manners, name: str) -> bytes:
    """All of it: a short one, an endless one and one that comes too slowly are refused."""
    body = bytearray()
    while chunk := response.read(CHUNK_BYTES):
        body += chunk
        if len(body) > PAGE_BYTES:
            message = f"{name} is larger than {PAGE_BYTES >> 20} MB"
            raise FetchError(Outcome(State.FAILED, message=message))
        if time.monotonic() > manners.until:
            raise FetchError(Outcome(State.DEADLINE, message=f"{name} did not come in time"))
    said = getattr(response, "headers", Message()).get("Content-Length")
    if said is not None and said.isdecimal() and int(said) != len(body):
        raise _NotNowError(State.FAILED, f"{name}: {len(body)} of {said} bytes came")
    return bytes(body)


def _modified(headers: Message) -> str:
    return headers.get("Last-Modified") or ""
