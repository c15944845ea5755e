-- A row is a directed tie of a platform's network in one week, with the weight of each kind.
SELECT * EXCLUDE (week_start, platform)
FROM graph.edges_weekly
WHERE platform = $platform AND week_start = $week_start
ORDER BY source_id, target_id
