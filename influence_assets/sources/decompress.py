"""Compressed files as streams of what is in them, known by their first bytes, within limits.

A small file may claim to hold terabytes. Output beyond SAFE_BYTES is refused where it is more
than MAX_RATIO times the input, and any output beyond OUTPUT_BYTES. Memory stays bounded.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import IO, Protocol, cast

import zstandard

from influence_assets.sources.batches import BadFile

SAFE_BYTES = 64 << 20
"""Output up to here needs no proof that it is honest."""

MAX_RATIO = 200
"""Text of social exports shrinks 5 to 30 times, the dullest CSV about 100 times."""

OUTPUT_BYTES = 1 << 40
"""No file gives more than this."""

WINDOW_BYTES = 1 << 31
"""Dumps of Reddit are compressed with `zstd --long=31`."""

_MEMORY_BYTES = 1 << 30
_INPUT_BYTES = 1 << 16
# zstd gives all that its input holds, up to 32,768 times as much, in one call.
_ZSTD_INPUT_BYTES = 4096
_STEP_BYTES = 1 << 20


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def step(self, data: bytes) -> bytes:
        """Some output; more may come for empty data while `waiting`."""

    @property
    def waiting(self) -> bool: ...


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def waiting(self) -> bool:
        return bool(self._inner.unconsumed_tail)

    def step(self, data: bytes) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, _STEP_BYTES)


class _Limited:
    """xz and bzip2, whose decompressors keep input that they have not used yet."""

    def __init__(self, inner: lzma.LZMADecompressor | bz2.BZ2Decompressor) -> None:
        self._inner = inner

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def waiting(self) -> bool:
        return not self._inner.eof and not self._inner.needs_input

    def step(self, data: bytes) -> bytes:
        return self._inner.decompress(data, _STEP_BYTES)


class _Zstd:
    waiting = False  # it gives all at once

    def __init__(self) -> None:
        factory = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        self._inner = factory.decompressobj()

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def step(self, data: bytes) -> bytes:
        return self._inner.decompress(data)


def _xz() -> _Limited:
    return _Limited(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY_BYTES))


_KINDS: dict[bytes, tuple[str, Callable[[], _Decoder]]] = {
    b"\x1f\x8b": ("gzip", _Gzip),
    b"\xfd7zXZ\x00": ("xz", _xz),
    b"\x28\xb5\x2f\xfd": ("zstd", _Zstd),
    b"BZh": ("bzip2", lambda: _Limited(bz2.BZ2Decompressor())),
}

MAGIC_BYTES = 6


def compression(head: bytes) -> str | None:
    """The name of the compression that the first bytes of a file tell, if any."""
    return next((kind for magic, (kind, _) in _KINDS.items() if head.startswith(magic)), None)


def decompressed(data: IO[bytes], name: str) -> IO[bytes]:
    """The file as it is, or what is compressed in it, to its end.

    What comes back is buffered (it can `peek`); where the file was compressed, it cannot
    `seek`. Reading from it raises BadFile if the file is damaged, cut short or a bomb.

    Args:
        data: the file, opened at its start; it can peek or seek.
        name: what to call it in an error.
    """
    head = head_of(data)
    for magic, (kind, decoder) in _KINDS.items():
        if head.startswith(magic):
            raw = _Decompressed(data, name, kind, decoder)
            return cast(IO[bytes], io.BufferedReader(raw, _STEP_BYTES))
    return data


def head_of(data: IO[bytes]) -> bytes:
    """The first bytes of a file that is opened at its start; they stay to be read."""
    if isinstance(data, io.BufferedReader):
        return data.peek(MAGIC_BYTES)[:MAGIC_BYTES]
    head = data.read(MAGIC_BYTES)
    data.seek(0)
    return head


class _Decompressed(io.RawIOBase):
    def __init__(
        self, data: IO[bytes], name: str, kind: str, decoder: Callable[[], _Decoder]
    ) -> None:
        self._data, self._name, self._kind, self._new = data, name, kind, decoder
        self._decoder = decoder()
        self._input = self._output = 0
        self._rest = b""  # read, but not yet given to a decoder
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with some output; 0 only at the end."""
        while not self._ready:
            try:
                out = self._more()
            except (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError) as error:
                raise BadFile(
                    f"{self._name} is {self._kind} that is damaged or cut short ({error}). "
                    "Get it anew."
                ) from error
            if out is None:
                return 0
            self._ready = memoryview(out)
        cut = min(len(buffer), len(self._ready))
        buffer[:cut] = self._ready[:cut]
        self._ready = self._ready[cut:]
        return cut

    def _more(self) -> bytes | None:
        """The next output, perhaps empty, or None at the end."""
        if self._decoder.eof and not self._next_part():
            return None
        piece = b""
        if not self._decoder.waiting:
            piece = self._take(_ZSTD_INPUT_BYTES if self._kind == "zstd" else _INPUT_BYTES)
            if not piece:
                raise EOFError("it ends in the middle")
        out = self._decoder.step(piece)
        if self._decoder.eof:
            self._rest = self._decoder.unused_data + self._rest
        self._output += len(out)
        self._refuse_bomb()
        return out

    def _take(self, size: int) -> bytes:
        if not self._rest:
            self._rest = self._data.read(_INPUT_BYTES)
            self._input += len(self._rest)
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def _next_part(self) -> bool:
        """Whether another compressed part follows, as where files were joined; padding is none."""
        rest = self._rest.lstrip(b"\0")
        while not rest:
            piece = self._data.read(_INPUT_BYTES)
            if not piece:
                return False
            self._input += len(piece)
            rest = piece.lstrip(b"\0")
        self._rest, self._decoder = rest, self._new()
        return True

    def _refuse_bomb(self) -> None:
        if self._output > OUTPUT_BYTES or (
            self._output > SAFE_BYTES and self._output > MAX_RATIO * self._input
        ):
            raise BadFile(
                f"{self._name} unpacks to more than {self._output >> 20} MB from "
                f"{self._input >> 10} KB of {self._kind}: more than {MAX_RATIO} times its size is "
                "no honest export. If it is one all the same, unpack it and ingest what is in it."
            )
