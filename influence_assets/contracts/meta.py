"""Contract of the book that says which partition was built from what."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts.base import table


@table("meta.partitions", ("table_name", "partition_key"))
class Partitions(dy.Schema):
    """A row is a partition that was built, written in the transaction that wrote its rows.

    A partition is stale when the version of its input is no longer `input_version`.
    """

    table_name = dy.String(min_length=1, description="layer.table")
    partition_key = dy.String(description="Day or Monday, ISO; empty for a table kept whole.")
    input_version = dy.String(
        min_length=1, description="Fingerprint of the code and of everything it was built from."
    )
    row_count = dy.Int64(min=0, description="Rows in the partition.")
    run_id = dy.String(description="Dagster run that built it.")
    built_at = dy.Datetime(description="When, UTC.")
