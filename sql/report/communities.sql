-- A row is one of the 15 largest communities of five members or more per platform in its last
-- week. The leaders are its first three: handles with an @, ids where no handle is known.
WITH latest AS (
    SELECT platform, max(week_start) AS week_start
    FROM graph.communities_weekly
    GROUP BY platform
),
top AS (
    SELECT *
    FROM graph.community_profiles_weekly
    SEMI JOIN latest USING (platform, week_start)
    QUALIFY row_number() OVER (PARTITION BY platform ORDER BY size DESC, community_id) <= 15
),
leaders AS (
    SELECT
        platform,
        community_id,
        unnest(leader_ids[:3]) AS profile_id,
        generate_subscripts(leader_ids[:3], 1) AS place
    FROM top
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
    top.cohesion,
    led.leaders,
    top.languages[:3] AS languages,
    top.language_shares[:3] AS language_shares
FROM top
JOIN led USING (platform, community_id)
ORDER BY top.platform, top.size DESC, top.community_id
