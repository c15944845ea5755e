"""What every asset of a table does around its own few lines.

Which partitions to build, writing them one by one, one materialization for each with row
counts and a picture, and the blocking contract check. An asset gives a `Recipe` (what it is
built from) and a function that computes rows; the rest is here.

A run builds what its partition range says. In a run tagged STALE_ONLY it builds those
partitions of the range whose input has changed, and reports those alone.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
import polars as pl
from dagster._core.events import DagsterEvent, DagsterEventBatchMetadata
from dagster._core.utils import make_new_run_id

from influence_assets.assets.declared import (
    check_spec,
    column_schema,
    dependencies,
    failed_check,
    passed_check,
)
from influence_assets.contracts import TABLES
from influence_assets.errors import ContractError
from influence_assets.partitions import partitions_for
from influence_assets.resources import WarehouseResource
from influence_assets.settings import Settings
from influence_assets.storage import versions
from influence_assets.storage.versions import Recipe
from influence_assets.storage.warehouse import WHOLE, Warehouse, Written

STALE_ONLY = "influence/stale_only"
"""Run tag: build only what is stale, within the run's range."""

STALE_ONLY_TAGS = {
    STALE_ONLY: "true",
    # Dagster would report every partition of the range; we report those that were built.
    "dagster/defer_asset_events": "true",
}

ROWS_ADDED = "rows_added"
"""Metadata: rows of a partition less those that it had before; the retraining sensor reads it."""

GAP_DAYS = 62

HOLD_S = 5.0
"""So long the warehouse is kept open for partitions that are written one by one."""

logger = logging.getLogger("influence_assets")

OWNERS = ["team:influence"]
POOL = "duckdb"


