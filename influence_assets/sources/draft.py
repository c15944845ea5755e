"""A first mapping for an export that nobody has described: guesses, marked as guesses.

From a look at the beginning of a file. What a guess rests on stands beside it, and fields
without one are listed at the end, so that a person can finish the mapping in minutes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from influence_assets.errors import UserError
from influence_assets.sources.batches import BadFile
from influence_assets.sources.choose import platform_in
from influence_assets.sources.guess import Field, Guess, guesses_of, is_count, time_patterns
from influence_assets.sources.landing import landed_files
from influence_assets.sources.look import Look, look_at

_NOTHING = [
    "      # Nothing was recognised. Say what a record is:",
    "      - contract: profile_snapshots",
    "        columns:",
    "          profile_id: CHANGE_ME",
]

_COUNTS = ("views", "likes", "comments", "shares", "saves")


def draft_of(paths: Sequence[Path]) -> str:
    """The text of a mapping file for the first data file at the paths.

    Raises:
        UserError: there is no file, or nothing can be seen in it.
    """
    for path in paths:
        for landed in landed_files(path):
            if landed.problem:
                raise BadFile(landed.problem)
            with landed.open() as data:
                look = look_at(data, landed.name)
            if look.problem:
                raise BadFile(f"No mapping can be drafted: {look.problem}.")
            return draft(look, landed.path)
    raise UserError("Name the file that a mapping is to be drafted for.")


def draft(look: Look, path: str) -> str:
    """The text of a mapping file for a file of this look."""
    records, seen = _fields(look)
    feeds = _feeds(guesses_of(seen))
    used = {name for feed in feeds for line in feed for name in _named(line)}
    lines = [
        f"# A draft for {look.name}, from a look at its first records. Check every line that says",
        "# guess, try it with `influence ingest FILE --source THIS.yaml`, and see docs/mapping.md.",
        _platform(path),
        '# read_at: "2025-01-31T00:00:00Z"   # when the export was made, if it does not say it',
        "files:",
        f"  - match: {_quoted(_pattern(look.name))}",
        f"    format: {look.format}",
    ]
    if look.format == "csv" and look.delimiter != ",":
        lines.append(f"    delimiter: {_quoted(look.delimiter)}")
    if records:
        lines.append(f"    records: {records}  # guess: the longest list of objects")
    lines.append("    feeds:")
    lines += [line for feed in feeds for line in feed] or _NOTHING
    rest = [s for s in seen if s.name not in used]
    if rest:
        lines.append("# Fields that nothing was made of:")
        lines += [_left(field) for field in rest]
    return "\n".join(lines) + "\n"


def _platform(path: str) -> str:
    if found := platform_in(path):
        return f"platform: {found}  # guess: from the name of the file"
    return "platform: CHANGE_ME"


def _pattern(name: str) -> str:
    """Every file with the same ending; that of a compressed file has two parts."""
    endings = Path(name).suffixes
    packed = endings[-1:] and endings[-1] in (".gz", ".xz", ".zst", ".bz2")
    return "*" + "".join(endings[-2:] if packed else endings[-1:])


def _fields(look: Look) -> tuple[str | None, list[Field]]:
    """The path of the records, if they are not at the top, and their fields."""
    path = None
    top = look.records(None)
    if look.format == "json" and len(top) == 1:
        path = _longest_list(top[0])
    rows = look.records(path)
    found: dict[str, list[str]] = {}
    for row in rows:
        for name, value in _leaves(row, ""):
            found.setdefault(name, []).append(value)
    return path, [Field(name, values, len(rows)) for name, values in found.items() if values]


def _longest_list(document: dict[str, Any], prefix: str = "", depth: int = 0) -> str | None:
    best: tuple[int, str] | None = None
    for key, value in document.items():
        path = f"{prefix}{key}"
        if isinstance(value, list) and value and isinstance(value[0], dict):
            best = max(best or (0, ""), (len(value), path))
        elif isinstance(value, dict) and depth < 3:
            inner = _longest_list(value, f"{path}.", depth + 1)
            best = max(best or (0, ""), (0, inner)) if inner else best
    return best[1] if best else None


def _leaves(value: Any, prefix: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [
            leaf
            for key, inner in value.items()
            for leaf in _leaves(inner, f"{prefix}.{key}" if prefix else str(key))
        ]
    if value is None or value == "" or (isinstance(value, list) and not value):
        return []
    return [(prefix, str(value))]


def _feeds(found: dict[str, Guess]) -> list[list[str]]:
    counts = [c for c in _COUNTS if c in found]
    if "source_id" in found and "target_id" in found:
        feed = _feed("interactions", found, ["source_id", "target_id"], "occurred_at")
        kind = "          kind: {constant: follow}  # guess: nothing says what the tie is"
        return [[*feed[:2], kind, *feed[2:]]]
    feeds = []
    if "post_id" in found and ("text" in found or counts):
        names = ["post_id", "profile_id", "text", "hashtags", "mentions", "language", "url"]
        feeds.append(_feed("posts", found, names, "posted_at"))
        if "profile_id" not in found:
            feeds[-1].insert(3, "          profile_id: CHANGE_ME  # no field looks like its author")
        if counts:
            feeds.append(_feed("post_metrics", found, ["post_id", *counts]))
    if "followers" in found and "profile_id" in found:
        names = ["profile_id", "display_name", "followers", "following"]
        feeds.append(
            _feed("profile_snapshots", found, names, "" if "post_id" in found else "observed_at")
        )
    return feeds


def _feed(contract: str, found: dict[str, Guess], names: list[str], time: str = "") -> list[str]:
    """A feed's lines; `time` is the column for when it happened, if it has one."""
    lines = [f"      - contract: {contract}", "        columns:"]
    lines += [_column(name, found[name]) for name in names if name in found]
    if time and "time" in found:
        lines.append(_time(time, found["time"]))
    if contract != "interactions" and time != "observed_at" and "read_time" in found:
        lines.append(_time("observed_at", found["read_time"]))
    return lines


