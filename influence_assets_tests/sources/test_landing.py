"""Finding files: which there are, in which order, and what becomes of those that vanish."""

from __future__ import annotations

from pathlib import Path

import pytest

from influence_assets.errors import UserError
from influence_assets.sources import landing
from influence_assets.sources.landing import landed_files


def names(path: Path, below: bool = True) -> list[str]:
    return [Path(f.path).relative_to(path).as_posix() for f in landed_files(path, below)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.csv", "a.csv", "x/c.csv", ".hidden/d.csv", ".e.csv", "mapping.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("id\n")
    return tmp_path


def test_files_come_in_a_fixed_order_without_hidden_ones(folder: Path) -> None:
    assert names(folder) == ["a.csv", "b.csv", "x/c.csv"]


def test_the_folders_of_a_folder_can_be_left_out(folder: Path) -> None:
    assert names(folder, below=False) == ["a.csv", "b.csv"]


def test_a_file_by_itself_may_be_hidden(folder: Path) -> None:
    assert [f.name for f in landed_files(folder / ".e.csv")] == [".e.csv"]


def test_nothing_at_the_path_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing at"):
        list(landed_files(tmp_path / "no"))


def test_a_file_that_vanishes_while_the_folder_is_read_is_left_out(folder: Path) -> None:
    found = landed_files(folder)
    assert next(found).name == "a.csv"
    (folder / "b.csv").unlink()
    assert [f.name for f in found] == ["c.csv"]


def test_a_file_that_may_not_be_read_is_told_when_it_is_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, mode: str = "r") -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(landing.Path, "open", refuse)
    (first, *others) = landed_files(folder)
    assert (first.name, first.problem, len(others)) == ("a.csv", None, 2)
    with pytest.raises(PermissionError):
        first.sha256()
