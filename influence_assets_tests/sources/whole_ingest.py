"""A hostile file through the whole ingest, alone and in a hostile archive, into a warehouse.

What must hold is asked in SQL of the tables themselves, not of the ledger's own check.
"""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from influence_assets.errors import UserError
from influence_assets.ingest import Job, ingest_path
from influence_assets.sources.choose import Chooser
from influence_assets.sources.feeds import Window
from influence_assets.storage.ledger import FileOutcome
from influence_assets.storage.reconcile import all_faults
from influence_assets.storage.warehouse import Warehouse

TABLES = ("posts", "post_metrics", "profile_snapshots", "interactions", "media")

_GOOD = " UNION ALL ".join(f"SELECT file_id, row_number FROM raw.{t}" for t in TABLES)
_BOTH = f"SELECT count(*) FROM raw.quarantine SEMI JOIN ({_GOOD}) USING (file_id, row_number)"
_STRAY = f"""
SELECT count(*) FROM (SELECT file_id FROM raw.quarantine UNION ALL SELECT file_id FROM ({_GOOD}))
ANTI JOIN (FROM raw.files WHERE status = 'ingested') USING (file_id)
"""
_LINE = """
SELECT status, rows_in, rows_good, rows_quarantined,
    (SELECT count(DISTINCT row_number) FROM raw.quarantine WHERE file_id = $id)
FROM raw.files WHERE file_id = $id
"""


class Whole:
    """A warehouse into which many files go, one after the other."""

    def __init__(self, database: Path, window: Window) -> None:
        self._warehouse = Warehouse(database)
        self._window = window
        self._media = database.parent / "media"

    def check_file(
        self, path: Path, chooser: Chooser, outcome: str, records: int, quarantined: int
    ) -> None:
        """Ingest a file of which it is known what has to become of it."""
        done = self._ingest(path, chooser)
        if not done:
            assert outcome == "left alone"
            return
        (got,) = done
        if got.status == "known":  # the same bytes were there before
            return
        expected = {"read": "ingested"}.get(outcome, outcome)
        assert got.status == expected, f"{got.status} ({got.message}) where it was {outcome}"
        if expected == "ingested":
            assert (got.rows_in, got.rows_quarantined) == (records, quarantined), got

    def check_archive(self, path: Path, data: bytes, number: int, chooser: Chooser) -> None:
        """Ingest the file in an archive that is damaged itself or has hostile members."""
        rng = random.Random(number)
        packed = rng.choice(_ARCHIVES)(path.name, data)
        if rng.random() < 0.5:
            at = rng.randrange(len(packed))
            packed = packed[:at] + rng.randbytes(rng.randrange(4)) + packed[at + rng.randrange(9) :]
        archive = path.parent.parent / f"in-an-archive-{number}.zip"
        archive.write_bytes(packed)
        try:
            self._ingest(archive, chooser)
        finally:
            archive.unlink()

    def _ingest(self, path: Path, chooser: Chooser) -> list[FileOutcome]:
        job = Job(chooser, self._window, self._media)
        try:
            done = ingest_path(self._warehouse, path, job)
        except UserError as error:  # the mapping describes nothing that is there
            assert str(error).strip(), "an error without words"
            done = []
        with self._warehouse.connect() as connection:
            assert all_faults(connection) == []
            for question in (_BOTH, _STRAY):
                row = connection.execute(question).fetchone()
                assert row == (0,), "a record is good and bad, or of no file"
            for outcome in done:
                line = connection.execute(_LINE, {"id": outcome.file_id}).fetchone()
                assert line is not None, "a file without a line in the ledger"
                status, rows_in, good, bad, found = line
                assert rows_in == good + bad
                assert bad == found or status != "ingested"
        return done


def _zip(name: str, data: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
        archive.writestr(f"../{name}", data)
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return whole.getvalue()


def _tar(name: str, data: bytes) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:") as archive:
        for path in (name, f"/tmp/{name}", f"twice/{name}", f"twice/{name}"):
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return whole.getvalue()


def _packed_tar(name: str, data: bytes) -> bytes:
    return gzip.compress(_tar(name, data), 1)


_ARCHIVES: list[Callable[[str, bytes], bytes]] = [_zip, _tar, _packed_tar]
