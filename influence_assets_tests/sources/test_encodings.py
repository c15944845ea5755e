"""Tables in the code page of Excel's country: Western Europe's is told, others are not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from influence_assets.sources.batches import BadFile
from influence_assets.sources.text import encoding_of
from influence_assets_tests.sources.adapters.recognised import recognised


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("plain", "ascii", "utf-8"),
        ("Beiträge für 5 €", "utf-8", "utf-8"),
        ("Beiträge für 5 €", "cp1252", "cp1252"),
        ("naïve créée, “ça va”, ¿mañana?", "cp1252", "cp1252"),
        # Other scripts and code pages are not taken for it.
        ("привет", "cp1251", "utf-8"),
        ("zażółć gęślą jaźń", "cp1250", "utf-8"),
        ("příliš žluťoučký kůň", "cp1250", "utf-8"),
        ("ışık ve ağaç", "cp1254", "utf-8"),
        ("γειά σου", "cp1253", "utf-8"),
        ("日本語のテキスト", "cp932", "utf-8"),
        ("中文文本", "gbk", "utf-8"),
    ],
)
def test_encoding_of(text: str, encoding: str, told: str) -> None:
    assert encoding_of(f"a;b\n{text};1\n".encode(encoding)) == told


def test_a_character_cut_by_the_end_of_the_look_is_no_other_encoding() -> None:
    assert encoding_of("a;b\nä;ö".encode()[:-1]) == "utf-8"


def test_what_european_excel_saves(tmp_path: Path) -> None:
    table = "Profil-ID;Datum;Abonnenten;Beiträge;Name\r\n7;31.01.2024;12.500;310;Zoë Müller\r\n"
    path = tmp_path / "instagram.csv"
    path.write_bytes(table.encode("cp1252"))
    columns = ("profile_id", "followers", "posts_count", "display_name")
    assert recognised(path).cells("profile_snapshots", *columns) == [
        ("7", 12_500, 310, "Zoë Müller")
    ]


def test_another_code_page_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "vk.csv"
    path.write_bytes("profile_id;date;followers;name\n7;2024-01-31;1;Привет\n".encode("cp1251"))
    with pytest.raises(BadFile, match="is not utf-8 text"):
        recognised(path)
