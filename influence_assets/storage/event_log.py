"""Dagster's event log on SQLite, with many events written in one transaction.

A backfill reports a materialization for each partition. Dagster's SQLite log opens two
databases and commits twice for each of them, about 10 ms an event; a batch of hundreds
costs hardly more than one. Named in `dagster.yaml`; everything else is Dagster's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dagster import EventLogEntry
from dagster._core.events import DagsterEventType
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData

BATCH = 500
"""Events that are written together, as DAGSTER_EVENT_BATCH_SIZE."""


class BatchedSqliteEventLogStorage(SqliteEventLogStorage):
    """The log that `dagster.yaml` names."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> BatchedSqliteEventLogStorage:
        """Made by Dagster from dagster.yaml."""
        return cls(inst_data=inst_data, base_dir=config_value["base_dir"])

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Write materializations of one run in two transactions, other events one by one.

        The shard of the run gets every event, and so does the index over all runs, which
        also remembers the latest event of each asset.
        """
        kinds = {event.dagster_event_type for event in events}
        runs = {event.run_id for event in events}
        if kinds != {DagsterEventType.ASSET_MATERIALIZATION} or len(runs) != 1:
            super().store_event_batch(events)
            return
        statements = [self.prepare_insert_event(event) for event in events]
        with self.run_connection(events[0].run_id) as connection:
            for statement in statements:
                connection.execute(statement)
        with self.index_transaction() as connection:
            newest: dict[str, tuple[EventLogEntry, int]] = {}
            ids = []
            for event, statement in zip(events, statements, strict=True):
                event_id = connection.execute(statement).inserted_primary_key[0]  # type: ignore[index]
                ids.append(event_id)
                newest[str(event.get_dagster_event().asset_key)] = (event, event_id)
            self._store_asset_event_tags(connection, events, ids)
            for event, event_id in newest.values():
                self._store_asset_event(connection, event, event_id)
