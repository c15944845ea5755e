"""Which mapping reads a file, and by which of its entries.

Belongs here: judging signatures on a look at a file, and saying why nothing fits. A chosen
entry is settled: its format, delimiter, platform and time of reading are those of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, Any

from influence_assets.sources.batches import BadFile
from influence_assets.sources.catalog import built_ins
from influence_assets.sources.formats import FORMATS
from influence_assets.sources.headers import letters
from influence_assets.sources.json_fields import ABOVE, ROOT, steps_of
from influence_assets.sources.json_text import dumps
from influence_assets.sources.look import Look, look_at
from influence_assets.sources.mapping import (
    ANY_PLATFORM,
    TABLE_FORMATS,
    TREE_FORMATS,
    FileSpec,
    Mapping,
)
from influence_assets.sources.record_paths import dig

PLATFORMS = (
    "bluesky", "chzzk", "facebook", "flickr", "instagram", "linkedin", "mastodon", "pinterest",
    "reddit", "snapchat", "telegram", "threads", "tiktok", "tumblr", "twitch", "twitter", "vk",
    "weibo", "youtube",
)  # fmt: skip
"""Names that are looked for in the names of files whose platform nobody states."""

_NO_EXPORTS = (
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".avif", ".svg", ".ico", ".bmp", ".mp4",
    ".m4a", ".m4v", ".mov", ".webm", ".mkv", ".mp3", ".ogg", ".wav", ".pdf", ".html", ".htm",
    ".css", ".md", ".rst", ".yaml", ".yml", ".py", ".sh", ".ipynb", ".woff", ".woff2", ".ttf",
    ".part", ".tmp",
)  # fmt: skip

UNKNOWN_PLATFORM = "unknown"

SPELLINGS = 3
"""So many names of one missing field are told."""


@dataclass(frozen=True)
class Choice:
    """The mapping that reads a file, and the entries of it that apply, settled.

    `why` tells what it was recognised by; None of a mapping that was asked for.
    """

    mapping: Mapping
    specs: tuple[FileSpec, ...]
    why: str | None = None


@dataclass
class Chooser:
    """Tells for each file which mapping reads it.

    Attributes:
        mapping: the one that was asked for; None to recognise each file.
        platform: stands for the platform of mappings that leave it open.
        read_at: when the export was made, as the user states it.
    """

    mapping: Mapping | None = None
    platform: str | None = None
    read_at: datetime | None = None
    _settled: dict[Any, FileSpec] = field(default_factory=dict)

    def choose(self, name: str, path: str, opened: Callable[[], IO[bytes]]) -> Choice | None:
        """The mapping and entries for a file, or None if the mapping has nothing to do with it.

        Args:
            name: the file's name without folders; patterns of names apply to it.
            path: where it lies; it may tell the platform.
            opened: opens the file at its start.

        Raises:
            BadFile: no entry fits what is in the file; the message says what is missing.
        """
        if self.mapping is not None:
            named = self.mapping.specs_for(name)
            if not named:
                return None
            if all(s.signature is None and s.format not in ("table", "tree") for s in named):
                return Choice(self.mapping, self._settle(self.mapping, named, None, name, path))
            with opened() as data:
                look = look_at(data, name)
            fitting = [s for s in named if s.signature is None or fits(s, look)]
            if not fitting:
                raise BadFile(_nothing_fits(path, look, [(self.mapping, s) for s in named]))
            return Choice(self.mapping, self._settle(self.mapping, fitting, look, name, path))
        if is_left_alone(name):
            return None
        with opened() as data:
            look = look_at(data, name)
        mapping, specs = recognise(look, path)
        settled = self._settle(mapping, specs, look, name, path)
        return Choice(mapping, settled, _why(specs))

    def settled(self, mapping: Mapping, spec: FileSpec, name: str, path: str) -> FileSpec:
        """An entry as it holds for a file, without a look at it."""
        return self._settle(mapping, [spec], None, name, path)[0]

    def _settle(
        self, mapping: Mapping, specs: Sequence[FileSpec], look: Look | None, name: str, path: str
    ) -> tuple[FileSpec, ...]:
        platform = mapping.platform
        if platform == ANY_PLATFORM:
            platform = self.platform or platform_in(path) or UNKNOWN_PLATFORM
        return tuple(self._settled_one(mapping, s, look, name, platform) for s in specs)

    def _settled_one(
        self, mapping: Mapping, spec: FileSpec, look: Look | None, name: str, platform: str | None
    ) -> FileSpec:
        """One object for all files alike: small documents of one entry are parsed together."""
        changes: dict[str, Any] = {"platform": spec.platform or platform}
        changes["read_at"] = self.read_at or read_at_of(spec, name) or read_at_of(mapping, name)
        if look is not None and spec.format in ("table", "tree"):
            changes["format"] = look.format
            if look.format in TABLE_FORMATS:
                changes["delimiter"] = look.delimiter
                if spec.encoding == "utf-8":
                    changes["encoding"] = look.encoding
        key = (mapping.name, id(spec), *sorted((k, str(v)) for k, v in changes.items()))
        if key not in self._settled:
            self._settled[key] = spec.model_copy(update=changes)
        return self._settled[key]


def is_left_alone(name: str) -> bool:
    """Whether a file is plainly no export: pictures, pages, papers, programs."""
    lowered = name.lower()
    return lowered.endswith(_NO_EXPORTS) or lowered.startswith(("readme", "license"))


def read_at_of(stated: FileSpec | Mapping, name: str) -> datetime | None:
    """When the export was made, as an entry or a mapping states it for a file of this name."""
    if isinstance(stated.read_at, dict):
        return next((at for p, at in stated.read_at.items() if fnmatch(name, p)), None)
    return stated.read_at


def platform_in(path: str) -> str | None:
    """A platform's name that stands in the file's name, or in that of its folder."""
    for part in reversed(Path(path).parts[-2:]):
        words = set(re.split(r"[^a-z]+", part.lower()))
        if found := [p for p in PLATFORMS if p in words]:
            return found[0] if len(found) == 1 else None
    return None


def recognise(look: Look, path: str) -> tuple[Mapping, list[FileSpec]]:
    """The built-in mapping whose signature fits a file, the most specific one if several do.

    Raises:
        BadFile: none fits, or several do and none asks for more than the others.
    """
    if look.problem and not look.special:
        raise BadFile(f"{path} is of no known kind: {look.problem}.")
    found = {m.name: (m, s) for m in built_ins() if (s := _entries(m, look))}
    if not found:
        nearest = [(m, s) for m in built_ins() for s in m.files if s.signature is not None]
        raise BadFile(_nothing_fits(path, look, nearest))
    demands = {
        name: frozenset(d for s in specs for d in _demands(s)) for name, (_, specs) in found.items()
    }
    best = max(demands, key=lambda name: len(demands[name]))
    if any(not demands[best] > demands[other] for other in demands if other != best):
        raise BadFile(f"{path} could be {' or '.join(sorted(found))}. Say which: `--source NAME`.")
    return found[best]


def _entries(mapping: Mapping, look: Look) -> list[FileSpec]:
    return [s for s in mapping.specs_for(look.name) if s.signature is not None and fits(s, look)]


def _why(specs: Sequence[FileSpec]) -> str:
    """The shapes of the entries, and what tells them, in words."""
    shapes = " and ".join(dict.fromkeys(s.shape for s in specs if s.shape))
    signatures = [s.signature for s in specs if s.signature is not None]
    fields = dict.fromkeys(names[0] for s in signatures for names in s.has)
    fields |= dict.fromkeys(name for s in signatures for name in s.values)
    return f"{shapes} (by {', '.join(fields)})" if fields else shapes


def _demands(spec: FileSpec) -> set[str]:
    """What a signature asks for, as words that can be compared between entries."""
    assert spec.signature is not None
    place = f"{spec.records}:" if spec.records else ""
    has = {place + "|".join(sorted(names)) for names in spec.signature.has}
    values = {f"{place}{name}={pattern}" for name, pattern in spec.signature.values.items()}
    special = {spec.format} if spec.format in FORMATS else set()
    return has | values | special | {f"{place}{name}" for name in spec.signature.values}


def fits(spec: FileSpec, look: Look) -> bool:
    """Whether a file is of the entry's format and has its signature."""
    return _is_format(spec, look) and next(_shortfall(spec, look), None) is None


