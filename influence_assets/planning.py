"""Bringing the warehouse up to date: which assets to run, over which partitions, in which order.

Dagster runs assets of one partitioning together. So a refresh is a row of runs, each over
the assets of one grain that come next in the graph, from the first to the last stale
partition; within a run each asset builds only what is stale (see `assets.shell`).
The command line, the sensor and the schedule all come here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import dagster as dg
from dagster import DagsterError
from dagster._check import CheckError

from influence_assets.assets import (
    authenticity,
    content,
    duplicates,
    graph,
    images,
    pictures,
    popularity,
    post_content,
    proximity,
    report,
    spread,
    sql_tables,
    text_topics,
    texts,
    topics,
)
from influence_assets.assets.shell import STALE_ONLY_TAGS
from influence_assets.errors import UserError
from influence_assets.run_health import close_lost_runs, worker_tags
from influence_assets.settings import Settings
from influence_assets.storage import versions
from influence_assets.storage.versions import Recipe
from influence_assets.storage.warehouse import WHOLE, Warehouse

_RANGE_START, _RANGE_END = (
    "dagster/asset_partition_range_start",
    "dagster/asset_partition_range_end",
)


@dataclass(frozen=True)
class Stage:
    """Assets of one partitioning that one run builds, by table, in order."""

    recipes: tuple[Recipe, ...]
    is_partitioned: bool


@dataclass
class Outcome:
    """What a refresh did: partitions built by table, and the runs that did it."""

    built: dict[str, int] = field(default_factory=dict)
    run_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """What to bring up to date.

    Attributes:
        select: a Dagster asset selection, e.g. `group:graph` or `core/posts+`.
        first, last: days; partitions outside are left as they are.
        force: build also what is up to date.
    """

    select: str = "*"
    first: date | None = None
    last: date | None = None
    force: bool = False


def recipes(settings: Settings) -> dict[str, Recipe]:
    """Every recipe by table, in an order in which they can be built."""
    likeness = [content.text_embeddings_recipe(settings), proximity.proximity_recipe(settings)]
    # Communities wait for vectors of texts only where likeness counts for them.
    is_early = settings.counts_likeness
    ordered = [
        *sql_tables.RECIPES,
        *graph.tie_recipes(settings),
        *(likeness if is_early else ()),
        *graph.community_recipes(settings),
        *authenticity.authenticity_recipes(settings),
        *spread.RECIPES,
        *(() if is_early else likeness),
        images.images_recipe(),
        texts.texts_recipe(settings),
        text_topics.text_topics_recipe(settings),
        *pictures.picture_recipes(settings),
        duplicates.RECIPE,
        *topics.topic_recipes(settings),
        post_content.post_content_recipe(settings),
        popularity.features_recipe(settings),
        *(popularity.model_recipe(t) for t in popularity.MODEL_TABLES),
        report.RECIPE,
    ]
    return {recipe.table: recipe for recipe in ordered}


def refresh(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    settings: Settings,
    request: Request = Request(),
    tell: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Build what is stale, stage by stage, and stop at the first run that fails.

    Raises:
        UserError: the selection names no asset that can be built.
        RuntimeError: a run failed; the message tells which and why.
    """
    warehouse = Warehouse(settings.warehouse, settings.lock_wait_s)
    outcome = Outcome()
    for stage in _stages(defs, settings, request.select):
        if request.force:
            _forget_versions(warehouse, stage, request)
        keys = _stale_keys(warehouse, stage, request)
        if not keys:
            continue
        tell(_announce(stage, keys))
        tags = dict(STALE_ONLY_TAGS)
        if stage.is_partitioned:
            tags |= {_RANGE_START: min(keys), _RANGE_END: max(keys)}
        paths = [recipe.table.split(".") for recipe in stage.recipes]
        run_id = run_assets(defs, instance, paths, tags)
        outcome.run_ids.append(run_id)
        _count(warehouse, stage, run_id, outcome)
    return outcome


