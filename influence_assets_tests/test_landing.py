"""Reading files while others write, replace or take them away."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from influence_assets.ingest import Job, ingest_path
from influence_assets.landing import LandingWatch, Unsettled, Watch, landing_ledger
from influence_assets.settings import Settings
from influence_assets.sources.batches import BATCH_BYTES
from influence_assets.sources.choose import Chooser
from influence_assets.sources.landing import Landed
from influence_assets.storage.ledger import FileOutcome
from influence_assets.storage.warehouse import Warehouse
from influence_assets_tests.storage.making import python
from influence_assets_tests.test_ingest import HEADER, WINDOW, archive, ask, mapping, posts

A, B = f"{HEADER}1,ann,2024-01-01,a\n", f"{HEADER}2,bob,2024-01-02,b\n"
OTHER = f"{HEADER}3,cy,2024-01-03,c\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "landing" / "x").mkdir(parents=True)
    env = {"INFLUENCE_HOME": str(tmp_path), "INFLUENCE_SETTLE_S": "0"}
    return Settings.from_env(env)


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.landing / "x"


class Meddling(Watch):
    """Does something to a file just after its content was hashed: another process would."""

    def __init__(self, name: str, deed: Callable[[Path], object]) -> None:
        super().__init__()
        self._name, self._deed = name, deed

    def file_id(self, landed: Landed) -> str:
        found = super().file_id(landed)
        path = Path(landed.path.split("!")[0])
        if path.name == self._name:
            self._deed(path)
        return found


def ingest(warehouse: Warehouse, folder: Path, watch: Watch | None = None) -> dict[str, str]:
    job = Job(Chooser(mapping()), WINDOW, folder.parent / "media", watch=watch or Watch())
    return {Path(o.path).name: o.status for o in ingest_path(warehouse, folder, job)}


def write(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


def replace_by(text: str) -> Callable[[Path], object]:
    def deed(path: Path) -> None:
        other = path.with_name(".new")
        other.write_text(text)
        other.replace(path)

    return deed


DEEDS = [write(OTHER), write(""), replace_by(OTHER), Path.unlink, lambda p: os.truncate(p, 20)]


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_of_a_file_that_changes_while_it_is_read_gets_in(
    warehouse: Warehouse, folder: Path, deed: Callable[[Path], object]
) -> None:
    (folder / "a.csv").write_text(A)
    (folder / "b.csv").write_text(B)
    found = ingest(warehouse, folder, Meddling("a.csv", deed))
    assert found == {"a.csv": "unread", "b.csv": "ingested"}
    assert posts(warehouse) == [("2", "b")]
    assert ask(warehouse, "SELECT count(*) FROM raw.files") == [(1,)]
    # Left in peace, it is read as it is now.
    (folder / "a.csv").write_text(OTHER)
    assert ingest(warehouse, folder) == {"a.csv": "ingested", "b.csv": "known"}
    assert posts(warehouse) == [("2", "b"), ("3", "c")]


def test_a_large_file_that_grows_while_it_is_read_is_undone(
    warehouse: Warehouse, folder: Path
) -> None:
    line = ",ann,2024-01-01," + "x" * 200 + "\n"
    lines = [f"{n}{line}" for n in range(BATCH_BYTES // len(line) + 10_000)]
    (folder / "a.csv").write_text(HEADER + "".join(lines))

    def append(path: Path) -> None:
        with path.open("a") as more:
            more.write(f"late{line}")

    assert ingest(warehouse, folder, Meddling("a.csv", append)) == {"a.csv": "unread"}
    assert ask(warehouse, "SELECT count(*) FROM raw.posts") == [(0,)]
    assert ingest(warehouse, folder) == {"a.csv": "ingested"}
    assert ask(warehouse, "SELECT count(*) FROM raw.posts") == [(len(lines) + 1,)]


def test_a_changed_version_does_not_take_the_place_of_the_good_one(
    warehouse: Warehouse, folder: Path
) -> None:
    (folder / "a.csv").write_text(A)
    ingest(warehouse, folder)
    (folder / "a.csv").write_text(B)
    assert ingest(warehouse, folder, Meddling("a.csv", write(OTHER))) == {"a.csv": "unread"}
    assert posts(warehouse) == [("1", "a")]
    assert ingest(warehouse, folder) == {"a.csv": "ingested"}
    assert posts(warehouse) == [("3", "c")]


def test_a_copy_of_a_file_that_changed_is_not_taken_for_known(
    warehouse: Warehouse, folder: Path
) -> None:
    (folder / "a.csv").write_text(A)
    (folder / "copy.csv").write_text(A)
    found = ingest(warehouse, folder, Meddling("a.csv", write(OTHER)))
    assert found == {"a.csv": "unread", "copy.csv": "unread"}
    assert ingest(warehouse, folder) == {"a.csv": "ingested", "copy.csv": "ingested"}
    assert posts(warehouse) == [("1", "a"), ("3", "c")]


def test_an_archive_that_is_replaced_while_it_is_read(warehouse: Warehouse, folder: Path) -> None:
    archive(folder / "all.tar", {"a.csv": A, "b.csv": B}, "w")

    def other(path: Path) -> None:
        archive(path, {"a.csv": OTHER}, "w")

    found = ingest(warehouse, folder, Meddling("all.tar", other))
    assert set(found.values()) == {"unread"}
    assert posts(warehouse) == []
    # The link is refused, as in any archive.
    found = ingest(warehouse, folder)
    assert found == {"all.tar!a.csv": "ingested", "all.tar!link.csv": "refused"}
    assert posts(warehouse) == [("3", "c")]


def test_a_file_that_may_not_be_read_is_told_and_the_others_go_on(
    warehouse: Warehouse, folder: Path
) -> None:
    class Locked(Watch):
        def file_id(self, landed: Landed) -> str:
            if landed.name == "a.csv":
                raise PermissionError(13, "Permission denied", landed.path)
            return super().file_id(landed)

    (folder / "a.csv").write_text(A)
    (folder / "b.csv").write_text(B)
    job = Job(Chooser(mapping()), WINDOW, folder.parent / "media", watch=Locked())
    found = {o.status: o for o in ingest_path(warehouse, folder, job)}
    assert set(found) == {"unread", "ingested"}
    assert "Permission denied" in (found["unread"].message or "")


def test_an_error_that_no_file_is_to_blame_for_is_raised(
    warehouse: Warehouse, folder: Path
) -> None:
    class FullDisk(Watch):
        def check(self, paths: object) -> None:
            raise OSError(28, "No space left on device")

    (folder / "a.csv").write_text(A)
    with pytest.raises(OSError, match="No space left"):
        ingest(warehouse, folder, FullDisk())
    assert posts(warehouse) == []


# The watch over the landing folder.


def boom() -> IO[bytes]:
    raise AssertionError("the file was read")


def landed(path: Path, opening: Callable[[], IO[bytes]] = boom) -> Landed:
    return Landed(path.name, str(path), path.stat().st_size, opening)


def outcome(path: Path | str, status: str = "ingested", file_id: str = "f") -> FileOutcome:
    return FileOutcome(file_id, "x", str(path), 1, status)  # type: ignore[arg-type]


def seen(settings: Settings, warehouse: Warehouse, path: Path, file_id: str) -> None:
    """Let the ledger know the file, as an ingest does."""
    watch = LandingWatch(settings, warehouse)
    one = landed(path, lambda: io.BytesIO(path.read_bytes()))
    assert not watch.leaves_out(one)
    assert watch.file_id(one) == file_id
    watch.record([outcome(path, file_id=file_id)])
    with warehouse.connect() as connection:
        connection.execute(
            "INSERT INTO raw.files BY NAME SELECT $id AS file_id, 1 AS ingest_number, "
            "'x' AS source, 'p' AS path, 1 AS bytes, 1 AS rows_in, 1 AS rows_good, "
            "0 AS rows_quarantined, 'ingested' AS status, now()::TIMESTAMP AS ingested_at",
            {"id": file_id},
        )


@pytest.fixture
def home(settings: Settings) -> Warehouse:
    return Warehouse(settings.warehouse)


HASH_OF_A = "06f961b802bc46ee168555f066d28f4f0e9afdf3f88174c1ee6f9de004fc30a0"  # of "A"


def test_a_file_that_is_as_it_was_is_not_read_again(
    settings: Settings, home: Warehouse, folder: Path
) -> None:
    path = folder / "a.csv"
    path.write_text("A")
    file_id = Watch().file_id(landed(path, lambda: io.BytesIO(b"A")))
    with home.connect():
        pass
    seen(settings, home, path, file_id)
    watch = LandingWatch(settings, home)
    watch.leaves_out(landed(path))
    assert watch.file_id(landed(path)) == file_id
    # With `--replace` the user asks for the bytes to be looked at.
    wary = LandingWatch(settings, home, trust=False)
    wary.leaves_out(landed(path))
    with pytest.raises(AssertionError, match="was read"):
        wary.file_id(landed(path))
    # As soon as it changes, it is read.
    time.sleep(0.02)
    path.write_text("B")
    later = LandingWatch(settings, home)
    later.leaves_out(landed(path))
    with pytest.raises(AssertionError, match="was read"):
        later.file_id(landed(path))


def test_only_the_hash_of_the_file_itself_is_trusted_later(
    settings: Settings, home: Warehouse, folder: Path
) -> None:
    # The ledger of the warehouse knows files that are read as one by another hash.
    path = folder / "a.csv"
    path.write_text("A")
    watch = LandingWatch(settings, home)
    watch.leaves_out(landed(path))
    watch.file_id(landed(path, lambda: io.BytesIO(b"A")))
    watch.record([outcome(path, file_id="of several files")])
    assert landing_ledger(settings).lines()["x/a.csv"].file_id is None


def test_a_file_that_changed_since_it_was_listed_is_not_noted(
    settings: Settings, home: Warehouse, folder: Path
) -> None:
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(name)
    watch = LandingWatch(settings, home)
    time.sleep(0.02)
    (folder / "a.csv").write_text("other")
    watch.record([outcome(folder / "a.csv"), outcome(folder / "b.csv")])
    watch.close()
    assert set(landing_ledger(settings).lines()) == {"x/b.csv"}


def test_an_archive_is_refused_if_one_of_its_members_is(
    settings: Settings, home: Warehouse, folder: Path
) -> None:
    path = folder / "odd!name.tar"
    path.write_bytes(b"tar")
    watch = LandingWatch(settings, home)
    watch.record(
        [outcome(f"{path}!a.csv"), outcome(f"{path}!b.csv", "refused"), outcome(f"{path}!in!c.csv")]
    )
    line = landing_ledger(settings).lines()["x/odd!name.tar"]
    assert (line.status, line.file_id) == ("refused", None)


@pytest.mark.parametrize("waiting", ["x/a.jpg.json", "x/a.jpg", "x/mapping.yaml"])
def test_what_a_file_depends_on_has_to_settle_too(
    settings: Settings, home: Warehouse, folder: Path, waiting: str
) -> None:
    for name in ("a.jpg", "a.jpg.json", "mapping.yaml"):
        (folder / name).write_text("{}")
    for _ in range(2):
        LandingWatch(settings, home, Unsettled.LEAVE)
    time.sleep(0.02)
    (settings.landing / waiting).write_text("{ }")
    watch = LandingWatch(settings, home, Unsettled.LEAVE)
    assert watch.leaves_out(landed(folder / "a.jpg.json"))
    assert watch.waiting == 1
    assert watch.folders() == ([] if waiting.endswith(".yaml") else [folder])
    assert not LandingWatch(settings, home, Unsettled.LEAVE).leaves_out(
        landed(folder / "a.jpg.json")
    )


def test_waiting_sees_what_has_changed_meanwhile(
    settings: Settings, home: Warehouse, folder: Path
) -> None:
    for name in ("still.csv", "moving.csv"):
        (folder / name).write_text("a")

    def sleep(seconds: float) -> None:
        assert seconds > settings.settle_s
        (folder / "moving.csv").write_text("more")

    watch = LandingWatch(settings, home, Unsettled.WAIT, sleep=sleep)
    assert watch.leaves_out(landed(folder / "moving.csv"))
    assert not watch.leaves_out(landed(folder / "still.csv"))


def test_a_file_that_lands_after_the_listing_is_left_for_the_next_time(
    settings: Settings, home: Warehouse, folder: Path
) -> None:
    watch = LandingWatch(settings, home, Unsettled.LEAVE)
    (folder / "late.csv").write_text("a")
    assert watch.leaves_out(landed(folder / "late.csv"))
    assert not LandingWatch(settings, home).leaves_out(landed(folder / "late.csv"))


DIES = """
import os
from pathlib import Path
from influence_assets.assets.raw import IngestConfig, run_ingest
from influence_assets.settings import Settings
from influence_assets.storage.landing_ledger import LandingLedger
from influence_assets.storage.warehouse import Warehouse

LandingLedger.record = lambda *_: os._exit(9)
settings = Settings.from_env({"INFLUENCE_HOME": HOME})
run_ingest(Warehouse(settings.warehouse), settings, IngestConfig())
"""


def test_a_kill_between_the_commit_and_the_ledger_loses_and_doubles_nothing(
    settings: Settings, home: Warehouse, folder: Path
) -> None:
    from influence_assets.assets.raw import IngestConfig, run_ingest

    (folder / "mapping.yaml").write_text(
        "platform: x\nfiles: [{match: '*.csv', format: csv, feeds: [{contract: posts, columns: "
        "{post_id: id, profile_id: who, posted_at: at, text: text}}]}]\n"
    )
    (folder / "a.csv").write_text(A)
    assert python(f"HOME = {str(settings.home)!r}\n{DIES}").returncode == 9
    assert posts(home) == [("1", "a")]
    assert landing_ledger(settings).lines() == {}
    run_ingest(home, settings, IngestConfig())
    assert posts(home) == [("1", "a")]
    assert landing_ledger(settings).lines()["x/a.csv"].status == "known"
