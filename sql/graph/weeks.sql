-- A row is a week for which a platform has a network.
SELECT DISTINCT platform, week_start FROM graph.edges_weekly ORDER BY platform, week_start
