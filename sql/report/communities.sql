-- A row is one of the 15 largest communities per platform in its last week. inner_share is
-- the part, of all the weight of ties that touch a member, that joins two members; NULL
-- where no tie touches one. The leaders are the three members with the highest PageRank:
-- handles with an @, ids where no handle is known.
WITH latest AS (
    SELECT platform, max(week_start) AS week_start
    FROM graph.communities_weekly
    GROUP BY platform
),
members AS (
    SELECT platform, week_start, profile_id, community_id
    FROM graph.communities_weekly
    SEMI JOIN latest USING (platform, week_start)
),
top AS (
    SELECT platform, week_start, community_id, count(*) AS size
    FROM members
    GROUP BY platform, week_start, community_id
    QUALIFY
        row_number() OVER (PARTITION BY platform ORDER BY count(*) DESC, community_id) <= 15
),
sides AS (
    SELECT
        edges.platform,
        edges.weight,
        source.community_id AS source_community,
        target.community_id AS target_community
    FROM graph.edges_weekly AS edges
    SEMI JOIN latest USING (platform, week_start)
    LEFT JOIN members AS source
        ON source.platform = edges.platform AND source.profile_id = edges.source_id
    LEFT JOIN members AS target
        ON target.platform = edges.platform AND target.profile_id = edges.target_id
),
touching AS (
    SELECT platform, source_community AS community_id, weight,
        source_community IS NOT DISTINCT FROM target_community AS is_inner
    FROM sides
    UNION ALL
    -- An inner tie is counted at its source alone.
    SELECT platform, target_community, weight, false
    FROM sides
    WHERE source_community IS DISTINCT FROM target_community
),
closeness AS (
    SELECT platform, community_id,
        coalesce(sum(weight) FILTER (is_inner), 0) / sum(weight) AS inner_share
    FROM touching
    WHERE community_id IS NOT NULL
    GROUP BY platform, community_id
),
leaders AS (
    SELECT
        members.platform, members.community_id, members.profile_id,
        row_number() OVER (
            PARTITION BY members.platform, members.community_id
            ORDER BY centrality.pagerank DESC NULLS LAST, members.profile_id
        ) AS place
    FROM members
    SEMI JOIN top USING (platform, community_id)
    LEFT JOIN graph.profile_centrality_weekly AS centrality
        USING (platform, week_start, profile_id)
    QUALIFY place <= 3
),
names AS (
    SELECT platform, profile_id, arg_max(handle, observed_at) AS handle
    FROM core.profile_snapshots
    SEMI JOIN leaders USING (platform, profile_id)
    WHERE handle IS NOT NULL
    GROUP BY platform, profile_id
),
led AS (
    SELECT platform, community_id,
        list(coalesce('@' || names.handle, leaders.profile_id) ORDER BY place) AS leaders
    FROM leaders
    LEFT JOIN names USING (platform, profile_id)
    GROUP BY platform, community_id
)
SELECT
    top.platform,
    top.week_start,
    top.community_id,
    top.size,
    led.leaders,
    closeness.inner_share
FROM top
LEFT JOIN led USING (platform, community_id)
LEFT JOIN closeness USING (platform, community_id)
ORDER BY top.platform, top.size DESC, top.community_id
