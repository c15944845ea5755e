"""Runs gallery-dl or instaloader in a child process, with manners that neither of them has.

Started by path: `python -P gentle.py --events FILE --pause S … -- gallery_dl ARGUMENTS`. It
stands between the program and the network: every request waits its turn, a 429 or 503 is asked
again when the server says (Retry-After), errors are retried a bounded number of times with a
growing wait, and each answer is noted in the events file by host and path, never with its
query, headers or cookies. A wait longer than our patience ends the program with TOO_LONG.

Imports nothing of ours but `backoff`, by path: the child needs no more than its own packages.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO
from urllib.parse import urlsplit

TOO_LONG = 75
"""Exit code (EX_TEMPFAIL): the server asked for a longer wait than we have patience for."""

ORPHAN_LOOK_S = 0.5


def _backoff() -> ModuleType:
    path = Path(__file__).with_name("backoff.py")
    spec = importlib.util.spec_from_file_location("_gentle_backoff", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Manners:
    """What is done around each request, whichever thread makes it."""

    def __init__(self, options: argparse.Namespace, events: TextIO) -> None:
        self.options = options
        self.events = events
        self.backoff = _backoff()
        self.lock = threading.Lock()
        self.last = 0.0

    def note(self, request: Any, is_file: bool, **what: Any) -> None:
        """One line in the events file: no query, no header, no cookie."""
        url = urlsplit(request.url or "")
        event = {"host": url.hostname, "path": url.path, "is_file": is_file, **what}
        with self.lock:
            self.events.write(json.dumps(event) + "\n")
            self.events.flush()

    def wait_turn(self) -> None:
        """Leave the pause between two requests, of all threads together."""
        with self.lock:
            due = self.last + self.options.pause - time.monotonic()
            if due > 0:
                time.sleep(due)
            self.last = time.monotonic()

    def send(self, really: Any, adapter: Any, request: Any, **options: Any) -> Any:
        """Send, and send again what may be better later."""
        import requests

        is_file = bool(options.get("stream"))
        again = request.method in ("GET", "HEAD") or isinstance(request.body, str | bytes | None)
        attempts = 1 + (self.options.retries if again else 0)
        for attempt in range(1, attempts + 1):
            self.wait_turn()
            try:
                response = really(adapter, request, **options)
                if not is_file:
                    _ = response.content  # read here, so that half a page is asked for again
            except requests.RequestException as error:
                self.note(request, is_file, error=type(error).__name__)
                if attempt == attempts:
                    raise
                time.sleep(self.backoff.delay_s(attempt, self.options.backoff))
                continue
            wait = self.judge(request, response, is_file)
            if wait is None or attempt == attempts:
                return response
            response.close()
            time.sleep(wait or self.backoff.delay_s(attempt, self.options.backoff))
        raise AssertionError("every attempt returns or raises")

    def judge(self, request: Any, response: Any, is_file: bool) -> float | None:
        """Seconds to wait before asking again (0: as we see fit), or None if not to be asked."""
        status = response.status_code
        asked = self.backoff.retry_after_s(response.headers.get("Retry-After"))
        login = "/login" in urlsplit(response.headers.get("Location") or "").path
        self.note(request, is_file, status=status, retry_after=asked, login=login)
        if asked is not None and asked > self.options.patience and status in (429, 503):
            sys.stderr.write(f"[gentle] the server asks to wait {asked:.0f} s\n")
            sys.stderr.flush()
            os._exit(TOO_LONG)  # nothing that the program would do now is wanted
        if status not in self.backoff.TRY_AGAIN:
            return None
        return float(asked or 0.0)


def install(manners: Manners) -> None:
    """Put the manners under everything that goes through `requests`."""
    from requests.adapters import HTTPAdapter

    really = HTTPAdapter.send

    def send(
        adapter: HTTPAdapter,
        request: Any,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> Any:
        # A program that sets no time limit would wait for a silent server for ever.
        timeout = timeout or manners.options.timeout
        options = {"stream": stream, "timeout": timeout, "verify": verify}
        return manners.send(really, adapter, request, **options, cert=cert, proxies=proxies)

    HTTPAdapter.send = send  # type: ignore[method-assign,assignment]


def end_with_parent() -> None:
    """End when the collecting process is gone: nobody would watch the deadline any more."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(ORPHAN_LOOK_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, daemon=True).start()


def main() -> None:
    """Parse our options, put the manners in place, become the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", required=True)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--patience", type=float, default=0.0)
    parser.add_argument("--retries", type=int, default=0)
    parser.add_argument("--backoff", type=float, default=1.0)
    parser.add_argument("--timeout", type=float, default=30.0)
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    # A run in the background is started with SIGINT ignored; we are ended with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_with_parent()
    with Path(options.events).open("a", encoding="utf-8") as events:
        install(Manners(options, events))
        sys.argv = [options.program, *options.arguments]
        runpy.run_module(options.program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
