-- A row is a count that cannot be true: below 0, or below the largest count that the post had
-- before. It stays in raw.post_metrics and is left out of core.post_metrics. A flagged count is
-- never above the ones before it, so that the largest earlier count is an accepted one.
WITH wanted AS (
    SELECT DISTINCT platform, post_id
    FROM raw.post_metrics
    WHERE observed_date BETWEEN $first_day AND $last_day
),
history AS (
    SELECT r.* EXCLUDE (file_id, row_number, observed_date)
    FROM raw.post_metrics AS r
    SEMI JOIN wanted USING (platform, post_id)
    WHERE observed_date <= $last_day
),
dated AS (
    SELECT * FROM history WHERE is_observed_at_known
    UNION ALL BY NAME
    -- As core.post_metrics has it: told again in the same words, at the earliest bound.
    SELECT * EXCLUDE (observed_at), min(observed_at) AS observed_at
    FROM history
    WHERE NOT is_observed_at_known
    GROUP BY ALL
),
counts AS (
    UNPIVOT dated ON views, likes, comments, shares, saves INTO NAME metric VALUE value
),
merged AS (
    SELECT
        platform,
        post_id,
        observed_at,
        metric,
        -- Of two readings at one time the larger counts; a negative one takes no part.
        max(value) FILTER (value >= 0) AS value,
        min(value) FILTER (value < 0) AS overflowed
    FROM counts
    GROUP BY platform, post_id, observed_at, metric
),
judged AS (
    SELECT
        *,
        max(value) OVER (
            PARTITION BY platform, post_id, metric
            ORDER BY observed_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS earlier_value
    FROM merged
),
flagged AS (
    SELECT * REPLACE (overflowed AS value), 'count_overflowed' AS rule
    FROM judged
    WHERE overflowed IS NOT NULL
    UNION ALL
    SELECT *, CASE WHEN value = 0 THEN 'count_dropped_to_zero' ELSE 'count_fell' END
    FROM judged
    WHERE value < earlier_value
)
SELECT
    platform,
    post_id,
    observed_at,
    CAST(observed_at AS DATE) AS observed_date,
    metric,
    rule,
    value,
    earlier_value
FROM flagged
WHERE CAST(observed_at AS DATE) BETWEEN $first_day AND $last_day
