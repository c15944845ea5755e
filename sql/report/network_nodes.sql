-- A row is one of the 400 profiles per platform with the highest PageRank in the last week
-- of its graph, with its place on the map of that week. The cut is the same as in network_edges.
WITH latest AS (
    SELECT platform, max(week_start) AS week_start
    FROM graph.profile_centrality_weekly
    GROUP BY platform
),
top AS (
    SELECT
        platform, week_start, profile_id, pagerank,
        row_number() OVER (PARTITION BY platform ORDER BY pagerank DESC, profile_id) AS place
    FROM graph.profile_centrality_weekly
    SEMI JOIN latest USING (platform, week_start)
    QUALIFY place <= 400
),
names AS (
    SELECT platform, profile_id, arg_max(handle, observed_at) AS handle
    FROM core.profile_snapshots
    SEMI JOIN top USING (platform, profile_id)
    WHERE handle IS NOT NULL
    GROUP BY platform, profile_id
)
SELECT
    top.platform,
    top.place,
    top.week_start,
    top.profile_id,
    names.handle,
    top.pagerank,
    communities.community_id,
    layout.x,
    layout.y
FROM top
JOIN graph.layout_weekly AS layout USING (platform, week_start, profile_id)
LEFT JOIN graph.communities_weekly AS communities USING (platform, week_start, profile_id)
LEFT JOIN names USING (platform, profile_id)
ORDER BY top.platform, top.place
