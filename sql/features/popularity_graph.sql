-- A row is a profile's place in the graph of a platform as of the end of a week.
SELECT
    c.profile_id,
    c.week_start,
    c.in_degree,
    c.out_degree,
    c.in_strength,
    c.out_strength,
    c.pagerank,
    c.betweenness,
    c.core_number,
    m.community_size
FROM graph.profile_centrality_weekly AS c
LEFT JOIN graph.communities_weekly AS m USING (week_start, platform, profile_id)
WHERE c.platform = $platform
ORDER BY c.week_start, c.profile_id
