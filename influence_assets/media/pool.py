"""Other processes that decode pictures: a few, long-lived, limited, replaced when they end.

This process never decodes, and believes a worker no more than its pictures: answers are JSON of
known fields, never pickles. A picture that a worker dies of, or takes too long over, is refused;
the worker is replaced and the others go on.
"""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any

from influence_assets.media.refused import RULES, Refused

WORKERS = 2
"""Each holds about 70 MB, so that not every core of a large machine should have one."""

SECONDS = 10.0
"""For a picture; one of 50 megapixels takes about 2 s."""

START_SECONDS = 60.0
"""Until a worker has loaded its libraries."""

MAX_ANSWER_BYTES = 1_000_000
RESTART_AFTER = 5_000
"""Pictures after which a worker is replaced: what libraries leak does not add up."""


@dataclass(frozen=True)
class Stored:
    """A stored picture: where it lies, and the SHA-256 of its bytes."""

    path: Path
    content_hash: str


@dataclass(frozen=True)
class Measured:
    """What a worker found out: columns of content.images, and a thumbnail as JPEG."""

    facts: dict[str, Any]
    thumbnail: bytes


class _Late(Exception):  # noqa: N818 - it says what the worker is
    """A worker has not answered in time."""


class _Ended(Exception):  # noqa: N818 - it says what the worker has done
    """A worker is gone, or answers nonsense."""


class _Worker:
    """A process that decodes, and the pipes to it.

    Raises:
        RuntimeError: it does not start.
    """

    def __init__(self, module: str) -> None:
        root = Path(__file__).parents[2]
        with tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                # Nothing of ours: what takes over a decoder must find no keys.
                env={"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
            try:
                self._read(time.monotonic() + START_SECONDS)
            except (_Late, _Ended):
                self.end()
                errors.seek(0)
                told = errors.read().decode("utf-8", "replace")[-2_000:]
                raise RuntimeError(
                    f"The process that decodes pictures does not start: {told}"
                ) from None
        self.answered = 0

    def ask(self, request: dict[str, Any], seconds: float) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for its answer."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise _Ended from None
        answer = self._read(time.monotonic() + seconds)
        self.answered += 1
        return answer

    def end(self) -> None:
        """Kill it, wait for it and close its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with suppress(BrokenPipeError):  # of a request that was never read
                pipe.close()

    def _read(self, until: float) -> tuple[dict[str, Any], bytes]:
        lengths = struct.unpack(">II", self._bytes(8, until))
        if sum(lengths) > MAX_ANSWER_BYTES:
            raise _Ended
        text, payload = (self._bytes(n, until) for n in lengths)
        try:
            header = json.loads(text)
        except ValueError:
            raise _Ended from None
        if not isinstance(header, dict):
            raise _Ended
        return header, payload

    def _bytes(self, count: int, until: float) -> bytes:
        assert self._process.stdout
        pipe = self._process.stdout.fileno()
        found = bytearray()
        while len(found) < count:
            if not select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
                raise _Late
            part = os.read(pipe, count - len(found))
            if not part:
                raise _Ended
            found += part
        return bytes(found)


class DecodingPool:
    """Workers, started when there is something to decode; `with` ends them.

    Args:
        workers: how many processes.
        seconds: for a picture.
        module: what they run; for tests.
    """

    def __init__(
        self,
        workers: int = WORKERS,
        seconds: float = SECONDS,
        module: str = "influence_assets.media.worker",
    ) -> None:
        self._count, self._seconds, self._module = workers, seconds, module
        self._idle: SimpleQueue[_Worker | None] = SimpleQueue()
        for _ in range(workers):
            self._idle.put(None)
        self._permits = threading.Semaphore(workers)
        self._alone = threading.Lock()

    def __enter__(self) -> DecodingPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _ in range(self._count):
            if worker := self._idle.get():
                worker.end()

    def measure(self, pictures: Sequence[Stored]) -> list[Measured | Refused]:
        """What is found out about each picture, in their order."""
        with ThreadPoolExecutor(self._count) as threads:
            return list(threads.map(self._measure, pictures))

    def contact_sheet(self, paths: Sequence[Path], columns: int, side_px: int) -> bytes:
        """A JPEG with thumbnails in rows."""
        request = {"sheet": list(map(str, paths)), "columns": columns, "side_px": side_px}
        answer = self._ask(request, is_large=False)
        if isinstance(answer, Refused):
            raise RuntimeError(f"The contact sheet could not be made: {answer.message}")
        return answer[1]

    def _measure(self, picture: Stored) -> Measured | Refused:
        request = {"path": str(picture.path), "content_hash": picture.content_hash}
        answer = self._ask(request, is_large=False)
        if not isinstance(answer, Refused) and "is_large" in answer[0]:
            answer = self._ask(request, is_large=True)
        if isinstance(answer, Refused):
            return answer
        header, thumbnail = answer
        if header.get("rule") in RULES:
            return Refused(header["rule"], str(header.get("message")))
        if not isinstance(header.get("facts"), dict) or not thumbnail:
            return Refused("decoder_died")
        return Measured(header["facts"], thumbnail)

    def _ask(
        self, request: dict[str, Any], *, is_large: bool
    ) -> tuple[dict[str, Any], bytes] | Refused:
        with self._room(is_large):
            worker: _Worker | None = self._idle.get()
            try:
                if worker is not None and worker.answered >= RESTART_AFTER:
                    worker.end()
                    worker = None
                worker = worker or _Worker(self._module)
                return worker.ask({**request, "may_be_large": is_large}, self._seconds)
            except (_Late, _Ended) as error:
                if worker is not None:
                    worker.end()
                worker = None
                if isinstance(error, _Late):
                    return Refused("too_slow", f"it takes more than {self._seconds:g} s to decode")
                return Refused("decoder_died")
            finally:
                self._idle.put(worker)

    @contextmanager
    def _room(self, is_large: bool) -> Iterator[None]:
        """One place among the others, or all of them for a large picture."""
        needed = self._count if is_large else 1
        # Two large ones must not wait for each other with half of the places each.
        with self._alone if is_large else nullcontext():
            for _ in range(needed):
                self._permits.acquire()
        try:
            yield
        finally:
            self._permits.release(needed)
