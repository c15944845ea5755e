"""A worker that does what a decoder might do when a picture takes it over, by the file's name."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from influence_assets.media import decode, worker

_measure = decode.measure_file


def measure_file(path: Path, content_hash: str, may_be_large: bool) -> decode.Decoded:
    what = path.stem
    if what == "hangs":
        time.sleep(1_000)
    elif what == "crashes":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif what == "exits":
        sys.exit(0)
    elif what == "babbles":
        os.write(3, b"\xff" * 100)
    elif what == "invents":
        return decode.Decoded({"faces": 1}, b"")
    elif what == "eats":
        decode._small = lambda picture: bytearray(1 << 30)  # type: ignore[assignment,return-value]
    elif what == "writes":
        path.with_suffix(".out").write_bytes(b"x" * 100)
    elif what == "asks":
        raise decode.Refused("undecodable", str(sorted(os.environ)))
    return _measure(path, content_hash, may_be_large)


if __name__ == "__main__":
    decode.measure_file = measure_file
    worker.main()
