"""instaloader as a collector: its options, and what it leaves on disk.

It writes the media of a post (`x.jpg`, `x_1.jpg`, `x.mp4`) and then, last, `x.json.xz`. It
passes over a post that it cannot get, and would then note the profile as read up to its newest
post; so it works on a copy of its stamps, which takes the place of the real ones only when
nothing was missed.
"""

from __future__ import annotations

import json
import lzma
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from influence_assets.collectors.child import Ended
from influence_assets.collectors.config import Instaloader
from influence_assets.collectors.outcome import Outcome, State
from influence_assets.collectors.places import Bundle, move, write_whole
from influence_assets.collectors.programs import Call, Job
from influence_assets.collectors.signatures import is_media
from influence_assets.errors import UserError

SITE = "www.instagram.com"
LOGIN_FAILURE = 3
SIDECAR = ".json.xz"
SIDECAR_BYTES = 64 << 20

_SHORTCODE = re.compile(r"_UTC_([A-Za-z0-9_-]+)\.json\.xz$")
_FAILED = re.compile(r"^(?:Download|Video thumbnail of) <Post ")


class InstaloaderProgram:
    """instaloader with the options of one collector."""

    module = "instaloader"
    wall_help = (
        "Run `instaloader --login YOUR-NAME` once, and name YOUR-NAME under `login` and the "
        "session file that it wrote under `session`."
    )

    def __init__(self, config: Instaloader) -> None:
        self.config = config

    def targets(self) -> dict[str, str]:
        """Each profile; all are on one site."""
        return {profile.lower(): SITE for profile in self.config.profiles}

    def call(self, target: str, job: Job, was_whole: bool) -> Call:
        """Arguments in a file: the filter may name many posts."""
        stamps = _stamps(job, "trial")
        stamps.unlink(missing_ok=True)
        if _stamps(job, "real").exists():
            shutil.copyfile(_stamps(job, "real"), stamps)
        arguments = [
            target,
            "--quiet",
            "--no-captions",
            "--no-profile-pic",
            "--no-iphone",
            "--no-sleep",  # `gentle` leaves the pause that was asked for
            # A resumed list would not come back to the posts that failed before.
            "--no-resume",
            "--dirname-pattern={target}",
            "--filename-pattern={date_utc}_UTC_{shortcode}",
            f"--latest-stamps={stamps}",
            f"--request-timeout={self.config.timeout_s}",
            "--max-connection-attempts=1",
            "--abort-on=429",
            *([] if self.config.media else ["--no-pictures", "--no-videos"]),
            *self._session(job),
            *([] if was_whole else _without_known(target, job)),
        ]
        path = job.places.own / "instaloader.txt"
        write_whole(path, "\n".join(arguments).encode())
        return Call((f"+{path}",))

    def _session(self, job: Job) -> list[str]:
        if self.config.login is None or self.config.session is None:
            return []
        session = self.config.session.expanduser()
        if not session.is_file():
            raise UserError(
                f"There is no session file {session}, named under `session` of {job.name}. "
                f"{self.wall_help}"
            )
        return [f"--login={self.config.login}", f"--sessionfile={session}"]

    def bundles(self, staging: Path) -> Iterator[Bundle]:
        """Posts and profiles: all that carries the name of a sidecar, the sidecar last."""
        for sidecar in _sidecars(staging):
            name = sidecar.name.removesuffix(SIDECAR)
            tails = (*(p.name.removeprefix(name) for p in _beside(sidecar)), SIDECAR)
            stem = (sidecar.parent / name).relative_to(staging).as_posix()
            yield Bundle(stem, tails, SIDECAR)

    def broken(self, staging: Path) -> Iterator[Path]:
        """Sidecars that are not whole, and media that is none with its sidecar."""
        for sidecar in _sidecars(staging):
            garbage = [p for p in _beside(sidecar) if not is_media(p, p.suffix)]
            if garbage or not _is_whole(sidecar):
                yield from (*garbage, sidecar)

    def failed(self, ended: Ended) -> int:
        """Posts that it passed over; it tells some of them twice."""
        return len({line.split(":")[0] for line in ended.lines if _FAILED.match(line)})

    def says_wall(self, ended: Ended) -> bool:
        """Told in its exit code."""
        return ended.code == LOGIN_FAILURE

    def finish(self, target: str, job: Job, outcome: Outcome) -> None:
        """Keep the new stamps only where nothing was missed."""
        trial = _stamps(job, "trial")
        if outcome.state is State.OK and trial.exists():
            move(trial, _stamps(job, "real"))


def _stamps(job: Job, which: str) -> Path:
    return job.places.own / f"stamps-{which}.ini"


def _without_known(target: str, job: Job) -> list[str]:
    """After a run with gaps: leave out the posts that were landed since the last whole one."""
    names = (i.name for i in job.ledger.items(job.name) if i.name.startswith(f"{target}/"))
    codes = [found[1] for name in names if (found := _SHORTCODE.search(name))]
    return [f"--post-filter=shortcode not in {codes!r}"] if codes else []


def _sidecars(staging: Path) -> list[Path]:
    return sorted(p for p in staging.rglob(f"*{SIDECAR}") if p.is_file())


def _beside(sidecar: Path) -> list[Path]:
    """The media of a sidecar, by name."""
    name = re.escape(sidecar.name.removesuffix(SIDECAR))
    own = re.compile(rf"{name}(?:_\d+)?\.(?:jpg|jpeg|png|webp|mp4)")
    return sorted(p for p in sidecar.parent.iterdir() if own.fullmatch(p.name))


def _is_whole(path: Path) -> bool:
    try:
        with lzma.open(path) as data:
            text = data.read(SIDECAR_BYTES + 1)
        json.loads(text)
    except (lzma.LZMAError, EOFError, ValueError):
        return False
    return len(text) <= SIDECAR_BYTES