def _is_format(spec: FileSpec, look: Look) -> bool:
    if spec.format in FORMATS:
        return spec.format in look.special
    kinds = {"table": TABLE_FORMATS, "tree": TREE_FORMATS}.get(spec.format, (spec.format,))
    return look.format in kinds


def _shortfall(spec: FileSpec, look: Look) -> Iterator[str]:
    """What the signature asks for and the file has not, in words."""
    signature = spec.signature
    if signature is None or (spec.format in FORMATS and not look.documents):
        return
    if look.top and not spec.header:
        look = look.headless
    if look.header and spec.names:
        look = look.named(spec.names)
    for names in signature.has:
        if not any(_values(look, spec.records, name) for name in names):
            more = ["another name of it"] if len(names) > SPELLINGS else []
            yield " or ".join([*names[:SPELLINGS], *more])
    yield from (f"no {name}" for name in signature.lacks if _values(look, spec.records, name))
    for name, pattern in signature.values.items():
        seen = _values(look, spec.records, name)
        if not seen or not all(re.search(pattern, text) for text in seen):
            yield f"{name} like {pattern}"


def _values(look: Look, records: str | None, name: str) -> list[str]:
    """The known values of a field in the first records, as text; a table's header is enough."""
    if look.header and name in look.header:
        return [str(r[name]) for r in look.rows if r.get(name) not in (None, "")] or [""]
    if look.header:
        return [""] if letters(name) in look.own_names else []
    if name.startswith(ROOT):
        # Of a list at the top each item is a document, as for the readers.
        from_the_list = name.removeprefix(ROOT)[:1].isdigit()
        documents = look.documents if from_the_list else look.records(None)
        return _texts([dig(document, name.removeprefix(ROOT)) for document in documents])
    if name.startswith(ABOVE):
        return []
    path = ".".join("0" if step == "[]" else step for step in steps_of(name))
    return _texts([dig(record, path) for record in look.records(records)])


