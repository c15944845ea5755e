"""What Dagster is told of a table from its contract and its recipe: columns, check, edges.

Belongs here: what is known without a run. What a run does and reports is in `shell`.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import dagster as dg

from influence_assets.contracts import TABLES, Table
from influence_assets.errors import ContractError
from influence_assets.storage import ddl
from influence_assets.storage.versions import Reach, Upstream

CHECK = "contract"


def column_schema(table: Table) -> dg.TableSchema:
    """The contract's columns, as the UI shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=ddl.duckdb_type(column.dtype),
                description=column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for name, column in table.columns.items()
        ]
    )


def check_spec(table: Table) -> dg.AssetCheckSpec:
    """The blocking check that a table keeps its contract."""
    return dg.AssetCheckSpec(
        CHECK,
        asset=table.asset_path,
        blocking=True,
        description="New rows keep every rule of the contract and its key; checked before they "
        "replace the old ones.",
    )


def passed_check(table: Table) -> dg.AssetCheckResult:
    """Clean rules are told too: no row breaks any of them."""
    rules = [*ddl.rule_predicates(table), "key|unique"]
    return dg.AssetCheckResult(
        asset_key=table.asset_path,
        check_name=CHECK,
        passed=True,
        metadata={"rules": len(rules), "failed_rows": 0, "rule_names": ", ".join(rules)},
    )


def failed_check(error: ContractError) -> dg.AssetCheckResult:
    """How many rows break which rule; the old rows were kept."""
    return dg.AssetCheckResult(
        asset_key=TABLES[error.table].asset_path,
        check_name=CHECK,
        passed=False,
        metadata=dict(error.failures),
    )


def dependencies(upstream: Sequence[Upstream], table: Table | None) -> list[dg.AssetDep]:
    """The edges of the asset graph: one for each upstream table, over all of its reaches."""
    by_time = table is not None and table.grain is not None
    reaches: dict[str, set[Reach]] = {}
    for up in upstream:
        reaches.setdefault(up.table, set()).add(up.reach)
    return [
        dg.AssetDep(
            TABLES[name].asset_path,
            partition_mapping=_mapping(own) if by_time and TABLES[name].grain else None,
        )
        for name, own in reaches.items()
    ]


_OFFSETS: dict[Reach, int] = {"same": 0, "its_week": 0, "week": 0, "exists": 0, "week_before": -1}
"""Which of the upstream's windows a reach looks at; those not listed look at all of them."""


def _mapping(reaches: Set[Reach]) -> dg.PartitionMapping:
    """The narrowest mapping that covers all of these."""
    if not reaches <= _OFFSETS.keys():
        return dg.AllPartitionMapping()
    offsets = [_OFFSETS[reach] for reach in reaches]
    return dg.TimeWindowPartitionMapping(
        start_offset=min(offsets),
        end_offset=max(offsets),
        allow_nonexistent_upstream_partitions=True,
    )
