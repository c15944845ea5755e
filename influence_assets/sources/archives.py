"""Zip and tar archives, read in place: nothing is ever unpacked to disk.

Only plain files in an archive are read. Links, devices, encrypted members, archives within
the archive, and paths that lead out of it are told one by one, as files with a problem. Images,
sound and video are left alone. Sizes are limited, as in `decompress`.
"""

from __future__ import annotations

import hashlib
import io
import mimetypes
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import IO

from influence_assets.sources.batches import BadFile
from influence_assets.sources.decompress import (
    MAX_RATIO,
    OUTPUT_BYTES,
    SAFE_BYTES,
    decompressed,
)
from influence_assets.sources.landing import Landed, is_left_out

MEMBERS = 1_000_000
"""More members than this are refused."""

HELD_BYTES = 32 << 20
"""A member up to this size is held in memory; a larger one is read again from the archive."""

_TAR_BLOCK = 512
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    BadFile,
)
"""What reading a damaged or hostile archive raises."""


def members(path: Path) -> Iterator[Landed] | None:
    """The files in an archive, or None if the file is none.

    An archive is known by its bytes, and by its name where these are damaged.
    """
    with path.open("rb") as data:
        head = data.read(_TAR_BLOCK)
        if head.startswith(_ZIP_MARKS):
            return _zip_members(path)
        data.seek(0)
        try:
            head = decompressed(data, path.name).read(_TAR_BLOCK)
        except BadFile:
            head = b""
    if is_tar(head) or path.name.lower().endswith((".tar", ".tgz")) or ".tar." in path.name.lower():
        return _tar_members(path)
    return _zip_members(path) if path.name.lower().endswith(".zip") else None


def is_tar(head: bytes) -> bool:
    """Whether a file that begins so is a tar archive: its first header's checksum fits."""
    try:
        tarfile.TarInfo.frombuf(head[:_TAR_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _tar_members(path: Path) -> Iterator[Landed]:
    try:
        with path.open("rb") as file, _tar(file, path) as archive:
            for count, member in enumerate(archive, 1):
                if count > MEMBERS:
                    raise tarfile.TarError(f"it has more than {MEMBERS} members")
                if member.isdir():
                    continue
                if (fault := _tar_fault(member) or _path_fault(member.name)) is not None:
                    yield _refused(path, member.name, member.size, fault)
                elif _is_wanted(member.name):
                    content = archive.extractfile(member)
                    assert content is not None  # it is a plain file
                    again = _again(path, count)
                    yield _member(path, member.name, member.size, content, again)
    except _DAMAGE as error:
        yield _unreadable(path, "tar", error)


def _tar(file: IO[bytes], path: Path) -> tarfile.TarFile:
    """The archive as a stream, so that it may be compressed in any way."""
    plain = decompressed(file, str(path))
    return tarfile.open(fileobj=plain, mode="r|", errorlevel=2)


def _tar_fault(member: tarfile.TarInfo) -> str | None:
    if member.issym() or member.islnk():
        return f"a link to {member.linkname}"
    if not member.isreg() or member.issparse():
        return "no plain file"
    return None


def _again(path: Path, place: int) -> Callable[[], IO[bytes]]:
    """Opens the member at this place by reading the archive up to it once more."""

    def opened() -> IO[bytes]:
        file = path.open("rb")
        archive = _tar(file, path)
        for count, member in enumerate(archive, 1):
            if count == place and (content := archive.extractfile(member)):
                return _Member(content, archive, file)
        raise BadFile(f"{path} has changed while it was read. Ingest it again.")

    return opened


def _zip_members(path: Path) -> Iterator[Landed]:
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
            total = sum(member.file_size for member in found)
            if len(found) > MEMBERS:
                raise zipfile.BadZipFile(f"it has more than {MEMBERS} members")
            if _is_bomb(total, path.stat().st_size):
                raise zipfile.BadZipFile(
                    f"it would unpack to {total >> 20} MB, more than {MAX_RATIO} times its size"
                )
            if any(member.filename == "xl/workbook.xml" for member in found):
                raise zipfile.BadZipFile("it is an Excel workbook: save its sheets as CSV")
            for member in found:
                if not member.is_dir():
                    yield from _zip_member(path, archive, member)
    except _DAMAGE as error:
        yield _unreadable(path, "zip", error)


def _zip_member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Landed]:
    fault = _zip_fault(member) or _path_fault(member.orig_filename.rstrip("\0"))
    if fault is not None:
        yield _refused(path, member.filename, member.file_size, fault)
    elif _is_wanted(member.filename):

        def again() -> IO[bytes]:
            anew = zipfile.ZipFile(path)
            return _Member(anew.open(member), anew)

        try:
            with archive.open(member) as content:
                landed = _member(path, member.filename, member.file_size, content, again)
        except _DAMAGE as error:
            landed = _refused(path, member.filename, member.file_size, f"damaged ({error})")
        yield landed


def _zip_fault(member: zipfile.ZipInfo) -> str | None:
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link"
    if member.flag_bits & 1:
        return "encrypted"
    if _is_bomb(member.file_size, member.compress_size):
        return f"more than {MAX_RATIO} times as large as what is stored of it"
    return None


def _is_bomb(size: int, stored: int) -> bool:
    return size > OUTPUT_BYTES or (size > SAFE_BYTES and size > MAX_RATIO * stored)


def _path_fault(name: str) -> str | None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0]:
        return "a path that leads out of the archive"
    return "a name with a NUL" if "\0" in name or not path.name else None