def _time(column: str, guess: Guess) -> str:
    patterns = time_patterns(guess.field)
    also = f"; {', '.join(patterns[1:])} would read it, too" if patterns[1:] else ""
    how = f"{{field: {_quoted(guess.field.name)}, time: {_quoted(patterns[0])}}}"
    return f"          {column}: {how}  {_reason(guess)}{also}"


def _column(target: str, guess: Guess) -> str:
    field = guess.field
    keys = [f"field: {_quoted(field.name)}"]
    if target in (*_COUNTS, "followers", "following"):
        keys += _number_keys(field.values)
    if target in ("hashtags", "mentions"):
        first = next((v.strip() for v in field.values if v.strip() not in ("[]", "")), "")
        spelling = {"[": "json" if '"' in first else "python"}.get(first[:1], "")
        keys.append(f"list: {spelling or _quoted('|' if '|' in first else ',')}")
        keys.append(f"strip: {_quoted('#' if target == 'hashtags' else '@')}")
        keys.append("lower: true")
    if target in ("profile_id", "source_id", "target_id"):
        keys += ['strip: "@"', "lower: true"]
    if len(field.values) < field.records:
        keys.append("optional: true")
    return f"          {target}: {{{', '.join(keys)}}}  {_reason(guess)}"


def _number_keys(values: list[str]) -> list[str]:
    if any(re.search(r"^[\d.,]+\s*[kKmMbB]$", v) for v in values):
        return ["units: true"]
    for mark in (",", "."):
        if any(re.fullmatch(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})+", v) for v in values):
            return [f"thousands: {_quoted(mark)}"]
    return []


def _reason(guess: Guess) -> str:
    return f"# guess by its {guess.by}: e.g. {_example(guess.field)}"


def _example(field: Field) -> str:
    text = " ".join(field.values[0].split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def _left(field: Field) -> str:
    """A field that no guess was made of, with what it looks like."""
    looks = "  (a number: a count?)" if is_count(field) else ""
    looks = "  (a time?)" if not looks and time_patterns(field) else looks
    return f"#   {field.name}: {_example(field)}{looks}"


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10_000).strip()


def _named(line: str) -> list[str]:
    """The fields that a drafted line reads."""
    found = re.search(r'field: ("(?:[^"\\]|\\.)*")', line)
    return [yaml.safe_load(found.group(1))] if found else []
