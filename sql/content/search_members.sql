-- The number of profiles that are in the community $community in the last week of their platform.
SELECT count(*) AS profiles
FROM graph.communities_weekly
JOIN (
    SELECT platform, max(week_start) AS week_start FROM graph.communities_weekly GROUP BY platform
) USING (platform, week_start)
WHERE community_id = $community
