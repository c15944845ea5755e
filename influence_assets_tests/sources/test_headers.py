"""Names of columns: each once, and by the spelling of the mapping."""

from __future__ import annotations

import pytest

from influence_assets.sources.headers import column_names, is_hint, known_names

NAMES = {"id": ["profile_id", "account_id"], "text": ["full_text", "text"], "likes": []}


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (["Profile ID", "x"], ["id", "x"]),
        (["profileId", "PROFILE-ID"], ["id", "PROFILE-ID"]),
        # The first spelling of the mapping wins, not the first column.
        (["account_id", "profile_id"], ["account_id", "id"]),
        # The mapping's own name goes before the others unless it stands among them.
        (["id", "profile_id"], ["id", "profile_id"]),
        (["text", "full_text"], ["text.2", "text"]),
        (["Likes"], ["likes"]),
        (["other"], ["other"]),
    ],
)
def test_known_names(header: list[str], known: list[str]) -> None:
    assert known_names(header, NAMES) == known


def test_names_are_there_once() -> None:
    assert column_names(["a", " a\n", "", "a.2"]) == ["a", "a.3", "column_3", "a.2"]


@pytest.mark.parametrize(
    ("row", "hint"),
    [(["sep=", ""], True), (["SEP=;"], True), (["sep=x", "y"], False), (["september"], False)],
)
def test_a_hint_for_excel_is_no_header(row: list[str], hint: bool) -> None:
    assert is_hint(row) is hint
