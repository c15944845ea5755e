-- A row is a week for which a platform has profiles that are alike.
SELECT DISTINCT platform, week_start FROM graph.proximity_weekly ORDER BY platform, week_start
