-- A row is a member of a community in a week (is_now), or in the platform's network before it.
-- A platform of which nothing is left in the week counts in the first such week only.
WITH weeks AS (
    SELECT DISTINCT platform, week_start
    FROM graph.communities_weekly
    WHERE week_start <= CAST($week_start AS DATE)
),
before AS (
    SELECT platform, max(week_start) AS week_start
    FROM weeks
    WHERE week_start < CAST($week_start AS DATE)
    GROUP BY platform
),
wanted AS (
    SELECT platform, week_start, true AS is_now
    FROM weeks
    WHERE week_start = CAST($week_start AS DATE)
    UNION ALL
    SELECT platform, week_start, false
    FROM before
    WHERE platform IN (SELECT platform FROM weeks WHERE week_start = CAST($week_start AS DATE))
        OR week_start = (SELECT max(week_start) FROM before)
)
SELECT w.platform, w.is_now, c.profile_id, c.community_id
FROM graph.communities_weekly AS c
JOIN wanted AS w USING (platform, week_start)
ORDER BY w.platform, w.is_now, c.profile_id
