-- A row is a profile's standing by one measure of the week: the value, the share of the
-- platform's other profiles that have a lower one, and how both changed since the week before.
WITH measured AS (
    UNPIVOT (
        SELECT
            week_start, platform, profile_id,
            CAST(in_degree AS DOUBLE) AS in_degree,
            CAST(out_degree AS DOUBLE) AS out_degree,
            in_strength, out_strength, pagerank, betweenness, hub, authority, eigenvector,
            CAST(core_number AS DOUBLE) AS core_number,
            clustering, burt_constraint, influence, passivity
        FROM graph.profile_centrality_weekly
        WHERE week_start BETWEEN CAST($first_day AS DATE) - 7 AND CAST($last_day AS DATE)
    )
    -- A measure that a profile has no value of gives no row.
    ON COLUMNS(* EXCLUDE (week_start, platform, profile_id))
    INTO NAME measure VALUE value
),
standing AS (
    SELECT
        *,
        percent_rank() OVER (PARTITION BY week_start, platform, measure ORDER BY value) AS percentile
    FROM measured
)
SELECT
    s.week_start,
    s.platform,
    s.profile_id,
    s.measure,
    s.value,
    s.percentile,
    s.value - b.value AS value_change,
    s.percentile - b.percentile AS percentile_change
FROM standing AS s
LEFT JOIN standing AS b
    ON b.week_start = s.week_start - 7
    AND b.platform = s.platform
    AND b.profile_id = s.profile_id
    AND b.measure = s.measure
WHERE s.week_start >= CAST($first_day AS DATE)
