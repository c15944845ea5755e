"""Contracts of the raw layer: parsed rows as they came, and where they came from.

Raw tables are append-only. A row is known by its file and its place in it, so
the same post in two exports is two raw rows; `core` merges them.
"""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts import shared
from influence_assets.contracts.base import table


class RawRow(dy.Schema):
    """Where a raw row came from."""

    file_id = dy.String(min_length=64, max_length=64, description="SHA-256 of the file's bytes.")
    row_number = dy.Int64(min=1, description="Place of the record in the file, from 1.")


@table("raw.posts", ("file_id", "row_number"), "posted_date", "day")
class RawPosts(RawRow, shared.Post):
    """A row is a post as one file states it."""

    observed_at = dy.Datetime(nullable=True, description="When the source read the post, UTC.")


@table("raw.post_metrics", ("file_id", "row_number"), "observed_date", "day")
class RawPostMetrics(RawRow, shared.PostMetric):
    """A row is one observation of a post's counts as one file states it."""


@table("raw.profile_snapshots", ("file_id", "row_number"), "observed_date", "day")
class RawProfileSnapshots(RawRow, shared.ProfileSnapshot):
    """A row is one observation of a profile as one file states it."""


@table(
    "raw.interactions",
    ("file_id", "row_number", "kind", "source_id", "target_id"),
    "occurred_date",
    "day",
)
class RawInteractions(RawRow, shared.Interaction):
    """A row is an act or tie between two profiles as one file states it."""


@table("raw.media", ("file_id", "row_number", "media_id"), "posted_date", "day")
class RawMedia(RawRow, shared.Media):
    """A row is a stored image or video of a post as one file states it."""


@table("raw.files", ("file_id",))
class Files(dy.Schema):
    """A row is a landed file. rows_in = rows_good + rows_quarantined, always.

    A record counts once, whatever number of tables it feeds: a tweet with two
    mentions is one row in, though it gives a post, an observation and two ties.
    """

    file_id = dy.String(min_length=64, max_length=64, description="SHA-256 of the bytes.")
    ingest_number = dy.Int64(min=1, description="Order in which files came in, from 1.")
    source = dy.String(description="Name of the mapping or adapter that read it.")
    path = dy.String(description="Path at the first ingest; `archive!member` in an archive.")
    bytes = dy.Int64(min=0, description="Size in bytes.")
    rows_in = dy.Int64(min=0, description="Records read.")
    rows_good = dy.Int64(min=0, description="Records that entered the raw tables.")
    rows_quarantined = dy.Int64(min=0, description="Records that broke a rule.")
    status = dy.String(description="ingested, or refused: the whole file was turned away.")
    message = dy.String(nullable=True, description="Why a file was refused.")
    ingested_at = dy.Datetime(description="When it was read, UTC.")


@table("raw.quarantine", ("file_id", "row_number"))
class Quarantine(dy.Schema):
    """A row is a rejected record: nothing of it entered the raw tables."""

    file_id = dy.String(description="SHA-256 of the file.")
    row_number = dy.Int64(min=1, description="Place of the record in the file, from 1.")
    contract = dy.String(description="The table whose rule it broke.")
    rule = dy.String(description="The first rule broken.")
    message = dy.String(description="Every rule broken, in words.")
    raw_row = dy.String(description="The record as it came, as JSON text.")


@table("raw.touched_days", ("file_id", "table_name", "day"))
class TouchedDays(dy.Schema):
    """A row is a day of a core table that a file's rows change.

    That is the day of each new row, and the day under which an older file had
    placed the same post: `core` keeps it on one day only.
    """

    file_id = dy.String(description="SHA-256 of the file.")
    table_name = dy.String(description="The core table, e.g. core.posts.")
    day = dy.Date(description="The day to build again.")
