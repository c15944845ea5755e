-- A row is a week of one of the 12 communities per platform that are the largest in the
-- last week, over the last 104 weeks. A week in which the community was not there has no row.
WITH latest AS (
    SELECT platform, max(week_start) AS last_week
    FROM graph.communities_weekly
    GROUP BY platform
),
sizes AS (
    SELECT platform, week_start, community_id, count(*) AS size
    FROM graph.communities_weekly
    JOIN latest USING (platform)
    WHERE week_start > last_week - INTERVAL 104 WEEK
    GROUP BY platform, week_start, community_id
),
largest AS (
    SELECT
        sizes.platform, sizes.community_id,
        row_number() OVER (
            PARTITION BY sizes.platform ORDER BY sizes.size DESC, sizes.community_id
        ) AS place
    FROM sizes
    JOIN latest ON latest.platform = sizes.platform AND latest.last_week = sizes.week_start
    QUALIFY place <= 12
)
SELECT platform, largest.place, community_id, sizes.week_start, sizes.size
FROM sizes
JOIN largest USING (platform, community_id)
ORDER BY platform, place, week_start
