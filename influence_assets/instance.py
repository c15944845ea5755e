"""The Dagster instance that the command line and `dagster dev` share.

`dagster.yaml` at the top of the project is the one configuration. Run in the project folder
with the default home it is read as it is, as `dagster dev` does; for another home, a copy
with the paths of that home is written there.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from influence_assets.settings import Settings, project_file

_DEFAULT_BASE = ".influence/dagster"


def dagster_home(settings: Settings) -> Path:
    """The folder with a dagster.yaml whose paths lie in the home; DAGSTER_HOME if it is set."""
    if chosen := os.environ.get("DAGSTER_HOME"):
        return Path(chosen)
    folder = settings.dagster
    folder.mkdir(parents=True, exist_ok=True)
    text = project_file("dagster.yaml").read_text(encoding="utf-8")
    (folder / "dagster.yaml").write_text(
        text.replace(_DEFAULT_BASE, str(folder.absolute())), encoding="utf-8"
    )
    return folder


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance; close it, or use it in `with`."""
    return dg.DagsterInstance.from_config(str(dagster_home(settings)))
