"""Copying from a folder or a bucket: what is new or has changed, each object whole, once.

An object counts as unchanged while its origin says the same of it (ETag or version, size,
time). It is fetched in pieces of bounded size into a partial file, which a later run goes on
with, and gets its name in the landing folder by a rename.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from influence_assets.collectors.backoff import delay_s
from influence_assets.collectors.config import Bucket, Folder
from influence_assets.collectors.ledger import Item
from influence_assets.collectors.outcome import Counts, Outcome, State, redacted
from influence_assets.collectors.places import file_sha256, move
from influence_assets.collectors.programs import Job
from influence_assets.errors import UserError

PIECE_BYTES = 8 << 20
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".swp", "~")
OWN_MAPPING = "mapping.yaml"

AGAIN = (State.UNREACHABLE, State.PARTIAL, State.RATE_LIMITED)
SLOW_DOWN = (429, 503)
"""What S3 answers where it has too much to do."""

NO_KEYS = (
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "TokenRetrievalError",
)


@dataclass(frozen=True)
class Found:
    """An object of the origin: its path there, its name below the root, what is said of it."""

    path: str
    name: str
    size: int
    fingerprint: str
    changed_at: float | None
    is_settled: bool = True


class _ChangedError(Exception):
    """The object changed while it was read; the next attempt fetches it as it is then."""


class _NoRootError(Exception):
    """There is no such folder: not mounted, or wrongly written."""


_OWN = (_ChangedError, FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError)
"""Troubles that say nothing of the other objects."""

IN_A_ROW = 3
"""Objects that cannot be read, one after another: then it is the place, and the pass ends."""


def collect_files(config: Folder | Bucket, job: Job) -> Outcome:
    """Copy what is new.

    Raises:
        UserError: the protocol is not installed.
    """
    total = Counts()
    for attempt in range(1, config.attempts + 1):
        outcome = _pass(config, job)
        known = outcome.counts.known if attempt == 1 else total.known
        total = Counts(total.new + outcome.counts.new, known, outcome.counts.failed)
        again = outcome.state in AGAIN
        wait = delay_s(attempt, config.backoff_s)
        if not again or attempt == config.attempts or wait >= job.seconds_left:
            return replace(outcome, counts=total)
        job.sleep(wait)
    raise AssertionError("the last attempt returns")


def _pass(config: Folder | Bucket, job: Job) -> Outcome:
    """One look at everything below the root: an object that cannot be had keeps none waiting."""
    counts, troubles, waiting = Counts(), [], 0
    in_a_row: list[Exception] = []
    of_all: tuple[type[Exception], ...] = (_NoRootError, *_no_answer())
    of_one: tuple[type[Exception], ...] = (*_OWN, *of_all)
    try:
        system, root = _open(config)
        for found in _listed(system, root, config):
            if job.seconds_left <= 0:
                raise TimeoutError
            if not found.is_settled:
                waiting += 1
                continue
            try:
                counts += _fetch(system, found, config, job)
                in_a_row.clear()
            except of_one as error:
                counts += Counts(failed=1)
                troubles.append(f"{found.name}: {error}")
                if isinstance(error, _OWN):
                    continue
                in_a_row.append(error)
                is_place = len(in_a_row) == IN_A_ROW or _status(error) in SLOW_DOWN
                if is_place or job.seconds_left <= 0:
                    raise
        if in_a_row and not counts.new + counts.known:
            raise in_a_row[-1]
    except of_all as error:
        if job.seconds_left <= 0:
            message = "the deadline came before the end; the next run goes on from here"
            return Outcome(State.DEADLINE, counts, message)
        return _broken_off(error, config, counts)
    if troubles:
        return Outcome(State.PARTIAL, counts, redacted("; ".join(troubles[:5])))
    says = f"{waiting} changed less than {config.settle_s:g} s ago: the next run takes them"
    return Outcome(State.OK, counts, says if waiting else "")


def _broken_off(error: Exception, config: Folder | Bucket, counts: Counts) -> Outcome:
    """What an error means that ends the whole pass."""
    where = str(config.path) if isinstance(config, Folder) else config.url
    status = _status(error)
    is_shut = isinstance(error, PermissionError) or status == 401 or type(error).__name__ in NO_KEYS
    if isinstance(error, _NoRootError):
        state, says = State.FAILED, f"there is nothing at {where}"
    elif is_shut and isinstance(config, Folder):
        state, says = State.LOGIN_REQUIRED, f"{where} may not be read ({error})"
    elif is_shut:
        state = State.LOGIN_REQUIRED
        says = (
            f"{where} does not let us read it ({error}). Check the credentials that your cloud's "
            "own tools use (their file or environment variables) and `profile` under `options`."
        )
    elif status in SLOW_DOWN:
        state, says = State.RATE_LIMITED, f"{where} asks to slow down ({status})"
    else:
        state, says = State.UNREACHABLE, f"{where} cannot be read: {error}"
    return Outcome(state, counts, redacted(says))


def _status(error: Exception) -> int | None:
    """The HTTP status behind an error of the S3 client."""
    answer = getattr(error.__cause__, "response", {})
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status if isinstance(status, int) else None


def _no_answer() -> tuple[type[Exception], ...]:
    """What is raised where a place cannot be read; the S3 client has errors of its own."""
    try:
        from aiohttp import ClientError
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
    except ImportError:
        return (OSError,)
    return (OSError, BotoCoreError, ClientError)


def _open(config: Folder | Bucket) -> tuple[Any, str]:
    """The file system and the path of the root in it."""
    # Here: nothing that starts Dagster needs it.
    import fsspec  # type: ignore[import-untyped]

    if isinstance(config, Folder):
        system: Any = fsspec.filesystem("file")
        root = str(config.path.expanduser().absolute())
    else:
        options = {**_patience(config), **config.options}
        try:
            # Without a listing kept from before: we are here for what is new.
            system, root = fsspec.core.url_to_fs(config.url, use_listings_cache=False, **options)
        except (ImportError, ValueError) as error:
            raise UserError(
                f"{config.url} needs a package that is not installed ({error}). For S3: "
                "`pip install 'influence-assets[collect]'`."
            ) from error
        if hasattr(system, "retries"):
            system.retries = 1  # of the S3 client: 5 for each piece, times 5 for its beginning
    system.invalidate_cache()
    if not system.isdir(root):
        raise _NoRootError
    return system, root


def _patience(config: Bucket) -> dict[str, Any]:
    """The S3 client's own way to say how long it may wait for an answer."""
    if urlsplit(config.url).scheme not in ("s3", "s3a"):
        return {}
    seconds = {"connect_timeout": config.timeout_s, "read_timeout": config.timeout_s}
    # It asks again by itself, within each of our attempts, on two levels (see `_open`).
    return {"config_kwargs": {**seconds, "retries": {"max_attempts": 1}}}


