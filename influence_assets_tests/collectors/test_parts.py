"""The parts of the collectors by themselves: configuration, child processes, ledger, landing."""

from __future__ import annotations

import os
import re
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from influence_assets.collectors.backoff import LONGEST_S, delay_s, retry_after_s
from influence_assets.collectors.child import KEPT_LINES, LINE_CHARS, Ended, run_child
from influence_assets.collectors.config import (
    Bucket,
    Folder,
    GalleryDl,
    Instaloader,
    Wikipedia,
    read_config,
)
from influence_assets.collectors.judge import Answer, judge
from influence_assets.collectors.ledger import CollectLedger, Item, Run
from influence_assets.collectors.outcome import Counts, Outcome, State, combined, redacted
from influence_assets.collectors.places import Bundle, Lander, Places
from influence_assets.collectors.run import Home, collect
from influence_assets.collectors.signatures import is_media
from influence_assets.errors import UserError
from influence_assets_tests.collectors.conftest import DAY

KINDS = {
    "gallery_dl": GalleryDl,
    "instaloader": Instaloader,
    "wikipedia": Wikipedia,
    "folder": Folder,
    "bucket": Bucket,
}

# Configuration


def config_error(tmp_path: Path, text: str) -> str:
    path = tmp_path / "collect.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_config(path)
    return str(caught.value)


def test_no_file_no_collectors(tmp_path: Path) -> None:
    assert read_config(tmp_path / "collect.yaml").collectors == {}
    (tmp_path / "collect.yaml").write_text("# nothing yet\n")
    assert read_config(tmp_path / "collect.yaml").collectors == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("collectors: {a: {kind: ftp}}", "a: there is no kind 'ftp'; there are 'gallery_dl'"),
        ("collectors: {a: {urls: ['https://x/']}}", "collectors.a: `kind` is missing"),
        ("collectors: {a: {kind: gallery_dl}}", "collectors.a.gallery_dl.urls: it is missing"),
        ("collectors: {a: {kind: gallery_dl, urls: ['-G exec=x']}}", "no address"),
        ("collectors: {a: {kind: gallery_dl, urls: ['https://x/\\n-o y']}}", "no address"),
        ("collectors: {a: {kind: gallery_dl, urls: ['https://me:pw@x/']}}", "password"),
        ("collectors: {a: {kind: gallery_dl, urls: ['https://x/'], sleep: 3}}", "no such key"),
        ("collectors: {a: {kind: instaloader, profiles: ['--login=x']}}", "profiles"),
        ("collectors: {a: {kind: instaloader, profiles: [x], login: me}}", "go together"),
        ("collectors: {a: {kind: wikipedia}}", "at least one"),
        ("collectors: {a: {kind: wikipedia, lists: [myspace]}}", "known are instagram"),
        ("collectors: {a: {kind: folder, path: /x, into: ../up}}", "into"),
        ("collectors: {a: {kind: bucket, url: 's3://x', into: y, options: {secret: z}}}", "plain"),
        ("collectors: {settings: {kind: folder, path: /x, into: y}}", "no name"),
        ("collectors: {A B: {kind: folder, path: /x, into: y}}", "no name"),
        ("collectors: {a: {kind: folder, path: /x, into: y, at: '25:00'}}", "at"),
        ("collectors: [", "YAML"),
        ("collector: {}", "collector"),
    ],
)
def test_a_wrong_configuration_is_told(tmp_path: Path, text: str, says: str) -> None:
    message = config_error(tmp_path, text)
    assert says in message
    assert str(tmp_path / "collect.yaml") in message


def test_defaults_are_gentle(tmp_path: Path) -> None:
    path = tmp_path / "collect.yaml"
    path.write_text("collectors: {a: {kind: gallery_dl, urls: ['https://x.test/@a'], at: '04:05'}}")
    collector = read_config(path).collectors["a"]
    assert isinstance(collector, GalleryDl)
    assert (collector.pause_s, collector.attempts, collector.cron) == (2.0, 3, "5 4 * * *")


