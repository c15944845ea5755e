"""The command line as a program: exit codes, and what stands on which stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MAPPING = """
platform: twitter
files:
  - format: csv
    feeds:
      - contract: profile_snapshots
        columns: {profile_id: who, observed_at: day, followers: fans}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "panel.yaml").write_text(MAPPING)
    (tmp_path / "panel.csv").write_text("who,day,fans\nx,2025-01-01,5\nx,yesterday,6\n")
    return tmp_path


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from influence_assets.cli import main; main()", *arguments],
        cwd=home,
        env={**os.environ, "INFLUENCE_HOME": str(home / "home"), "DAGSTER_HOME": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_from_a_file_to_a_row(home: Path) -> None:
    done = run(home, "ingest", "panel.csv", "--source", "panel.yaml", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)  # one JSON object and nothing else
    assert (told["rows_in"], told["rows_good"], told["rows_quarantined"]) == (2, 1, 1)
    assert told["quarantined"] == [
        {"contract": "profile_snapshots", "rule": "observed_at_unreadable", "rows": 1}
    ]
    built = run(home, "build", "--select", "group:core or group:marts", "--json")
    assert json.loads(built.stdout)["built"] == {
        "core.profile_snapshots": 1,
        "marts.profile_metrics_weekly": 1,
        "marts.authenticity_evidence_weekly": 1,
    }
    asked = run(home, "sql", "SELECT profile_id, followers_end FROM "
                "marts.profile_metrics_weekly", "--json")  # fmt: skip
    assert json.loads(asked.stdout) == {
        "columns": ["profile_id", "followers_end"],
        "rows": [["x", 5]],
    }


def test_a_refused_file_is_the_users_to_mend(home: Path) -> None:
    (home / "panel.csv").write_bytes("who,day,fans\nJosé,2025-01-01,5\n".encode("latin-1"))
    done = run(home, "ingest", "panel.csv", "--source", "panel.yaml")
    assert done.returncode == 2
    assert "encoding: latin-1" in " ".join(done.stdout.split())


def test_an_unknown_shape_is_told_with_what_is_near(home: Path) -> None:
    (home / "shelf.csv").write_text("who,day,shoe size\nx,2025-01-01,41\n")
    done = run(home, "ingest", "shelf.csv")
    assert done.returncode == 2
    said = " ".join(done.stdout.split())
    assert "It holds, as csv: who, day, shoe size." in said
    assert "Nearest: profile_daily" in said
    assert "--draft-spec" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ingest", "nowhere.csv", "--source", "tweets_csv"), "nothing at"),
        (("ingest", "panel.csv", "--source", "no_such"), "instagram_posts_2017"),
        (("sql", "SELECT 1"), "no warehouse"),
        (("build", "--from", "soon"), "is no date"),
        (("evaluate", "popularity", "--target", "fame"), "no target 'fame'"),
    ],
)
def test_mistakes_get_a_paragraph_and_exit_code_2(
    home: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run(home, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
