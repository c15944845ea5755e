"""A week's network as files for Gephi, igraph, NetworkX and data frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from influence_assets.errors import UserError
from influence_assets.network import Week
from influence_assets.storage.warehouse import Warehouse

_NODES, _TIES = "nodes", "ties"


def export(warehouse: Warehouse, week: Week, path: Path) -> list[Path]:
    """Write the network in the format that the path's ending names.

    GEXF and GraphML are one file each; Parquet and CSV are two, with `_nodes` and `_ties` before
    the ending. A value that is not known is left out.

    Returns:
        The files.

    Raises:
        UserError: the ending is none of these, or the week's centralities are not built.
    """
    if path.suffix not in FORMATS:
        raise UserError(f"{path.name} ends with none of {', '.join(FORMATS)}: which is it to be?")
    asked = {"platform": week.platform, "week_start": week.week_start}
    nodes = warehouse.query("graph.export_nodes", asked)
    ties = warehouse.query("graph.export_ties", asked)
    if nodes.is_empty():
        raise UserError(
            f"The centralities of {week.platform} in the week of {week.week_start} are not built "
            "yet. `influence build --select 'group:graph'` builds them."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    return FORMATS[path.suffix](nodes, ties, path)


def _gexf(nodes: pl.DataFrame, ties: pl.DataFrame, path: Path) -> list[Path]:
    import networkx as nx  # type: ignore[import-untyped]

    nx.write_gexf(_graph(nodes, ties), path)
    return [path]


def _graphml(nodes: pl.DataFrame, ties: pl.DataFrame, path: Path) -> list[Path]:
    import networkx as nx

    nx.write_graphml(_graph(nodes, ties), path)
    return [path]


def _parquet(nodes: pl.DataFrame, ties: pl.DataFrame, path: Path) -> list[Path]:
    return _tables(nodes, ties, path, lambda frame, file: frame.write_parquet(file))


def _csv(nodes: pl.DataFrame, ties: pl.DataFrame, path: Path) -> list[Path]:
    return _tables(nodes, ties, path, lambda frame, file: frame.write_csv(file))


FORMATS: dict[str, Callable[[pl.DataFrame, pl.DataFrame, Path], list[Path]]] = {
    ".gexf": _gexf,
    ".graphml": _graphml,
    ".parquet": _parquet,
    ".csv": _csv,
}


def _tables(
    nodes: pl.DataFrame,
    ties: pl.DataFrame,
    path: Path,
    write: Callable[[pl.DataFrame, Path], None],
) -> list[Path]:
    files = []
    for name, frame in ((_NODES, nodes), (_TIES, ties)):
        file = path.with_name(f"{path.stem}_{name}{path.suffix}")
        write(frame, file)
        files.append(file)
    return files


def _graph(nodes: pl.DataFrame, ties: pl.DataFrame) -> Any:
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from((row.pop("profile_id"), _known(row)) for row in nodes.to_dicts())
    graph.add_edges_from(
        (row.pop("source_id"), row.pop("target_id"), _known(row)) for row in ties.to_dicts()
    )
    return graph


def _known(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
