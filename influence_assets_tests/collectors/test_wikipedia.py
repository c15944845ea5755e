"""The list collector against a local server: pages kept, lists landed, nothing asked twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from influence_assets.collectors.config import Wikipedia
from influence_assets.collectors.outcome import Outcome, State
from influence_assets.collectors.run import Home, collect
from influence_assets.settings import Settings
from influence_assets_tests.collectors import pages
from influence_assets_tests.collectors.conftest import DAY
from influence_assets_tests.collectors.faults import Answer, Asked, Server, serving
from influence_assets_tests.collectors.warehouse import ingested

Runner = Callable[..., Outcome]
ETAG = '"v1"'


class Wiki:
    """Two lists; the pages can be edited, and a page that was not is 304."""

    def __init__(self) -> None:
        self.pages = {"/wiki/tiktok": pages.TIKTOK, "/wiki/youtube": pages.YOUTUBE}
        self.etags = dict.fromkeys(self.pages, ETAG)

    def __call__(self, asked: Asked) -> Answer | None:
        if asked.path not in self.pages:
            return None
        etag = self.etags[asked.path]
        if asked.headers.get("If-None-Match") == etag:
            return Answer(b"", status=304, headers=(("ETag", etag),))
        headers = (("ETag", etag), ("Last-Modified", "Sat, 01 Mar 2025 10:00:00 GMT"))
        return Answer(self.pages[asked.path].encode(), "text/html; charset=utf-8", headers)

    def edit(self, name: str, html: str, etag: str) -> None:
        self.pages[f"/wiki/{name}"], self.etags[f"/wiki/{name}"] = html, etag


@pytest.fixture
def wiki() -> Wiki:
    return Wiki()


@pytest.fixture
def server(wiki: Wiki) -> Iterator[Server]:
    with serving(wiki) as told:
        yield told


@pytest.fixture
def run(home: Home, server: Server) -> Runner:
    addresses = {name: f"{server.root}/wiki/{name}" for name in ("tiktok", "youtube")}
    config = Wikipedia(
        kind="wikipedia", pages=addresses, contact="mailto:me@example.org", pause_s=0,
        backoff_s=0.02, timeout_s=0.3, patience_s=2, attempts=3,
    )  # fmt: skip

    def go(**changes: object) -> Outcome:
        changed = config.model_copy(update=changes)
        return collect(home, "top", changed, DAY, is_urgent=True).outcome

    return go


def landed(settings: Settings, ending: str) -> list[Path]:
    return sorted((settings.landing / "wikipedia_most_followed").glob(f"*{ending}"))


def snapshots(settings: Settings) -> list[tuple[object, ...]]:
    return ingested(
        settings,
        "SELECT platform, profile_id, handle, followers, likes_total FROM raw.profile_snapshots "
        "ORDER BY platform, followers DESC, observed_at",
    )


PLANTED = [
    ("tiktok", "dance.one", "dance.one", 160_900_000, 2_500_000_000),
    ("youtube", "UCabcdefghij0123456789AB", None, 312_000_000, None),
    ("youtube", "nightkitchen", "NightKitchen", 88_100_000, None),
    ("youtube", "No Link", None, 70_500_000, None),
]


def test_lists_become_snapshots_and_the_pages_are_kept(
    run: Runner, wiki: Wiki, server: Server, settings: Settings
) -> None:
    outcome = run()
    assert (outcome.state, outcome.counts.new) == (State.OK, 4)
    assert snapshots(settings) == PLANTED
    kept = {path.read_text() for path in landed(settings, ".html")}
    assert kept == set(wiki.pages.values())
    agent = server.asked[0].headers["User-Agent"]
    assert agent.startswith("influence_assets/")
    assert "mailto:me@example.org" in agent


def test_an_unchanged_page_is_not_sent_again(
    run: Runner, wiki: Wiki, server: Server, settings: Settings
) -> None:
    run()
    outcome = run()
    assert (outcome.state, outcome.counts.new, outcome.counts.known) == (State.OK, 0, 2)
    assert [a.headers.get("If-None-Match") for a in server.asked] == [None, None, ETAG, ETAG]
    # Another ETag and the same page: fetched, and known by its bytes.
    wiki.edit("tiktok", pages.TIKTOK, '"v2"')
    assert run().counts.known == 2
    assert len(landed(settings, ".jsonl")) == 2
    assert snapshots(settings) == PLANTED


def test_an_edited_page_is_a_new_observation(
    run: Runner, wiki: Wiki, server: Server, settings: Settings
) -> None:
    run()
    wiki.edit("tiktok", pages.TIKTOK.replace("160.9", "161.4"), '"v2"')
    assert run().counts.new == 1
    followers = ingested(
        settings, "SELECT followers FROM raw.profile_snapshots WHERE platform = 'tiktok'"
    )
    assert sorted(followers) == [(160_900_000,), (161_400_000,)]


def test_a_changed_table_is_told_and_its_page_kept(
    run: Runner, wiki: Wiki, server: Server, settings: Settings
) -> None:
    wiki.edit("tiktok", pages.CHANGED, '"v9"')
    outcome = run()
    assert outcome.state is State.PARTIAL
    assert list(outcome.parts.values()) == [State.FAILED, State.OK]
    assert "[Place | Who | Reach]" in outcome.message
    assert pages.CHANGED in {path.read_text() for path in landed(settings, ".html")}
    # Mended: the page is asked for anew, though it had been sent before.
    wiki.edit("tiktok", pages.TIKTOK, '"v10"')
    assert run().state is State.OK
    assert snapshots(settings) == PLANTED


@pytest.mark.parametrize(
    ("faults", "state", "says"),
    [
        (["429:7200"], State.RATE_LIMITED, "429"),
        (["429"] * 3, State.RATE_LIMITED, "429"),
        (["403"], State.LOGIN_REQUIRED, "403"),
        (["login"], State.LOGIN_REQUIRED, "log-in"),
        (["500"] * 3, State.FAILED, "500"),
        (["half"] * 3, State.FAILED, "bytes came"),
        (["hang"] * 3, State.UNREACHABLE, "cannot be reached"),
        (["garbage"] * 3, State.FAILED, "no table at all"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_faults_then_well(
    run: Runner,
    wiki: Wiki,
    server: Server,
    settings: Settings,
    faults: list[str],
    state: State,
    says: str,
) -> None:
    wiki.pages["/accounts/login/"], wiki.etags["/accounts/login/"] = "<p>log in</p>", '"l"'
    server.misbehave("/wiki/tiktok", *faults)
    outcome = run()
    assert next(iter(outcome.parts.values())) is state, outcome
    assert says in outcome.message
    assert outcome.next_attempt is not None
    server.faults.clear()
    assert run().state is State.OK
    assert snapshots(settings) == PLANTED


@pytest.mark.parametrize("fault", ["429:1", "500", "half", "hang"])
def test_one_fault_is_sat_out(run: Runner, server: Server, settings: Settings, fault: str) -> None:
    server.misbehave("/wiki/youtube", fault)
    assert run().state is State.OK
    assert snapshots(settings) == PLANTED


def test_the_deadline_holds(run: Runner, server: Server) -> None:
    server.misbehave("/wiki/tiktok", *["hang"] * 9)
    outcome = run(deadline_minutes=0.4 / 60, timeout_s=30.0)
    assert outcome.state in (State.DEADLINE, State.UNREACHABLE)


def test_nobody_at_home(run: Runner, settings: Settings) -> None:
    outcome = run(pages={"tiktok": "http://127.0.0.1:9/wiki/tiktok"})
    assert outcome.state is State.UNREACHABLE
    assert not (settings.landing / "wikipedia_most_followed").exists()