def _listed(system: Any, root: str, config: Folder | Bucket) -> Iterator[Found]:
    """Objects to look at, folder by folder: memory holds one folder's names at a time."""
    now = time.time()
    for folder, _, files in system.walk(root, detail=True, on_error="raise"):
        below = PurePosixPath(folder).relative_to(PurePosixPath(root))
        if any(part.startswith(".") for part in below.parts):
            continue
        for base in sorted(files):
            info = files[base]
            name = str(below / base)
            wanted = any(fnmatch(base, p) or fnmatch(name, p) for p in config.match)
            if not wanted or not base or base.startswith(".") or base == OWN_MAPPING:
                continue
            if base.endswith(UNFINISHED) or info.get("islink") or info.get("type") != "file":
                continue
            found = _found(info, name)
            # A time in the future is a clock that is wrong, not a file that is being written.
            age = now - found.changed_at if found.changed_at is not None else None
            yield replace(found, is_settled=age is None or age < 0 or age >= config.settle_s)


def _found(info: dict[str, Any], name: str) -> Found:
    changed = info.get("LastModified") or info.get("mtime") or info.get("created")
    at = changed.timestamp() if isinstance(changed, datetime) else changed
    # S3 states the time of a copy anew; its ETag tells the content.
    tag = info.get("ETag") or info.get("etag") or info.get("VersionId") or f"{at}"
    return Found(info["name"], name, int(info["size"]), f"{tag} {info['size']}", at)


def _fetch(system: Any, found: Found, config: Folder | Bucket, job: Job) -> Counts:
    """Fetch an object unless it is known; the same bytes with another date are known, too."""
    known = job.ledger.item(job.name, found.name)
    if known and known.fingerprint == found.fingerprint:
        return Counts(known=1)
    target = _target(found.name, job)
    partial = _download(system, found, config, job)
    sha256 = file_sha256(partial)
    if known and known.sha256 == sha256:
        partial.unlink()
        counts, landed = Counts(known=1), known.landed_as
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        move(partial, target)
        counts, landed = Counts(new=1), job.places.landed_as(target)
    job.ledger.landed(job.name, Item(found.name, found.fingerprint, sha256, landed), job.day)
    return counts


def _target(name: str, job: Job) -> Path:
    """Where it lies in the landing folder: never outside, whatever the object is called."""
    parts = PurePosixPath(name).parts
    if not parts or any(p in ("..", "/", "") or "\\" in p or "\0" in p for p in parts):
        raise ValueError("its name cannot be a path here")
    if len(parts[-1].encode()) > 250:
        raise ValueError("its name is too long for a file")
    return job.places.into.joinpath(*parts)


def _download(system: Any, found: Found, config: Folder | Bucket, job: Job) -> Path:
    """All pieces, after those that an earlier run got of the same version."""
    version = hashlib.sha256(f"{found.path}\n{found.fingerprint}".encode()).hexdigest()
    partial = job.places.staging / f"{version[:32]}.part"
    done = partial.stat().st_size if partial.exists() else 0
    with partial.open("r+b" if done else "wb") as out:
        out.seek(min(done, found.size))
        out.truncate()
        while (at := out.tell()) < found.size:
            if job.seconds_left <= 0:
                raise TimeoutError("the deadline came in the middle of an object")
            end = min(at + PIECE_BYTES, found.size)
            piece = system.cat_file(found.path, start=at, end=end)
            if len(piece) != end - at:
                break  # not what was asked for: a file that shrank, or an answer that is none
            out.write(piece)
            job.sleep(config.pause_s)
        out.flush()
        os.fsync(out.fileno())
    system.invalidate_cache()
    if _found(system.info(found.path), found.name).fingerprint != found.fingerprint:
        partial.unlink()
        raise _ChangedError("it changed while it was read")
    if at < found.size:
        raise ConnectionError(f"{found.name} broke off after {at} of {found.size} bytes")
    return partial
