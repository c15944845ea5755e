-- A row is one act or tie between two profiles. The same act told by several files is one
-- row, with the largest weight that any of them gives.
SELECT
    platform,
    kind,
    source_id,
    target_id,
    occurred_at,
    CAST(occurred_at AS DATE) AS occurred_date,
    post_id,
    max(weight) AS weight
FROM raw.interactions
WHERE occurred_date BETWEEN $first_day AND $last_day
GROUP BY platform, kind, source_id, target_id, occurred_at, post_id
