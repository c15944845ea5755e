-- A row is a profile of a platform's network in one week: its place and its community.
SELECT c.* EXCLUDE (week_start, platform), m.* EXCLUDE (week_start, platform, profile_id)
FROM graph.profile_centrality_weekly AS c
LEFT JOIN graph.communities_weekly AS m USING (week_start, platform, profile_id)
WHERE c.platform = $platform AND c.week_start = $week_start
ORDER BY c.profile_id
