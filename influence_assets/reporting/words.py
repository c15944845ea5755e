"""Numbers, dates and names as people write them, and text from strangers made harmless.

Escaping for HTML is not done here: the template engine and the SVG writers do it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import date

NOTHING = "–"
_SPACE = "\u00a0"
_UNITS = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))
_PLATFORM_NAMES = {
    "youtube": "YouTube",
    "tiktok": "TikTok",
    "linkedin": "LinkedIn",
    "twitter": "Twitter / X",
}


_FEATURE_NAMES = {
    "base": "the author's usual level",
    "text_embedding": "what the text says",
    "kind": "kind of post",
    "hour": "hour of the day",
    "hour_sin": "hour of the day (morning or evening)",
    "hour_cos": "hour of the day (night or noon)",
    "question_mark_count": "questions in the text",
    "similar_platform_effect": "how similar texts did",
    "platform_word_effect_mean": "how its words did before",
    "platform_hashtag_effect_sum": "how its hashtags did before",
}
"""Words for the features that stand at the top most often; others read as they are named."""


def number(value: float | None) -> str:
    """12345 → '12.3 k', 45.52 → '45.5'; NULL → '–'."""
    if value is None or not math.isfinite(value):
        return NOTHING
    size = abs(value)
    for step, unit in _UNITS:
        # 999,950 would round to '1000.0 k': it takes the larger unit.
        if size >= step * 0.99995:
            return f"{_rounded(value / step, 1)}{_SPACE}{unit}"
    return _rounded(value, 0 if float(value).is_integer() else 1 if size >= 1 else 2)


def _rounded(value: float, digits: int) -> str:
    """At most so many decimals, and none where three digits stand before them."""
    text = f"{value:.{0 if abs(value) >= 99.95 else digits}f}"
    if value and not text.strip("-0."):
        text = f"{value:.1e}"
    return text.replace("-", "−")


def tick(value: float) -> str:
    """A number at an axis: as short as it can be. Ticks are round, and never tell '15.0 k'."""
    return re.sub(r"\.0+(?=\D|$)", "", number(value)) if abs(value) >= 1 else f"{value:g}"


def signed(value: float | None) -> str:
    """Like `number`, with a plus before a gain."""
    return f"+{number(value)}" if value is not None and value > 0 else number(value)


def exact(value: float | None) -> str:
    """12300 → '12,300': for a tooltip beside a rounded number."""
    return NOTHING if value is None else f"{value:,.0f}".replace("-", "−")


def percent(share: float | None) -> str:
    """0.123 → '12 %'; below ten per cent with one decimal."""
    if share is None or not math.isfinite(share):
        return NOTHING
    if 0 < share < 0.001:
        return f"<{_SPACE}0.1{_SPACE}%"
    # Rounding must not turn a part into the whole, or into none.
    if 0.995 <= share < 1:
        return f">{_SPACE}99{_SPACE}%"
    digits = 1 if 0 < share < 0.0995 else 0
    return f"{share * 100:.{digits}f}{_SPACE}%"


def score(value: float | None) -> str:
    """0.61234 → '0.612'."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:.3f}".replace("-", "−")


def interval(low: float | None, high: float | None) -> str:
    """'0.58 to 0.64', or '' where there is none."""
    return "" if low is None or high is None else f"{score(low)} to {score(high)}"


def day(value: date | None) -> str:
    """'3 Mar 2026'."""
    return NOTHING if value is None else f"{value.day}{_SPACE}{value:%b}{_SPACE}{value:%Y}"


def count(value: float, singular: str, plural: str | None = None) -> str:
    """'1 post', '12.3 k posts'."""
    return f"{number(value)} {singular if value == 1 else plural or singular + 's'}"


def byte_size(value: int) -> str:
    """'1.2 MB'."""
    for step, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= step:
            return f"{_rounded(value / step, 1)}{_SPACE}{unit}"
    return f"{value}{_SPACE}B"


def listing(items: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def plain(text: str | None, limit: int = 60) -> str:
    """Text on one line without characters that control, hide or turn it, cut to `limit`.

    Format characters are dropped, since a right-to-left override in a handle would
    turn what follows it; the joiner that holds an emoji together is kept.
    """
    if not text:
        return ""
    flat = re.sub(r"\s+", " ", text).strip()
    kept = "".join(
        c for c in flat if c == "\u200d" or unicodedata.category(c) not in _UNSEEN_CATEGORIES
    )
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


_UNSEEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn"}


def profile(handle: str | None, profile_id: str, limit: int = 28) -> str:
    """'@handle', or the id where no handle is known."""
    known = plain(handle, limit)
    return f"@{known.removeprefix('@')}" if known else plain(profile_id, limit) or NOTHING


def label(text: str, limit: int) -> str:
    """A community's label, cut between words: '#kitchen #recipe …'."""
    kept = plain(text, 1000)
    if len(kept) <= limit or " " not in kept[:limit]:
        return plain(kept, limit)
    return kept[: limit - 1].rpartition(" ")[0].rstrip(",") + " …"


def platform(name: str) -> str:
    """'youtube' → 'YouTube'."""
    clean = plain(name, 24)
    return _PLATFORM_NAMES.get(clean, clean[:1].upper() + clean[1:])


def column(name: str) -> str:
    """'author_median_likes' → 'author median likes'."""
    return plain(_FEATURE_NAMES.get(name, name.replace("_", " ")), 44)


def safe_link(url: str | None) -> str | None:
    """The address if it leads to the web, else None: `javascript:` must not become a link."""
    return url if url and re.match(r"https?://[^\s\"'<>\\]+$", url, re.IGNORECASE) else None
