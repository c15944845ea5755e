-- A row is a week of one of the 12 communities of five members or more per platform that are the
-- largest in the last week, over the last 104 weeks, from the first in which it was there. The
-- size is NULL where the platform's network of a week had no such community.
WITH latest AS (
    SELECT platform, max(week_start) AS last_week
    FROM graph.communities_weekly
    GROUP BY platform
),
largest AS (
    SELECT
        profiles.platform, profiles.community_id,
        row_number() OVER (
            PARTITION BY profiles.platform ORDER BY profiles.size DESC, profiles.community_id
        ) AS place
    FROM graph.community_profiles_weekly AS profiles
    JOIN latest ON latest.platform = profiles.platform AND latest.last_week = profiles.week_start
    QUALIFY place <= 12
),
recent AS (
    SELECT platform, week_start, community_id
    FROM graph.communities_weekly
    JOIN latest USING (platform)
    WHERE week_start > last_week - INTERVAL 104 WEEK
),
weeks AS (
    SELECT DISTINCT platform, week_start FROM recent
),
sizes AS (
    SELECT platform, week_start, community_id, count(*) AS size
    FROM recent
    SEMI JOIN largest USING (platform, community_id)
    GROUP BY platform, week_start, community_id
),
starts AS (
    SELECT platform, community_id, min(week_start) AS first_week
    FROM sizes
    GROUP BY platform, community_id
)
SELECT largest.platform, largest.place, largest.community_id, weeks.week_start, sizes.size
FROM largest
JOIN starts USING (platform, community_id)
JOIN weeks ON weeks.platform = largest.platform AND weeks.week_start >= starts.first_week
LEFT JOIN sizes
    ON sizes.platform = largest.platform AND sizes.community_id = largest.community_id
    AND sizes.week_start = weeks.week_start
ORDER BY largest.platform, largest.place, weeks.week_start