@dataclass
class Build:
    """What an asset's function gets: the partitions to build, and where to write them.

    `versions` holds the partitions to build, `all_versions` all that the run speaks of, and
    `unfinished` stale partitions that this run leaves as they are.
    """

    recipe: Recipe
    warehouse: Warehouse
    settings: Settings
    versions: dict[str, str]
    all_versions: dict[str, str]
    run_id: str
    log: Callable[[str], None]
    unfinished: frozenset[str] = frozenset()
    written: list[Written] = field(default_factory=list)

    def chunks(self, size: int) -> Iterator[dict[str, str]]:
        """The partitions with their versions, in order, at most `size` at a time.

        A gap of more than GAP_DAYS starts a new chunk, so that two late days years apart
        do not make one SELECT read all that lies between.
        """
        chunk: dict[str, str] = {}
        last: date | None = None
        for key, version in self.versions.items():
            day = date.fromisoformat(key)
            if chunk and (len(chunk) == size or (last and (day - last).days > GAP_DAYS)):
                yield chunk
                chunk = {}
            chunk[key] = version
            last = day
        if chunk:
            yield chunk

    def one_by_one(
        self,
        rows_of: Callable[[str], pl.DataFrame],
        lacks: Callable[[str], str] = lambda _: "",
    ) -> None:
        """Write the partitions in order, of a table that carries on from its own earlier ones.

        Where one of those is stale and not part of this run, the version says so: then the
        partition is built again once that one has been.

        Args:
            rows_of: the rows of a partition by its key; it may read the earlier ones.
            lacks: asked once the rows are there: what its version says of input that was not,
                so that the partition stays stale; '' if all was.
        """
        first = min(self.unfinished, default=None)
        left = list(self.versions.items())
        while left:
            began = time.monotonic()
            with self.warehouse.kept_open():
                while left and time.monotonic() < began + HOLD_S:
                    key, version = left.pop(0)
                    is_early = first is not None and first < key
                    rows = rows_of(key)
                    version += (f" before {first}" if is_early else "") + lacks(key)
                    self.write(rows, {key: version})
            self.log(f"{self.recipe.table}: up to {key} written")

    def write(
        self,
        rows: str | pl.DataFrame,
        keys: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Replace these partitions (default: all of the build), each in its own transaction."""
        self.warehouse.replace(
            self.recipe.table,
            rows,
            self.versions if keys is None else keys,
            run_id=self.run_id,
            parameters=parameters,
            on_written=self.written.append,
        )

    def note(self, key: str, rows: int) -> None:
        """Report a partition that was written in another way than by `write`."""
        self.written.append(Written(key, rows))


Compute = Callable[[Build], Mapping[str, Any] | None]
"""Computes and writes the rows of a build; may return metadata for Dagster."""


def code_of(*modules: ModuleType) -> str:
    """A fingerprint of modules' source: when the maths changes, what it built is stale.

    A package counts with every file in it, templates included.
    """
    digest = hashlib.sha256()
    for module in modules:
        file = Path(str(module.__file__))
        inside = file.parent.rglob("*") if file.name == "__init__.py" else [file]
        for path in sorted(p for p in inside if p.suffix in (".py", ".j2", ".css")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def table_asset(
    recipe: Recipe,
    compute: Compute,
    *,
    start: date,
    kinds: set[str],
    pooled: bool = True,
) -> dg.AssetsDefinition:
    """The asset of a table.

    Args:
        recipe: what the table is built from.
        compute: computes and writes its rows.
        start: first day that has a partition.
        kinds: shown in the UI.
        pooled: take turns in the pool `duckdb`; off for long computing, which opens the
            warehouse only to read at its start and to write at its end.
    """
    table = TABLES[recipe.table]

    @dg.asset(
        key=table.asset_path,
        deps=dependencies(recipe.upstream, table),
        partitions_def=partitions_for(table.grain, start),
        backfill_policy=dg.BackfillPolicy.single_run() if table.grain else None,
        group_name=table.layer,
        description=table.description,
        metadata={"dagster/column_schema": column_schema(table), "dagster/table_name": table.name},
        kinds=kinds,
        owners=OWNERS,
        code_version=recipe.code_version,
        pool=POOL if pooled else None,
        check_specs=[check_spec(table)],
    )
    def build_table(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        build = start_build(context, warehouse, recipe)
        try:
            extra = (compute(build) or {}) if build.versions else {}
        except ContractError as error:
            yield failed_check(error)
            raise dg.Failure(str(error)) from error
        metadata = report_partitions(context, build, extra)
        yield dg.MaterializeResult(
            asset_key=table.asset_path, metadata=metadata, check_results=[passed_check(table)]
        )

    return build_table


def start_build(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, recipe: Recipe
) -> Build:
    """Decide which partitions this run builds."""
    opened = warehouse.open()
    stale_only = context.run.tags.get(STALE_ONLY) == "true"
    partitioned = TABLES[recipe.table].grain is not None if recipe.table in TABLES else False
    with opened.connect() as connection:
        expected = versions.expected_versions(connection, recipe)
        stale = versions.stale(connection, recipe)
    asked = list(context.partition_keys) if partitioned else [WHOLE]
    if stale_only:
        chosen = {key: stale[key] for key in asked if key in stale}
    else:
        chosen = {key: expected.get(key, "nothing") for key in asked}
    everything = {key: expected.get(key, "nothing") for key in asked}
    context.log.info(f"{recipe.table}: building {len(chosen)} of {len(asked)} partitions")

    def log(message: str) -> None:
        context.log.info(message)  # the UI
        logger.info(message)  # the terminal

    left = frozenset(stale) - frozenset(chosen)
    return Build(recipe, opened, warehouse.settings, chosen, everything, context.run_id, log, left)


def report_partitions(
    context: dg.AssetExecutionContext, build: Build, extra: Mapping[str, Any]
) -> dict[str, Any]:
    """Tell Dagster what was built: rows of each partition, and a picture with the last one.

    Returns the metadata for the result; in a STALE_ONLY run Dagster leaves that aside, so
    the events are logged here.
    """
    key = build.recipe.table.split(".")
    found = [_rows_metadata(written) for written in build.written]
    if found:
        found[-1] |= {**extra, **picture(build.recipe.table, build.written)}
    pairs = list(zip((w.key or None for w in build.written), found, strict=True))
    if context.run.tags.get(STALE_ONLY) == "true":
        log_materializations(
            context, [dg.AssetMaterialization(key, partition=p, metadata=m) for p, m in pairs]
        )
        return {}
    for partition, metadata in pairs:
        if partition is None:
            return metadata
        context.add_asset_metadata(metadata, asset_key=key, partition_key=partition)
    return {}


def _rows_metadata(written: Written) -> dict[str, Any]:
    if written.key == WHOLE:
        return {"dagster/row_count": written.rows}
    added = written.rows - written.previous_rows
    return {"dagster/partition_row_count": written.rows, ROWS_ADDED: added}


def log_materializations(
    context: dg.AssetExecutionContext, events: Sequence[dg.AssetMaterialization]
) -> None:
    """What `context.log_event` does, for many events at once: they are stored in batches."""
    batch = make_new_run_id()
    step = context.get_step_execution_context()
    for i, event in enumerate(events):
        last = i == len(events) - 1
        DagsterEvent.asset_materialization(step, event, DagsterEventBatchMetadata(batch, last))


def picture(name: str, written: Sequence[Written]) -> dict[str, Any]:
    """A small picture of the rows of each partition, where there is more than one."""
    if len(written) < 2:
        return {}
    from influence_assets.reporting import pictures  # loads matplotlib

    png = pictures.rows_per_partition(
        [w.key for w in written], [w.rows for w in written], f"{name}: rows"
    )
    return {"rows": dg.MetadataValue.md(pictures.as_markdown(png, f"Rows of {name}"))}
