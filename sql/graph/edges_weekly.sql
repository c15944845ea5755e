-- A row is a directed weighted tie as of the end of a week. A follow carries on from when it
-- is first seen. Any other act counts for $memory_weeks weeks: its weight when it happens, and half
-- of it $half_life_weeks weeks later. A profile has no tie to itself. The weight of the tie sums
-- the kinds, each times what the user has it count.
WITH weeks AS (
    SELECT CAST(unnest(generate_series(CAST($first_day AS DATE), CAST($last_day AS DATE), INTERVAL 7 DAY)) AS DATE)
        AS week_start
),
ties AS (
    SELECT w.week_start, i.platform, i.source_id, i.target_id, i.kind, max(i.weight) AS weight
    FROM weeks AS w
    JOIN core.interactions AS i ON i.occurred_date <= w.week_start + 6
    WHERE i.kind = 'follow' AND i.source_id <> i.target_id
    GROUP BY w.week_start, i.platform, i.source_id, i.target_id, i.kind
    UNION ALL
    SELECT
        w.week_start,
        i.platform,
        i.source_id,
        i.target_id,
        i.kind,
        -- In a fixed order: sums of fractions differ in the last digit with the order.
        sum(
            i.weight * power(0.5, (w.week_start + 6 - i.occurred_date) / 7.0 / $half_life_weeks)
            ORDER BY i.occurred_at, i.post_id
        )
    FROM weeks AS w
    JOIN core.interactions AS i
        ON i.occurred_date BETWEEN w.week_start + 7 - 7 * $memory_weeks AND w.week_start + 6
    WHERE i.kind <> 'follow' AND i.source_id <> i.target_id
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
        coalesce(sum(weight ORDER BY kind) FILTER (kind IN ('collab', 'group')), 0) AS collab_weight
    FROM ties
    GROUP BY week_start, platform, source_id, target_id
),
combined AS (
    SELECT
        *,
        $follow * follow_weight + $mention * mention_weight + $reply * reply_weight
            + $repost * repost_weight + $collab * collab_weight AS weight
    FROM pivoted
)
SELECT * FROM combined WHERE weight > 0
