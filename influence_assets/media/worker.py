"""The process that decodes: `python -m influence_assets.media.worker`, started by `pool`.

It takes requests as lines of JSON on standard input and answers on standard output: two lengths
of four bytes, a header in JSON, and bytes. Its address space, its processor time for a picture,
and what it may write are limited before the first picture; where a limit ends the process, that
is the answer.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from pathlib import Path
from typing import IO, Any

SMALL_BYTES = 112 << 20
"""Address space for a picture of up to `decode.LARGE_PIXELS`, beyond that of the idle process."""

LARGE_BYTES = 288 << 20
"""Address space for a larger one: 50 megapixels take 200 MB."""

CPU_S = 20
"""Processor time for a picture; the pool's own limit comes first, unless the pool is gone."""


def answer(out: IO[bytes], header: dict[str, Any], payload: bytes = b"") -> None:
    """Write an answer."""
    text = json.dumps(header).encode()
    out.write(struct.pack(">II", len(text), len(payload)) + text + payload)
    out.flush()


def main() -> None:
    """Answer requests until standard input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    from influence_assets.media import decode

    _warm_up()
    at_rest = _address_space()
    # It reads files, and writes none.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer(out, {"ready": True})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        _limit(at_rest + (LARGE_BYTES if request.get("may_be_large") else SMALL_BYTES))
        if "sheet" in request:
            paths = [Path(path) for path in request["sheet"]]
            answer(out, {}, decode.contact_sheet(paths, request["columns"], request["side_px"]))
            continue
        header, payload = _measured(request)
        answer(out, header, payload)


def _measured(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    from influence_assets.media import decode
    from influence_assets.media.refused import Refused

    try:
        found = decode.measure_file(
            Path(request["path"]), request["content_hash"], request["may_be_large"]
        )
    except decode.TooLarge:
        return {"is_large": True}, b""
    except Refused as refused:
        return {"rule": refused.rule, "message": refused.message}, b""
    return {"facts": found.facts}, found.thumbnail


def _warm_up() -> None:
    """Load all that a picture needs, so that it counts as what the process has at rest."""
    import cv2
    import numpy as np
    from PIL import Image

    from influence_assets.media import decode, measures

    cv2.setNumThreads(1)
    grey = Image.new("L", (64, 64))
    measures.count_faces(np.asarray(grey))
    measures.perceptual_hash(np.zeros((32, 32)))
    decode.thumbnail(grey.convert("RGB"))


def _limit(address_space: int) -> None:
    _set(resource.RLIMIT_AS, address_space)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _set(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + CPU_S)


def _set(kind: int, limit: int) -> None:
    """A limit that can be raised again, up to what this process was given."""
    most = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


def _address_space() -> int:
    """Bytes of address space in use."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except FileNotFoundError:  # no Linux: there the limit has no effect either
        return 4 << 30
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
