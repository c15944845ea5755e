"""Whether bytes that came as a picture or a video begin like one.

Some servers answer an error as 200 with a page, or with anything. gallery-dl would keep it and
note the item as had. It calls `refuse_garbage` on each finished download, in the child process:
so nothing of ours may be imported here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HEAD_BYTES = 16

CHECKED = frozenset(
    {"jpg", "jpeg", "png", "gif", "webp", "avif", "heic", "mp4", "m4v", "mov", "webm", "mkv"}
)
"""Extensions whose files must begin like a known kind of media, though not that very kind."""

_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"\x1aE\xdf\xa3")


def is_media(path: Path, extension: str) -> bool:
    """Whether a file may be what its extension says; kinds that we do not know may be."""
    if extension.lower().lstrip(".") not in CHECKED:
        return True
    with path.open("rb") as data:
        head = data.read(HEAD_BYTES)
    in_box = head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free")
    return head.startswith(_BEGINNINGS) or in_box or (head[:4], head[8:12]) == (b"RIFF", b"WEBP")


def refuse_garbage(fields: dict[str, Any]) -> None:
    """For gallery-dl: have a download counted as failed, and begun anew next time.

    It has no way to say so but the flag by which its user breaks off a download. The partial
    file stays, empty: beside it the sidecar is known to be unfinished.
    """
    where = fields["_path"]
    partial = Path(where.temppath)
    if partial.is_file() and not is_media(partial, where.extension):
        partial.write_bytes(b"")
        flags = sys.modules["gallery_dl.util"].FLAGS
        flags.DOWNLOAD = "garbage"
