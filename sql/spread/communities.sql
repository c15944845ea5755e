-- A row is a profile of $platform with its community in the week $week_start.
SELECT profile_id, community_id
FROM graph.communities_weekly
WHERE platform = $platform AND week_start = CAST($week_start AS DATE)
