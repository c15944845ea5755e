"""Decoding in other processes: what is measured, what is refused, and how much memory it takes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from influence_assets.media import measures
from influence_assets.media.pool import DecodingPool, Measured, Stored
from influence_assets.media.refused import Refused
from influence_assets_tests.media.making import blank_png, encoded, hostile, scene, stored
from influence_assets_tests.media.test_container import exif

ROGUE = "influence_assets_tests.media.rogue"


def measured(folder: Path, **pictures: bytes) -> dict[str, Measured | Refused]:
    files = [stored(folder, name, data) for name, data in pictures.items()]
    with DecodingPool() as pool:
        return dict(zip(pictures, pool.measure(files), strict=True))


def facts(found: Measured | Refused) -> dict[str, Any]:
    assert isinstance(found, Measured)
    return found.facts


def rule(found: Measured | Refused) -> str:
    return found.rule if isinstance(found, Refused) else "ok"


def seen(found: Measured | Refused) -> Image.Image:
    """The thumbnail."""
    assert isinstance(found, Measured)
    return Image.open(io.BytesIO(found.thumbnail))


def test_the_same_picture_in_every_form(tmp_path: Path) -> None:
    image = scene(320, 240)
    found = measured(
        tmp_path,
        png=encoded(image, "PNG"),
        lossless=encoded(image, "WEBP", lossless=True),
        clear=encoded(image.convert("RGBA"), "PNG"),
        jpeg=encoded(image, "JPEG", quality=95, subsampling=0),
        webp=encoded(image, "WEBP", quality=95),
        large=encoded(image.resize((4_000, 3_000), Image.Resampling.NEAREST), "PNG"),
        cmyk=encoded(image.convert("CMYK"), "JPEG", quality=95),
    )
    truth = facts(found["png"])
    assert (truth["width_px"], truth["height_px"], truth["frames"]) == (320, 240, 1)
    # A small picture is measured as it is.
    light = measures.luminance(np.asarray(image))
    assert truth["brightness"] == measures.brightness(light)
    assert truth["contrast"] == measures.contrast(light)
    assert facts(found["lossless"]) == truth | {"mime_type": "image/webp"}
    assert facts(found["clear"]) == truth
    for name in ("jpeg", "webp", "large", "cmyk"):
        other = facts(found[name])
        assert other["brightness"] == pytest.approx(truth["brightness"], abs=0.02)
        differing = int(other["perceptual_hash"], 16) ^ int(truth["perceptual_hash"], 16)
        assert differing.bit_count() <= 4
    thumbnail = seen(found["large"])
    assert (thumbnail.format, thumbnail.size) == ("JPEG", (256, 192))
    assert "exif" not in thumbnail.info
    small = image.resize((256, 192), Image.Resampling.BICUBIC)
    shown, expected = (np.asarray(i.convert("L"), float) for i in (thumbnail, small))
    assert np.abs(shown - expected).mean() < 10


def test_greys_of_16_bits_and_what_is_clear(tmp_path: Path) -> None:
    grey = np.linspace(0, 65_535, 64).astype(np.uint16)[:, None].repeat(64, 1)
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    palette = Image.new("P", (64, 64))
    found = measured(
        tmp_path,
        grey=encoded(Image.fromarray(grey), "PNG"),
        light=encoded(Image.fromarray((grey >> 8).astype(np.uint8)), "PNG"),
        clear=encoded(image, "PNG"),
        clear_webp=encoded(image, "WEBP", lossless=True),
        clear_palette=encoded(palette, "PNG", transparency=0),
    )
    assert facts(found["grey"])["brightness"] == facts(found["light"])["brightness"]
    # Black that cannot be seen lies on white.
    for name in ("clear", "clear_webp", "clear_palette"):
        assert facts(found[name])["brightness"] == pytest.approx(1)


def test_a_turned_picture_is_measured_upright(tmp_path: Path) -> None:
    image = scene(64, 32)
    turned = [encoded(image, "JPEG", exif=exif(n), quality=95) for n in (1, 6)]
    found = measured(tmp_path, upright=turned[0], turned=turned[1])
    assert (facts(found["turned"])["width_px"], facts(found["turned"])["height_px"]) == (32, 64)
    back = np.asarray(seen(found["turned"]).rotate(90, expand=True), float)
    assert np.abs(back - np.asarray(seen(found["upright"]), float)).mean() < 6


def test_files_that_are_gone_or_altered(tmp_path: Path) -> None:
    good = stored(tmp_path, "good.png", encoded(scene(), "PNG"))
    other = Stored(good.path, "0" * 64)
    with DecodingPool() as pool:
        found = pool.measure([Stored(tmp_path / "none.png", "0" * 64), other, good])
    assert [rule(f) for f in found] == ["gone", "altered", "ok"]


def test_a_worker_that_goes_wrong_costs_its_picture_alone(tmp_path: Path) -> None:
    names = ("hangs", "crashes", "exits", "babbles", "invents", "eats", "writes", "asks")
    pictures = {name: encoded(scene(seed=n), "PNG") for n, name in enumerate(names)}
    files = [stored(tmp_path, f"{name}.png", data) for name, data in pictures.items()]
    good = stored(tmp_path, "good.png", encoded(scene(), "PNG"))
    with DecodingPool(seconds=1.5, module=ROGUE) as pool:
        found = pool.measure([f for file in files for f in (file, good)])
    assert {rule(f) for f in found[1::2]} <= {"ok", "out_of_memory"}
    by_name = dict(zip(names, found[::2], strict=True))
    assert {name: rule(f) for name, f in by_name.items()} == {
        "hangs": "too_slow", "crashes": "decoder_died", "exits": "decoder_died",
        "babbles": "decoder_died",
        "invents": "decoder_died", "eats": "out_of_memory", "writes": "decoder_died",
        "asks": "undecodable",
    }  # fmt: skip
    # It can write no file, and sees no environment that could hold keys.
    assert not (tmp_path / "writes.out").exists() or not (tmp_path / "writes.out").read_bytes()
    assert isinstance(by_name["asks"], Refused)
    assert "HOME" not in by_name["asks"].message


def test_workers_that_do_not_start_are_our_fault(tmp_path: Path) -> None:
    good = stored(tmp_path, "good.png", encoded(scene(), "PNG"))
    with (
        DecodingPool(module="influence_assets_tests.media.nowhere") as pool,
        pytest.raises(RuntimeError, match="No module named"),
    ):
        pool.measure([good])


HOSTILE_RUN = """
import json, sys, threading, time
from pathlib import Path
from influence_assets.media import measures
from influence_assets.media.pool import DecodingPool, Measured, Stored

