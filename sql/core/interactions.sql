-- A row is one act or tie between two profiles. The same act told by several files is one
-- row, with the largest weight and the shortest delay that any of them gives. A tie whose time is
-- only a bound is told once, at the earliest bound, whenever the files that tell it came in.
WITH dated AS (
    SELECT
        platform, kind, source_id, target_id, occurred_at,
        is_occurred_at_known, post_id, weight, delay_s
    FROM raw.interactions
    WHERE is_occurred_at_known AND occurred_date BETWEEN $first_day AND $last_day
    UNION ALL BY NAME
    SELECT
        platform, kind, source_id, target_id, min(occurred_at) AS occurred_at,
        is_occurred_at_known, post_id, weight, delay_s
    FROM raw.interactions
    WHERE NOT is_occurred_at_known AND occurred_date <= $last_day
    GROUP BY platform, kind, source_id, target_id, is_occurred_at_known, post_id, weight, delay_s
    HAVING CAST(min(occurred_at) AS DATE) >= $first_day
)
SELECT
    platform,
    kind,
    source_id,
    target_id,
    occurred_at,
    bool_or(is_occurred_at_known) AS is_occurred_at_known,
    CAST(occurred_at AS DATE) AS occurred_date,
    post_id,
    max(weight) AS weight,
    min(delay_s) AS delay_s
FROM dated
GROUP BY platform, kind, source_id, target_id, occurred_at, post_id