# Waiting


def test_waits_double_within_bounds() -> None:
    assert [delay_s(n, 10, lambda: 1.0) for n in (1, 2, 3)] == [10, 20, 40]
    assert [delay_s(n, 10, lambda: 0.0) for n in (1, 2, 3)] == [5, 10, 20]
    assert delay_s(50, 10, lambda: 1.0) == LONGEST_S


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), (" 0 ", 0), ("Sat, 01 Mar 2025 10:01:00 GMT", 60), ("soon", None), ("-5", None),
     ("Sat, 01 Mar 2025 09:00:00 GMT", 0), ("", None), (None, None)],
)  # fmt: skip
def test_retry_after(header: str | None, seconds: float | None) -> None:
    now = datetime(2025, 3, 1, 10, 0, tzinfo=UTC)
    assert retry_after_s(header, now) == seconds


# Child processes


def child(tmp_path: Path, code: str, seconds: float = 10, grace_s: float = 0.3) -> Ended:
    with (tmp_path / "lock").open("w") as lock:
        return run_child(
            [sys.executable, "-c", code], tmp_path, {"PATH": os.environ["PATH"]}, seconds,
            keep_open=lock.fileno(), stdin="hello\n", grace_s=grace_s,
        )  # fmt: skip


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_gets_its_input_and_only_the_environment_it_is_given(tmp_path: Path) -> None:
    code = "import os, sys; print(sys.stdin.read().strip(), sorted(os.environ), file=sys.stderr)"
    ended = child(tmp_path, code)
    assert ended.code == 0
    assert ended.lines[0].startswith("hello ['LC_CTYPE', 'PATH']") or "['PATH']" in ended.lines[0]


STUBBORN = """
import signal, subprocess, sys, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
deaf = "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (2, 15)]; time.sleep(60)"
other = subprocess.Popen([sys.executable, "-c", deaf])
print(other.pid, flush=True)
time.sleep(60)
"""


def test_the_deadline_kills_a_stubborn_child_and_its_children(tmp_path: Path) -> None:
    started = time.monotonic()
    ended = child(tmp_path, STUBBORN, seconds=1.0)
    assert ended.is_late
    assert time.monotonic() - started < 6
    end = time.monotonic() + 2
    while is_alive(int(ended.lines[0])) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(int(ended.lines[0]))


def test_a_child_that_ends_leaves_nobody_behind(tmp_path: Path) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    ended = child(tmp_path, code)
    assert (ended.code, ended.is_late) == (0, False)
    end = time.monotonic() + 2
    while is_alive(int(ended.lines[0])) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(int(ended.lines[0]))


