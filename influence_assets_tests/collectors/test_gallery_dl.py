"""The real gallery-dl against a site that misbehaves: clear states, nothing twice, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from influence_assets.collectors.config import GalleryDl
from influence_assets.collectors.ledger import Run
from influence_assets.collectors.outcome import State
from influence_assets.collectors.run import Home, collect
from influence_assets.settings import Settings
from influence_assets_tests.collectors.conftest import DAY
from influence_assets_tests.collectors.faults import Server
from influence_assets_tests.collectors.social import Planted, Social
from influence_assets_tests.collectors.warehouse import ingested

STATUSES = "/api/v1/accounts/77/statuses"
Runner = Callable[..., Run]


def media_of(posts: list[Planted]) -> list[str]:
    """The path of each picture of these posts."""
    return [f"/media/{p.post_id}_{n}.jpg" for p in posts for n in range(1, p.pictures + 1)]


def landed(settings: Settings) -> list[str]:
    """Names of what lies in the landing folder."""
    folder = settings.landing / "gallery_dl" / "ana"
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def expected(posts: list[Planted]) -> list[str]:
    """What has to lie there: each picture and its sidecar, and nothing else."""
    pictures = [f"here_{p.post_id}_{p.post_id}{n}.jpg"
                for p in posts for n in range(1, p.pictures + 1)]  # fmt: skip
    return sorted([*pictures, *(f"{name}.json" for name in pictures)])


def assert_truth(settings: Settings, posts: list[Planted]) -> None:
    """Each post and picture is in the warehouse exactly once, as planted."""
    assert landed(settings) == expected(posts)
    rows = ingested(
        settings,
        "SELECT post_id, count(*), count(DISTINCT position), count(DISTINCT media_id) "
        "FROM raw.media GROUP BY 1 ORDER BY 1",
    )
    planted = [(p.post_id, p.pictures, p.pictures, p.pictures) for p in reversed(posts)]
    assert rows == planted
    likes = ingested(settings, "SELECT DISTINCT post_id, likes FROM raw.post_metrics ORDER BY 1")
    assert likes == [(p.post_id, p.likes) for p in reversed(posts)]


def running_in(folder: Path) -> list[str]:
    """Processes whose command line names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def test_every_fault_in_one_run_then_resumed(
    run: Runner, gallery: GalleryDl, server: Server, social: Social, settings: Settings
) -> None:
    # What is better a little later is asked again within the run; the rest is left for the next.
    server.misbehave(STATUSES, "429:1", "ok", "500")
    server.misbehave("/media/9012_1.jpg", "429:1", "500")
    for post, fault in (("9011", "half"), ("9010", "403"), ("9008", "garbage")):
        server.misbehave(f"/media/{post}_1.jpg", fault)
    server.misbehave("/media/9009_1.jpg", "hang")
    server.misbehave("/media/9007_1.jpg", "500", "503", "502")

    first = run(gallery, attempts=1).outcome
    assert first.state is State.PARTIAL
    assert (first.counts.new, first.counts.known, first.counts.failed) == (12, 0, 4)
    assert "403" in first.message
    again = run(gallery, attempts=1).outcome
    assert again.state is State.OK
    assert (again.counts.new, again.counts.known, again.counts.failed) == (4, 12, 0)
    third = run(gallery, attempts=1).outcome
    assert (third.state, third.counts.new, third.counts.known) == (State.OK, 0, 16)

    assert_truth(settings, social.posts)
    asked = Counter(a.path for a in server.asked if a.path.startswith("/media/"))
    twice = {"/media/9011_1.jpg", "/media/9010_1.jpg", "/media/9008_1.jpg", "/media/9009_1.jpg"}
    tries = {"/media/9012_1.jpg": 3, "/media/9007_1.jpg": 4, **dict.fromkeys(twice, 2)}
    assert asked == {path: tries.get(path, 1) for path in media_of(social.posts)}


@pytest.mark.slow
def test_one_run_mends_what_it_can_by_itself(
    run: Runner, gallery: GalleryDl, server: Server, social: Social, settings: Settings
) -> None:
    for post, fault in (("9011", "half"), ("9010", "403"), ("9008", "garbage")):
        server.misbehave(f"/media/{post}_1.jpg", fault)
    outcome = run(gallery).outcome
    assert outcome.state is State.OK
    assert (outcome.counts.new, outcome.counts.known, outcome.counts.failed) == (16, 0, 0)
    assert_truth(settings, social.posts)


