"""What pictures are: each distinct one is decoded and measured once, in processes of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from influence_assets import media
from influence_assets.assets.shell import Build, code_of, table_asset
from influence_assets.contracts import TABLES
from influence_assets.embedding import Progress
from influence_assets.media.pool import DecodingPool, Measured, Stored
from influence_assets.media.refused import Refused
from influence_assets.storage import sql
from influence_assets.storage.versions import Recipe, Upstream
from influence_assets.storage.warehouse import WHOLE

AT_ONCE = 256
"""Pictures between two writes: a killed run loses one such batch at most."""

SHEET = 24
"""Pictures on the sheet that a build shows, six in a row."""

_SHEET_COLUMNS, _SHEET_SIDE_PX = 6, 96
_TOLD_REFUSALS = 20


def images_recipe() -> Recipe:
    """Stale when media are added or the code changes that measures them."""
    version = f"{sql.code_version('content.pictures_to_measure')}-{code_of(media)}"
    return Recipe("content.images", (Upstream("core.media", "all"),), version)


def image_assets(start: date) -> list[dg.AssetsDefinition]:
    """The asset with what pictures are."""
    return [
        table_asset(
            images_recipe(),
            measure_new_pictures,
            start=start,
            kinds={"opencv", "table"},
            pooled=False,
        )
    ]


def measure_new_pictures(build: Build) -> dict[str, Any]:
    """Decode and measure the pictures that have no row yet, and write them batch by batch."""
    table = build.recipe.table
    measures = code_of(media)
    todo = build.warehouse.query("content.pictures_to_measure", {"measures_id": measures})
    with DecodingPool() as pool:
        progress = Progress("pictures", todo.height, todo.height, _teller(build))
        for batch in todo.iter_slices(AT_ONCE):
            rows = _measured(build, pool, batch).with_columns(measures_id=pl.lit(measures))
            build.warehouse.append(table, rows, in_place=True)
            progress.done(batch.height, batch.height)
        counts = dict(build.warehouse.query("content.image_reasons").rows())
        total = build.warehouse.count(table)
        version = build.versions[WHOLE]
        # What is gone may be back: as long as it is not, the table is not up to date.
        gone = f" without {counts['gone']} pictures" if "gone" in counts else ""
        build.warehouse.mark_built(table, version + gone, build.run_id, total)
        build.note(WHOLE, total)
        return {
            "pictures_measured": todo.height,
            "pictures": dg.MetadataValue.json(counts),
            **_contact_sheet(build, pool),
        }


def _measured(build: Build, pool: DecodingPool, batch: pl.DataFrame) -> pl.DataFrame:
    """Rows of content.images for these pictures, and their thumbnails on disk."""
    folder = build.settings.media
    pictures = [Stored(folder / path, content_hash) for content_hash, path in batch.rows()]
    found = pool.measure(pictures)
    _tell_refusals(build, pictures, found)
    rows = [_row(folder, picture, f) for picture, f in zip(pictures, found, strict=True)]
    columns = TABLES[build.recipe.table].columns
    schema = {name: c.dtype for name, c in columns.items() if name != "measures_id"}
    return pl.DataFrame(rows, schema)


def _row(folder: Path, picture: Stored, found: Measured | Refused) -> dict[str, Any]:
    row: dict[str, Any] = {"content_hash": picture.content_hash}
    if isinstance(found, Refused):
        return row | {"status": "refused", "reason": found.rule}
    path = keep_thumbnail(folder, picture.content_hash, found.thumbnail)
    return found.facts | row | {"status": "ok", "thumbnail_path": path}


def keep_thumbnail(folder: Path, content_hash: str, data: bytes) -> str:
    """Write a thumbnail under the hash of its picture; returns its path in the media folder."""
    path = f"thumbnails/{content_hash[:2]}/{content_hash}.jpg"
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    partial.write_bytes(data)
    partial.replace(target)
    return path


def _teller(build: Build) -> Callable[[str], None]:
    return lambda line: build.log(f"{build.recipe.table}: {line}")


def _tell_refusals(
    build: Build, pictures: Sequence[Stored], found: Sequence[Measured | Refused]
) -> None:
    """The first refusals of a batch, with what the table has no column for."""
    refused = [(p, f) for p, f in zip(pictures, found, strict=True) if isinstance(f, Refused)]
    for picture, why in refused[:_TOLD_REFUSALS]:
        _teller(build)(f"{picture.path.name} is refused ({why.rule}): {why.message}")
    if len(refused) > _TOLD_REFUSALS:
        _teller(build)(f"and {len(refused) - _TOLD_REFUSALS:,} more")


def _contact_sheet(build: Build, pool: DecodingPool) -> dict[str, Any]:
    """A picture of some of the pictures; they too are decoded by the pool."""
    shown = build.warehouse.query("content.images_shown", {"count": SHEET})
    paths = [build.settings.media / path for path in shown["thumbnail_path"]]
    paths = [path for path in paths if path.is_file()]
    if not paths:
        return {}
    from influence_assets.reporting import pictures  # loads matplotlib

    sheet = pool.contact_sheet(paths, _SHEET_COLUMNS, _SHEET_SIDE_PX)
    text = pictures.as_markdown(sheet, f"{len(paths)} of the pictures", "jpeg")
    return {"contact_sheet": dg.MetadataValue.md(text)}
