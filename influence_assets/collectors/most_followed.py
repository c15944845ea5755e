"""Wikipedia's lists of the most-followed accounts: from a stored page to records. Pure.

The tables differ by platform and change over the years. So columns are found by their headers,
and the unit of the counts is read off the header (`Followers (millions)`) or the cell (`650 M`).
A count that cannot be read stays as it is written: the ingest quarantines it, with the row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import unquote, urlsplit

from influence_assets.collectors.tables import Cell, Table, tables_of

ROLES: dict[str, tuple[str, ...]] = {
    # In the order in which they are preferred: a page with both has people under `name`.
    "account": (
        r"user ?name", r"account(?: name)?", r"handle", r"channel(?: name)?", r"page(?: name)?",
        r"name",
    ),
    "followers": (r"(?:page |total )?(?:followers|subscribers)\b.*",),
    "likes": (r"(?:total )?likes\b.*",),
    "owner": (r"owner(?:\(s\)|s)?", r"name", r"person"),
    "category": (
        r"profession ?/ ?activity", r"(?:content )?category", r"activity", r"profession",
        r"occupation", r"description", r"genre",
    ),
    "country": (r"countr(?:y|ies)\b.*", r"nationality"),
    "link": (r"links?",),
    "rank": (r"rank", r"no\.?", r"#", r"pos\.?"),
}  # fmt: skip
"""Headers by what they stand for: patterns of the whole header, less what is in brackets."""

NEEDED = ("account", "followers")

UNITS = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "mn": 10**6, "mil": 10**6, "million": 10**6,
    "b": 10**9, "bn": 10**9, "billion": 10**9,
}  # fmt: skip

_BY_TITLE = frozenset({"youtube", "facebook", "twitch"})
"""Platforms whose lists name an account by its title, as shown; the link tells its id."""

_AS_OF = re.compile(
    r"\b[Aa]s of\s+((?:\d{1,2} )?[A-Z][a-z]+ (?:\d{1,2}, )?\d{4})",
)


class PageChangedError(Exception):
    """The page holds no table that is understood; the message names the headers seen."""


@dataclass(frozen=True)
class Listed:
    """An account of a list, as a record for the ingest."""

    platform: str
    profile_id: str | None
    handle: str | None
    display_name: str | None
    followers: int | str | None
    likes_total: int | str | None
    category: str | None
    country: str | None
    rank: int | None
    observed_at: str
    wikipedia_page: str
    as_of: str | None


def read_list(html: str, platform: str, page: str, fetched_at: datetime) -> list[Listed]:
    """The accounts of a page, in its order.

    Args:
        html: the page as it was stored.
        platform: what the list is of.
        page: its address, kept with each record.
        fetched_at: when it was fetched: the time of observation, for the counts are at most as
            new as that.

    Raises:
        PageChangedError: no table has a column of accounts and one of followers, or it is empty.
    """
    tables = tables_of(html)
    for table in tables:
        headers, body = _parted(table)
        columns = _columns([texts[-1] for texts in headers])
        if any(role not in columns for role in NEEDED):
            continue
        as_of = _as_of(table.caption) or _as_of(re.sub(r"<[^>]*>", "", html))
        made = (fetched_at.isoformat(), page, as_of)
        whole = [" ".join(texts) for texts in headers]
        found = [_listed(row, columns, whole, platform, made) for row in _accounts(body, columns)]
        if found:
            return found
    seen = [" | ".join(map(" ".join, headers)) for headers, _ in map(_parted, tables) if headers]
    told = "; ".join(f"[{headers}]" for headers in seen[:6]) or "no table at all"
    raise PageChangedError(
        f"{page} has no table with a column of accounts and one of followers or subscribers. "
        f"Headers seen: {told}. The page is kept in the landing folder."
    )


def _parted(table: Table) -> tuple[list[list[str]], list[list[Cell]]]:
    """The headers of each column, from above to below, and the rows under them."""
    count = 0
    while count < len(table.rows) and all(c.is_header for c in table.rows[count]):
        count += 1
    width = max((len(row) for row in table.rows[:count]), default=0)
    headers = []
    for column in range(width):
        texts = [row[column].text for row in table.rows[:count] if column < len(row)]
        headers.append(list(dict.fromkeys(text for text in texts if text)) or [""])
    return headers, table.rows[count:]


def _columns(headers: Sequence[str]) -> dict[str, int]:
    """The column of each role; a column has one role at most."""
    plain = [re.sub(r"\([^)]*\)", "", h).strip().lower() for h in headers]
    columns: dict[str, int] = {}
    for role, patterns in ROLES.items():
        for pattern in patterns:
            free = (i for i, h in enumerate(plain) if i not in columns.values())
            found = next((i for i in free if re.fullmatch(pattern, plain[i])), None)
            if found is not None:
                columns[role] = found
                break
    return columns


def _accounts(body: list[list[Cell]], columns: dict[str, int]) -> list[list[Cell]]:
    """Rows that are of an account: no repeated headers, no note across the whole table."""
    return [
        row
        for row in body
        if len(row) > max(columns[role] for role in NEEDED)
        and not all(cell.is_header for cell in row)
        and len({id(cell) for cell in row}) > 1
        and (row[columns["account"]].text or row[columns["followers"]].text)
    ]


def _listed(
    row: list[Cell],
    columns: dict[str, int],
    headers: Sequence[str],
    platform: str,
    made: tuple[str, str, str | None],
) -> Listed:
    def cell(role: str) -> Cell | None:
        column = columns.get(role)
        return row[column] if column is not None and column < len(row) else None

    def text(role: str) -> str | None:
        found = cell(role)
        return (found.text or ", ".join(dict.fromkeys(found.pictures)) or None) if found else None

    def number(role: str) -> int | str | None:
        return count_of(text(role), headers[columns[role]]) if role in columns else None

    account = row[columns["account"]]
    links = [*account.links, *(found.links if (found := cell("link")) else ())]
    handle, profile_id = _identity(platform, account.text, links)
    rank = re.match(r"\d+", text("rank") or "")
    title = account.text.strip("@ ") if platform in _BY_TITLE else None
    return Listed(
        platform=platform,
        profile_id=profile_id,
        handle=handle,
        display_name=title or text("owner"),
        followers=number("followers"),
        likes_total=number("likes"),
        category=text("category"),
        country=text("country"),
        rank=int(rank[0]) if rank else None,
        observed_at=made[0],
        wikipedia_page=made[1],
        as_of=made[2],
    )


def _identity(platform: str, text: str, links: Sequence[str]) -> tuple[str | None, str | None]:
    """Handle and profile id. YouTube: the channel's id, else its handle, else its title."""
    named = re.search(r"@([\w.-]+)", text)
    if platform not in _BY_TITLE:
        handle = named[1] if named else (text.split()[0] if text.split() else None)
        return handle, handle.lower() if handle else None
    handle = named[1] if named else None
    for link in links:
        parts = [unquote(p) for p in urlsplit(link).path.split("/") if p]
        if not urlsplit(link).netloc.endswith(f"{platform}.com"):
            continue
        if len(parts) >= 2 and parts[0] == "channel":
            return handle, parts[1]
        if parts and (parts[0].startswith("@") or platform != "youtube"):
            handle = parts[0].lstrip("@")
            return handle, handle.lower()
    return handle, (handle.lower() if handle else text or None)


def count_of(text: str | None, header: str) -> int | str | None:
    """A count in full, from `650.2` under `(millions)` or from `650.2M`; else the text itself."""
    if text is None:
        return None
    found = re.fullmatch(r"[~≈>≥]?\s*(\d[\d,\s]*(?:\.\d+)?)\s*\+?\s*([a-z]*)\.?", text.lower())
    if not found:
        return text
    said = re.search(r"\b(thousand|million|billion)s?\b", header.lower())
    unit = UNITS.get(found[2].rstrip("s") if len(found[2]) > 2 else found[2])
    if found[2] and unit is None:
        return text
    try:
        number = Decimal(re.sub(r"[,\s]", "", found[1]))
    except InvalidOperation:
        return text
    factor = unit or (UNITS[said[1]] if said else 1)
    whole = number * factor
    # 475.8 of nothing is no count of people.
    return int(whole) if whole == whole.to_integral_value() else text


def _as_of(text: str) -> str | None:
    found = _AS_OF.search(" ".join(text.split()))
    return found[1] if found else None
