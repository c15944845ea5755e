"""Text in any encoding as a stream of UTF-8 bytes without a byte order mark."""

from __future__ import annotations

import codecs
import io
import re
from typing import IO, cast

_CHUNK = 1 << 20
_WIDE_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def is_utf8(encoding: str) -> bool:
    """Whether the name stands for UTF-8, with a byte order mark or without.

    Raises:
        LookupError: there is no such encoding of text.
    """
    " ".encode(encoding)  # raises for what is no encoding of text, such as `hex`
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")


def utf8(data: IO[bytes], encoding: str) -> IO[bytes]:
    """The file as UTF-8 bytes. UTF-8 itself is passed on unchecked.

    A mark of UTF-16 or UTF-32 goes before an `encoding` of UTF-8, which is but the default.

    Raises:
        LookupError: there is no such encoding.
        UnicodeError: when read, if the bytes are not in the encoding.
    """
    head = data.read(4)
    known = is_utf8(encoding)
    if known and head.startswith(codecs.BOM_UTF8):
        return cast(IO[bytes], Resumed(head[3:], data))
    wide = [name for mark, name in _WIDE_MARKS.items() if head.startswith(mark)]
    if known and wide:
        encoding, known = wide[0], False
    whole = cast(IO[bytes], Resumed(head, data))
    return whole if known else cast(IO[bytes], _Recoded(whole, encoding))


class Resumed(io.RawIOBase):
    """Bytes that were taken from a stream, and then the rest of it."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """`size` bytes, fewer only at the end."""
        if size < 0:
            head, self._head = self._head, b""
            return head + self._rest.read()
        head, self._head = self._head[:size], self._head[size:]
        return head + self._rest.read(size - len(head)) if len(head) < size else head


class _Recoded(io.RawIOBase):
    """Another encoding, decoded piece by piece."""

    def __init__(self, data: IO[bytes], encoding: str) -> None:
        self._data = data
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """`size` bytes, fewer only at the end."""
        while not self._ended and (size < 0 or len(self._ready) < size):
            piece = self._data.read(_CHUNK)
            self._ended = not piece
            self._ready += self._decoder.decode(piece, final=not piece).encode("utf-8")
        cut = len(self._ready) if size < 0 else size
        chunk, self._ready = self._ready[:cut], self._ready[cut:]
        return chunk


_WESTERN = frozenset(
    "äöüßÄÖÜéèêëàâáãåæçñóòôõøúùûíìîïœÉÈÊËÀÂÁÃÅÆÇÑÓÒÔÕØÚÙÛÍÌÎÏŒ€£§°«»“”„‘’‚–—…·´¡¿©®™ªº\u00a0"
)
"""Letters and marks of Western Europe. Those that it hardly uses are what the other code pages of
Windows make of theirs: š, ý and ž of Czech, ³ and ¿ of Polish, þ and ð of Turkish."""


def encoding_of(head: bytes) -> str:
    """The encoding of a text that begins so: UTF-8, or Windows-1252 if it plainly is that.

    Excel writes CSV in the code page of its country. Only Western Europe's is told, by its letters
    and by their standing alone: three in a row are a word of another script.
    """
    try:
        head[: max(head.rfind(b"\n"), 0) or len(head)].decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    try:
        text = head.decode("cp1252")
    except UnicodeDecodeError:
        return "utf-8"  # whoever reads it says that it is not
    foreign = set(text) - _WESTERN
    is_western = all(c < "\x80" for c in foreign) and not re.search(r"[^\W\x00-\x7f]{3}", text)
    return "cp1252" if is_western else "utf-8"
