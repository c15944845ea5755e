-- A row is a tie between two of the profiles of network_nodes, both directions added up;
-- the 3,000 heaviest per platform, which is more than a picture can show apart.
WITH latest AS (
    SELECT platform, max(week_start) AS week_start
    FROM graph.profile_centrality_weekly
    GROUP BY platform
),
top AS (
    SELECT platform, profile_id
    FROM graph.profile_centrality_weekly
    SEMI JOIN latest USING (platform, week_start)
    QUALIFY row_number() OVER (PARTITION BY platform ORDER BY pagerank DESC, profile_id) <= 400
),
pairs AS (
    SELECT
        edges.platform,
        least(edges.source_id, edges.target_id) AS source_id,
        greatest(edges.source_id, edges.target_id) AS target_id,
        sum(edges.weight) AS weight
    FROM graph.edges_weekly AS edges
    SEMI JOIN latest USING (platform, week_start)
    SEMI JOIN top AS source
        ON source.platform = edges.platform AND source.profile_id = edges.source_id
    SEMI JOIN top AS target
        ON target.platform = edges.platform AND target.profile_id = edges.target_id
    WHERE edges.source_id <> edges.target_id
    GROUP BY ALL
)
SELECT platform, source_id, target_id, weight
FROM pairs
QUALIFY
    row_number() OVER (PARTITION BY platform ORDER BY weight DESC, source_id, target_id) <= 3000
ORDER BY platform, weight DESC, source_id, target_id