def test_endless_output_takes_no_more_than_its_share(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.write('x' * 5_000_000 + '\\n'); [print(i) for i in range(5000)]"
    ended = child(tmp_path, code)
    assert len(ended.lines) == KEPT_LINES
    assert ended.lines[-1] == "4999"
    assert max(map(len, child(tmp_path, "print('y' * 90_000)").lines)) == LINE_CHARS


# What is told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("GET https://me:pw@x.test/a?sig=s3cr3t#f", "GET https://x.test/a?…"),
        ("'401' for 'https://x.test/a?token=abc'", "'401' for 'https://x.test/a?…'"),
        ("Cookie: sessionid=abc", "Cookie: …"),
        ("access_token=abc123 and more", "access_token=… and more"),
        ("Authorization: Bearer abc.def", "Authorization: …"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_secrets_are_left_out(text: str, told: str) -> None:
    assert redacted(text) == told


def test_many_targets_make_one_outcome() -> None:
    ok, wall = Outcome(State.OK, Counts(new=2)), Outcome(State.LOGIN_REQUIRED, message="no")
    late = Outcome(State.DEADLINE, Counts(new=1), "late")
    assert combined([("a", ok), ("b", ok)]).state is State.OK
    assert combined([("a", wall), ("b", wall)]).state is State.LOGIN_REQUIRED
    both = combined([("a", ok), ("b", wall)])
    assert (both.state, both.message) == (State.PARTIAL, "b: no")
    assert combined([("a", wall), ("b", late)]).state is State.LOGIN_REQUIRED
    assert combined([("a", ok), ("b", late)]).counts == Counts(new=3)


NOW = datetime(2025, 6, 1, tzinfo=UTC)


def verdict(code: int, answers: list[Answer], counts: Counts, *lines: str) -> State:
    ended = Ended(code, False, lines, 0)
    return judge(ended, answers, counts, NOW, "Log in.", False).outcome.state


def test_one_refused_picture_is_no_wall_but_all_of_them_are() -> None:
    refused = [Answer("x", f"/{n}.jpg", True, 403) for n in range(3)]
    page = Answer("x", "/list", False, 200)
    assert verdict(4, [page, refused[0]], Counts(new=1, failed=1)) is State.PARTIAL
    assert verdict(4, [page, *refused], Counts(failed=3)) is State.LOGIN_REQUIRED


def test_an_answer_that_was_asked_again_does_not_count() -> None:
    answers = [Answer("x", "/list", False, 429, 5.0), Answer("x", "/list", False, 200)]
    assert verdict(4, answers, Counts(new=1, failed=1)) is State.PARTIAL


def test_a_name_in_a_line_is_no_wall() -> None:
    # `login_required` would stand in an error; a file's name is not one.
    page = Answer("x", "/list", False, 200)
    told = verdict(1, [page], Counts(), "/landing/credentials.jpg", "[x][error] Unexpected")
    assert told is State.FAILED


# Ledger and landing


def test_the_ledger_keeps_runs_items_and_targets(tmp_path: Path) -> None:
    ledger = CollectLedger(tmp_path / "deep" / "ledger.sqlite3")
    assert ledger.runs("a") == []
    outcome = Outcome(
        State.RATE_LIMITED, Counts(1, 2, 3), "slow", NOW + timedelta(hours=1), {"t": State.OK}
    )
    ledger.record_run(Run("a", DAY, outcome, NOW, NOW))
    ledger.record_run(Run("a", date(2025, 6, 2), Outcome(State.OK), NOW, NOW))
    assert ledger.runs("a", DAY) == [Run("a", DAY, outcome, NOW, NOW)]
    assert [r.day.day for r in ledger.runs("a")] == [1, 2]
    assert ledger.runs("b") == []
    ledger.landed("a", Item("x", "f1", "s1", "here/x"), DAY)
    ledger.landed("a", Item("x", "f2", "s2", "here/x"), DAY)
    assert ledger.item("a", "x") == Item("x", "f2", "s2", "here/x")
    assert (ledger.item("b", "x"), len(ledger.items("a"))) == (None, 1)
    ledger.record_target("a", "t", State.PARTIAL)
    assert ledger.target_state("a", "t") is State.PARTIAL


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places(tmp_path / "landing", tmp_path / "own", tmp_path / "landing" / "g" / "a")
    made.staging.mkdir(parents=True)
    return made


PAIR = Bundle("x", (".jpg", ".jpg.json"), ".jpg")


def stage(places: Places, picture: str, sidecar: str) -> None:
    (places.staging / "x.jpg").write_text(picture)
    (places.staging / "x.jpg.json").write_text(sidecar)


def landed(places: Places) -> dict[str, str]:
    return {p.name: p.read_text() for p in places.into.rglob("*") if p.is_file()}


def lander(places: Places) -> Lander:
    return Lander(places, CollectLedger(places.own / "ledger.sqlite3"), "a", DAY)


def test_the_sidecar_goes_last(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    stage(places, "pic", "{}")
    order = []
    really = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda self, target: (order.append(self.name), really(self, target))[1]
    )
    assert lander(places).land(PAIR) == Counts(new=1)
    assert order == ["x.jpg", "x.jpg.json"]


def test_the_same_item_again_is_dropped(places: Places) -> None:
    stage(places, "pic", '{"likes": 1}')
    lander(places).land(PAIR)
    stage(places, "pic", '{"likes": 2}')
    assert lander(places).land(PAIR) == Counts(known=1)
    assert landed(places) == {"x.jpg": "pic", "x.jpg.json": '{"likes": 1}'}
    assert list(places.staging.iterdir()) == []


def test_another_item_of_the_same_name_overwrites_nothing(places: Places) -> None:
    stage(places, "pic", "{}")
    lander(places).land(PAIR)
    stage(places, "another", "{}")
    assert lander(places).land(PAIR) == Counts(new=1)
    names = sorted(landed(places))
    assert len(names) == 4
    assert names[2:] == ["x.jpg", "x.jpg.json"]
    assert names[1] == f"{names[0]}.json"
    assert landed(places)[names[0]] == "another"


def test_killed_between_picture_and_sidecar(places: Places) -> None:
    stage(places, "pic", "{}")
    places.into.mkdir(parents=True)
    (places.staging / "x.jpg").replace(places.into / "x.jpg")
    assert lander(places).land(Bundle("x", (".jpg.json",), ".jpg.json")) == Counts(new=1)
    assert landed(places) == {"x.jpg": "pic", "x.jpg.json": "{}"}


def test_killed_before_the_ledger_was_told(places: Places) -> None:
    places.into.mkdir(parents=True)
    (places.into / "x.jpg").write_text("pic")
    (places.into / "x.jpg.json").write_text("{}")
    stage(places, "pic", "{}")  # fetched again, for the archive did not know it either
    assert lander(places).land(PAIR) == Counts(known=1)
    assert len(landed(places)) == 2


def test_one_run_at_a_time(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("influence_assets.collectors.places.LOCK_WAIT_S", 0.1)
    with places.locked(), pytest.raises(UserError, match="running already"), places.locked():
        pass
    with places.locked():
        pass


@pytest.mark.parametrize(
    ("head", "extension", "good"),
    [
        (b"\xff\xd8\xff\xe0", "jpg", True),
        (b"\x89PNG\r\n\x1a\n", ".JPG", True),  # another kind of picture than it says
        (b"<!DOCTYPE html>", "jpg", False),
        (b"\x00\x00\x00\x18ftypmp42", "mp4", True),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp", True),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "webp", False),
        (b"", "png", False),
        (b"anything", "zip", True),
    ],
)
def test_media_begin_like_media(tmp_path: Path, head: bytes, extension: str, good: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(head)
    assert is_media(path, extension) is good


def test_a_missing_program_is_told(
    home: Home, gallery: GalleryDl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("influence_assets.collectors.programs.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install"):
        collect(home, "ana", gallery, DAY)
    (run,) = home.ledger.runs("ana")
    assert run.outcome.state is State.FAILED


def test_a_missing_cookie_file_is_told(home: Home, gallery: GalleryDl, tmp_path: Path) -> None:
    changed = gallery.model_copy(update={"cookies": tmp_path / "none.txt"})
    with pytest.raises(UserError, match="under `cookies` of ana"):
        collect(home, "ana", changed, DAY)


def test_the_documentation_shows_a_configuration_that_is_understood(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "collect.md").read_text()
    (example,) = re.findall(r"```yml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "collect.yaml").write_text(example)
    collectors = read_config(tmp_path / "collect.yaml").collectors
    assert {c.kind for c in collectors.values()} == set(KINDS)
    # Every key that a collector knows is told.
    keys = {key for kind in KINDS.values() for key in kind.model_fields} - {"kind"}
    assert {key for key in keys if f"`{key}`" not in page} == set()
    assert {state for state in State if f"`{state}`" not in page} == set()
