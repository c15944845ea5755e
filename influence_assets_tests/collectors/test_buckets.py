"""Copying from S3: a real server on this machine, and one before it that misbehaves."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import fsspec
import pytest

from influence_assets.collectors import files
from influence_assets.collectors.config import Bucket
from influence_assets.collectors.outcome import Counts, Outcome, State
from influence_assets.collectors.run import Home, collect
from influence_assets.settings import Settings
from influence_assets_tests.collectors.conftest import DAY
from influence_assets_tests.collectors.faults import Answer, Asked, Server, Site, serving
from influence_assets_tests.collectors.warehouse import ingested
from influence_assets_tests.test_automation import MAPPING

Runner = Callable[..., Outcome]

LIST, OBJECT = "/lake", "/lake/exports/b.csv"
HEAD = "who,day,fans\n"
OBJECTS = {
    "exports/a.csv": f"{HEAD}ann,2025-01-01,1\n",
    "exports/b.csv": f"{HEAD}bob,2025-01-01,2\nbea,2025-01-02,3\n",
    "exports/2025/c.csv": f"{HEAD}cem,2025-01-03,4\n",
}
ROWS = [("ann", 1), ("bea", 3), ("bob", 2), ("cem", 4)]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3 server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        host, port = server.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.stop()


@pytest.fixture
def lake(s3: str, settings: Settings) -> Iterator[Any]:
    """The bucket with its objects, past whatever stands before the server."""
    system = fsspec.filesystem("s3", skip_instance_cache=True, endpoint_url=s3)
    system.mkdir("lake")
    for name, text in OBJECTS.items():
        system.pipe_file(f"lake/{name}", text.encode())
    system.pipe_file("lake/other/d.csv", b"not below the prefix")
    folder = settings.landing / "panel"
    folder.mkdir(parents=True)
    (folder / "mapping.yaml").write_text(MAPPING)
    yield system
    system.rm("lake", recursive=True)


def before(s3: str) -> Site:
    """A site that passes on what it is asked."""
    address = urlsplit(s3).netloc
    ours = {"host", "content-length", "content-type", "connection", "server", "date"}

    def site(asked: Asked) -> Answer:
        headers = {k: v for k, v in asked.headers.items() if k.lower() not in ours}
        connection = http.client.HTTPConnection(address)
        query = f"?{urlencode(asked.query)}" if asked.query else ""
        connection.request(asked.method, asked.path + query, asked.body or None, headers)
        answer = connection.getresponse()
        body = answer.read()
        if asked.method == "HEAD":
            body = bytes(int(answer.headers["Content-Length"] or 0))  # its length is told
        connection.close()
        told = tuple((k, v) for k, v in answer.getheaders() if k.lower() not in ours)
        return Answer(body, answer.headers["Content-Type"] or "", told, answer.status)

    return site


@pytest.fixture
def server(s3: str, lake: Any) -> Iterator[Server]:
    with serving(before(s3)) as told:
        yield told


@pytest.fixture
def run(home: Home, server: Server) -> Runner:
    config = Bucket(
        kind="bucket", url="s3://lake/exports", into="panel", options={"endpoint_url": server.root},
        attempts=1, backoff_s=0.01, timeout_s=0.3,
    )  # fmt: skip

    def go(**changes: object) -> Outcome:
        changed = config.model_copy(update=changes)
        return collect(home, "drop", changed, DAY, is_urgent=True).outcome

    return go


def rows(settings: Settings) -> list[tuple[Any, ...]]:
    return ingested(
        settings, "SELECT profile_id, followers FROM raw.profile_snapshots ORDER BY ALL"
    )


def landed(settings: Settings) -> dict[str, str]:
    root = settings.landing / "panel"
    return {p.relative_to(root).as_posix(): p.read_text() for p in root.rglob("*.csv")}


def test_new_objects_once_and_changed_ones_again(
    run: Runner, lake: Any, server: Server, settings: Settings
) -> None:
    assert run().counts == Counts(new=3)
    assert landed(settings) == {n.removeprefix("exports/"): t for n, t in OBJECTS.items()}
    assert rows(settings) == ROWS
    assert run().counts == Counts(known=3)
    # Written again with the same bytes: S3's ETag is the same, so it is not even fetched.
    lake.pipe_file("lake/exports/2025/c.csv", OBJECTS["exports/2025/c.csv"].encode())
    assert run().counts == Counts(known=3)
    assert server.count("/lake/exports/2025/c.csv") == 2  # once for the bytes, once for the ETag
    lake.pipe_file("lake/exports/2025/c.csv", f"{HEAD}dee,2025-01-03,5\n".encode())
    assert run().counts == Counts(new=1, known=2)
    assert rows(settings) == [*ROWS[:3], ("dee", 5)]


OTHERS = {"a.csv", "2025/c.csv"}
FAULTS = [
    (LIST, "429", State.RATE_LIMITED, "asks to slow down", set()),
    (LIST, "503", State.RATE_LIMITED, "asks to slow down", set()),
    (LIST, "401", State.LOGIN_REQUIRED, "credentials", set()),
    (LIST, "403", State.LOGIN_REQUIRED, "credentials", set()),
    (LIST, "500", State.UNREACHABLE, "cannot be read", set()),
    (LIST, "half", State.UNREACHABLE, "cannot be read", set()),
    (LIST, "hang", State.UNREACHABLE, "timeout", set()),
    (LIST, "garbage", State.UNREACHABLE, "cannot be read", set()),
    # Who asks us to slow down means it; else the others do not wait for one object.
    (OBJECT, "429", State.RATE_LIMITED, "asks to slow down", {"a.csv"}),
    (OBJECT, "503", State.RATE_LIMITED, "asks to slow down", {"a.csv"}),
    (OBJECT, "401", State.PARTIAL, "b.csv: ", OTHERS),
    (OBJECT, "403", State.PARTIAL, "b.csv: Forbidden", OTHERS),
    (OBJECT, "500", State.PARTIAL, "b.csv: ", OTHERS),
    (OBJECT, "half", State.PARTIAL, "b.csv: ", OTHERS),
    (OBJECT, "hang", State.PARTIAL, "b.csv: ", OTHERS),
    (OBJECT, "garbage", State.PARTIAL, "broke off after 0 of", OTHERS),
]
QUICK = [(LIST, "429"), (OBJECT, "half")]
CASES = [
    pytest.param(*case, marks=() if case[:2] in QUICK else pytest.mark.slow, id=" ".join(case[:2]))
    for case in FAULTS
]


@pytest.mark.parametrize(("path", "fault", "state", "says", "there"), CASES)
def test_faults_then_well(
    run: Runner,
    server: Server,
    settings: Settings,
    path: str,
    fault: str,
    state: State,
    says: str,
    there: set[str],
) -> None:
    # Garbage in the place of bytes alone: the look at the ETag behind it would show a change.
    times = 1 if (path, fault) == (OBJECT, "garbage") else 9
    server.misbehave(path, *[fault] * times)
    outcome = run()
    assert outcome.state is state, outcome
    assert says in outcome.message
    assert outcome.next_attempt is not None
    assert len(server.asked) <= 12  # it does not hammer
    assert set(landed(settings)) == there
    server.faults.clear()
    outcome = run()
    assert (outcome.state, outcome.counts.new) == (State.OK, 3 - len(there))
    assert run().counts == Counts(known=3)
    assert rows(settings) == ROWS


def test_a_place_that_gives_nothing_is_not_asked_for_everything(
    run: Runner, lake: Any, server: Server
) -> None:
    paths = [f"exports/more/{n:02}.csv" for n in range(20)]
    for path in paths:
        lake.pipe_file(f"lake/{path}", HEAD.encode())
        server.misbehave(f"/lake/{path}", *["403"] * 9)
    outcome = run(url="s3://lake/exports/more")
    assert outcome.state is State.LOGIN_REQUIRED
    assert "credentials" in outcome.message
    assert sum(server.count(f"/lake/{path}") for path in paths) <= 2 * files.IN_A_ROW


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["503", "half", "hang"])
def test_one_fault_is_sat_out(run: Runner, server: Server, settings: Settings, fault: str) -> None:
    server.misbehave(OBJECT, *[fault] * 2)
    outcome = run(attempts=3)
    assert (outcome.state, outcome.counts) == (State.OK, Counts(new=3))
    assert rows(settings) == ROWS


def test_an_object_goes_on_where_it_broke_off(
    run: Runner, server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PIECE_BYTES", 10)
    server.misbehave(OBJECT, "ok", "ok", "half")
    assert run().state is State.PARTIAL
    pieces = server.count(OBJECT)
    assert run().state is State.OK
    size = len(OBJECTS["exports/b.csv"])
    # The two pieces that came are not asked for again; the last request looks at the ETag.
    assert server.count(OBJECT) - pieces == -(-(size - 20) // 10) + 1
    assert rows(settings) == ROWS


def test_a_bucket_that_is_not_there_and_a_server_that_is_not(run: Runner) -> None:
    outcome = run(url="s3://nowhere/exports")
    assert (outcome.state, outcome.message) == (
        State.FAILED,
        "there is nothing at s3://nowhere/exports",
    )
    outcome = run(options={"endpoint_url": "http://127.0.0.1:9"})
    assert outcome.state is State.UNREACHABLE, outcome
