-- A row is a profile on a platform's last map before a week: its place and its community then.
WITH maps AS (
    SELECT platform, max(week_start) AS week_start
    FROM graph.layout_weekly
    WHERE week_start < CAST($week_start AS DATE)
    GROUP BY platform
)
SELECT l.platform, l.profile_id, c.community_id, l.x, l.y
FROM graph.layout_weekly AS l
SEMI JOIN maps USING (platform, week_start)
LEFT JOIN graph.communities_weekly AS c USING (week_start, platform, profile_id)
ORDER BY l.platform, l.profile_id
