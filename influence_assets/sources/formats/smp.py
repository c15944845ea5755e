"""Files of the SMP Challenge that belong together, and its tables of columns.

SMPD (images) keeps a post's time, text, category and score in files of their own, all in the
same order; SMP-Video keeps the length of a video apart from its post. Both come here as a TAR
of the leading file and those beside it (`joins` of the mapping); a record is the leading one
with the others' fields under the name of their file: `text.Title`, `label`, `video.…`.
`json_columns` reads what pandas writes by default: `{"column": {"0": …, "1": …}}`.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from itertools import zip_longest
from typing import IO, Any

import ijson

from influence_assets.sources.batches import BadFile, Batch
from influence_assets.sources.formats import Format
from influence_assets.sources.joined import LEADER
from influence_assets.sources.json_values import json_values
from influence_assets.sources.mapping import FileSpec
from influence_assets.sources.records import batches_of_records

Tree = dict[str, Any]

LABEL = "label"
MOST_ROWS = 5_000_000
"""Rows of a table of columns, which is held whole; SMPD has 305,613."""

LONGEST_LINE = 500
"""Of a score or an image's path: a longer line is something else."""

_END = object()
_SCORE = re.compile(rb"\s*-?\d+(\.\d+)?\s*")
_IMAGE_PATH = re.compile(rb"(?:\S*[/\\])?\d+@N\d+[/\\][^\s/\\]+\s*")


