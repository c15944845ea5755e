-- A row is a profile that is in the community $community in the last week of its platform.
SELECT c.platform, c.profile_id
FROM graph.communities_weekly AS c
JOIN (
    SELECT platform, max(week_start) AS week_start FROM graph.communities_weekly GROUP BY platform
) USING (platform, week_start)
WHERE c.community_id = $community
