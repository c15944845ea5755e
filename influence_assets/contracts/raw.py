"""Contracts of the raw layer: parsed rows as they came, and where they came from.

Raw tables are append-only. A row is known by its file and its place in it, so
the same post in two exports is two raw rows; `core` merges them.
"""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts import shared
from influence_assets.contracts.base import table

OVERFLOW = -(2**31)
"""A count of 32 bits that overflows starts again here: no count is smaller."""


def _count(description: str) -> dy.Int64:
    return dy.Int64(nullable=True, min=OVERFLOW, description=description)


class RawRow(dy.Schema):
    """Where a raw row came from."""

    file_id = dy.String(min_length=64, max_length=64, description="SHA-256 of the file's bytes.")
    row_number = dy.Int64(min=1, description="Place of the record in the file, from 1.")


@table("raw.posts", ("file_id", "row_number"), "posted_date", "day")
class RawPosts(RawRow, shared.Post):
    """A row is a post as one file states it."""

    observed_at = dy.Datetime(description="When the source read the post, UTC.")
    is_observed_at_known = dy.Bool(
        description="observed_at is stated; if not, it is a bound: read then or earlier."
    )


@table("raw.post_metrics", ("file_id", "row_number"), "observed_date", "day")
class RawPostMetrics(RawRow, shared.PostMetric):
    """A row is one observation of a post's counts as one file states it.

    A negative count, which has overflowed, is kept here and flagged in core.metric_flags.
    """

    views = _count("Views, plays or impressions of the post so far.")
    likes = _count("Likes, favourites or reactions so far.")
    comments = _count("Comments or replies so far.")
    shares = _count("Shares, reposts or retweets so far.")
    saves = _count("Saves or bookmarks so far.")


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
    mentions is one row in, though it gives a post, an observation and two ties. A picture
    beside a sidecar that is refused counts as a further record of the sidecar.
    """

    file_id = dy.String(min_length=64, max_length=64, description="SHA-256 of the bytes.")
    ingest_number = dy.Int64(
        min=1, description="Order in which files came in or were read anew, from 1."
    )
    source = dy.String(description="Name of the mapping or adapter that read it.")
    path = dy.String(description="Path at the first ingest; `archive!member` in an archive.")
    bytes = dy.Int64(min=0, description="Size in bytes.")
    rows_in = dy.Int64(
        min=0, description="Records read; of a file that continues another, the new ones."
    )
    rows_good = dy.Int64(min=0, description="Records that entered the raw tables.")
    rows_quarantined = dy.Int64(min=0, description="Records that broke a rule.")
    status = dy.String(
        description="ingested; refused: turned away whole; skipped: nothing in it to ingest; "
        "superseded: a newer version of the file took the place of its rows."
    )
    message = dy.String(nullable=True, description="Why a file was refused or skipped.")
    ingested_at = dy.Datetime(description="When it was read, UTC.")
    replaces_file_id = dy.String(
        nullable=True,
        description="The version of the file before this one, whose rows it replaced.",
    )
    continues_file_id = dy.String(
        nullable=True, description="The shorter file that this one continues, whose rows stay."
    )


@table("raw.file_versions", ("path", "version"))
class FileVersions(dy.Schema):
    """A row is a version of a path: the bytes that an ingest found there.

    The newest version of each path says which files' rows are in the raw tables.
    """

    path = dy.String(description="Absolute path; `archive!member` in an archive.")
    version = dy.Int64(min=1, description="1, 2, 3 … of this path.")
    file_id = dy.String(min_length=64, max_length=64, description="SHA-256 of the bytes.")
    seen_at = dy.Datetime(description="When an ingest first found them there, UTC.")


@table("raw.quarantine", ("file_id", "row_number"))
class Quarantine(dy.Schema):
    """A row is a rejected record: nothing of it entered the raw tables."""

    file_id = dy.String(description="SHA-256 of the file.")
    row_number = dy.Int64(min=1, description="Place of the record in the file, from 1.")
    entry = dy.Int64(min=1, description="The entry of the mapping that read it, from 1.")
    contract = dy.String(description="The table whose rule it broke.")
    rule = dy.String(description="The first rule broken.")
    message = dy.String(description="Every rule broken, in words.")
    raw_row = dy.String(description="The record as it came, as JSON text.")


@table("raw.touched_days", ("file_id", "table_name", "day"))
class TouchedDays(dy.Schema):
    """A row is a day of a core table that a file's rows change.

    That is the day of each new row, and the days of other files' rows that it moves,
    merges with or is judged against: `core` keeps a post on one day only.
    """

    file_id = dy.String(description="SHA-256 of the file.")
    table_name = dy.String(description="The core table, e.g. core.posts.")
    day = dy.Date(description="The day to build again.")