def read_smp_image(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of SMPD posts, each with what the files beside the leading one say of it.

    Raises:
        BadFile: a file is damaged, or its records are not those of the leading file in the
            same order.
    """
    with _opened(data, name) as archive:
        yield from batches_of_records(_image_posts(archive, name), name, spec)


def read_smp_video(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of SMP-Video posts, each with its video.

    Raises:
        BadFile: a file is damaged.
    """
    with _opened(data, name) as archive:
        members = _members(archive)
        videos = {str(v.get("pid")): v for v in _objects(archive, members.get("video"), name)}
        posts = (
            {**post, "video": videos.get(str(post.get("pid")))} if isinstance(post, dict) else post
            for post in json_values(_content(archive, members[LEADER]), name)
        )
        yield from batches_of_records(posts, name, spec)


def read_json_columns(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of the rows of a table that stands as one JSON object for each column.

    Columns that the mapping does not name are passed over as they stream by.

    Raises:
        BadFile: it is no such JSON, or has too many rows.
    """
    yield from batches_of_records(_rows_of_columns(data, name, spec.fields()), name, spec)


def read_lines(data: IO[bytes], name: str, spec: FileSpec) -> Iterator[Batch]:
    """Batches of the lines of a text that has nothing else, each as the field `line`."""
    yield from batches_of_records(({"line": line} for line in _lines(data)), name, spec)


def _is_image_leader(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") and b'"Postdate"' in head


def _is_video_leader(head: bytes) -> bool:
    return all(word in head for word in (b'"pid"', b'"post_time"', b'"post_content"'))


def _is_label(head: bytes) -> bool:
    return _every_line(head, _SCORE)


def _is_image_path(head: bytes) -> bool:
    return _every_line(head, _IMAGE_PATH)


def _every_line(head: bytes, pattern: re.Pattern[bytes]) -> bool:
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    whole = [line for line in lines[:-1] or lines if line.strip()]
    return bool(whole) and all(len(x) <= LONGEST_LINE and pattern.fullmatch(x) for x in whole)


def _is_columns(head: bytes) -> bool:
    first_column = rb'[\s\xef\xbb\xbf]*\{\s*"[^"]{1,200}"\s*:\s*\{\s*"0"\s*:'
    return re.match(first_column, head) is not None


FORMATS = {
    "smp_image": Format(read_smp_image, _is_image_leader),
    "smp_video": Format(read_smp_video, _is_video_leader),
    "json_columns": Format(read_json_columns, _is_columns),
    "smp_label": Format(read_lines, _is_label),
    "smp_image_paths": Format(read_lines, _is_image_path),
}


def _opened(data: IO[bytes], name: str) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=data, mode="r:")
    except tarfile.TarError as error:
        raise BadFile(
            f"{name} is read together with the files beside it, which cannot be had ({error}). "
            "Unpack the archive and ingest the folder."
        ) from error


def _members(archive: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    return {member.name: member for member in archive.getmembers()}


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(member)
    if content is None:
        raise BadFile(f"{member.name} is no file.")
    return content


def _objects(archive: tarfile.TarFile, member: tarfile.TarInfo | None, name: str) -> Iterator[Tree]:
    if member is not None:
        for value in json_values(_content(archive, member), f"the {member.name} beside {name}"):
            if isinstance(value, dict):
                yield value


def _image_posts(archive: tarfile.TarFile, name: str) -> Iterator[Tree]:
    members = _members(archive)
    leader = _items(_content(archive, members[LEADER]), name)
    beside: dict[str, Iterator[Any]] = {}
    for key, member in members.items():
        if key == LABEL:
            beside[key] = _lines(_content(archive, member))
        elif key != LEADER:
            beside[key] = _items(_content(archive, member), f"{key} beside {name}")
    for place, (post, *others) in enumerate(
        zip_longest(leader, *beside.values(), fillvalue=_END), 1
    ):
        ended = [
            key
            for key, value in zip((LEADER, *beside), (post, *others), strict=True)
            if value is _END
        ]
        if ended:
            raise BadFile(
                f"{name} and the files beside it are not of the same length: {', '.join(ended)} "
                f"ended after {place - 1} records. They have to be of one set; get them anew."
            )
        yield _joined(post, dict(zip(beside, others, strict=True)), place, name)


def _joined(post: Any, others: Tree, place: int, name: str) -> Tree:
    if not isinstance(post, dict):
        return {"value": post, **others}
    for key, other in others.items():
        own = {k: post.get(k) for k in ("Uid", "Pid")}
        if key != LABEL and isinstance(other, dict) and any(other.get(k) != own[k] for k in own):
            raise BadFile(
                f"Record {place} of {key} is of post {other.get('Pid')} by {other.get('Uid')}, "
                f"that of {name} of {own['Pid']} by {own['Uid']}: the order is not the same."
            )
    return {**post, "post": f"{post.get('Uid')}/{post.get('Pid')}", **others}


def _items(data: IO[bytes], name: str) -> Iterator[Any]:
    try:
        yield from ijson.items(data, "item", use_float=True)
    except (ijson.JSONError, UnicodeError) as error:
        raise BadFile(f"{name} is no valid JSON list ({error}). Get it anew.") from error


def _lines(data: IO[bytes]) -> Iterator[str]:
    for line in data:
        if text := line.decode("utf-8", "replace").strip("\ufeff \t\r\n"):
            yield text


def _rows_of_columns(data: IO[bytes], name: str, wanted: set[str]) -> Iterator[Tree]:
    columns: dict[str, dict[str, Any]] = {}
    column: str | None = None
    row: str | None = None
    depth = 0
    try:
        for event, value in ijson.basic_parse(data, use_float=True):
            if event in ("start_map", "start_array"):
                depth += 1
            elif event in ("end_map", "end_array"):
                depth -= 1
            elif event == "map_key" and depth == 1:
                column = value if value in wanted else None
            elif event == "map_key" and depth == 2:
                row = value
            elif depth == 2 and column is not None and row is not None:
                cells = columns.setdefault(column, {})
                cells[row] = value
                if len(cells) > MOST_ROWS:
                    raise BadFile(f"{name} has more than {MOST_ROWS} rows in a table of columns.")
    except (ijson.JSONError, UnicodeError) as error:
        raise BadFile(f"{name} is no valid JSON ({error}). Get it anew.") from error
    rows = dict.fromkeys(key for cells in columns.values() for key in cells)
    for key in rows:
        yield {name: cells.get(key) for name, cells in columns.items()}