@pytest.mark.parametrize(
    ("faults", "state", "says"),
    [
        (["429:7200"], State.RATE_LIMITED, "asks to wait until"),
        pytest.param(["429"] * 9, State.RATE_LIMITED, "asks to slow down", marks=pytest.mark.slow),
        pytest.param(["401"], State.LOGIN_REQUIRED, "export its cookies", marks=pytest.mark.slow),
        pytest.param(
            ["403"] * 9, State.LOGIN_REQUIRED, "export its cookies", marks=pytest.mark.slow
        ),
        pytest.param(["login"], State.LOGIN_REQUIRED, "export its cookies", marks=pytest.mark.slow),
        pytest.param(["500"] * 9, State.FAILED, "500", marks=pytest.mark.slow),
        pytest.param(
            ["half"] * 9, State.UNREACHABLE, "ChunkedEncodingError", marks=pytest.mark.slow
        ),
        pytest.param(["hang"] * 9, State.UNREACHABLE, "ReadTimeout", marks=pytest.mark.slow),
        pytest.param(["garbage"] * 9, State.FAILED, "JSON", marks=pytest.mark.slow),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_site_that_does_not_let_us_then_does(
    run: Runner,
    gallery: GalleryDl,
    server: Server,
    social: Social,
    settings: Settings,
    home: Home,
    faults: list[str],
    state: State,
    says: str,
) -> None:
    server.misbehave(STATUSES, *faults)
    asked = len(server.asked)
    outcome = run(gallery, attempts=2, timeout_s=0.3).outcome
    assert outcome.state is state, outcome
    assert says in outcome.message
    assert outcome.counts.new == 0
    assert landed(settings) == []
    assert len(server.asked) - asked <= 12  # it does not hammer
    assert outcome.next_attempt is not None
    if faults == ["429:7200"]:
        wait = outcome.next_attempt - datetime.now(UTC)
        assert timedelta(hours=1, minutes=59) < wait <= timedelta(hours=2)
        assert server.count(STATUSES) == 1
        # Before that time it is not even asked.
        asked = len(server.asked)
        refused = collect(home, "ana", gallery, DAY)
        assert refused.outcome.state is State.RATE_LIMITED
        assert "not tried" in refused.outcome.message
        assert len(server.asked) == asked
    server.faults.clear()
    assert run(gallery).outcome.state is State.OK
    assert_truth(settings, social.posts)


@pytest.mark.slow
def test_a_fault_in_the_middle_keeps_what_was_collected(
    run: Runner, gallery: GalleryDl, server: Server, social: Social, settings: Settings
) -> None:
    server.misbehave(STATUSES, "ok", *["500"] * 9)
    outcome = run(gallery, attempts=1).outcome
    assert outcome.state is State.PARTIAL
    first_page = media_of(social.posts[:5])
    assert outcome.counts.new == len(first_page)
    assert landed(settings) == expected(social.posts[:5])
    server.faults.clear()
    assert run(gallery).outcome.counts.new == 16 - len(first_page)
    assert_truth(settings, social.posts)


@pytest.mark.slow
def test_the_deadline_ends_the_whole_group_and_the_next_run_goes_on(
    run: Runner, gallery: GalleryDl, server: Server, social: Social, settings: Settings
) -> None:
    server.misbehave("/media/9009_1.jpg", "hang")
    started = time.monotonic()
    outcome = run(gallery, timeout_s=60.0, deadline_minutes=2.5 / 60).outcome
    assert time.monotonic() - started < 6
    assert outcome.state is State.DEADLINE
    assert 0 < outcome.counts.new < 16
    assert running_in(settings.collect) == []
    assert set(landed(settings)) <= set(expected(social.posts))
    assert run(gallery).outcome.state is State.OK
    assert_truth(settings, social.posts)


def test_nobody_at_home(run: Runner, gallery: GalleryDl, settings: Settings) -> None:
    # Port 9 of this machine: nothing listens there.
    outcome = run(gallery, urls=("mastodon:http://127.0.0.1:9/@ana",), attempts=2).outcome
    assert outcome.state is State.UNREACHABLE
    assert "cannot be reached" in outcome.message
    assert landed(settings) == []


def test_new_posts_are_added_and_the_list_is_not_read_to_its_end(
    run: Runner, gallery: GalleryDl, server: Server, social: Social, settings: Settings
) -> None:
    assert run(gallery).outcome.state is State.OK
    social.posts.insert(0, Planted("9013", "one more", 5, 2))
    asked = server.count(STATUSES)
    outcome = run(gallery, stop_after_known=3).outcome
    assert (outcome.state, outcome.counts.new) == (State.OK, 2)
    assert server.count(STATUSES) - asked == 1  # of three pages
    assert_truth(settings, social.posts)


@pytest.mark.slow
def test_after_a_gap_the_whole_list_is_read(
    run: Runner, gallery: GalleryDl, server: Server, social: Social, settings: Settings
) -> None:
    server.misbehave("/media/9001_1.jpg", "403")  # the oldest post, behind 15 known pictures
    assert run(gallery, attempts=1, stop_after_known=3).outcome.state is State.PARTIAL
    assert run(gallery, attempts=1, stop_after_known=3).outcome.state is State.OK
    assert_truth(settings, social.posts)


@pytest.mark.slow
def test_metadata_alone(
    run: Runner, gallery: GalleryDl, server: Server, social: Social, settings: Settings
) -> None:
    outcome = run(gallery, media=False).outcome
    assert (outcome.state, outcome.counts.new) == (State.OK, 16)
    assert [name for name in landed(settings) if not name.endswith(".json")] == []
    assert not any(a.path.startswith("/media/") for a in server.asked)
    assert run(gallery, media=False).outcome.counts.new == 0


def test_requests_leave_the_pause_between_them(
    run: Runner, gallery: GalleryDl, server: Server, social: Social
) -> None:
    del social.posts[3:]
    assert run(gallery, pause_s=0.15).outcome.state is State.OK
    times = [a.at for a in server.asked]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) >= 4
    assert min(gaps) > 0.13


def test_other_targets_of_a_site_that_shut_us_out_are_not_tried(
    run: Runner, gallery: GalleryDl, server: Server
) -> None:
    server.misbehave(STATUSES, *["403"] * 9)
    urls = (f"{server.root}/@ana", f"{server.root}/@bea", f"{server.root}/@cem")
    outcome = run(gallery, urls=urls).outcome
    assert outcome.state is State.LOGIN_REQUIRED
    assert set(outcome.parts.values()) == {State.LOGIN_REQUIRED}
    assert not any(a.query.get("acct") in ("bea", "cem") for a in server.asked)


@pytest.mark.slow
def test_one_good_target_of_two(run: Runner, gallery: GalleryDl, server: Server) -> None:
    urls = (f"{server.root}/@nobody", f"{server.root}/@ana")
    outcome = run(gallery, urls=urls).outcome
    assert outcome.state is State.PARTIAL
    assert list(outcome.parts.values()) == [State.FAILED, State.OK]
    assert outcome.counts.new == 16
    assert "@nobody" in outcome.message


def test_no_secret_on_a_command_line_in_a_log_or_in_the_ledger(
    gallery: GalleryDl, server: Server, home: Home, tmp_path: Path
) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsessionid\thunter2cookie\n"
    )
    server.misbehave(STATUSES, "ok", "garbage")
    lines: list[str] = []
    seen: list[str] = []
    original = subprocess.Popen.__init__

    def spy(self: object, command: list[str], **options: object) -> None:
        seen.append(f"{command} {options.get('env')}")
        original(self, command, **options)  # type: ignore[arg-type]

    changed = gallery.model_copy(
        update={
            "attempts": 1,
            "cookies": cookies,
            "urls": (f"{server.root}/@ana", f"{server.root}/@bea?token=hunter2query"),
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", spy)
        outcome = collect(home, "ana", changed, DAY, log=lines.append).outcome
    assert any("hunter2cookie" in str(a.headers) for a in server.asked)
    assert len(outcome.parts) == 2
    told = [*lines, *seen, outcome.message, *outcome.parts, repr(outcome)]
    assert seen
    assert not any("hunter2" in text for text in told)
    for path in home.folder.glob("*.sqlite3"):
        assert b"hunter2" not in path.read_bytes()
    assert "hunter2" not in (home.folder / "ana" / "answers.jsonl").read_text()


KILLED = """
import os, sys
from datetime import date
from pathlib import Path
from influence_assets.collectors.config import GalleryDl
from influence_assets.collectors.run import Home, collect
home = Home(Path(sys.argv[1]), Path(sys.argv[2]), {"PATH": os.environ["PATH"]})
collect(home, "ana", GalleryDl.model_validate_json(sys.argv[3]), date(2025, 6, 1))
"""


@pytest.mark.slow
def test_killed_again_and_again(
    run: Runner, gallery: GalleryDl, server: Server, social: Social, settings: Settings, home: Home
) -> None:
    server.delay_s = 0.05
    for kill_at in (4, 9, 14):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(home.folder), str(home.landing),
             gallery.model_dump_json()],
        )  # fmt: skip
        asked = len(server.asked)
        end = time.monotonic() + 20
        while len(server.asked) - asked < kill_at and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert server.count("/api/v1/accounts/lookup") > 0
    end = time.monotonic() + 5
    while running_in(home.folder) and time.monotonic() < end:
        time.sleep(0.05)
    assert running_in(home.folder) == []  # the child noticed that it was alone
    server.delay_s = 0
    assert run(gallery).outcome.state is State.OK
    assert_truth(settings, social.posts)
