"""The real instaloader, through a tunnel, against a small Instagram of ours that misbehaves."""

from __future__ import annotations

import json
import lzma
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from influence_assets.collectors.config import Instaloader
from influence_assets.collectors.outcome import Outcome, State
from influence_assets.collectors.run import Home, collect
from influence_assets.errors import UserError
from influence_assets.settings import Settings
from influence_assets_tests.collectors.conftest import DAY
from influence_assets_tests.collectors.faults import Server
from influence_assets_tests.collectors.insta import Insta, Shot, shots
from influence_assets_tests.collectors.tunnel import certificate, tunnelled
from influence_assets_tests.collectors.warehouse import ingested

Runner = Callable[..., Outcome]


@pytest.fixture
def insta() -> Insta:
    return Insta(shots(5))


@pytest.fixture
def server(insta: Insta, tmp_path: Path) -> Iterator[Server]:
    with tunnelled(insta, certificate(tmp_path)) as told:
        yield told


@pytest.fixture
def run(home: Home, server: Server, tmp_path: Path) -> Runner:
    environment = {**home.environment, "HTTPS_PROXY": server.root, "https_proxy": server.root,
                   "REQUESTS_CA_BUNDLE": str(tmp_path / "test.pem")}  # fmt: skip
    own = Home(home.folder, home.landing, environment)
    config = Instaloader(
        kind="instaloader", profiles=("Ana",), pause_s=0, backoff_s=0.02, timeout_s=0.5,
        patience_s=2, deadline_minutes=1, attempts=1,
    )  # fmt: skip

    def go(**changes: object) -> Outcome:
        changed = config.model_copy(update=changes)
        return collect(own, "ig", changed, DAY, is_urgent=True, grace_s=1.0).outcome

    return go


def posts_in(settings: Settings) -> list[tuple[str, int]]:
    """Shortcode and number of copies of each post that has landed."""
    found: Counter[str] = Counter()
    for path in (settings.landing / "instaloader").rglob("*_UTC_*.json.xz"):
        with lzma.open(path) as data:
            found[json.load(data)["node"]["shortcode"]] += 1
    return sorted(found.items())


def pictures(posts: list[Shot]) -> Counter[str]:
    return Counter(f"/pic/{p.code}_{n}.jpg" for p in posts for n in range(1, p.pictures + 1))


def fetched(server: Server) -> Counter[str]:
    return Counter(a.path for a in server.asked if a.path.startswith("/pic/"))


def assert_truth(settings: Settings, posts: list[Shot]) -> None:
    """Each post is landed once, with its pictures, and is in the warehouse as planted."""
    assert posts_in(settings) == sorted((p.code, 1) for p in posts)
    landed = list((settings.landing / "instaloader").rglob("*.jpg"))
    assert len(landed) == sum(p.pictures for p in posts)
    rows = ingested(settings, "SELECT post_id, likes, count(*) FROM raw.post_metrics GROUP BY ALL")
    assert sorted(rows) == sorted((p.code, p.likes, 1) for p in posts)


def test_posts_and_the_profile_reach_the_warehouse(
    run: Runner, insta: Insta, server: Server, settings: Settings
) -> None:
    outcome = run()
    assert outcome.state is State.OK
    assert outcome.counts.new == 6  # five posts and the profile
    assert_truth(settings, insta.posts)
    profile = ingested(settings, "SELECT profile_id, followers FROM raw.profile_snapshots")
    assert profile == [("ana", 4321)]
    assert fetched(server) == pictures(insta.posts)


@pytest.mark.slow
def test_only_what_is_new_is_fetched(
    run: Runner, insta: Insta, server: Server, settings: Settings
) -> None:
    assert run().counts.new == 6
    assert run().counts.new == 0
    insta.posts.insert(0, Shot("Cshot006", insta.posts[0].taken_at + 60, 1, 2))
    outcome = run()
    assert (outcome.state, outcome.counts.new) == (State.OK, 2)  # the post, the profile's count
    assert fetched(server) == pictures(insta.posts)
    assert_truth(settings, insta.posts)


def test_a_post_that_was_passed_over_is_not_lost(
    run: Runner, insta: Insta, server: Server, settings: Settings
) -> None:
    # instaloader goes on after each, and would take the profile as read.
    server.misbehave("/pic/Cshot004_1.jpg", "403")
    server.misbehave("/pic/Cshot003_2.jpg", "half")
    server.misbehave("/pic/Cshot002_1.jpg", "garbage")
    first = run()
    assert first.state is State.PARTIAL
    assert first.counts.failed >= 2
    assert [code for code, _ in posts_in(settings)] == ["Cshot001", "Cshot005"]
    again = run()
    assert again.state is State.OK
    assert_truth(settings, insta.posts)
    more = Counter(["/pic/Cshot004_1.jpg", "/pic/Cshot003_2.jpg", "/pic/Cshot002_1.jpg"])
    assert fetched(server) - pictures(insta.posts) <= more + Counter(["/pic/Cshot003_1.jpg"])
    assert run().counts.new == 0


@pytest.mark.parametrize(
    ("faults", "state", "says"),
    [
        (["login"] * 9, State.LOGIN_REQUIRED, "instaloader --login"),
        pytest.param(["429:7200"], State.RATE_LIMITED, "wait until", marks=pytest.mark.slow),
        pytest.param(["403"] * 9, State.LOGIN_REQUIRED, "--login", marks=pytest.mark.slow),
        pytest.param(["429"] * 9, State.RATE_LIMITED, "slow down", marks=pytest.mark.slow),
        pytest.param(["500"] * 9, State.FAILED, "500", marks=pytest.mark.slow),
        pytest.param(["half"] * 9, State.UNREACHABLE, "breaks off", marks=pytest.mark.slow),
        pytest.param(["hang"] * 9, State.UNREACHABLE, "breaks off", marks=pytest.mark.slow),
        pytest.param(["garbage"] * 9, State.FAILED, "does not exist", marks=pytest.mark.slow),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_site_that_does_not_let_us_then_does(
    run: Runner,
    insta: Insta,
    server: Server,
    settings: Settings,
    faults: list[str],
    state: State,
    says: str,
) -> None:
    server.misbehave("/ana/", *faults)
    outcome = run(timeout_s=0.3)
    assert outcome.state is state, outcome
    assert says in outcome.message
    assert outcome.counts.new == 0
    assert len(server.asked) <= 8
    server.faults.clear()
    assert run().state is State.OK
    assert_truth(settings, insta.posts)


@pytest.mark.slow
def test_the_deadline_and_on(run: Runner, insta: Insta, server: Server, settings: Settings) -> None:
    server.misbehave("/pic/Cshot002_1.jpg", "hang")
    outcome = run(timeout_s=60.0, deadline_minutes=4 / 60)
    assert outcome.state is State.DEADLINE
    assert run().state is State.OK
    assert_truth(settings, insta.posts)


def test_a_session_file_that_is_not_there(run: Runner, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no session file"):
        run(login="me", session=tmp_path / "session-me")