def run_assets(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    paths: list[list[str]],
    tags: dict[str, str],
    run_config: dict[str, Any] | None = None,
) -> str:
    """Run assets in this process on the shared instance and return the run's id.

    Raises:
        UserError: an asset failed for a reason that the user can mend.
        RuntimeError: it failed for another reason.
    """
    # A run that was killed would hold the pool of the warehouse, and this one would wait for ever.
    close_lost_runs(instance)
    config = {**(run_config or {}), "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey(path) for path in paths],
        tags={**tags, **worker_tags()},
        run_config=config,
        raise_on_error=False,
    )
    if result.success:
        return result.run_id
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.error:
            error = event.step_failure_data.error
            cause = error.cause or error
            text = f"{event.step_key} failed in run {result.run_id}: {cause.message.strip()}"
            if cause.cls_name == "UserError" or cause.cls_name == "BadFile":
                raise UserError(cause.message.split(": ", 1)[-1].strip())
            raise RuntimeError(text + "\n" + "".join(cause.stack))
    raise RuntimeError(f"Run {result.run_id} failed before any step; see it in the UI.")


def _stages(defs: dg.Definitions, settings: Settings, select: str) -> list[Stage]:
    """Selected recipes in building order, cut where the partitioning changes."""
    from influence_assets.contracts import TABLES

    graph_of = defs.resolve_asset_graph()
    try:
        chosen = dg.AssetSelection.from_string(select).resolve(graph_of)
    except (CheckError, DagsterError) as error:
        raise UserError(
            f"--select '{select}' is no asset selection ({error}). Write e.g. `group:graph`, "
            '`key:"core/posts"+`, or two of them joined by `or`.'
        ) from error
    wanted = {".".join(key.path) for key in chosen}
    known = recipes(settings)
    if not wanted & set(known):
        raise UserError(
            f"--select '{select}' names nothing that can be built. Try a group such as "
            '`group:graph`, or an asset such as `key:"core/posts"`; a + behind it adds what '
            "hangs on it."
        )
    stages: list[Stage] = []
    last: str | None = "none yet"
    for table, recipe in known.items():
        if table not in wanted:
            continue
        grain = TABLES[table].grain if table in TABLES else None
        if grain == last:
            stages[-1] = Stage((*stages[-1].recipes, recipe), stages[-1].is_partitioned)
        else:
            stages.append(Stage((recipe,), grain is not None))
        last = grain
    return stages


def _stale_keys(warehouse: Warehouse, stage: Stage, request: Request) -> set[str]:
    """Stale partitions of the stage that the request lets through."""
    keys: set[str] = set()
    with warehouse.connect() as connection:
        for recipe in stage.recipes:
            keys |= set(versions.stale(connection, recipe))
    if not stage.is_partitioned:
        return keys
    first = request.first.isoformat() if request.first else ""
    last = request.last.isoformat() if request.last else "9999"
    return {key for key in keys if first <= key <= last}


def _forget_versions(warehouse: Warehouse, stage: Stage, request: Request) -> None:
    """Make the stage's partitions stale, so that they are built again."""
    first = request.first.isoformat() if request.first else ""
    last = request.last.isoformat() if request.last else "9999"
    with warehouse.connect() as connection:
        for recipe in stage.recipes:
            connection.execute(
                "UPDATE meta.partitions SET input_version = 'forced' WHERE table_name = $table "
                "AND (partition_key = $whole OR partition_key BETWEEN $first AND $last)",
                {"table": recipe.table, "whole": WHOLE, "first": first, "last": last},
            )


def _announce(stage: Stage, keys: set[str]) -> str:
    names = ", ".join(recipe.table for recipe in stage.recipes)
    if not stage.is_partitioned:
        return names
    return f"{names}: {min(keys)} to {max(keys)}, {len(keys)} stale partitions"


def _count(warehouse: Warehouse, stage: Stage, run_id: str, outcome: Outcome) -> None:
    tables = [recipe.table for recipe in stage.recipes]
    with warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT table_name, count(*) FROM meta.partitions WHERE run_id = $run "
            "AND table_name IN (SELECT unnest($tables)) GROUP BY table_name",
            {"run": run_id, "tables": tables},
        ).fetchall()
    outcome.built |= dict(rows)
