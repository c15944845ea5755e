-- A row is a week for which the communities of $platform are known.
SELECT DISTINCT week_start FROM graph.communities_weekly WHERE platform = $platform ORDER BY week_start
