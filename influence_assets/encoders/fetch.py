"""Fetching an encoder from a model hub: the one place that connects to anything, when asked to."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from influence_assets.encoders.find import Found, find, home_folder, hub_name
from influence_assets.encoders.image import CONFIG, WEIGHTS
from influence_assets.errors import UserError

_TAKEN = (".json", ".txt", ".model", ".safetensors", ".md", ".jinja")
"""Pickled weights are not among them: to open one is to run what it says."""

_OTHER_FORMATS = ("onnx", "openvino", "coreml")

_OF_OPEN_CLIP = (
    "open_clip_",
    "tokenizer",
    "vocab",
    "merges",
    "special_tokens",
    "README",
    "LICENSE",
)
"""A repository of open_clip often holds the same weights once more, in another form."""


def fetch(
    name: str,
    encoders: Path,
    endpoint: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Found:
    """Download a repository of sentence-transformers, open_clip or a classifier, whole or not at
    all, in place of what lies there under its name.

    Args:
        name: `owner/model`, or a short name of such.
        encoders: the home's folder of encoders.
        endpoint: the hub; by default what huggingface_hub takes (HF_ENDPOINT, or huggingface.co).
        tell: gets lines on what is fetched.

    Raises:
        UserError: the hub cannot be reached, has no such repository, or it holds no weights that
            can be used.
    """
    from httpx2 import HTTPError
    from huggingface_hub import snapshot_download

    repository = hub_name(name)
    encoders.mkdir(parents=True, exist_ok=True)
    # Beside where it will lie, so that it can be renamed; a fresh one, for the hub's own code
    # takes a folder with files for a fetched one when it cannot connect.
    scratch = Path(tempfile.mkdtemp(prefix=".fetching-", dir=encoders))
    try:
        # The notes of the downloader go where they are deleted.
        download: Callable[..., Any] = partial(
            snapshot_download,
            repository,
            local_dir=scratch,
            cache_dir=scratch / ".cache",
            endpoint=endpoint,
        )
        there = download(dry_run=True)
        sizes = {file.filename: file.file_size or 0 for file in there}
        wanted = wanted_files(repository, list(sizes))
        megabytes = sum(sizes[file] for file in wanted) / 1e6
        tell(f"Fetching {repository}: {len(wanted)} files, {megabytes:,.1f} MB")
        download(allow_patterns=wanted, revision=there[0].commit_hash)
        shutil.rmtree(scratch / ".cache")
        _put(scratch, home_folder(name, encoders))
    except (OSError, HTTPError, ValueError) as error:
        raise UserError(
            f"{repository} could not be fetched ({_first_line(error)}). Is this machine online, "
            "and is the name that of a public repository, such as sentence-transformers/"
            "all-MiniLM-L6-v2? Offline: fetch it elsewhere and copy its folder to "
            f"{home_folder(name, encoders)}, or name the folder itself."
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    found = find(name, encoders)
    assert found is not None
    return found


def wanted_files(repository: str, files: Sequence[str]) -> list[str]:
    """The files of a repository that an encoder is loaded from.

    Raises:
        UserError: there are no weights that can be used among them.
    """
    taken = [
        file
        for file in files
        if PurePosixPath(file).suffix in _TAKEN
        and not PurePosixPath(file).parts[0].lower().startswith((".", *_OTHER_FORMATS))
    ]
    if CONFIG in taken:
        taken = [file for file in taken if file.startswith(_OF_OPEN_CLIP)]
        has_weights = WEIGHTS in taken
    else:
        has_weights = any(file.endswith(".safetensors") for file in taken)
    if not has_weights:
        raise UserError(
            f"{repository} has no {WEIGHTS if CONFIG in files else 'weights as .safetensors'}, and "
            "pickled weights are not opened here. Take another repository, or save it as "
            "safetensors elsewhere and name that folder."
        )
    return sorted(taken)


def _put(new: Path, place: Path) -> None:
    """Take what lies there away only once the new one is whole."""
    if not place.exists():
        new.rename(place)
        return
    old = Path(tempfile.mkdtemp(prefix=".old-", dir=place.parent))
    place.rename(old / "encoder")
    new.rename(place)
    shutil.rmtree(old)


def _first_line(error: Exception) -> str:
    cause = error.__cause__ or error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0].rstrip(".")
