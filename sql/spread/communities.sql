-- A row is a profile of $platform with its community in a week, of those pairs of a week and a
-- profile that $weeks and $profiles list side by side.
SELECT week_start, profile_id, community_id
FROM graph.communities_weekly
SEMI JOIN (SELECT unnest($weeks) AS week_start, unnest($profiles) AS profile_id)
    USING (week_start, profile_id)
WHERE platform = $platform
