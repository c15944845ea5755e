"""gallery-dl as a collector: its options, and what it leaves on disk.

It writes media as `x.jpg.part`, then the sidecar `x.jpg.json`, then renames the media, then
notes the item in its archive. So a sidecar beside a `.part` is not finished yet, and an item
is in the archive only when both files are there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from influence_assets.collectors import signatures
from influence_assets.collectors.child import Ended
from influence_assets.collectors.config import GalleryDl
from influence_assets.collectors.outcome import Outcome
from influence_assets.collectors.places import Bundle, write_whole
from influence_assets.collectors.programs import Call, Job
from influence_assets.errors import UserError

AUTH_BIT = 16
"""In its exit code: not authorised, or not logged in."""

SIDECAR_BYTES = 64 << 20

_FAILED = re.compile(r"\[download\]\[error\] Failed to download ")


class GalleryDlProgram:
    """gallery-dl with the options of one collector."""

    module = "gallery_dl"
    wall_help = (
        "Log in with a browser, export its cookies to a file (Netscape form), and name that file "
        "under `cookies`; or put user name and token in a gallery-dl configuration and name it "
        "under `config`."
    )

    def __init__(self, config: GalleryDl) -> None:
        self.config = config

    def targets(self) -> dict[str, str]:
        """Each address, and its host."""
        return {url: urlsplit(url[url.index("http") :]).netloc for url in self.config.urls}

    def call(self, target: str, job: Job, was_whole: bool) -> Call:
        """Options in a file of ours, the address on standard input: neither is in the call."""
        for name in ("cookies", "config"):
            given = getattr(self.config, name)
            if given is not None and not given.expanduser().is_file():
                raise UserError(f"There is no file {given}, named under `{name}` of {job.name}.")
        path = job.places.own / "gallery-dl.json"
        write_whole(path, json.dumps(self._options(job, was_whole), indent=1).encode())
        own = ["--config", str(self.config.config.expanduser())] if self.config.config else []
        arguments = ["--config-ignore", *own, "--config-json", str(path), "--no-input"]
        return Call((*arguments, "--no-colors", "--input-file", "-"), f"{target}\n")

    def _options(self, job: Job, was_whole: bool) -> dict[str, object]:
        """At the top level, where they go before those of any site."""
        known = self.config.stop_after_known
        options: dict[str, object] = {
            "base-directory": str(job.places.staging),
            "archive": str(job.places.own / "archive.sqlite3"),
            # After a run with gaps the whole list is looked at: what is missing may lie deep.
            "skip": f"abort:{known}" if known and was_whole else True,
            "download": self.config.media,
            "part": True,
            # `gentle` asks again, with the server's own wait; gallery-dl would do so on top.
            "retries": 0,
            "timeout": self.config.timeout_s,
            "sleep-429": 0,
            # Where the file lies, for the check; names with _ stay out of the sidecar.
            "metadata-path": "_path",
            "postprocessors": [
                {"name": "python", "function": f"{signatures.__file__}:refuse_garbage"},
                {"name": "metadata"},
            ],
            "cache": {"file": str(job.places.own / "cache.sqlite3")},
            "output": {"mode": "pipe", "progress": False},
        }
        if self.config.cookies:
            options["cookies"] = str(self.config.cookies.expanduser())
        return options

    def bundles(self, staging: Path) -> Iterator[Bundle]:
        """Sidecars whose media is there, or that never had any."""
        for sidecar in _sidecars(staging):
            media = sidecar.with_suffix("")
            if media.with_name(f"{media.name}.part").exists():
                continue  # the next run goes on with it
            path = PurePosixPath(media.relative_to(staging).as_posix())
            stem = str(path.with_suffix(""))
            tail = f"{path.suffix}.json"
            if media.exists():
                yield Bundle(stem, (path.suffix, tail), path.suffix)
            else:
                yield Bundle(stem, (tail,), tail)

    def broken(self, staging: Path) -> Iterator[Path]:
        """Sidecars that are no JSON, or far too large for one."""
        for sidecar in _sidecars(staging):
            if sidecar.stat().st_size > SIDECAR_BYTES or not _is_json(sidecar):
                yield sidecar

    def failed(self, ended: Ended) -> int:
        """Files that it gave up on."""
        return sum(bool(_FAILED.search(line)) for line in ended.lines)

    def says_wall(self, ended: Ended) -> bool:
        """Told in its exit code."""
        return ended.code > 0 and bool(ended.code & AUTH_BIT)

    def finish(self, target: str, job: Job, outcome: Outcome) -> None:
        """Nothing: its archive is kept item by item."""


def _sidecars(staging: Path) -> list[Path]:
    return sorted(path for path in staging.rglob("*.json") if path.is_file())


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True
