"""Small pictures: PNG, small, the same each time, for any input; and where profiles stand."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable

import polars as pl
import pytest

from influence_assets.reporting import network, pictures, style

COUNT = 900
NODES = pl.DataFrame(
    {
        "profile_id": [f"p{i}" for i in range(COUNT)],
        "pagerank": [1 / (i + 1) for i in range(COUNT)],
        "x": [float(i % 30) for i in range(COUNT)],
        "y": [float(i // 30) for i in range(COUNT)],
        "community_id": [f"c{i % 12}" if i % 7 else None for i in range(COUNT)],
    }
)
EDGES = pl.DataFrame(
    {
        "source_id": [f"p{i * 7 % COUNT}" for i in range(6000)],
        "target_id": [f"p{(i * 13 + 1) % COUNT}" for i in range(6000)],
    }
)
LABELS = ["plain", "$\\frac{$", "<script>", "桜の料理", "", *(f"label {i}" for i in range(40))]

DRAWINGS: dict[str, Callable[[], bytes]] = {
    "many days": lambda: pictures.rows_per_partition(
        [str(i) for i in range(5000)], [i * 7919 % 1000 for i in range(5000)], "Rows"
    ),
    "one day": lambda: pictures.rows_per_partition(["2026-01-05"], [3], "Rows"),
    "no day": lambda: pictures.rows_per_partition([], [], "Rows"),
    "histogram": lambda: pictures.histogram([i**2 for i in range(1000)], "Likes"),
    "histogram of unknowns": lambda: pictures.histogram([None, float("nan")], "Likes"),
    "histogram of one value": lambda: pictures.histogram([3.0, 3.0, float("inf")], "$x^{"),
    "bars": lambda: pictures.bars(LABELS, [float(i) for i in range(45)], "Posts"),
    "no bars": lambda: pictures.bars([], [], "Posts"),
    "network": lambda: pictures.network_thumbnail(NODES, EDGES, "Network"),
    "network of one": lambda: pictures.network_thumbnail(NODES.head(1), EDGES, "Network"),
    "no network": lambda: pictures.network_thumbnail(NODES.clear(), EDGES.clear(), "Network"),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_picture_is_a_small_png_and_always_the_same(name: str) -> None:
    png = DRAWINGS[name]()
    assert len(png) < pictures.MAX_BYTES
    assert _chunks(png)[0] == b"IHDR"
    assert _chunks(png)[-1] == b"IEND"
    assert png == DRAWINGS[name]()


def _chunks(png: bytes) -> list[bytes]:
    """Names of the chunks; each checksum is verified."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, names = 8, []
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        body = png[at + 4 : at + 8 + length]
        (checksum,) = struct.unpack(">I", png[at + 8 + length : at + 12 + length])
        assert zlib.crc32(body) == checksum
        names.append(body[:4])
        at += 12 + length
    return names


def test_markdown_holds_the_picture() -> None:
    text = pictures.as_markdown(b"bytes", "rows](x) <b>\n")
    assert text == f"![rows  x   b](data:image/png;base64,{base64.b64encode(b'bytes').decode()})"


def test_network_is_cut_to_the_leading_profiles() -> None:
    drawing = network.arrange(NODES, EDGES)
    assert len(drawing.names) == network.LIMIT
    assert drawing.names[0] == "p0"
    assert drawing.radii[0] == max(drawing.radii)


def test_the_map_fills_the_picture_and_y_goes_up() -> None:
    corners = pl.DataFrame(
        {"profile_id": ["a", "b", "c"], "pagerank": [0.5, 0.3, 0.2],
         "x": [-3.0, 5.0, 1.0], "y": [2.0, 8.0, 5.0]}
    )  # fmt: skip
    low_left, high_right, middle = network.arrange(corners, EDGES).points
    # Of 1000 by 680, with a margin of 22 at each side.
    assert (low_left, high_right, middle) == ((22, 658), (978, 22), (500, 340))
    assert network.arrange(corners.head(1), EDGES).points == ((500, 340),)


def test_a_loop_is_no_tie() -> None:
    loop = pl.DataFrame({"source_id": ["p0"], "target_id": ["p0"]})
    assert network.arrange(NODES.head(2), loop).pairs == ()


def test_communities_are_coloured_by_size() -> None:
    ids = ["b", "b", "a", None, None, None, *(f"x{i}" for i in range(20))]
    colours = network.community_colours(ids)
    # The largest first; equals by name; what is beyond the palette has none.
    assert (colours["b"], colours["a"], len(colours)) == (0, 1, network.COLOURS)


def test_names_do_not_hide_each_other() -> None:
    boxes = [network._Box(0, 0, 10, 18), network._Box(15, 10, 10, 18), network._Box(40, 0, 10, 18)]
    assert boxes[0].hides(boxes[1])
    assert not boxes[0].hides(boxes[2])


def test_line_names_are_moved_apart() -> None:
    # Up where they would touch; down again where the top is reached.
    assert style.spaced([0, 0, 5], 1, 10) == [0, 1, 5]
    assert style.spaced([9.5, 9.5, 10], 1, 10) == [8, 9, 10]
    assert style.spaced([], 1, 10) == []
