"""How numbers, dates and names are written."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from influence_assets.reporting import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (12_345, "12.3 k"),
        (1_000, "1.0 k"),
        # Rounding crosses into the larger unit.
        (999_960, "1.0 M"),
        (151_200, "151 k"),
        (2_270_000_000, "2.3 bn"),
        (-1_500, "−1.5 k"),
        (45.52, "45.5"),
        (0.25, "0.25"),
        (0.0001, "1.0e−04"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert words.number(value).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (0, "0 %"), (0.0001, "< 0.1 %"), (0.0123, "1.2 %"), (0.5, "50 %"),
     # Not quite all must not read as all.
     (0.9999, "> 99 %"), (1.0, "100 %"), (1.6, "160 %")],
)  # fmt: skip
def test_percent(share: float | None, text: str) -> None:
    assert words.percent(share).replace("\u00a0", " ") == text


@pytest.mark.parametrize(("value", "text"), [(15_000, "15 k"), (0.4, "0.4"), (150, "150")])
def test_tick_is_short(value: float, text: str) -> None:
    assert words.tick(value).replace("\u00a0", " ") == text


def test_small_words() -> None:
    assert words.day(datetime(2026, 3, 3, 5)).replace("\u00a0", " ") == "3 Mar 2026"
    assert words.day(date(2026, 12, 31)).replace("\u00a0", " ") == "31 Dec 2026"
    assert words.signed(5) == "+5"
    assert words.signed(-5) == "−5"
    assert words.count(1, "post") == "1 post"
    assert words.count(2, "community", "communities") == "2 communities"
    assert words.listing([]) == ""
    assert words.listing(["a"]) == "a"
    assert words.listing(["a", "b", "c"]) == "a, b and c"
    assert words.byte_size(1_234_567).replace("\u00a0", " ") == "1.2 MB"


def test_plain_drops_what_is_not_seen() -> None:
    # A right-to-left override, a zero-width space, a control character; the emoji stays whole.
    assert words.plain("a\u202eb\u200bc\x00\n d 👩\u200d🍳") == "abc d 👩\u200d🍳"
    assert words.plain("x" * 100, 10) == "x" * 9 + "…"
    assert words.plain(None) == ""


@pytest.mark.parametrize(
    ("text", "short"),
    [("#kitchen #recipe", "#kitchen #recipe"), ("#kitchen #recipes #oven", "#kitchen …"),
     ("flour, oven, bread", "flour, oven …"), ("#kitchenrecipesandmore", "#kitchenrecipes…")],
)  # fmt: skip
def test_label_is_cut_between_words(text: str, short: str) -> None:
    assert words.label(text, 16) == short


def test_profile_prefers_the_handle() -> None:
    assert words.profile("@anna", "1") == "@anna"
    assert words.profile(None, "1") == "1"
    assert words.profile("\u200b", "\u200b") == "–"


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [("https://x.org/a?b=1", True), ("HTTP://x.org", True), ("javascript:alert(1)", False),
     (" https://x.org", False), ("https://x.org/\"onclick='1'", False), (None, False)],
)  # fmt: skip
def test_safe_link(url: str | None, is_safe: bool) -> None:
    assert words.safe_link(url) == (url if is_safe else None)
