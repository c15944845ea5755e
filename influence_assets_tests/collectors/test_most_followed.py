"""Reading Wikipedia's lists from pages written for the tests."""

from __future__ import annotations

from datetime import datetime

import pytest

from influence_assets.collectors.most_followed import (
    Listed,
    PageChangedError,
    count_of,
    read_list,
)
from influence_assets.collectors.tables import tables_of
from influence_assets_tests.collectors import pages

AT = datetime(2025, 4, 1, 3, 10)


def read(html: str, platform: str) -> list[Listed]:
    return read_list(html, platform, "https://wiki.test/list", AT)


def test_a_list_with_spans_footnotes_and_pictures() -> None:
    found = read(pages.INSTAGRAM, "instagram")
    told = [(a.rank, a.handle, a.profile_id, a.display_name, a.followers) for a in found]
    assert told == [
        (1, "Ola.Nord", "ola.nord", "Ola Nord", 650_240_000),
        (2, "kim_ray", "kim_ray", "Kim Ray", 1_017_000_000),
        (3, "third", "third", "T. Hird", 99_500_000),
        # It says no number: the text stays, so that the ingest quarantines the row.
        (3, "tied", "tied", "Tied & Co", "about 99"),
    ]
    assert [(a.category, a.country) for a in found] == [
        ("Footballer", "Norland"),
        ("Footballer", "Estia Norland"),
        ("Musician", "Estia"),
        ("Shop", "Estia"),
    ]
    assert {(a.observed_at, a.as_of) for a in found} == {("2025-04-01T03:10:00", "March 2025")}


def test_youtube_goes_by_channel_id_then_handle_then_title() -> None:
    found = read(pages.YOUTUBE, "youtube")
    assert [(a.profile_id, a.handle, a.display_name, a.followers) for a in found] == [
        ("UCabcdefghij0123456789AB", None, "Blue Hour", 312_000_000),
        ("nightkitchen", "NightKitchen", "Night Kitchen", 88_100_000),
        ("No Link", None, "No Link", 70_500_000),
    ]
    assert [a.country for a in found] == ["Estia", "Norland", "Norland"]


def test_each_column_has_its_own_unit() -> None:
    (only,) = read(pages.TIKTOK, "tiktok")
    assert (only.followers, only.likes_total) == (160_900_000, 2_500_000_000)
    assert (only.category, only.country) == ("Dancer", "Estia")


def test_units_in_the_cell_and_the_person_apart_from_the_account() -> None:
    found = read(pages.X, "twitter")
    assert [(a.handle, a.display_name, a.followers) for a in found] == [
        ("one", "One", 219_700_000),
        ("two", "Two", 131_400_000),
    ]


@pytest.mark.parametrize("html", [pages.CHANGED, "<p>nothing here</p>", ""])
def test_a_changed_page_is_told_with_the_headers_seen(html: str) -> None:
    with pytest.raises(PageChangedError) as caught:
        read(html, "instagram")
    seen = "[Place | Who | Reach]" if "Place" in html else "no table at all"
    assert seen in str(caught.value)
    assert "https://wiki.test/list" in str(caught.value)


def test_a_table_without_rows_is_a_changed_page() -> None:
    with pytest.raises(PageChangedError, match=r"Username \| Followers"):
        read("<table><tr><th>Username</th><th>Followers</th></tr></table>", "instagram")


@pytest.mark.parametrize(
    ("text", "header", "count"),
    [
        ("650.24", "Followers (millions)", 650_240_000),
        ("650.24", "Followers (in millions)", 650_240_000),
        ("1.2B", "Followers", 1_200_000_000),
        ("2 million", "Followers", 2_000_000),
        ("512k", "Followers (millions)", 512_000),  # the cell knows better than the header
        ("1,234", "Followers", 1_234),
        ("100+", "Followers (millions)", 100_000_000),
        ("475.8", "Followers", "475.8"),  # of nothing
        ("12 parsecs", "Followers", "12 parsecs"),
        ("", "Followers", ""),
        (None, "Followers", None),
    ],
)
def test_counts(text: str | None, header: str, count: int | str | None) -> None:
    assert count_of(text, header) == count


def test_spans_cover_what_they_say_and_no_more() -> None:
    (table,) = tables_of(
        "<table><tr><td rowspan=2>a</td><td colspan=2>b</td></tr><tr><td>c</td><td>d</td></tr>"
        "<tr><td rowspan=9>e</td></tr><tr><td>f</td></tr></table>"
    )
    texts = [[cell.text for cell in row] for row in table.rows]
    assert texts == [["a", "b", "b"], ["a", "c", "d"], ["e"], ["e", "f"]]


def test_a_hostile_span_is_bounded() -> None:
    (table,) = tables_of("<table><tr><td colspan=999999999 rowspan=-3>a</td></tr></table>")
    assert len(table.rows[0]) == 1_000


def test_hidden_text_and_unclosed_tags_swallow_nothing() -> None:
    html = '<table><tr><td><sup class="reference"><b>1</sup>x<td>y<tr><td>z</table><p>after'
    (table,) = tables_of(html)
    assert [[cell.text for cell in row] for row in table.rows] == [["x", "y"], ["z"]]
