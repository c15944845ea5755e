"""How a text is written, counted by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from influence_assets import vocabulary
from influence_assets.domain.text import marks, style


def measured(text: str) -> dict[str, Any]:
    rows = pl.DataFrame({"text": [text]}).with_columns(plain=marks.plain(pl.col("text")))
    (found,) = rows.with_columns(style.counts()).with_columns(style.lix()).rows(named=True)
    return found


def calls(text: str, phrases: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    chosen = vocabulary.calls_to_action() if phrases is None else phrases
    (found,) = pl.DataFrame({"text": [text]}).select(style.calls_to_action(chosen)).to_series()
    return list(found)


def test_a_caption_counted_by_hand() -> None:
    text = (
        "Best day EVER!!! Who's coming back?! 😍❤️ Ask me@mail.de, not @ann.b_c. "
        "#sun #Sun2 #1 https://a.b/c?d=e! www.x.y\nSee you…"
    )
    found = measured(text)
    # Best day EVER / Who's coming back / Ask me mail de not / See you.
    expected = {
        "words": 13, "sentences": 4, "questions": 1, "exclamations": 2, "links": 2, "mentions": 1,
        "hashtags": 2, "emoji": 2, "characters": len(text),
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("👨‍👩‍👧 🇩🇪🇫🇷 👍🏽", 4),  # a family, two flags that touch, a tone of skin
        ("🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣", 3),  # joined, of tags, a keycap
        ("❤ ❤️ ❤️❤️", 4),
        ("3™ © ↔ # 1 → ®", 0),  # signs and numbers
        ("™️ ↔️", 2),  # the same with the selector for emoji
    ],
)
def test_an_emoji_is_what_a_reader_sees(text: str, emoji: int) -> None:
    assert measured(text)["emoji"] == emoji
    assert marks.plain(pl.lit(text)).pipe(pl.select).item().count("❤") == 0


def test_lix_is_words_a_sentence_and_the_percentage_of_long_words() -> None:
    # 12 words, 2 sentences; long: yesterday, long-term, strategy; don't-do has 6 letters.
    text = "We met yesterday in a long-term plan. Don't-do it: his strategy is bad"
    found = measured(text)
    assert (found["words"], found["sentences"]) == (13, 2)
    assert found["lix"] == pytest.approx(13 / 2 + 100 * 3 / 13)
    assert measured("Nine words are not enough to tell of anything.")["lix"] is None
    assert measured("Ten words are just enough to tell of such things.")["lix"] == 10
    assert measured("今日は友達と京都へ行きました。" * 12)["lix"] is None
    cyrillic = "Сегодня открытие выставки, вход свободный, ждём всех с утра и до вечера"
    assert measured(cyrillic)["lix"] == pytest.approx(12 + 100 * 4 / 12)


def test_other_scripts_end_sentences_too() -> None:
    found = measured("元気ですか？はい！今日は暑い。明日も。")
    assert (found["sentences"], found["questions"], found["exclamations"]) == (4, 1, 1)
    assert measured("كيف حالك؟")["questions"] == 1


def test_a_text_without_words() -> None:
    found = measured("😍😍 @ann #sun https://a.b")
    assert (found["words"], found["sentences"], found["lix"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("New drop! Link in bio 🕯️", ["link_in_bio"]),
        ("GIVEAWAY 🎉 1. Follow us 2. Like this post 3. Tag your foodie friend",
         ["follow", "like", "tag", "win"]),
        ("What's for dinner? Tell me in the comments 👇", ["comment"]),
        ("Use code ANNA15, shop now, swipe up", ["buy", "swipe"]),
        ("Heute neues Video, Link in der Bio", ["link_in_bio", "watch"]),
        ("チャンネル登録お願いします", ["subscribe"]),
        ("لا تنسوا الرابط في البايو", ["link_in_bio"]),
        # Words of calls that call to nothing.
        ("I like the shop, and what follows is a vote of trust", []),
        ("They followed us? A biography of vintage swipes", []),
        ("see https://a.b/link-in-bio", []),
    ],
)  # fmt: skip
def test_calls_to_action(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


def test_three_words_may_stand_in_a_gap_and_no_sentence_ends_there() -> None:
    phrases = {"tag": ["tag ... friend"]}
    assert calls("TAG   your very best\nfriend", phrases) == ["tag"]
    assert calls("tag friend", phrases) == ["tag"]
    assert calls("tag one two three four friend", phrases) == []
    assert calls("tag us. A friend", phrases) == []
    assert calls("price tag friendly", phrases) == []


def test_names_and_links_become_what_classifiers_know() -> None:
    text = pl.lit("hi @ann_b, see https://t.co/x a@b.de")
    assert pl.select(marks.nameless(text)).item() == "hi @user, see http a@b.de"


def test_counts_of_nothing_are_numbers() -> None:
    found = measured("a")
    assert not any(value is None or math.isnan(value) for name, value in found.items()
                   if name not in ("text", "plain", "lix"))  # fmt: skip