def memory_kb(pid):
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)

def children():
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += (task / "children").read_text().split()
        except OSError:
            pass
    return found

most = 0
done = threading.Event()
def watch():
    global most
    while not done.is_set():
        most = max(most, memory_kb("self") + sum(map(memory_kb, children())))
        time.sleep(0.002)

files = [Stored(Path(p), h) for p, h in json.load(sys.stdin)]
watcher = threading.Thread(target=watch)
watcher.start()
with DecodingPool() as pool:
    found = pool.measure(files)
    time.sleep(0.02)
done.set()
watcher.join()
told = ["ok" if isinstance(f, Measured) else f.rule for f in found]
print(json.dumps({"rules": told, "peak_mb": most / 1024}))
"""


def hostile_run(files: list[Stored]) -> dict[str, Any]:
    """Have a fresh process measure these: the rules, and the memory of it and its workers."""
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE_RUN],
        input=json.dumps([(str(f.path), f.content_hash) for f in files]),
        capture_output=True, text=True, timeout=120, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_hostile_pictures_are_refused_in_little_memory(tmp_path: Path) -> None:
    pictures = hostile()
    files = [stored(tmp_path, name, data) for name, (_, data) in pictures.items()]
    # And the largest that are taken: two of them are never decoded at once.
    large = blank_png(7_000, 7_000)
    files += [stored(tmp_path, f"large{n}.png", large) for n in range(2)]
    told = hostile_run(files)
    assert len(pictures) >= 30
    assert len({rule for rule, _ in pictures.values()}) >= 8
    assert told["rules"] == [*(rule for rule, _ in pictures.values()), "ok", "ok"]
    assert 200 < told["peak_mb"] < 500  # that of a large picture was seen
