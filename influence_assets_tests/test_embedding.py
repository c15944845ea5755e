"""The embedding service: each content once, whatever happens, with progress that is true."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from influence_assets.embedding import Contents, Encode, Progress, embed
from influence_assets.settings import Settings
from influence_assets.storage.vectors import VectorFiles
from influence_assets.storage.warehouse import Warehouse, record_version
from influence_assets_tests.sql_making import MON, post, put


class Encoder:
    """Notes what it was given; a vector is the length of a text and 1."""

    def __init__(self, fail_at: str = "") -> None:
        self.batches: list[list[str]] = []
        self.fail_at = fail_at

    def load(self) -> Encode:
        return self.encode

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if self.fail_at in texts:
            raise MemoryError("of the device")
        self.batches.append(list(texts))
        return np.array([[len(text), 1] for text in texts], dtype=np.float32)


def contents(*texts: str) -> Contents:
    rows = {"content_hash": [text[0] * 64 for text in texts], "item": list(texts)}
    return Contents("texts", pl.DataFrame(rows).with_columns(work=pl.col("item").str.len_bytes()))


def quiet(line: str) -> None:
    return None


@pytest.fixture
def files(tmp_path: Path) -> VectorFiles:
    return VectorFiles(tmp_path, "e@1/2")


def test_contents_of_one_length_stand_together(files: VectorFiles) -> None:
    encoder = Encoder()
    done = embed(contents("aaaa", "b", "cc", "ddd"), files, encoder.load, quiet, at_once=2)
    assert (done, encoder.batches) == (4, [["b", "cc"], ["ddd", "aaaa"]])
    found = files.read(pl.Series(["a" * 64, "c" * 64]))
    assert found["vector"].to_list() == [[4, 1], [2, 1]]


def test_what_is_known_is_not_encoded_and_nothing_is_loaded_for_it(files: VectorFiles) -> None:
    embed(contents("aaaa", "b"), files, Encoder().load, quiet)
    second = Encoder()
    assert embed(contents("aaaa", "b", "cc"), files, second.load, quiet) == 1
    assert second.batches == [["cc"]]

    def never() -> Encode:
        raise AssertionError("an encoder was loaded")

    assert embed(contents("aaaa", "b", "cc"), files, never, quiet) == 0


def test_an_error_keeps_the_batches_before(files: VectorFiles) -> None:
    first = Encoder(fail_at="ddd")
    texts = contents("aaaa", "b", "cc", "ddd")
    with pytest.raises(MemoryError):
        embed(texts, files, first.load, quiet, at_once=2)
    second = Encoder()
    assert embed(texts, files, second.load, quiet, at_once=2) == 2
    assert first.batches + second.batches == [["b", "cc"], ["ddd", "aaaa"]]


def test_a_vector_that_is_no_number_is_not_kept(files: VectorFiles) -> None:
    def broken() -> Encode:
        return lambda texts: np.full((len(texts), 2), np.nan, dtype=np.float32)

    with pytest.raises(RuntimeError, match="no number"):
        embed(contents("a"), files, broken, quiet)
    assert files.paths() == []


def test_progress_tells_rate_and_time_left_by_work() -> None:
    now = [0.0]
    lines: list[str] = []
    progress = Progress("texts", 4_000, 100.0, lines.append, lambda: now[0])
    now[0] = 1.0
    progress.done(1_000, 5.0)  # too soon to be told
    now[0] = 4.0
    progress.done(1_000, 15.0)  # half of the texts, a fifth of the work in 4 s
    now[0] = 20.0
    progress.done(2_000, 80.0)
    assert lines == [
        "2,000 of 4,000 texts, 500/s, 16 s left",
        "4,000 of 4,000 texts, 200/s",
    ]


# A run in a process of its own, encoding slowly; it notes each batch when it begins.
SLOW = """
import sys, time
from pathlib import Path
import numpy as np, polars as pl
from influence_assets.embedding import Contents, embed
from influence_assets.storage.vectors import VectorFiles

home, pause = Path(sys.argv[1]), float(sys.argv[2])
rows = pl.DataFrame({"item": [f"text {n:03d}" for n in range(80)]}).with_columns(
    content_hash=pl.col("item").str.zfill(64), work=1
)

def encode(texts):
    with (home / "encoded.txt").open("a") as noted:
        noted.write(" ".join(text[-3:] for text in texts) + "\\n")
    time.sleep(pause)
    return np.array([[int(text[-3:])] for text in texts], dtype=np.float32)

print(embed(Contents("texts", rows), VectorFiles(home, "e"), lambda: encode, print, at_once=4))
"""


def test_a_run_killed_half_way_encodes_no_finished_batch_again(tmp_path: Path) -> None:
    files = VectorFiles(tmp_path, "e")
    command = [sys.executable, "-c", SLOW, str(tmp_path)]
    killed = subprocess.Popen([*command, "0.05"], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(files.paths()) < 10 and time.monotonic() < deadline:
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    finished = len(files.paths())
    assert 10 <= finished < 20
    assert files.hashes().is_unique().all()
    done = subprocess.run([*command, "0"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == str(80 - 4 * finished)
    batches = (tmp_path / "encoded.txt").read_text(encoding="utf-8").splitlines()
    # The batch that was under way when it was killed is the only one that may stand twice.
    assert len(batches) - len(set(batches)) == len(batches) - 20 <= 1
    assert sorted(files.hashes()) == [f"text {n:03d}".zfill(64) for n in range(80)]


# A build of content.text_embeddings where any connection is an error that is noted.
CUT = """
import json, os, socket, sys
tried = []

def refuse(*where, **how):
    tried.append(repr(where))
    raise OSError("no network")

socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.getaddrinfo = refuse
socket.create_connection = refuse
from influence_assets.cli import app
try:
    app(["build", "--select", "key:content/text_embeddings"], standalone_mode=False)
finally:
    print(json.dumps(tried))
"""


def test_with_the_network_cut_texts_are_encoded_and_nothing_tries_to_connect(
    tmp_path: Path,
) -> None:
    environment = {
        "INFLUENCE_HOME": str(tmp_path / "home"),
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "nobody"),
    }
    settings = Settings.from_env(environment)
    warehouse = Warehouse(settings.warehouse)
    with warehouse.connect() as connection:
        put(
            connection, "core.posts",
            post(MON, "1") | {"text": "rain"}, post(MON, "2") | {"text": " "},
        )  # fmt: skip
        record_version(connection, "core.posts", str(MON), "v1", 2, "")
    done = subprocess.run(
        [sys.executable, "-c", CUT], capture_output=True, text=True, timeout=120, check=False,
        env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
    rows = warehouse.read("content.text_embeddings", ["vector"])
    assert [len(vector) for vector in rows["vector"]] == [384]
    # Nothing was left where other programs keep what they fetched.
    assert not (tmp_path / "nobody").exists()