def _is_wanted(name: str) -> bool:
    kind = (mimetypes.guess_type(name)[0] or "").partition("/")[0]
    return kind not in ("image", "audio", "video") and not is_left_out(PurePosixPath(name).parts)


def _member(
    path: Path, member: str, size: int, content: IO[bytes], again: Callable[[], IO[bytes]]
) -> Landed:
    """A plain member: its bytes if there are few, else a way to read them again."""
    name, label = PurePosixPath(member).name, f"{path}!{member}"
    data = content.read(HELD_BYTES)
    if _is_archive(data):
        return _refused(path, member, size, "an archive within the archive: unpack it first")
    if size <= HELD_BYTES:
        return Landed(name, label, len(data), lambda: io.BytesIO(data))
    # It is read to its end here, so that damage shows before anything of it is ingested.
    digest, length = hashlib.sha256(data), len(data)
    while piece := content.read(1 << 20):
        digest.update(piece)
        length += len(piece)
    return Landed(name, label, length, again, digest=digest.hexdigest())


def _is_archive(data: bytes) -> bool:
    try:
        head = decompressed(io.BytesIO(data), "").read(_TAR_BLOCK)
    except BadFile:
        return False  # the reader tells what is wrong with it
    return data.startswith(_ZIP_MARKS) or is_tar(head)


def _refused(path: Path, member: str, size: int, reason: str) -> Landed:
    """A member that is not read; bytes that name it stand for it in the ledger."""
    label = f"{path}!{member}"
    label = label.encode("utf-8", "backslashreplace").decode()
    stand_in = f"{label}: {reason}".encode()
    problem = f"{label} is not read: it is {reason}. Unpack what you trust and ingest the folder."
    name = PurePosixPath(member).name or member
    return Landed(name, label, size, lambda: io.BytesIO(stand_in), problem)


def _unreadable(path: Path, kind: str, error: Exception) -> Landed:
    problem = f"{path} is no {kind} archive that can be read to its end ({error}). Get it anew."
    size = path.stat().st_size if path.exists() else 0
    return Landed(path.name, str(path), size, lambda: path.open("rb"), problem)


class _Member(io.BufferedReader):
    """A member that closes its archive with itself."""

    def __init__(self, content: IO[bytes], *owners: IO[bytes] | tarfile.TarFile | zipfile.ZipFile):
        super().__init__(content)  # type: ignore[arg-type]
        self._owners = owners

    def seekable(self) -> bool:
        """No: a member of a compressed archive is a stream."""
        return False

    def close(self) -> None:
        """Close the member, the archive and the file."""
        super().close()
        for owner in self._owners:
            owner.close()
