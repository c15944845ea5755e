"""`influence demo`: a sample world, ingested and built like anyone's data."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import Any

from rich.console import Console

from influence_assets.build import build_defs
from influence_assets.cli_ingest import ingest_and_tell
from influence_assets.instance import open_instance
from influence_assets.planning import refresh
from influence_assets.sample.world import write_world
from influence_assets.settings import HOME_FILE, Settings
from influence_assets.targets import Request

PROFILES_PER_COMMUNITY = 16
"""About 280 profiles and 4,800 posts: enough to learn from, and built in some minutes."""

IMAGE_ENCODER = "tiny-demo-clip"
"""It knows the pictures of the sample world, and comes with the package."""


def run_demo(
    settings: Settings, seed: int, console: Console | None, progress: Console
) -> dict[str, Any]:
    """Write the world to the landing folder, ingest it and build all that is stale.

    The planted truth goes to `sample/truth` in the home, where no ingest looks.
    """
    started = time.monotonic()
    if is_tiny := not settings.is_image_encoder_chosen:
        settings = replace(settings, image_encoder=IMAGE_ENCODER, is_image_encoder_chosen=True)
        settings.home.mkdir(parents=True, exist_ok=True)
        with (settings.home / HOME_FILE).open("a", encoding="utf-8") as chosen:
            chosen.write(f"# Written by the demo.\nINFLUENCE_IMAGE_ENCODER={IMAGE_ENCODER}\n")
    progress.print(f"Writing a sample world (seed {seed})")
    scratch = settings.home / "sample"
    write_world(scratch, seed, profiles_per_community=PROFILES_PER_COMMUNITY)
    for folder in sorted((scratch / "landing").iterdir()):
        shutil.copytree(folder, settings.landing / folder.name, dirs_exist_ok=True)
    shutil.rmtree(scratch / "landing")
    progress.print("Ingesting it")
    ingested = ingest_and_tell(settings, Request(), False, console)
    with open_instance(settings) as instance:
        outcome = refresh(
            build_defs(settings), instance, settings, tell=lambda text: progress.print(text)
        )
    seconds = round(time.monotonic() - started, 1)
    if console is not None:
        console.print(f"\nDone in {seconds} s. The report: {settings.report}", soft_wrap=True)
        if is_tiny:
            console.print(
                f"Pictures were read by {IMAGE_ENCODER}, which is for demonstration only: it is "
                f"this home's choice now, in {settings.home / HOME_FILE}.",
                soft_wrap=True,
            )
        console.print("Next: `influence dev` shows it all in the Dagster UI.")
    return {
        "seconds": seconds,
        "report": str(settings.report),
        "rows_in": ingested["rows_in"],
        "rows_quarantined": ingested["rows_quarantined"],
        "image_encoder": settings.image_encoder,
        "built": outcome.built,
    }
