-- A row is a member of a community before a week: in the platform's network before, or (is_ended),
-- of a community that this no longer had, in one of its last $memory_weeks weeks. What ended more
-- than a year earlier is forgotten.
WITH networks AS (
    SELECT platform, max(week_start) AS last_week
    FROM graph.communities_weekly
    WHERE week_start < CAST($week_start AS DATE)
    GROUP BY platform
),
earlier AS (
    SELECT c.platform, c.week_start, c.profile_id, c.community_id, n.last_week
    FROM graph.communities_weekly AS c
    JOIN networks AS n USING (platform)
    WHERE c.week_start BETWEEN n.last_week - 53 * 7 AND n.last_week
),
last_seen AS (
    SELECT platform, community_id, max(week_start) AS ended_after
    FROM earlier
    GROUP BY platform, community_id
)
SELECT DISTINCT
    e.platform, e.profile_id, e.community_id, l.ended_after < e.last_week AS is_ended
FROM earlier AS e
JOIN last_seen AS l USING (platform, community_id)
WHERE e.week_start = e.last_week
    OR (l.ended_after < e.last_week AND e.week_start > l.ended_after - 7 * $memory_weeks)
ORDER BY ALL
