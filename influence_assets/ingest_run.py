"""An ingest as a run of the shared Dagster instance, so that it shows in the UI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from influence_assets.build import build_defs
from influence_assets.instance import open_instance
from influence_assets.planning import run_assets
from influence_assets.settings import Settings
from influence_assets.targets import Request


def run_ingest(settings: Settings, request: Request, **config: Any) -> tuple[str, dict[str, Any]]:
    """Materialize raw.files and raw.quarantine for a request.

    Args:
        config: further fields of `assets.raw.IngestConfig`.

    Returns:
        The run's id, and the values of the metadata that it left with raw.files.

    Raises:
        UserError: the run failed for a reason that the user can mend.
    """
    # Relative paths are meant from the working folder, wherever the run takes place.
    is_file = request.source.endswith((".yaml", ".yml"))
    config |= {
        "paths": [str(Path(path).absolute()) for path in request.paths],
        "source": str(Path(request.source).absolute()) if is_file else request.source,
        "platform": request.platform,
        "read_at": request.read_at,
    }
    with open_instance(settings) as instance:
        run_id = run_assets(
            build_defs(settings),
            instance,
            [["raw", "files"], ["raw", "quarantine"]],
            {},
            {"ops": {"ingest": {"config": config}}},
        )
        for record in instance.get_records_for_run(run_id).records:
            event = record.event_log_entry.asset_materialization
            if event and event.asset_key.path == ["raw", "files"]:
                return run_id, {name: value.value for name, value in event.metadata.items()}
    raise RuntimeError(f"run {run_id} left no materialization of raw.files")
