"""Archives: each member is a file to read, or one that is refused with its name and reason."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import random
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard

from influence_assets.sources import archives
from influence_assets.sources.landing import Landed, landed_files
from influence_assets.sources.readers import read_batches
from influence_assets_tests.sources.making import parquet, spec

POSTS = b'{"id": 1}\n'
LARGE = random.Random(5).randbytes(300_000)  # does not shrink: no bomb


def tar(*files: tuple[str, bytes], special: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in special:
            archive.addfile(info)
    return sink.getvalue()


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def landed(tmp_path: Path, data: bytes, name: str = "export.bin") -> list[tuple[Landed, bytes]]:
    """Every file with its bytes, opened at once, as an ingest does."""
    (tmp_path / name).write_bytes(data)
    found = []
    for file in landed_files(tmp_path / name):
        with file.open() as opened:
            found.append((file, opened.read()))
    return found


def problems(tmp_path: Path, data: bytes, name: str = "export.bin") -> dict[str, str]:
    found = landed(tmp_path, data, name)
    return {
        file.path.removeprefix(f"{tmp_path}/"): file.problem for file, _ in found if file.problem
    }


PACKED = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("how", PACKED)
def test_a_tar_archive_is_known_by_its_bytes(tmp_path: Path, how: str) -> None:
    data = PACKED[how](tar(("a/posts.jsonl", POSTS), ("b.csv", b"id\n1\n")))
    found = landed(tmp_path, data)  # its name says nothing
    assert [(f.name, f.path, d, f.problem) for f, d in found] == [
        ("posts.jsonl", f"{tmp_path}/export.bin!a/posts.jsonl", POSTS, None),
        ("b.csv", f"{tmp_path}/export.bin!b.csv", b"id\n1\n", None),
    ]


def test_a_zip_archive_is_known_by_its_bytes(tmp_path: Path) -> None:
    found = landed(tmp_path, zipped(("a/", b""), ("a/posts.jsonl", POSTS), ("b.csv", b"id\n1\n")))
    assert [(f.name, d, f.problem) for f, d in found] == [
        ("posts.jsonl", POSTS, None),
        ("b.csv", b"id\n1\n", None),
    ]
    assert found[0][0].sha256() == hashlib.sha256(POSTS).hexdigest()


@pytest.mark.parametrize(
    "data",
    [b"", b"id\n1\n", POSTS, b"\0" * 2000, gzip.compress(POSTS, mtime=0)],
    ids=["empty", "csv", "json", "zeros", "gzip"],
)
def test_any_other_file_is_itself(tmp_path: Path, data: bytes) -> None:
    ((file, read),) = landed(tmp_path, data)
    assert (file.path, read, file.problem) == (f"{tmp_path}/export.bin", data, None)


def test_media_hidden_files_and_mappings_in_an_archive_are_left_alone(tmp_path: Path) -> None:
    names = ["x/a.jpg", "a.mp4", ".git/x.json", "__MACOSX/x.json", "mapping.yaml", "x/.a.json"]
    for data in (zipped(*((n, b"1") for n in names)), tar(*((n, b"1") for n in names))):
        assert landed(tmp_path, data) == []


@pytest.mark.parametrize("how", ["zip", "tar"])
@pytest.mark.parametrize(
    "path", ["../x.json", "/etc/x.json", "a/../../x.json", "..\\x.json", "C:/x"]
)
def test_paths_that_lead_out_are_refused_by_name(tmp_path: Path, how: str, path: str) -> None:
    files = (("a.json", b"[]"), (path, b"[]"), ("b.json", b"[]"))
    data = zipped(*files) if how == "zip" else tar(*files)
    found = landed(tmp_path, data)
    # The others go on.
    assert [f.name for f, _ in found if not f.problem] == ["a.json", "b.json"]
    assert [f.path for f, _ in found if f.problem] == [f"{tmp_path}/export.bin!{path}"]


def test_links_and_devices_in_a_tar_archive_are_refused_by_name(tmp_path: Path) -> None:
    special = []
    for name, kind in [
        ("soft", tarfile.SYMTYPE),
        ("hard", tarfile.LNKTYPE),
        ("pipe", tarfile.FIFOTYPE),
        ("disk", tarfile.BLKTYPE),
    ]:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        special.append(info)
    data = tar(("a.json", b"[]"), special=tuple(special))
    told = problems(tmp_path, data)
    assert set(told) == {f"export.bin!{n}" for n in ("soft", "hard", "pipe", "disk")}
    assert "link to /etc/passwd" in told["export.bin!soft"]


def test_links_in_a_zip_archive_are_refused_by_name(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("soft.json")
    link.external_attr = 0o120777 << 16
    told = problems(tmp_path, zipped((link, b"/etc/passwd"), ("a.json", b"[]")))
    assert list(told) == ["export.bin!soft.json"]
    assert "a link" in told["export.bin!soft.json"]


def test_an_encrypted_member_is_refused_by_name(tmp_path: Path) -> None:
    data = bytearray(zipped(("a.json", b"[]"), ("b.json", b"[]")))
    second = data.rindex(b"PK\x01\x02")  # its entry in the directory
    data[second + 8] |= 1
    assert "encrypted" in problems(tmp_path, bytes(data))["export.bin!b.json"]


@pytest.mark.parametrize("how", ["zip", "tar"])
def test_an_archive_in_an_archive_is_not_followed(tmp_path: Path, how: str) -> None:
    inner = [zipped(("a.json", b"[]")), tar(("a.json", b"[]")), gzip.compress(tar(("a", b"1")))]
    files = [(f"inner{i}.bin", data) for i, data in enumerate(inner)]
    told = problems(tmp_path, zipped(*files) if how == "zip" else tar(*files))
    assert list(told) == [f"export.bin!inner{i}.bin" for i in range(3)]
    assert all("archive within" in said for said in told.values())


def test_a_compressed_member_is_left_to_its_reader(tmp_path: Path) -> None:
    ((file, data),) = landed(tmp_path, tar(("a.jsonl.gz", gzip.compress(POSTS, mtime=0))))
    assert file.problem is None
    assert gzip.decompress(data) == POSTS


def test_a_zip_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("b.json", "w") as f,
    ):
        for _ in range(80):
            f.write(bytes(1 << 20))
    assert sink.tell() < 1 << 20
    (told,) = problems(tmp_path, sink.getvalue()).values()
    assert "200 times" in told


def test_a_member_that_is_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped(("a.json", bytes(5000))))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")  # size in the directory
    assert list(problems(tmp_path, bytes(data))) == ["export.bin!a.json"]


@pytest.mark.parametrize("how", ["plain", "gzip", "xz", "bzip2", "zstd"])
def test_a_tar_archive_cut_short_gives_what_came_before_and_says_so(
    tmp_path: Path, how: str
) -> None:
    whole = tar(("a.json", b"[]"), ("b.json", random.Random(1).randbytes(50_000)))
    data = PACKED[how](whole)[: -20_000 if how != "plain" else -25_000]
    found = landed(tmp_path, data, "export.tar")
    assert found[-1][0].problem is not None
    assert "export.tar is no tar archive that can be read to its end" in found[-1][0].problem
    assert not [f for f, _ in found if f.name == "b.json" and not f.problem]


def test_what_only_its_name_calls_an_archive_is_refused(tmp_path: Path) -> None:
    assert "no zip archive" in problems(tmp_path, b"nonsense", "a.zip")["a.zip"]
    assert "no tar archive" in problems(tmp_path, b"nonsense", "a.tar.gz")["a.tar.gz"]


def test_a_workbook_is_told_from_an_archive(tmp_path: Path) -> None:
    data = zipped(("xl/workbook.xml", b"<x/>"), ("[Content_Types].xml", b"<x/>"))
    assert "CSV" in problems(tmp_path, data, "book.xlsx")["book.xlsx"]


@pytest.mark.parametrize("how", ["zip", *PACKED])
def test_a_large_member_is_read_again_from_the_archive(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "HELD_BYTES", 1000)
    files = (("small.json", b"[]"), ("large.csv", LARGE), ("last.json", b"[1]"))
    data = zipped(*files) if how == "zip" else PACKED[how](tar(*files))
    found = landed(tmp_path, data)
    assert [(f.name, d) for f, d in found] == list(files)
    file = found[1][0]
    assert file.size == len(LARGE)
    assert file.sha256() == hashlib.sha256(LARGE).hexdigest()
    # Opened once more, after the archive has been left, it gives the same.
    with file.open() as again:
        assert again.read() == LARGE


def test_two_members_of_the_same_name_are_both_read(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped(("a.json", b"[1]"), ("a.json", b"[2]"))
    for found in (
        landed(tmp_path, data),
        landed(tmp_path, tar(("a.json", b"[1]"), ("a.json", b"[2]"))),
    ):
        assert [d for _, d in found] == [b"[1]", b"[2]"]


@pytest.mark.parametrize("how", ["zip", *PACKED])
@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_a_large_member_is_parsed_like_a_file(
    tmp_path: Path, how: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "HELD_BYTES", 10)
    data = {
        "csv": b"id\n" + b"7\n" * 1000,
        "jsonl": b'{"id": 7}\n' * 1000,
        "parquet": parquet(id=["7"] * 1000),
    }[form]
    files = (("first.txt", b"x" * 20), (f"large.{form}", data))
    ((file, _),) = landed(tmp_path, zipped(*files) if how == "zip" else PACKED[how](tar(*files)))[
        1:
    ]
    with file.open() as opened:
        batches = list(read_batches(opened, "x", spec(form, columns={"post_id": "id"})))
    assert [i for b in batches for i in b.frame["id"]] == ["7"] * 1000
