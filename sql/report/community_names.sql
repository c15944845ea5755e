-- A row is a community that was ever described, by its newest label, so that a page has one name
-- for each. A label after its leader has the leader's handle where one is known, and where several
-- have the same name the week that each was first described in is added.
WITH newest AS (
    SELECT
        platform,
        community_id,
        arg_max(label, week_start) AS label,
        arg_max(leader_ids[1], week_start) AS profile_id,
        min(week_start) AS first_week
    FROM graph.community_profiles_weekly
    GROUP BY platform, community_id
),
names AS (
    SELECT platform, profile_id, arg_max(handle, observed_at) AS handle
    FROM core.profile_snapshots
    SEMI JOIN newest USING (platform, profile_id)
    WHERE handle IS NOT NULL
    GROUP BY platform, profile_id
),
called AS (
    SELECT
        platform,
        community_id,
        first_week,
        CASE
            WHEN label = 'around ' || profile_id AND handle IS NOT NULL THEN 'around @' || handle
            ELSE label
        END AS label
    FROM newest
    LEFT JOIN names USING (platform, profile_id)
)
SELECT
    platform,
    community_id,
    CASE
        WHEN count(*) OVER (PARTITION BY platform, label) > 1
            THEN label || ' (first seen ' || strftime(first_week, '%-d %b %Y') || ')'
        ELSE label
    END AS label
FROM called
ORDER BY platform, community_id
