-- A row is a platform's graph in its last week: how large it is as a whole.
WITH latest AS (
    SELECT platform, max(week_start) AS week_start
    FROM graph.profile_centrality_weekly
    GROUP BY platform
),
nodes AS (
    SELECT platform, count(*) AS profiles
    FROM graph.profile_centrality_weekly
    SEMI JOIN latest USING (platform, week_start)
    GROUP BY platform
),
edges AS (
    SELECT platform, count(*) AS ties, sum(weight) AS weight
    FROM graph.edges_weekly
    SEMI JOIN latest USING (platform, week_start)
    GROUP BY platform
),
groups AS (
    SELECT platform, count(DISTINCT community_id) AS communities
    FROM graph.communities_weekly
    SEMI JOIN latest USING (platform, week_start)
    GROUP BY platform
)
SELECT
    platform,
    latest.week_start,
    nodes.profiles,
    coalesce(edges.ties, 0) AS ties,
    coalesce(edges.weight, 0.0) AS weight,
    coalesce(groups.communities, 0) AS communities
FROM latest
JOIN nodes USING (platform)
LEFT JOIN edges USING (platform)
LEFT JOIN groups USING (platform)
ORDER BY nodes.profiles DESC, platform
