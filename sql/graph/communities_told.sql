-- A row is a community that an event before a week tells of: whether it was alive after the last of
-- them, and its size $settling_weeks weeks later, which is NULL as long as these have not gone by.
WITH events AS (
    SELECT platform, week_start, community_id, event <> 'death' AS is_alive
    FROM graph.community_events
    WHERE week_start < CAST($week_start AS DATE)
    UNION ALL
    -- What a split left, and what ended in a merge, has no event of its own.
    SELECT platform, week_start, unnest(other_ids), event = 'split'
    FROM graph.community_events
    WHERE week_start < CAST($week_start AS DATE) AND event IN ('split', 'merge')
),
last_events AS (
    SELECT
        platform,
        community_id,
        max(week_start) AS told_in,
        -- Of two events of one week the one that leaves it alive: it is there.
        arg_max(is_alive, (week_start, is_alive)) AS is_alive
    FROM events
    GROUP BY platform, community_id
),
settled AS (
    SELECT l.platform, l.community_id, arg_max(s.community_size, s.week_start) AS size
    FROM last_events AS l
    JOIN graph.communities_weekly AS s
        ON s.platform = l.platform
        AND s.community_id = l.community_id
        AND s.week_start BETWEEN l.told_in AND l.told_in + 7 * $settling_weeks
    WHERE l.told_in + 7 * $settling_weeks < CAST($week_start AS DATE)
    GROUP BY l.platform, l.community_id
)
SELECT l.platform, l.community_id, l.is_alive, s.size
FROM last_events AS l
LEFT JOIN settled AS s USING (platform, community_id)
ORDER BY l.platform, l.community_id
