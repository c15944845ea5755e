"""A local HTTP server that misbehaves as told, and then behaves.

Each path has a queue of faults; a request takes the next one, and once there are none the path
is answered well. Every request is noted, so that a test can count what was asked for.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Answer:
    """A good answer."""

    body: bytes
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float


Site = Callable[[Asked], Answer | None]


@dataclass
class Server:
    """The server under test: its faults to come, and what was asked so far."""

    site: Site
    port: int = 0
    faults: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    asked: list[Asked] = field(default_factory=list)
    hang_s: float = 60.0
    delay_s: float = 0.0
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def misbehave(self, path: str, *faults: str) -> None:
        """The next requests for the path meet these, one each."""
        self.faults[path].extend(faults)

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(a.path == path for a in self.asked)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    told: Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(
            self.command, url.path, dict(parse_qsl(url.query)), dict(self.headers.items()),
            self.rfile.read(length), time.monotonic(),
        )  # fmt: skip
        self.told.asked.append(asked)
        self.told.closing.wait(self.told.delay_s)
        queue = self.told.faults.get(url.path)
        fault = queue.popleft() if queue else None
        good = self.told.site(asked)
        if fault is not None:
            self.misbehave(fault, good or Answer(b"{}"))
        elif good is None:
            self.send(Answer(b'{"error": "not found"}', status=404))
        else:
            self.send(good)

    do_POST = do_GET  # noqa: N815 - names that the base class looks for
    do_HEAD = do_GET  # noqa: N815

    def misbehave(self, fault: str, good: Answer) -> None:
        word, _, value = fault.partition(":")
        if word == "ok":
            self.send(good)
        elif word.isdecimal():
            headers = (("Retry-After", value),) if value else ()
            self.send(Answer(b'{"error": "no"}', headers=headers, status=int(word)))
        elif word == "login":
            self.send(Answer(b"", headers=(("Location", "/accounts/login/?next=x"),), status=302))
        elif word == "half":
            self.send(good, share=0.5)
        elif word == "hang":
            self.told.closing.wait(self.told.hang_s)
            self.close_connection = True
        elif word == "garbage":
            self.send(Answer(b"\x00\xff<<< this is no answer {{{", good.kind))
        else:
            raise AssertionError(f"there is no fault {fault}")

    def send(self, answer: Answer, share: float = 1.0) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[: int(len(answer.body) * share)])
        if share < 1:
            self.wfile.flush()
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `asked` instead."""


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed has gone: no fault of the server."""


@contextmanager
def serving(site: Site, handler: type[Handler] = Handler) -> Iterator[Server]:
    """The server on a free port of this machine."""
    told = Server(site)
    bound = type("Told", (handler,), {"told": told})
    with QuietServer(("127.0.0.1", 0), bound) as server:
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield told
        finally:
            told.closing.set()
            server.shutdown()
            thread.join()
