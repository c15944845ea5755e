-- A row is one of the 20 profiles per platform with the highest PageRank in the last week
-- of its graph. followers_end is the last count known by the end of that week, or NULL.
WITH latest AS (
    SELECT platform, max(week_start) AS week_start
    FROM graph.profile_centrality_weekly
    GROUP BY platform
),
top AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY platform ORDER BY pagerank DESC, profile_id) AS place
    FROM graph.profile_centrality_weekly
    SEMI JOIN latest USING (platform, week_start)
    QUALIFY place <= 20
),
names AS (
    SELECT platform, profile_id, arg_max(handle, observed_at) AS handle
    FROM core.profile_snapshots
    SEMI JOIN top USING (platform, profile_id)
    WHERE handle IS NOT NULL
    GROUP BY platform, profile_id
),
audience AS (
    SELECT platform, profile_id, arg_max(weekly.followers_end, weekly.week_start) AS followers_end
    FROM marts.profile_metrics_weekly AS weekly
    JOIN top USING (platform, profile_id)
    WHERE weekly.followers_end IS NOT NULL AND weekly.week_start <= top.week_start
    GROUP BY platform, profile_id
)
SELECT
    top.platform,
    top.place,
    top.week_start,
    top.profile_id,
    names.handle,
    top.pagerank,
    top.in_degree,
    top.in_strength,
    top.betweenness,
    top.core_number,
    communities.community_id,
    audience.followers_end
FROM top
LEFT JOIN graph.communities_weekly AS communities USING (platform, week_start, profile_id)
LEFT JOIN names USING (platform, profile_id)
LEFT JOIN audience USING (platform, profile_id)
ORDER BY top.platform, top.place
