"""A model hub on this machine: what huggingface_hub asks of one when it fetches a repository."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Its repositories by name, each a folder.

    Attributes:
        served: paths of files that were sent.
        broken: names of files of which half is sent.
    """

    endpoint: str
    repositories: dict[str, Path]
    served: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            path = unquote(urlsplit(self.path).path)
            for name, folder in hub.repositories.items():
                if path.startswith(f"/api/models/{name}/tree/"):
                    return self.send_json([_entry(folder, file) for file in _files(folder)])
                if path.startswith(f"/api/models/{name}"):
                    return self.send_json({"id": name, "sha": COMMIT, "siblings": []})
                if path.startswith(f"/{name}/resolve/{COMMIT}/"):
                    return self.send_file(folder / path.split(COMMIT, 1)[1].lstrip("/"))
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def send_json(self, value: object) -> None:
            data = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def send_file(self, file: Path) -> None:
            data = file.read_bytes()
            self.send_response(200)
            self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command == "HEAD":
                return
            if file.name in hub.broken:
                self.wfile.write(data[: len(data) // 2])
                self.close_connection = True
                return
            hub.served.append(file.name)
            self.wfile.write(data)

    return Handler


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _entry(folder: Path, file: Path) -> dict[str, object]:
    size = file.stat().st_size
    oid = hashlib.sha256(file.read_bytes()).hexdigest()
    path = file.relative_to(folder).as_posix()
    return {"type": "file", "path": path, "size": size, "oid": oid}


@contextmanager
def running(repositories: dict[str, Path]) -> Iterator[Hub]:
    """A hub on the loopback interface, until the end."""
    hub = Hub("", repositories)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
