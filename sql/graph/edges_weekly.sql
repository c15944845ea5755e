-- A row is a directed weighted tie as of the end of a week. A follow carries on from when it
-- is first seen; any other act counts its weight when it happens and half of it $half_life_weeks
-- later. What has faded below a hundredth is left out, and so are ties of a profile to itself.
WITH weeks AS (
    SELECT CAST(unnest(generate_series(CAST($first_day AS DATE), CAST($last_day AS DATE), INTERVAL 7 DAY)) AS DATE)
        AS week_start
),
ties AS (
    SELECT
        w.week_start,
        i.platform,
        i.source_id,
        i.target_id,
        i.kind,
        CASE
            WHEN i.kind = 'follow' THEN max(i.weight)
            -- In a fixed order: sums of fractions differ in the last digit with the order.
            ELSE sum(
                i.weight * power(0.5, (w.week_start + 6 - i.occurred_date) / 7.0 / $half_life_weeks)
                ORDER BY i.occurred_at, i.post_id
            )
        END AS weight
    FROM weeks AS w
    JOIN core.interactions AS i ON i.occurred_date <= w.week_start + 6
    WHERE i.source_id <> i.target_id
    GROUP BY w.week_start, i.platform, i.source_id, i.target_id, i.kind
),
pivoted AS (
    SELECT
        week_start,
        platform,
        source_id,
        target_id,
        coalesce(sum(weight) FILTER (kind = 'follow'), 0) AS follow_weight,
        coalesce(sum(weight ORDER BY kind) FILTER (kind IN ('mention', 'tag')), 0) AS mention_weight,
        coalesce(sum(weight ORDER BY kind) FILTER (kind IN ('reply', 'comment')), 0) AS reply_weight,
        coalesce(sum(weight) FILTER (kind = 'repost'), 0) AS repost_weight,
        coalesce(sum(weight ORDER BY kind) FILTER (kind IN ('collab', 'group')), 0) AS collab_weight,
        sum(weight ORDER BY kind) AS weight
    FROM ties
    GROUP BY week_start, platform, source_id, target_id
)
SELECT * FROM pivoted WHERE weight >= 0.01
