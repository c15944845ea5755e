"""The days of core tables that a file's rows change, in `raw.touched_days`.

Written in the transaction that adds the rows, and again in the one that takes them out:
what a row stood beside may change in both. A neighbour's day is noted under any one file of
the transaction, for all that counts is that the day gets a new version (`versions`).
"""

from __future__ import annotations

import duckdb


def touch(connection: duckdb.DuckDBPyConnection, file_ids: list[str]) -> None:
    """Note every day of a core table that the rows of these files, as they are now, change."""
    connection.execute(_OWN_DAYS, {"ids": file_ids})
    # To look for neighbours takes longer than all the rest, and a first file has none.
    others = connection.execute(_OTHERS, {"ids": file_ids}).fetchone()
    if others and others[0]:
        connection.execute(_NEIGHBOURS, {"ids": file_ids})


_OTHERS = """
SELECT count(*) > 0 FROM raw.files
WHERE status = 'ingested' AND file_id NOT IN (SELECT unnest($ids))
"""

_OWN_DAYS = """
INSERT INTO raw.touched_days
WITH files AS (SELECT unnest($ids) AS file_id),
days AS (
    SELECT DISTINCT file_id, 'core.posts' AS table_name, posted_date AS day
    FROM raw.posts SEMI JOIN files USING (file_id)
    UNION
    SELECT DISTINCT file_id, 'core.post_metrics', observed_date
    FROM raw.post_metrics SEMI JOIN files USING (file_id)
    UNION
    SELECT DISTINCT file_id, 'core.profile_snapshots', observed_date
    FROM raw.profile_snapshots SEMI JOIN files USING (file_id)
    UNION
    SELECT DISTINCT file_id, 'core.interactions', occurred_date
    FROM raw.interactions SEMI JOIN files USING (file_id)
    UNION
    SELECT DISTINCT file_id, 'core.media', posted_date
    FROM raw.media SEMI JOIN files USING (file_id)
)
SELECT file_id, table_name, day
FROM days ANTI JOIN raw.touched_days USING (file_id, table_name, day)
"""

# What stands beside these rows in other files.
_NEIGHBOURS = """
INSERT INTO raw.touched_days
WITH files AS (SELECT unnest($ids) AS file_id),
posts AS (FROM raw.posts ANTI JOIN files USING (file_id)),
metrics AS (FROM raw.post_metrics ANTI JOIN files USING (file_id)),
snapshots AS (FROM raw.profile_snapshots ANTI JOIN files USING (file_id)
              WHERE NOT is_observed_at_known),
ties AS (FROM raw.interactions ANTI JOIN files USING (file_id) WHERE NOT is_occurred_at_known),
media AS (FROM raw.media ANTI JOIN files USING (file_id)),
new_posts AS (FROM raw.posts SEMI JOIN files USING (file_id)),
new_metrics AS (
    SELECT platform, post_id, min(observed_date) AS first_day
    FROM raw.post_metrics SEMI JOIN files USING (file_id) GROUP BY ALL
),
new_snapshots AS (
    SELECT platform, profile_id, min(observed_date) AS first_day
    FROM raw.profile_snapshots SEMI JOIN files USING (file_id)
    WHERE NOT is_observed_at_known GROUP BY ALL
),
new_ties AS (
    SELECT platform, kind, source_id, target_id, min(occurred_date) AS first_day
    FROM raw.interactions SEMI JOIN files USING (file_id)
    WHERE NOT is_occurred_at_known GROUP BY ALL
),
new_media AS (FROM raw.media SEMI JOIN files USING (file_id)),
neighbours AS (
    -- The day where another file had put the same post, which may now move or change.
    SELECT 'core.posts' AS table_name, posted_date AS day
    FROM posts SEMI JOIN new_posts USING (platform, post_id)
    -- A new count of a post changes what is known of the day on which it was published.
    UNION SELECT 'core.posts', posted_date
    FROM posts SEMI JOIN new_metrics USING (platform, post_id)
    -- A post gives its counts an age.
    UNION SELECT 'core.post_metrics', observed_date
    FROM metrics SEMI JOIN new_posts USING (platform, post_id)
    -- Later counts are judged by the earlier ones, and told again they stand at the earliest.
    UNION SELECT 'core.post_metrics', observed_date
    FROM metrics JOIN new_metrics USING (platform, post_id) WHERE observed_date > first_day
    UNION SELECT 'core.profile_snapshots', observed_date
    FROM snapshots JOIN new_snapshots USING (platform, profile_id) WHERE observed_date > first_day
    UNION SELECT 'core.interactions', occurred_date
    FROM ties JOIN new_ties USING (platform, kind, source_id, target_id)
    WHERE occurred_date > first_day
    UNION SELECT 'core.media', posted_date
    FROM media SEMI JOIN new_media USING (platform, post_id)
)
SELECT file_id, table_name, day
FROM (SELECT (SELECT max(file_id) FROM files) AS file_id, table_name, day FROM neighbours)
ANTI JOIN raw.touched_days USING (file_id, table_name, day)
"""
