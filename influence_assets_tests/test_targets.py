"""What an ingest reads, and by which mapping."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from influence_assets.errors import UserError
from influence_assets.targets import Request, landing_chooser, targets

OWN = """
platform: x
files:
  - format: csv
    feeds:
      - contract: posts
        columns: {post_id: id, profile_id: who, posted_at: at}
"""


def folder(parent: Path, name: str, own: bool = False) -> Path:
    """A folder with a file in it, and perhaps a mapping of its own."""
    made = parent / name
    made.mkdir()
    (made / "a.csv").write_text("id\n")
    if own:
        (made / "mapping.yaml").write_text(OWN)
    return made


def test_paths_are_looked_at_unless_a_mapping_is_named_or_lies_beside(tmp_path: Path) -> None:
    plain, own = folder(tmp_path, "plain"), folder(tmp_path, "own", own=True)

    def names(*paths: Path, source: str = "") -> list[str | None]:
        request = Request(tuple(map(str, paths)), source)
        return [c.mapping and c.mapping.name for _, c in targets(request)]

    assert names(plain, own) == [None, "own"]
    assert names(plain, own, source="reddit") == ["reddit", "reddit"]
    assert names(own / "a.csv") == ["own"]


@pytest.mark.parametrize(
    ("name", "own", "found"),
    [
        ("reddit", False, ("reddit", "reddit")),
        ("reddit", True, ("reddit", "x")),
        ("mine", True, ("mine", "x")),
        ("whatever", False, None),
    ],
)
def test_landing_folders_go_by_their_own_mappings_names_and_looks(
    tmp_path: Path, name: str, own: bool, found: tuple[str, str] | None
) -> None:
    mapping = landing_chooser(folder(tmp_path, name, own), Request()).mapping
    assert (mapping and (mapping.name, mapping.platform)) == found


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-03-31", datetime(2025, 3, 31)),
        ("2025-03-31T18:00:00Z", datetime(2025, 3, 31, 18)),
        ("2025-03-31T18:00:00+02:00", datetime(2025, 3, 31, 18 - 2)),
    ],
)
def test_the_time_of_reading_is_utc(text: str, moment: datetime) -> None:
    ((_, chooser),) = targets(Request(("x",), read_at=text))
    assert chooser.read_at == moment


def test_a_time_of_reading_that_is_none() -> None:
    with pytest.raises(UserError, match="--read-at"):
        targets(Request(("x",), read_at="last week"))
