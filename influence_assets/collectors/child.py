"""A child process with a deadline: its whole group ends by then, done or not."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from influence_assets.collectors.outcome import redacted

GRACE_S = 5.0
"""Between being asked to end (SIGINT), told to (SIGTERM), and killed."""

KEPT_LINES = 400
LINE_CHARS = 2_000
"""A program that prints without end, or without a line's end, takes no more memory than this."""


@dataclass(frozen=True)
class Ended:
    """How a child ended, and its last lines, without secrets."""

    code: int
    is_late: bool
    lines: tuple[str, ...]
    skipped: int


def run_child(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    *,
    keep_open: int,
    stdin: str = "",
    log: Callable[[str], None] = lambda _: None,
    grace_s: float = GRACE_S,
) -> Ended:
    """Run a program and wait for it, at most so long.

    It is ended with all that it started, also when this process is interrupted.

    Args:
        command: the program with its arguments; nothing secret.
        folder: working folder of the child.
        environment: all of its environment variables.
        seconds: until the group is interrupted.
        keep_open: a descriptor that the child inherits: its lock outlives us with the child.
        stdin: text for its standard input.
        log: gets its lines.
        grace_s: time between the signals.
    """
    child = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=(keep_open,),
    )
    assert child.stdin and child.stdout
    lines: deque[str] = deque(maxlen=KEPT_LINES)
    skipped = [0]
    reader = threading.Thread(target=_read, args=(child.stdout, lines, skipped, log), daemon=True)
    reader.start()
    is_late = False
    try:
        _feed(child.stdin, stdin)
        child.wait(max(0.0, seconds))
    except subprocess.TimeoutExpired:
        is_late = True
    finally:
        _end_group(child, grace_s)
        reader.join(grace_s)
        # What the child started may hold the pipe open only if it left the group: not waited for.
        if not reader.is_alive():
            child.stdout.close()
    return Ended(child.returncode, is_late, tuple(lines), skipped[0])


def _feed(pipe: IO[bytes], text: str) -> None:
    try:
        pipe.write(text.encode())
        pipe.close()
    except BrokenPipeError:
        pass  # it ended before it read its input; its exit code tells why


def _read(
    pipe: IO[bytes], lines: deque[str], skipped: list[int], log: Callable[[str], None]
) -> None:
    for raw in _lines(pipe):
        text = redacted(raw.decode("utf-8", "replace").rstrip())
        if text.startswith("# "):  # gallery-dl: a file that its archive knows
            skipped[0] += 1
        elif text:
            lines.append(text)
            log(text)


def _lines(pipe: IO[bytes]) -> Iterator[bytes]:
    """Lines, each cut off at LINE_CHARS."""
    is_cut = False
    while part := pipe.readline(LINE_CHARS):
        if not is_cut:
            yield part
        is_cut = not part.endswith(b"\n")


def _end_group(child: subprocess.Popen[bytes], grace_s: float) -> None:
    """Interrupt, terminate, kill what is left of the group; the child itself is waited for."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if not _signal(child.pid, number if child.poll() is None else signal.SIGKILL):
            break
        end = time.monotonic() + grace_s
        while child.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
    child.wait()


def _signal(group: int, number: int) -> bool:
    """Send it to the group; False if nobody is left."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # macOS says so of a group whose members have all ended
    return True
