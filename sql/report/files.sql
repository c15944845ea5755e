-- A row is a source: what came in from it. rows_in = rows_good + rows_quarantined; what a
-- newer version of a file took the place of is left out.
SELECT
    source,
    count(*) AS files,
    count(*) FILTER (status = 'refused') AS refused,
    sum(bytes)::BIGINT AS bytes,
    sum(rows_in)::BIGINT AS rows_in,
    sum(rows_good)::BIGINT AS rows_good,
    sum(rows_quarantined)::BIGINT AS rows_quarantined,
    max(ingested_at) AS last_ingested_at
FROM raw.files
WHERE status <> 'superseded'
GROUP BY source
ORDER BY rows_in DESC, source