def _texts(values: list[Any]) -> list[str]:
    return [v if isinstance(v, str) else _json(v) for v in values if v is not None]


def _json(value: Any) -> str:
    try:
        return dumps(value).decode()
    except ValueError:
        return "…"  # nested too deeply: something is there


def _nothing_fits(path: str, look: Look, candidates: Sequence[tuple[Mapping, FileSpec]]) -> str:
    """Why a file is refused: what it holds, what comes nearest, and what this lacks."""
    if look.problem and not look.special:
        return f"{path} is of no known kind: {look.problem}."
    near = []
    for mapping, spec in candidates:
        if _is_format(spec, look) and spec.signature is not None:
            asked = len(spec.signature.has) + len(spec.signature.values)
            short = list(_shortfall(spec, look))
            if short and len(short) < max(asked, 2):
                near.append((len(short) / max(asked, 1), mapping.name, spec.shape, short))
    told = "; ".join(
        f"{name} ({shape}) lacks {', '.join(short)}"
        for _, name, shape, short in sorted(near, key=lambda n: n[:3])[:3]
    )
    fields = ", ".join(look.fields[:40]) or "nothing with a name"
    return (
        f"{path} has no known shape. It holds, as {look.format or 'text'}: {fields}. "
        + (f"Nearest: {told}. " if told else "")
        + "Name its mapping with `--source`, or let `influence ingest PATH --draft-spec` write one."
    )
